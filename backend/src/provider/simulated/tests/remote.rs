//! A simulated cloud over HTTP does as one in this process. Real sockets, so real time; the clouds' own stands still.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};

use berth_shared::{api::JobId, time::Timestamp};
use tokio::{net::TcpListener, task::JoinHandle};

use super::*;
use crate::provider::JobSpec;

#[derive(Default)]
struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

fn at_once() -> Settings {
    Settings { call: Span::NONE, ..Settings::scarce("aws") }
}

fn cloud(faults: Faults, clock: &Arc<HandClock>) -> SimulatedCloud {
    let cloud = Cloud::new(at_once(), Offers::small("aws"), 3);
    SimulatedCloud::start(Account::new(cloud, faults, 3), Arc::clone(clock) as Arc<dyn Clock>)
}

/// A process with one cloud, as far as others can tell.
struct Process {
    address: String,
    task: JoinHandle<()>,
}

impl Drop for Process {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(cloud: SimulatedCloud) -> Process {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let router = server::router(vec![cloud]);
    let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("serves") });
    Process { address, task }
}

async fn only(process: &Process) -> RemoteCloud {
    let mut clouds = RemoteCloud::all(&process.address).await.expect("it answers");
    assert_eq!(clouds.len(), 1);
    clouds.remove(0)
}

/// Calls of every kind, drawn by a seed, with what came of them.
async fn history(api: Arc<dyn CloudApi>, clock: &HandClock) -> Vec<String> {
    let mut told = Vec::new();
    let handles = Mutex::new(Vec::new());
    for round in 0..400 {
        let seed = Seed(11).with(round);
        clock.0.fetch_add(seed.of("passes").between(0, 60_000), Ordering::SeqCst);
        let number = seed.of("instance").between(0, 5);
        let id = id(number.unsigned_abs().into());
        let handle = || {
            let handles = handles.lock().expect("one task");
            let at = seed.of("machine").between(0, handles.len() as i64) as usize;
            handles.get(at).cloned().unwrap_or_else(|| "aws-nothing".to_owned())
        };
        let ask = |ask| Call::Environment { handle: handle(), ask };
        let pool = Pool { region: "east".into(), instance_type: "small".into(), spot: number % 2 == 0 };
        let job = JobSpec {
            id: JobId(id.0),
            turn: round,
            run_name: "run".into(),
            home_dir: "/root".into(),
            working_dir: None,
            shell: None,
            python: None,
            env: Default::default(),
            setup: vec!["pip install x".into()],
            init: Vec::new(),
            shm_bytes: None,
            container: Default::default(),
            code: None,
            git: None,
            welcome: Vec::new(),
        };
        let terminal = berth_shared::api::TerminalId(id.0);
        let tag = Tag { installation: "here".into(), id, name: "ü \"quoted\"".into() };
        let call = match seed.of("call").between(0, 13) {
            0..=2 => Call::Create(Order { key: Some(number.to_string()), tag, pool, gpu: None }),
            3 => Call::Find { installation: "here".into(), id },
            4 => Call::List,
            5 => Call::Describe { handle: handle() },
            6 if round % 4 == 0 => Call::Terminate { handle: handle() },
            7 => Call::Availability { pools: vec![pool] },
            8 => ask(Ask::Start { job: Box::new(job) }),
            9 => ask(Ask::Observe),
            10 => ask(Ask::Logs { after: 0 }),
            11 => ask(Ask::OpenTerminal { id: terminal }),
            12 => ask(Ask::Terminal { id: terminal, typed: "ä\u{1b}\r".into(), after: None }),
            _ => ask(Ask::Stats),
        };
        let answer = api.call(call.clone()).await;
        if let Ok(Reply::Created { handle }) = &answer {
            handles.lock().expect("one task").push(handle.clone());
        }
        told.push(format!("{call:?}: {answer:?}"));
    }
    told
}

#[tokio::test]
async fn a_cloud_in_another_process_answers_as_one_in_this_does() {
    let faults = Faults { never: 0.0, slow: 0.0, ..Faults::some() };
    let clock = Arc::new(HandClock::default());
    let here = cloud(faults.clone(), &clock);
    let one = history(Arc::new(here.clone()), &clock).await;
    let clock = Arc::new(HandClock::default());
    let there = cloud(faults, &clock);
    let process = serve(there).await;
    let remote = only(&process).await;
    let other = history(Arc::new(remote.clone()), &clock).await;
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    for kind in ["Created", "Machines", "Job", "Log", "Terminal", "Throttled", "NoCapacity", "NotFound"] {
        assert!(one.iter().any(|told| told.contains(kind)), "nothing came of {kind}");
    }
    assert_eq!(remote.bill().await.expect("a bill"), here.bill());
    assert_eq!(remote.offers().await.expect("offers"), Offers::small("aws"));
}

