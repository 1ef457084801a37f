use berth_shared::api::{Event, LogChunk, Role, Subject, Usage};

use super::*;

const RUN: RunId = RunId(uuid::Uuid::from_u128(7));

fn frame(message: &ServerMessage) -> Input {
    Input::Frame(serde_json::to_string(message).expect("wire types can be written"))
}

fn hello(version: &str) -> ServerMessage {
    ServerMessage::Hello {
        seq: 0,
        server: ServerInfo {
            version: version.into(),
            backends: vec!["local".into()],
            catalog_version: "1".into(),
            catalog_url: "/catalog".into(),
            demo: false,
            ssh: None,
        },
        user: User {
            name: "mara".into(),
            role: Role::Member,
            server_role: Role::Member,
            project: "main".into(),
            has_password: false,
        },
        now: Timestamp(1_000),
    }
}

fn snapshot(seq: EventSeq) -> ServerMessage {
    ServerMessage::Snapshot { seq, runs: vec![], instances: vec![], more: false }
}

fn event(seq: EventSeq) -> ServerMessage {
    let event = Event {
        seq,
        at: Timestamp(0),
        subject: Subject::Run,
        run_id: Some(RUN),
        instance_id: None,
        from: None,
        to: None,
        reason: None,
        message: String::new(),
        actor: None,
        project: None,
        offered: None,
    };
    ServerMessage::Event { seq, event, run: None, instance: None, deleted_run: None }
}

fn log(offset: u64, next_offset: u64) -> ServerMessage {
    ServerMessage::Log {
        seq: 1,
        run_id: RUN,
        chunk: LogChunk { offset, next_offset, complete: false, lines: vec![] },
    }
}

/// A machine that is connected and knows the events up to `seq`, at the time 0.
fn live(seq: EventSeq) -> Machine {
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    machine.step(frame(&hello("1")), 0, 0.5);
    machine.step(frame(&snapshot(seq)), 0, 0.5);
    machine
}

fn applied(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Apply(_))).count()
}

#[test]
fn it_connects_and_applies_a_snapshot_and_the_events_after_it() {
    let mut machine = Machine::new();
    assert_eq!(
        machine.step(Input::Start, 0, 0.5),
        [Effect::Show(Connection::Connecting), Effect::Connect { after: None }]
    );
    assert!(machine.step(Input::Start, 1, 0.5).is_empty(), "it is on its way already");
    let effects = machine.step(frame(&hello("1")), 5, 0.5);
    assert!(effects.contains(&Effect::Clock(Timestamp(1_000))));
    assert!(effects.contains(&Effect::Show(Connection::Live { latency_ms: None })));
    assert_eq!(machine.step(frame(&snapshot(4)), 6, 0.5), [Effect::Apply(Box::new(snapshot(4)))]);
    assert_eq!(machine.step(frame(&event(5)), 7, 0.5), [Effect::Apply(Box::new(event(5)))]);
    assert_eq!(machine.step(frame(&event(6)), 8, 0.5), [Effect::Apply(Box::new(event(6)))]);
}

#[test]
fn after_a_lost_connection_it_asks_for_what_it_missed() {
    let mut machine = live(4);
    machine.step(frame(&event(5)), 1, 0.5);
    let effects = machine.step(Input::Closed, 100, 1.0);
    assert_eq!(effects, [Effect::Show(Connection::Reconnecting { retry_at_ms: Some(600) })]);
    assert!(machine.step(Input::Tick, 599, 0.5).is_empty());
    assert_eq!(
        machine.step(Input::Tick, 600, 0.5),
        [Effect::Show(Connection::Reconnecting { retry_at_ms: None }), Effect::Connect { after: Some(5) }]
    );
    machine.step(frame(&hello("1")), 610, 0.5);
    assert_eq!(applied(&machine.step(frame(&event(6)), 611, 0.5)), 1);
}

#[test]
fn the_reader_who_comes_back_need_not_wait() {
    let mut machine = live(4);
    machine.step(Input::Closed, 100, 1.0);
    assert!(machine.step(Input::Wake, 101, 0.5).contains(&Effect::Connect { after: Some(4) }));
    assert!(machine.step(Input::Wake, 102, 0.5).is_empty(), "one try at a time");
}

#[test]
fn a_gap_and_a_repetition_begin_anew_from_a_snapshot() {
    for wrong in [4, 3, 6, 0, u64::MAX] {
        let mut machine = live(4);
        let effects = machine.step(frame(&event(wrong)), 10, 1.0);
        assert_eq!(applied(&effects), 0, "{wrong}");
        assert_eq!(effects[0], Effect::Disconnect);
        assert!(machine.step(Input::Tick, 5_000, 0.5).contains(&Effect::Connect { after: None }));
    }
}

