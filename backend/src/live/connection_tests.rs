use berth_shared::api::LogLine;
use uuid::Uuid;

use super::*;

const RUN: RunId = RunId(Uuid::from_u128(7));
const NOW: Timestamp = Timestamp(1_000);

fn page() -> Connection {
    Connection::new(Some(5), 9)
}

fn chunk(offset: u64, next_offset: u64, complete: bool) -> LogChunk {
    LogChunk { offset, next_offset, complete, lines: Vec::<LogLine>::new() }
}

fn subscribe_logs(page: &mut Connection, after: u64) {
    let frame =
        format!(r#"{{"type":"subscribe","topic":{{"kind":"logs","run_id":"{RUN}","after":{after}}}}}"#);
    assert_eq!(page.receive(&frame, NOW), Effect::None);
}

fn error(effect: Effect) -> (String, String) {
    match effect {
        Effect::Send(message) => match *message {
            ServerMessage::Error { code, message, .. } => (code, message),
            other => panic!("{other:?} is no error"),
        },
        other => panic!("{other:?} is no error"),
    }
}

#[test]
fn a_page_that_knows_more_than_there_is_begins_anew() {
    assert_eq!(Connection::new(Some(9), 9).known(), Some(9));
    assert_eq!(Connection::new(Some(10), 9).known(), None);
}

#[test]
fn a_ping_is_answered_with_its_number_and_the_time() {
    let pong = page().receive(r#"{"type":"ping","id":3}"#, NOW);
    assert_eq!(pong, Effect::send(ServerMessage::Pong { seq: 5, id: 3, now: NOW }));
}

#[test]
fn a_malformed_frame_is_explained_and_the_twenty_first_ends_the_connection() {
    let mut page = page();
    let (code, message) = error(page.receive("{", NOW));
    assert_eq!(code, "malformed-frame");
    insta::assert_snapshot!(message, @"the frame is not a message of the stream: EOF while parsing an object at line 1 column 1");
    for frame in ["", "[]", "null", "\"x\"", r#"{"type":"launch"}"#, r#"{"type":"ping","id":1,"x":2}"#] {
        assert_eq!(error(page.receive(frame, NOW)).0, "malformed-frame", "{frame}");
    }
    for _ in 7..20 {
        assert_eq!(error(page.receive_binary()).0, "malformed-frame");
    }
    assert_eq!(page.receive_binary(), Effect::Close);
}

#[test]
fn a_log_is_read_until_nothing_is_new_and_again_when_it_has_grown() {
    let mut page = page();
    subscribe_logs(&mut page, 0);
    assert_eq!(page.due_log(), Some((RUN, 0)));
    assert!(page.log(RUN, chunk(0, 10, false)).is_some());
    assert_eq!(page.due_log(), Some((RUN, 10)));
    assert_eq!(page.log(RUN, chunk(10, 10, false)), None);
    assert_eq!(page.due_log(), None);
    page.log_changed(Some(RunId(Uuid::from_u128(8))));
    assert_eq!(page.due_log(), None);
    page.log_changed(Some(RUN));
    assert_eq!(page.due_log(), Some((RUN, 10)));
}

#[test]
fn an_empty_log_is_told_once_and_the_end_of_one_ends_the_subscription() {
    let mut page = page();
    subscribe_logs(&mut page, 0);
    assert!(page.log(RUN, chunk(0, 0, false)).is_some());
    assert!(page.log(RUN, chunk(0, 0, false)).is_none());
    assert!(page.log(RUN, chunk(0, 0, true)).is_some());
    assert!(!page.follows_logs());
    assert!(page.log(RUN, chunk(0, 5, false)).is_none());
}

#[test]
fn subscriptions_are_bounded() {
    let mut page = page();
    for n in 0..SUBSCRIPTIONS as u128 {
        let topic = Topic::Usage { run_id: RunId(Uuid::from_u128(n)) };
        assert!(matches!(page.answer(ClientMessage::Subscribe { topic }, NOW), Effect::Watch(_)));
    }
    let one_more = Topic::Usage { run_id: RunId(Uuid::from_u128(99)) };
    let (code, _) = error(page.answer(ClientMessage::Subscribe { topic: one_more }, NOW));
    assert_eq!(code, "too-many-subscriptions");
}

#[test]
fn who_subscribes_twice_is_watched_once() {
    let mut page = page();
    let topic = || Topic::Usage { run_id: RUN };
    assert_eq!(page.answer(ClientMessage::Subscribe { topic: topic() }, NOW), Effect::Watch(RUN));
    assert_eq!(page.answer(ClientMessage::Subscribe { topic: topic() }, NOW), Effect::None);
    assert_eq!(page.answer(ClientMessage::Unsubscribe { topic: topic() }, NOW), Effect::Unwatch(RUN));
    assert_eq!(page.answer(ClientMessage::Unsubscribe { topic: topic() }, NOW), Effect::None);
}
