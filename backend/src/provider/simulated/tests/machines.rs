//! What is on a machine, through the provider: jobs, logs, terminals.

use berth_shared::api::{JobId, JobReason, TerminalId, TerminalSize};
use tokio::sync::mpsc;

use super::*;
use crate::provider::{Environment, ExecSpec, JobObservation, JobSpec, TerminalInput, TerminalOutput};

const SIZE: TerminalSize = TerminalSize { cols: 80, rows: 24 };

fn spec(number: u128, turn: u64, setup: &[&str]) -> JobSpec {
    JobSpec {
        id: JobId(Uuid::from_u128(number)),
        turn,
        run_name: format!("run-{number}"),
        home_dir: "/root".into(),
        working_dir: None,
        shell: None,
        python: None,
        env: [("TOKEN".to_owned(), "secret".to_owned())].into(),
        setup: setup.iter().map(|command| (*command).to_owned()).collect(),
        init: Vec::new(),
        shm_bytes: None,
        container: Default::default(),
        code: None,
        git: None,
        welcome: Vec::new(),
    }
}

/// A machine that is ready.
async fn ready(faults: Faults) -> (Bench, Arc<dyn Environment>) {
    let bench = new(Faults::none());
    bench.create(1).await.expect("it is accepted");
    assert!(matches!(bench.provider.environment(id(1)).await, Err(ProviderError::NotReady(_))));
    sleep(LONG).await;
    let environment = bench.provider.environment(id(1)).await.expect("it is there");
    bench.cloud.set_faults(faults);
    (bench, environment)
}

async fn running() -> (Bench, Arc<dyn Environment>) {
    let (bench, environment) = ready(Faults::none()).await;
    environment.start(&spec(1, 1, &["pip install x"])).await.expect("it begins");
    sleep(LONG).await;
    (bench, environment)
}

fn terminal(number: u128) -> TerminalId {
    TerminalId(Uuid::from_u128(number))
}

