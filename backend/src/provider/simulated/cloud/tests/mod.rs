mod properties;

use std::collections::BTreeMap;

use berth_shared::{
    api::{JobId, JobReason, UsageSample, UsageSpan},
    catalog::Availability,
    time::cost,
};
use uuid::Uuid;

use super::*;
use crate::provider::{
    JobObservation, JobSpec,
    simulated::settings::{BilledFrom, BilledTo, Capacity, Reclaim},
};

const START: Timestamp = Timestamp(1_700_000_000_000);

fn at(seconds: i64) -> Timestamp {
    START.plus_seconds(seconds)
}

fn cloud(settings: Settings) -> Cloud {
    Cloud::new(settings, Offers::small("aws"), 7)
}

fn pool(instance_type: &str, spot: bool) -> Pool {
    Pool { region: "east".into(), instance_type: instance_type.into(), spot }
}

fn id(number: u128) -> InstanceId {
    InstanceId(Uuid::from_u128(number))
}

fn order(number: u128, spot: bool) -> Order {
    let tag = Tag { installation: "here".into(), id: id(number), name: format!("run-{number}") };
    Order { key: Some(number.to_string()), tag, pool: pool("small", spot), gpu: None }
}

fn create(cloud: &mut Cloud, now: Timestamp, number: u128) -> String {
    cloud.create(now, &order(number, false), &Quirks::default()).expect("there is room")
}

fn state(cloud: &mut Cloud, now: Timestamp, handle: &str) -> String {
    cloud.describe(now, handle).expect("it is remembered").state
}

fn spec(number: u128, turn: u64, setup: &[&str]) -> JobSpec {
    JobSpec {
        id: JobId(Uuid::from_u128(number)),
        turn,
        run_name: "run".into(),
        home_dir: "/root".into(),
        working_dir: None,
        shell: None,
        python: None,
        env: BTreeMap::new(),
        setup: setup.iter().map(|command| (*command).to_owned()).collect(),
        init: Vec::new(),
        shm_bytes: None,
        container: Default::default(),
        code: None,
        git: None,
        welcome: Vec::new(),
    }
}

/// A machine that is ready at second 1000, and every command takes 10 seconds.
fn ready() -> (Cloud, String) {
    let mut settings = Settings::new("aws");
    settings.command = super::super::seed::Span::seconds(10, 10);
    let mut cloud = cloud(settings);
    let handle = create(&mut cloud, START, 1);
    (cloud, handle)
}

fn ask(cloud: &mut Cloud, seconds: i64, handle: &str, ask: &Ask) -> Reply {
    cloud.environment(at(seconds), handle, ask).expect("it answers")
}

fn job(cloud: &mut Cloud, seconds: i64, handle: &str) -> JobObservation {
    match ask(cloud, seconds, handle, &Ask::Observe) {
        Reply::Job { job } => job,
        other => panic!("{other:?}"),
    }
}

fn start(cloud: &mut Cloud, seconds: i64, handle: &str, job: JobSpec) {
    assert_eq!(ask(cloud, seconds, handle, &Ask::Start { job: Box::new(job) }), Reply::Done);
}

#[test]
fn a_machine_is_made_runs_and_is_removed_each_within_its_time() {
    let mut cloud = cloud(Settings::new("aws"));
    let handle = create(&mut cloud, START, 1);
    assert_eq!(state(&mut cloud, at(19), &handle), "pending");
    assert_eq!(state(&mut cloud, at(90), &handle), "running");
    cloud.terminate(at(100), &handle).expect("it is removed");
    assert_eq!(state(&mut cloud, at(104), &handle), "stopping");
    assert_eq!(state(&mut cloud, at(140), &handle), "gone");
    assert_eq!(cloud.list(at(140), at(140)), []);
    assert!(cloud.describe(at(140 + 3600), &handle).is_none(), "it is forgotten after an hour");
}