#[test]
fn a_frame_that_makes_no_sense_begins_anew() {
    for text in ["", "{", "[]", r#"{"type":"surprise"}"#, r#"{"type":"event","seq":-1}"#] {
        let mut machine = live(4);
        let effects = machine.step(Input::Frame(text.into()), 10, 0.5);
        assert_eq!(effects[0], Effect::Disconnect, "{text}");
        assert!(
            machine.step(Input::Frame(text.into()), 11, 0.5).is_empty(),
            "nothing is listened to any more"
        );
    }
}

#[test]
fn an_event_before_any_snapshot_is_not_trusted() {
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    machine.step(frame(&hello("1")), 0, 0.5);
    assert_eq!(machine.step(frame(&event(1)), 1, 0.5)[0], Effect::Disconnect);
}

#[test]
fn a_connection_that_never_stood_asks_why_and_leads_to_the_login() {
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    assert_eq!(machine.step(Input::Closed, 10, 0.5), [Effect::Probe]);
    assert_eq!(
        machine.step(Input::Probed(Probe::Unauthorized), 20, 0.5),
        [Effect::Disconnect, Effect::Show(Connection::SignedOut), Effect::LogIn]
    );
    assert!(machine.step(Input::Tick, 60_000, 0.5).is_empty(), "it does not try without a session");
    assert!(machine.step(Input::Start, 60_001, 0.5).contains(&Effect::Connect { after: None }));
}

#[test]
fn a_request_that_finds_the_session_over_ends_a_connection_that_still_stands() {
    let mut machine = live(4);
    assert_eq!(
        machine.step(Input::Probed(Probe::Unauthorized), 20, 0.5),
        [Effect::Disconnect, Effect::Show(Connection::SignedOut), Effect::LogIn]
    );
    assert!(machine.step(Input::Probed(Probe::Unauthorized), 21, 0.5).is_empty(), "that is known");
    assert!(
        live(4).step(Input::Probed(Probe::Reachable), 20, 0.5).is_empty(),
        "that the server answers is no news on a connection that stands"
    );
}