/// Reads until the text ends with `end`, and gives all of it.
async fn read(output: &mut mpsc::Receiver<TerminalOutput>, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        match output.recv().await {
            Some(TerminalOutput::Bytes(bytes)) => text.push_str(std::str::from_utf8(&bytes).expect("text")),
            other => panic!("{other:?} after {text:?}"),
        }
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_job_runs_and_stops_and_the_next_one_begins_anew() {
    let (bench, environment) = running().await;
    assert!(matches!(environment.observe().await, Ok(JobObservation::Running { .. })));
    let log = environment.logs(0).await.expect("a log");
    assert!(log.lines.iter().any(|line| line.text.contains("pip install x")) && !log.complete);
    environment.stop(10).await.expect("it is accepted");
    sleep(LONG).await;
    let ended = environment.observe().await.expect("it answers");
    assert!(
        matches!(ended, JobObservation::Ended { reason: JobReason::TerminatedByServer, .. }),
        "{ended:?}"
    );
    assert!(environment.logs(0).await.expect("a log").complete);
    environment.start(&spec(2, 2, &["exit 4"])).await.expect("it begins");
    sleep(LONG).await;
    let ended = environment.observe().await.expect("it answers");
    assert!(
        matches!(ended, JobObservation::Ended { reason: JobReason::ContainerExitedWithError, .. }),
        "{ended:?}"
    );
    let log = environment.logs(0).await.expect("a log");
    assert!(!log.lines.iter().any(|line| line.text.contains("pip install x")));
    bench.provider.terminate(id(1)).await.expect("it is accepted");
    assert!(matches!(environment.observe().await, Err(ProviderError::NotFound(_))));
    assert!(matches!(bench.provider.environment(id(1)).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test(start_paused = true)]
async fn values_of_variables_never_reach_the_cloud() {
    let (bench, _environment) = running().await;
    let written = bench.cloud.with(|account, _| serde_json::to_string(account).expect("writes"));
    assert!(written.contains("pip install x") && !written.contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn who_is_attached_to_a_terminal_sees_what_is_typed_by_whom_ever() {
    let (_bench, environment) = running().await;
    environment.open_terminal(terminal(1), SIZE).await.expect("it opens");
    environment.open_terminal(terminal(1), SIZE).await.expect("it is open");
    assert_eq!(environment.terminals().await.expect("a list").len(), 1);
    let mut one = environment.attach_terminal(terminal(1), None).await.expect("it is there");
    assert_eq!(one.offset, 0);
    let greeting = read(&mut one.output, "simulated$ ").await;
    let mut other =
        environment.attach_terminal(terminal(1), Some(greeting.len() as u64)).await.expect("it is there");
    assert_eq!(other.offset, greeting.len() as u64);
    for key in ["l", "\u{fc}", "\r"] {
        one.input.send(TerminalInput::Bytes(key.as_bytes().to_vec())).await.expect("it is taken");
    }
    let echo = "lü\r\n(simulated) not run: lü\r\nsimulated$ ";
    assert_eq!(read(&mut one.output, "simulated$ ").await, echo);
    assert_eq!(read(&mut other.output, "simulated$ ").await, echo);
    drop(other);
    one.input.send(TerminalInput::Bytes(b"exit\r".to_vec())).await.expect("it is taken");
    read(&mut one.output, "exit\r\nexit\r\n").await;
    assert_eq!(one.output.recv().await, Some(TerminalOutput::Exited(0)));
    assert_eq!(one.output.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_terminal_that_is_no_longer_kept_from_where_one_was_begins_where_it_is_kept() {
    let (_bench, environment) = running().await;
    environment.open_terminal(terminal(1), SIZE).await.expect("it opens");
    let attached = environment.attach_terminal(terminal(1), Some(1_000_000)).await.expect("it is there");
    assert_eq!(attached.offset, 0);
    let missing = environment.attach_terminal(terminal(2), None).await.err().expect("there is none");
    assert!(matches!(missing, ProviderError::NotFound(_)));
}

#[tokio::test(start_paused = true)]
async fn what_a_simulated_machine_cannot_do_it_refuses_plainly() {
    let (_bench, environment) = running().await;
    let exec = ExecSpec { argv: vec!["ls".into()], ..ExecSpec::default() };
    let refused = environment.exec(&exec).await.err().expect("it is refused");
    assert_eq!(refused.to_string(), "this machine is simulated: no program can be run on it");
    let refused = environment.dial(80).await.err().expect("it is refused");
    assert_eq!(refused.to_string(), "this machine is simulated: nothing listens on its ports");
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_cannot_be_reached_may_be_later() {
    let (bench, environment) = ready(Faults { environment_unreachable: 1.0, ..Faults::none() }).await;
    assert!(is_temporary(&environment.observe().await));
    assert!(matches!(bench.observe(1).await, InstanceObservation::Ready { .. }), "the cloud still answers");
    bench.cloud.set_faults(Faults::none());
    assert!(matches!(environment.observe().await, Ok(JobObservation::None)));
}

#[tokio::test(start_paused = true)]
async fn a_spot_machine_tells_when_it_is_taken_back() {
    let bench = new(Faults::none());
    bench.provider.create(&request(1, true)).await.expect("it is accepted");
    sleep(LONG).await;
    let handle = bench.cloud.bill().lines[0].handle.clone();
    let taken = bench.cloud.with(|account, now| {
        account.cloud.take_back(now, &handle, 120_000).expect("it is there");
        now.plus_seconds(120)
    });
    match bench.observe(1).await {
        InstanceObservation::Ready { leaves_at, .. } => assert_eq!(leaves_at, Some(taken)),
        other => panic!("{other:?}"),
    }
    sleep(Duration::from_secs(120)).await;
    match bench.observe(1).await {
        InstanceObservation::Gone { message, billing } => {
            assert_eq!(message.as_deref(), Some("aws took the spot machine back"));
            assert_eq!(billing.to, Some(taken));
        }
        other => panic!("{other:?}"),
    }
}