#[test]
fn removing_a_machine_again_changes_nothing() {
    let mut cloud = cloud(Settings::new("aws"));
    let handle = create(&mut cloud, START, 1);
    cloud.terminate(at(100), &handle).expect("it is removed");
    let before = cloud.machines().to_vec();
    cloud.terminate(at(101), &handle).expect("it is removed");
    assert_eq!(cloud.machines(), before);
    assert!(matches!(cloud.terminate(at(102), "aws-nothing"), Err(CloudError::NotFound(_))));
}

#[test]
fn a_key_makes_one_machine_however_often_it_is_given() {
    let mut cloud = cloud(Settings::new("aws"));
    let first = create(&mut cloud, START, 1);
    assert_eq!(create(&mut cloud, at(5), 1), first);
    assert_eq!(cloud.machines().len(), 1);
    let ignoring = Quirks { key_ignored: true, ..Quirks::default() };
    let second = cloud.create(at(6), &order(1, false), &ignoring).expect("there is room");
    assert_ne!(second, first);
    let there = cloud.find(at(7), at(7), "here", id(1));
    assert_eq!(there.iter().map(|machine| &machine.handle).collect::<Vec<_>>(), [&first, &second]);
}

#[test]
fn what_another_berth_made_is_listed_and_not_found_by_our_tag() {
    let mut cloud = cloud(Settings::new("aws"));
    create(&mut cloud, START, 1);
    assert_eq!(cloud.find(at(1), at(1), "elsewhere", id(1)), []);
    cloud.plant(at(2), &pool("large", false), None).expect("there is room");
    let listed = cloud.list(at(3), at(3));
    assert_eq!(listed.iter().map(|machine| machine.tag.is_some()).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn what_is_found_lags_behind_when_it_is_asked_of_an_earlier_moment() {
    let mut cloud = cloud(Settings::new("aws"));
    let handle = create(&mut cloud, at(10), 1);
    assert_eq!(cloud.find(at(12), at(9), "here", id(1)), []);
    assert_eq!(cloud.list(at(12), at(9)), []);
    cloud.terminate(at(200), &handle).expect("it is removed");
    assert_eq!(cloud.find(at(203), at(199), "here", id(1))[0].state, "running");
    assert_eq!(cloud.find(at(203), at(203), "here", id(1))[0].state, "stopping");
}

#[test]
fn capacity_runs_out_and_comes_back() {
    let settings = Settings {
        capacity: Capacity { least: 1, most: 2, dry: 0.5, period: 600_000 },
        ..Settings::new("aws")
    };
    let mut cloud = cloud(settings);
    let kinds: Vec<_> =
        (0..40).map(|window| cloud.availability(at(window * 600), &pool("small", false))).collect();
    assert!(kinds.contains(&Availability::Available) && kinds.contains(&Availability::NotAvailable));
    let first = kinds.iter().position(|kind| *kind == Availability::Available).expect("one") as i64;
    let now = at(first * 600);
    let made = (1..=4).map(|n| cloud.create(now, &order(n, false), &Quirks::default())).collect::<Vec<_>>();
    let refused = made.iter().filter(|made| matches!(made, Err(CloudError::NoCapacity(_)))).count();
    assert!((2..=3).contains(&refused), "{made:?}");
}

#[test]
fn capacity_that_is_set_by_hand_counts() {
    let mut cloud = cloud(Settings::new("aws"));
    cloud.set_capacity(pool("small", false), Some(1));
    let handle = create(&mut cloud, START, 1);
    let refused = cloud.create(at(1), &order(2, false), &Quirks::default());
    assert_eq!(refused, Err(CloudError::NoCapacity("east has no small left just now".into())),);
    assert_eq!(cloud.availability(at(1), &pool("small", true)), Availability::Available);
    cloud.terminate(at(2), &handle).expect("it is removed");
    create(&mut cloud, at(60), 2);
}

#[test]
fn a_quota_counts_all_machines_of_a_region() {
    let mut cloud = cloud(Settings { quota: Some(1), ..Settings::new("aws") });
    create(&mut cloud, START, 1);
    assert_eq!(cloud.availability(at(1), &pool("large", true)), Availability::NoQuota);
    let west = Pool { region: "west".into(), ..pool("large", true) };
    assert_eq!(cloud.availability(at(1), &west), Availability::Available);
    let refused = cloud.create(at(1), &order(2, false), &Quirks::default());
    assert!(matches!(refused, Err(CloudError::NoCapacity(message)) if message.contains("quota of 1")));
}

#[test]
fn a_machine_that_the_cloud_does_not_sell_is_refused_for_good() {
    let mut cloud = cloud(Settings::new("aws"));
    let order = Order { pool: pool("huge", true), ..order(1, true) };
    let refused = cloud.create(START, &order, &Quirks::default()).expect_err("there is none");
    assert_eq!(refused, CloudError::Refused("aws has no spot huge in east".into()));
}

#[test]
fn spot_machines_are_taken_back_with_notice_and_without() {
    let reclaim = Reclaim {
        share: 1.0,
        after: super::super::seed::Span::seconds(300, 3000),
        noticed: 0.5,
        notice: 120_000,
    };
    let mut cloud = cloud(Settings { reclaim, ..Settings::new("aws") });
    for number in 1..=20 {
        cloud.create(START, &order(number, true), &Quirks::default()).expect("there is room");
    }
    let on_demand = create(&mut cloud, START, 21);
    let machines = cloud.machines().to_vec();
    let (noticed, sudden): (Vec<_>, Vec<_>) = machines[..20]
        .iter()
        .map(|machine| (machine.handle.clone(), machine.leaves.clone().expect("all are taken back")))
        .partition(|(_, leaving)| leaving.noticed_at.is_some());
    assert!(!noticed.is_empty() && !sudden.is_empty());
    for (handle, leaving) in &noticed {
        let before = cloud.machines().iter().find(|m| m.handle == *handle).expect("it is there");
        assert_eq!(leaving.noticed_at, Some(leaving.at.plus_seconds(-120)));
        assert_eq!(before.leaves_at(leaving.at.plus_seconds(-121)), None);
        assert_eq!(before.leaves_at(leaving.at.plus_seconds(-120)), Some(leaving.at));
        assert_eq!(before.state(leaving.at.plus_seconds(-1)), State::Running);
        assert_eq!(before.state(leaving.at), State::Gone);
    }
    for (handle, leaving) in &sudden {
        let machine = cloud.machines().iter().find(|m| m.handle == *handle).expect("it is there");
        assert_eq!(machine.leaves_at(leaving.at), None);
        assert_eq!(machine.seen(leaving.at).message.as_deref(), Some("aws took the spot machine back"));
    }
    assert_eq!(state(&mut cloud, at(100_000), &on_demand), "running");
}

#[test]
fn a_machine_that_resists_is_removed_after_an_hour_of_attempts() {
    let mut cloud = cloud(Settings::new("aws"));
    let quirks = Quirks { resists: 3_600_000, ..Quirks::default() };
    let handle = cloud.create(START, &order(1, false), &quirks).expect("there is room");
    for seconds in [100, 1000, 3699] {
        assert!(matches!(cloud.terminate(at(seconds), &handle), Err(CloudError::Internal(_))), "{seconds}");
        assert_eq!(state(&mut cloud, at(seconds), &handle), "running");
    }
    cloud.terminate(at(3700), &handle).expect("it is removed");
    assert_eq!(state(&mut cloud, at(3740), &handle), "gone");
}

#[test]
fn a_machine_that_never_gets_ready_costs_only_where_orders_cost() {
    let quirks = Quirks { never_ready: true, ..Quirks::default() };
    for (billed_from, costs) in [(BilledFrom::Accepted, true), (BilledFrom::Ready, false)] {
        let mut cloud = cloud(Settings { billed_from, ..Settings::new("aws") });
        let handle = cloud.create(START, &order(1, false), &quirks).expect("there is room");
        assert_eq!(state(&mut cloud, at(100_000), &handle), "pending");
        assert_eq!(cloud.bill(at(100_000)).total > 0.0, costs);
    }
}

#[test]
fn a_machine_costs_from_when_to_when_its_cloud_says() {
    use BilledFrom::{Accepted, Ready};
    use BilledTo::{Asked, Gone};
    for (billed_from, billed_to) in [(Accepted, Asked), (Accepted, Gone), (Ready, Asked), (Ready, Gone)] {
        let mut cloud = cloud(Settings { billed_from, billed_to, ..Settings::new("aws") });
        let handle = create(&mut cloud, START, 1);
        cloud.terminate(at(1000), &handle).expect("it is removed");
        let machine = &cloud.machines()[0];
        let from = if billed_from == Accepted { START } else { machine.ready_at.expect("it gets ready") };
        let gone = machine.gone_at().expect("it goes");
        let to = if billed_to == Asked { at(1000) } else { gone };
        let line = &cloud.bill(at(5000)).lines[0];
        assert_eq!((line.from, line.to, line.cost), (Some(from), Some(to), cost(0.1, from, to)));
        let half = &cloud.bill(at(500)).lines[0];
        assert_eq!((half.to, half.cost), (None, cost(0.1, from, at(500))));
    }
}

#[test]
fn a_machine_that_is_removed_before_it_is_ready_does_not_cost_where_only_ready_ones_do() {
    let mut cloud = cloud(Settings { billed_from: BilledFrom::Ready, ..Settings::new("aws") });
    let handle = create(&mut cloud, START, 1);
    cloud.terminate(at(1), &handle).expect("it is removed");
    assert_eq!(cloud.bill(at(5000)).total, 0.0);
}

#[test]
fn a_job_goes_through_its_commands_and_then_rests() {
    let (mut cloud, handle) = ready();
    assert_eq!(job(&mut cloud, 1000, &handle), JobObservation::None);
    start(&mut cloud, 1000, &handle, spec(1, 1, &["pip install x", "make && sleep 5"]));
    let told = |job: JobObservation| match job {
        JobObservation::SettingUp { progress, .. } => progress,
        JobObservation::Running { progress, since, .. } => {
            format!("running since {}, {progress:?}", since.0 - START.0)
        }
        other => format!("{other:?}"),
    };
    let told: Vec<_> = [1000, 1012, 1025, 1034, 1035].map(|s| told(job(&mut cloud, s, &handle))).into();
    assert_eq!(
        told,
        [
            "making the environment",
            "setup 1 of 2: pip install x",
            "setup 2 of 2: make && sleep 5",
            "setup 2 of 2: make && sleep 5",
            "running since 1035000, None",
        ]
    );
}

#[test]
fn a_command_that_says_that_it_fails_ends_the_job() {
    let (mut cloud, handle) = ready();
    start(&mut cloud, 1000, &handle, spec(1, 1, &["true", "exit 3", "echo never"]));
    match job(&mut cloud, 1030, &handle) {
        JobObservation::Ended { reason, message, at: ended, .. } => {
            assert_eq!(reason, JobReason::ContainerExitedWithError);
            assert_eq!(message.as_deref(), Some("setup 2 of 3 (`exit 3`) ended with exit status 3"));
            assert_eq!(ended, at(1030));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_job_that_is_asked_to_end_does_so_and_a_stubborn_one_is_killed() {
    for (setup, ends_by) in [("true", 1104), ("trap '' TERM", 1110)] {
        let (mut cloud, handle) = ready();
        start(&mut cloud, 1000, &handle, spec(1, 1, &[setup]));
        ask(&mut cloud, 1100, &handle, &Ask::Stop { grace_seconds: 10 });
        assert!(matches!(job(&mut cloud, 1100, &handle), JobObservation::Stopping { .. }));
        assert!(matches!(job(&mut cloud, ends_by, &handle), JobObservation::Ended { .. }), "{setup}");
        if setup.starts_with("trap") {
            let (mut cloud, handle) = ready();
            start(&mut cloud, 1000, &handle, spec(1, 1, &[setup]));
            ask(&mut cloud, 1100, &handle, &Ask::Stop { grace_seconds: 10 });
            assert!(matches!(job(&mut cloud, 1109, &handle), JobObservation::Stopping { .. }));
            ask(&mut cloud, 1109, &handle, &Ask::Stop { grace_seconds: 0 });
            assert!(matches!(job(&mut cloud, 1109, &handle), JobObservation::Ended { .. }));
        }
    }
}

#[test]
fn one_machine_serves_one_job_after_another_and_never_a_former_one_again() {
    let (mut cloud, handle) = ready();
    let current = |cloud: &mut Cloud, seconds| match job(cloud, seconds, &handle) {
        JobObservation::SettingUp { job_id, .. } | JobObservation::Running { job_id, .. } => {
            job_id.0.as_u128()
        }
        other => panic!("{other:?}"),
    };
    start(&mut cloud, 1000, &handle, spec(1, 1, &[]));
    start(&mut cloud, 1050, &handle, spec(1, 1, &[]));
    assert!(
        matches!(job(&mut cloud, 1050, &handle), JobObservation::Running { since, .. } if since == at(1010))
    );
    start(&mut cloud, 1100, &handle, spec(2, 2, &[]));
    assert_eq!(current(&mut cloud, 1100), 2);
    start(&mut cloud, 1101, &handle, spec(1, 1, &[]));
    assert_eq!(current(&mut cloud, 1101), 2);
}

#[test]
fn a_log_is_read_in_pieces_as_it_grows_and_its_end_is_told() {
    let (mut cloud, handle) = ready();
    start(&mut cloud, 1000, &handle, spec(1, 1, &["pip install x"]));
    let read = |cloud: &mut Cloud, seconds, after| match ask(cloud, seconds, &handle, &Ask::Logs { after }) {
        Reply::Log { chunk } => chunk,
        other => panic!("{other:?}"),
    };
    let first = read(&mut cloud, 1012, 0);
    let second = read(&mut cloud, 1200, first.next_offset);
    ask(&mut cloud, 1200, &handle, &Ask::Stop { grace_seconds: 5 });
    let last = read(&mut cloud, 1300, second.next_offset);
    let end = read(&mut cloud, 1300, last.next_offset);
    assert_eq!((end.lines.len(), end.complete, end.offset), (0, true, last.next_offset));
    let pieces = [&first, &second, &last];
    assert_eq!(pieces.map(|piece| piece.complete), [false, false, true]);
    let lines: Vec<_> = pieces.iter().flat_map(|piece| &piece.lines).cloned().collect();
    let texts: Vec<_> = lines.iter().map(|line| line.text.replace(&handle, "HANDLE")).collect();
    insta::assert_snapshot!(texts.join("\n"), @r"
    run run on the simulated machine HANDLE: no command below was run
    setup 1 of 1: pip install x
    (simulated) what `pip install x` would write
    setup 1 of 1: done
    (simulated) here since 1 min
    (simulated) here since 2 min
    (simulated) here since 3 min
    stopping: processes have 5 seconds to end
    ");
    assert_eq!(read(&mut cloud, 1300, 0).lines, lines);
}

#[test]
fn a_terminal_says_what_it_is_echoes_and_ends_with_its_job() {
    let (mut cloud, handle) = ready();
    let terminal = berth_shared::api::TerminalId(Uuid::from_u128(9));
    let early = cloud.environment(at(1000), &handle, &Ask::OpenTerminal { id: terminal });
    assert!(matches!(early, Err(CloudError::NotReady(_))));
    start(&mut cloud, 1000, &handle, spec(1, 1, &[]));
    ask(&mut cloud, 1020, &handle, &Ask::OpenTerminal { id: terminal });
    let typed = |cloud: &mut Cloud, seconds, typed: &str| {
        let ask_for = Ask::Terminal { id: terminal, typed: typed.into(), after: Some(0) };
        match ask(cloud, seconds, &handle, &ask_for) {
            Reply::Terminal { offset: 0, text, exit_code } => (text.replace(&handle, "HANDLE"), exit_code),
            other => panic!("{other:?}"),
        }
    };
    let (text, exit_code) = typed(&mut cloud, 1021, "ls -l\u{7f}a\r");
    let shown = text.replace("\u{8} \u{8}", "<").replace("\r\n", "\n");
    insta::assert_snapshot!(shown, @r"
    This machine is simulated: no program runs on it, and what you type is only echoed.
    This is run on HANDLE; `exit` ends this terminal.
    simulated$ ls -l<a
    (simulated) not run: ls -a
    simulated$
    ");
    assert_eq!(exit_code, None);
    assert_eq!(typed(&mut cloud, 1022, "exit\rmore").1, Some(0));
    let other = berth_shared::api::TerminalId(Uuid::from_u128(10));
    ask(&mut cloud, 1023, &handle, &Ask::OpenTerminal { id: other });
    ask(&mut cloud, 1024, &handle, &Ask::Stop { grace_seconds: 0 });
    match ask(&mut cloud, 1025, &handle, &Ask::Terminals) {
        Reply::Terminals { terminals } => assert_eq!(terminals[0].exit_code, Some(129)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn figures_of_use_are_the_same_at_the_same_time_and_cpu_time_never_falls() {
    let (mut cloud, handle) = ready();
    start(&mut cloud, 1000, &handle, spec(1, 1, &[]));
    let usage = |cloud: &mut Cloud, seconds| match ask(cloud, seconds, &handle, &Ask::Stats) {
        Reply::Stats { usage } => usage,
        other => panic!("{other:?}"),
    };
    let mut before = 0;
    for seconds in 1010..1100 {
        let now = usage(&mut cloud, seconds);
        assert_eq!(usage(&mut cloud, seconds), now);
        assert!(now.cpu_millis >= before);
        before = now.cpu_millis;
    }
}

#[test]
fn what_was_used_goes_with_what_is_and_gpus_are_used_for_a_while_and_then_not() {
    let (mut cloud, _) = ready();
    let pool = Pool { region: "east".into(), instance_type: "h100x8".into(), spot: false };
    let handle = cloud.plant(at(900), &pool, Some(("H100".into(), 8))).expect("it is made");
    start(&mut cloud, 1800, &handle, spec(1, 1, &[]));
    let mut history = |seconds, span| match ask(&mut cloud, seconds, &handle, &Ask::Usage { span }) {
        Reply::Usage { history } => history,
        other => panic!("{other:?}"),
    };
    assert_eq!(history(1805, UsageSpan::Hour).samples, []);
    let hour = history(1800 + 4000, UsageSpan::Hour);
    assert_eq!((hour.samples.len(), hour.samples[359].at), (360, at(1800 + 4000)));
    let longer = history(1800 + 4010, UsageSpan::Hour);
    assert_eq!(hour.samples[1..], longer.samples[..359], "the past stays as it was");
    for gpu in 0..8 {
        let busy = |sample: &UsageSample| sample.gpus_most[gpu] > 0.0;
        let works = hour.samples.iter().filter(|sample| busy(sample)).count();
        assert!((20..340).contains(&works), "GPU {gpu} works in {works} of 360");
    }
    assert_eq!(history(1800 + 4000, UsageSpan::Week).samples.len(), 13);
}

#[test]
fn changes_are_told_once_and_when_they_happen() {
    let (mut cloud, handle) = ready();
    let ready_at = cloud.machines()[0].ready_at.expect("it gets ready");
    assert_eq!(cloud.next_change(), Some(ready_at));
    assert!(cloud.changed(Timestamp(ready_at.0 - 1)).is_empty());
    assert_eq!(cloud.changed(ready_at), BTreeSet::from([id(1)]));
    assert!(cloud.changed(ready_at).is_empty());
    start(&mut cloud, 1000, &handle, spec(1, 1, &["true"]));
    assert_eq!(cloud.changed(at(1000)), BTreeSet::from([id(1)]));
    assert_eq!(cloud.next_change(), Some(at(1010)));
}

#[test]
fn time_does_not_run_backwards_for_a_cloud() {
    let mut cloud = cloud(Settings::new("aws"));
    let handle = create(&mut cloud, at(100), 1);
    cloud.terminate(at(50), &handle).expect("it is removed");
    assert_eq!(cloud.machines()[0].removal.map(|removal| removal.asked_at), Some(at(100)));
}