#[tokio::test]
async fn a_call_over_http_that_never_answers_does_not_either() {
    let clock = Arc::new(HandClock::default());
    let process = serve(cloud(Faults::none(), &clock)).await;
    let remote = only(&process).await;
    remote.set_faults(&Faults::none().once(On::List, Trouble::NeverAfter)).await.expect("it is set");
    assert!(timeout(Duration::from_millis(200), remote.call(Call::List)).await.is_err());
    assert_eq!(remote.call(Call::List).await, Ok(Reply::Machines { machines: Vec::new() }));
}

#[tokio::test]
async fn capacity_can_be_set_from_another_process() {
    let clock = Arc::new(HandClock::default());
    let process = serve(cloud(Faults::none(), &clock)).await;
    let remote = only(&process).await;
    let pool = Pool { region: "east".into(), instance_type: "small".into(), spot: false };
    for (slots, told) in [(0, "NotAvailable"), (1, "Available")] {
        remote.set_capacity(&pool, Some(slots)).await.expect("it is set");
        let answer = remote.call(Call::Availability { pools: vec![pool.clone()] }).await;
        assert_eq!(format!("{answer:?}"), format!("Ok(Availability {{ pools: [{told}] }})"));
    }
}

#[tokio::test]
async fn a_machine_can_be_taken_back_by_another_process() {
    let clock = Arc::new(HandClock::default());
    let there = cloud(Faults::none(), &clock);
    let process = serve(there.clone()).await;
    let remote = only(&process).await;
    let provider = SimulatedProvider::new(Arc::new(remote.clone()), Offers::small("aws"), "here");
    provider.create(&request(1, false)).await.expect("it is accepted");
    let handle = there.bill().lines[0].handle.clone();
    assert!(remote.take_back("aws-nothing", 0).await.is_err());
    remote.take_back(&handle, 0).await.expect("it is taken");
    match provider.observe(id(1)).await.expect("it answers") {
        InstanceObservation::Gone { message: Some(message), .. } => {
            assert_eq!(message, "aws took the spot machine back");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn changes_are_told_to_other_processes() {
    let clock = Arc::new(HandClock::default());
    let there = cloud(Faults::none(), &clock);
    let process = serve(there.clone()).await;
    let remote = only(&process).await;
    let mut changes = remote.changes();
    let provider = SimulatedProvider::new(Arc::new(remote), Offers::small("aws"), "here");
    let told = async {
        for number in 1.. {
            // Whoever has just begun to listen may miss some.
            let _ = provider.create(&request(number, false)).await;
            clock.0.fetch_add(100_000, Ordering::SeqCst);
            there.with(|_, _| ());
            if let Ok(Ok(id)) = timeout(Duration::from_millis(100), changes.recv()).await {
                return id;
            }
        }
        unreachable!("there is always a next number")
    };
    let told = timeout(Duration::from_secs(60), told).await.expect("it is told");
    assert!(there.bill().lines.iter().any(|line| line.tag.as_ref().is_some_and(|tag| tag.id == told)));
}

#[tokio::test]
async fn a_process_that_is_gone_is_a_cloud_that_cannot_be_reached() {
    let clock = Arc::new(HandClock::default());
    let process = serve(cloud(Faults::none(), &clock)).await;
    let address = process.address.clone();
    let remote = only(&process).await;
    drop(process);
    let answer = timeout(Duration::from_secs(60), async {
        loop {
            // The task that serves ends at its next turn.
            if let Err(error) = remote.call(Call::List).await {
                return error;
            }
        }
    });
    let error = answer.await.expect("it goes");
    assert!(
        matches!(&error, CloudError::Unreachable(why) if why.starts_with("aws cannot be reached")),
        "{error}"
    );
    assert!(matches!(RemoteCloud::all(&address).await, Err(RemoteError::Unreachable(..))));
    for wrong in ["", "127.0.0.1:80", "https://x", "ftp://x"] {
        assert!(matches!(RemoteCloud::all(wrong).await, Err(RemoteError::Address(_))), "{wrong}");
    }
}