#[test]
fn a_server_that_is_away_is_tried_again_ever_more_rarely() {
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    let (mut now, mut waits) = (0, Vec::new());
    for _ in 0..7 {
        machine.step(Input::Closed, now, 1.0);
        let effects = machine.step(Input::Probed(Probe::Unreachable), now, 1.0);
        let [Effect::Show(Connection::Reconnecting { retry_at_ms: Some(at) })] = effects[..] else {
            panic!("{effects:?}");
        };
        waits.push(at - now);
        now = at;
        machine.step(Input::Tick, now, 1.0);
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
}

#[test]
fn a_server_of_another_version_makes_the_page_load_itself_anew() {
    let mut machine = live(4);
    machine.step(Input::Closed, 0, 0.5);
    machine.step(Input::Wake, 1, 0.5);
    assert_eq!(machine.step(frame(&hello("2")), 2, 0.5), [Effect::Disconnect, Effect::Reload]);
}

#[test]
fn a_sign_of_life_is_asked_for_and_its_way_is_timed() {
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    let first = machine.step(frame(&hello("1")), 0, 0.5);
    assert!(first.contains(&Effect::Send(ClientMessage::Ping { id: 1 })));
    let pong = |id| frame(&ServerMessage::Pong { seq: 0, id, now: Timestamp(5_000) });
    assert!(machine.step(pong(9), 10, 0.5).is_empty(), "an answer to nothing says nothing");
    assert_eq!(
        machine.step(pong(1), 38, 0.5),
        [Effect::Clock(Timestamp(5_019)), Effect::Show(Connection::Live { latency_ms: Some(38) })]
    );
    assert!(machine.step(Input::Tick, 9_999, 0.5).is_empty());
    assert_eq!(machine.step(Input::Tick, 10_000, 0.5), [Effect::Send(ClientMessage::Ping { id: 2 })]);
}

#[test]
fn a_connection_that_fell_silent_is_dropped() {
    let mut machine = live(4);
    let effects = machine.step(Input::Tick, PATIENCE_MS, 0.5);
    assert_eq!(effects[0], Effect::Disconnect);
    assert!(matches!(effects[1], Effect::Show(Connection::Reconnecting { retry_at_ms: Some(_) })));

    let mut talking = live(4);
    talking.step(frame(&event(5)), PATIENCE_MS - 1, 0.5);
    assert!(talking.step(Input::Tick, PATIENCE_MS, 0.5).is_empty(), "whatever it says is a sign of life");
}

#[test]
fn a_handshake_that_takes_too_long_is_given_up() {
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    assert_eq!(machine.step(Input::Tick, PATIENCE_MS, 0.5)[0], Effect::Disconnect);
}

#[test]
fn what_pages_follow_is_asked_for_again_after_a_reconnect() {
    let mut machine = live(4);
    let logs = |after| Topic::Logs { run_id: RUN, after };
    assert_eq!(
        machine.step(Input::Subscribe(logs(0)), 1, 0.5),
        [Effect::Send(ClientMessage::Subscribe { topic: logs(0) })]
    );
    machine.step(Input::Subscribe(Topic::Usage { run_id: RUN }), 1, 0.5);
    machine.step(Input::Unsubscribe(Topic::Usage { run_id: RUN }), 1, 0.5);
    machine.step(frame(&log(0, 120)), 2, 0.5);
    machine.step(Input::Closed, 3, 0.5);
    assert!(machine.step(Input::Subscribe(Topic::Timeline { run_id: RUN }), 4, 0.5).is_empty());
    machine.step(Input::Wake, 5, 0.5);
    let effects = machine.step(frame(&hello("1")), 6, 0.5);
    let asked: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Send(ClientMessage::Subscribe { topic }) => Some(topic.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [Topic::Timeline { run_id: RUN }, logs(120)]);
}

#[test]
fn no_piece_of_a_log_comes_twice_or_is_lost() {
    let mut machine = live(4);
    machine.step(Input::Subscribe(Topic::Logs { run_id: RUN, after: 100 }), 1, 0.5);
    assert_eq!(applied(&machine.step(frame(&log(100, 200)), 2, 0.5)), 1);
    assert!(machine.step(frame(&log(100, 200)), 2, 0.5).is_empty(), "known already");
    // Half of it is known: the other half is asked for.
    let missing = Topic::Logs { run_id: RUN, after: 200 };
    assert_eq!(
        machine.step(frame(&log(100, 300)), 2, 0.5),
        [Effect::Send(ClientMessage::Subscribe { topic: missing })]
    );
    // The server has dropped old lines meanwhile.
    assert_eq!(applied(&machine.step(frame(&log(250, 300)), 2, 0.5)), 1);
    machine.step(Input::Unsubscribe(Topic::Logs { run_id: RUN, after: 0 }), 3, 0.5);
    assert!(machine.step(frame(&log(300, 400)), 4, 0.5).is_empty(), "nobody wants it any more");
}

#[test]
fn figures_that_nobody_follows_are_dropped() {
    let mut machine = live(4);
    let usage = ServerMessage::Usage { seq: 4, run_id: RUN, usage: Usage::default() };
    assert!(machine.step(frame(&usage), 1, 0.5).is_empty());
    machine.step(Input::Subscribe(Topic::Usage { run_id: RUN }), 2, 0.5);
    assert_eq!(applied(&machine.step(frame(&usage), 3, 0.5)), 1);
}

#[test]
fn another_catalogue_is_passed_on_and_is_no_event() {
    let mut machine = live(3);
    let catalog = berth_shared::api::CatalogInfo {
        version: "2".into(),
        url: "/assets/catalog-2.bin".into(),
        bytes: 9,
        offers: 1,
        origin: berth_shared::api::CatalogOrigin::Imported,
    };
    let message = ServerMessage::Catalog { seq: 3, catalog };
    assert_eq!(machine.step(frame(&message), 5, 0.5), [Effect::Apply(Box::new(message.clone()))]);
    assert_eq!(applied(&machine.step(frame(&event(4)), 6, 0.5)), 1);
}

#[test]
fn a_snapshot_in_pieces_is_applied_once_it_is_whole() {
    let piece = |more| ServerMessage::Snapshot { seq: 4, runs: vec![], instances: vec![], more };
    let mut machine = Machine::new();
    machine.step(Input::Start, 0, 0.5);
    machine.step(frame(&hello("1")), 0, 0.5);
    assert_eq!(machine.step(frame(&piece(true)), 0, 0.5), []);
    // Cut off in the middle: the page still knows nothing.
    machine.step(Input::Closed, 1, 0.5);
    assert!(machine.step(Input::Wake, 2, 0.5).contains(&Effect::Connect { after: None }));
    machine.step(frame(&hello("1")), 3, 0.5);
    assert_eq!(machine.step(frame(&piece(true)), 3, 0.5), []);
    assert_eq!(applied(&machine.step(frame(&piece(false)), 3, 0.5)), 1);
    assert_eq!(applied(&machine.step(frame(&event(5)), 4, 0.5)), 1);
}
