//! What is done, one after the other, and what is measured meanwhile.

use std::{
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use berth::store::Address;
use berth_shared::api::{Run, RunStatus};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{
    Figure, Load, Unit,
    figures::Times,
    fill::fill,
    pages::{Board, Pages},
    person::Person,
    process::Process,
    questions::questions,
};
use crate::{clouds::Clouds, server::Server};

/// What is launched: a machine with a GPU, and a command before it is ready.
pub(super) const CONFIGURATION: &str =
    "type: dev-environment\nide: vscode\nresources:\n  gpu: T4\nsetup:\n  - pip install torch\n";

/// How many launches are under way at once while the runs grow in number.
const GROWING: u32 = 500;

/// Between two rounds of questions: not in step with launches, which are so many a second.
const BETWEEN: Duration = Duration::from_millis(370);

/// Takes figures as they come, and words about what goes on.
pub trait Tell {
    /// A figure.
    fn figure(&mut self, figure: Figure);
    /// What begins now.
    fn begins(&mut self, what: &str);
}

pub(super) fn now() -> Instant {
    Instant::now()
}

struct Phase<'a, T> {
    tell: &'a mut T,
    name: &'static str,
}

impl<'a, T: Tell> Phase<'a, T> {
    fn new(tell: &'a mut T, name: &'static str) -> Self {
        tell.begins(name);
        Self { tell, name }
    }

    fn say(&mut self, what: &str, value: f64, unit: Unit) {
        self.tell.figure(Figure { phase: self.name.to_owned(), what: what.to_owned(), value, unit });
    }
}

/// Plays all of it.
///
/// # Panics
/// When something is lost, fails, or comes out of order: then no figure means anything.
pub async fn play(load: &Load, tell: &mut impl Tell) {
    let clouds = Clouds::start(&["--like", "quick"]);
    let mut options = vec![
        "--simulated-clouds",
        clouds.address(),
        "--submissions-per-minute",
        "1000000",
        "--requests-per-minute",
        "1000000",
    ];
    if let Some(url) = &load.database_url {
        options.extend(["--database-url", url]);
    }
    let mut server = Server::start_in(&load.folder, &options);
    let person = Person::new(server.address(), server.session());

    let own = alone(load, &person, tell).await;
    let template: Run = serde_json::from_value(
        serde_json::from_str::<serde_json::Value>(&person.get("/runs/alone-0").await).expect("a run")["run"]
            .clone(),
    )
    .expect("a run");
    tell.begins("a past");
    server.terminate();
    let address = load.database_url.clone().map_or(Address::DataDirectory, Address::Postgres);
    fill(server.data_dir(), &address, template.id, load.finished).await;
    server.restart();

    let process = Process(server.pid());
    burst(load, own, &person, process, tell).await;
    grow(load, &person, process, tell).await;
    hold(load, &person, process, tell).await;
    crowd(load, &person, process, tell).await;
    drop(server);
}

/// One launch after the other on a server that has nothing else to do; gives the longest, in seconds.
async fn alone(load: &Load, person: &Person, tell: &mut impl Tell) -> f64 {
    let mut phase = Phase::new(tell, "alone");
    let board = Board::open(person).await;
    let times = Times::default();
    for n in 0..load.alone {
        let name = format!("alone-{n}");
        Person::timed(&times, async {
            person.launch(&name, &format!("{CONFIGURATION}termination_idle_time: 1s\n")).await;
            board.wait_for(&name, RunStatus::Running).await;
        })
        .await;
        person.stop(&name).await;
        board.wait_for(&name, RunStatus::Terminated).await;
    }
    phase.say("from launch to running, median", times.quantile(0.5) / 1000.0, Unit::Seconds);
    phase.say("from launch to running, longest", times.quantile(1.0) / 1000.0, Unit::Seconds);
    times.quantile(1.0) / 1000.0
}

/// Many launches at once.
async fn burst(load: &Load, own: f64, person: &Person, process: Process, tell: &mut impl Tell) {
    let mut phase = Phase::new(tell, "burst");
    let board = Board::open(person).await;
    let mut pages = Pages::default();
    for _ in 0..10 {
        pages.open(person, Some(board.counts().seq)).await;
    }
    let (begun, cpu) = (now(), process.cpu());
    let answers = Arc::new(Times::default());
    launch(person, "burst", 0..load.launches, 64, &answers).await;
    phase.say("until all are accepted", begun.elapsed().as_secs_f64(), Unit::Seconds);
    board.wait(|counts| counts.running >= load.launches).await;
    let took = begun.elapsed().as_secs_f64();
    phase.say("launches at once", load.launches.into(), Unit::Count);
    phase.say("until all are running", took, Unit::Seconds);
    phase.say("of that more than the longest one alone", took - own, Unit::Seconds);
    phase.say("CPU time of the server", (process.cpu() - cpu).as_secs_f64(), Unit::Seconds);
    phase.say("answer to a launch, p95", answers.quantile(0.95), Unit::Milliseconds);
    lateness(&mut phase, &pages);
}

/// Launches runs of these numbers, so many requests at once.
async fn launch(
    person: &Person,
    name: &'static str,
    numbers: std::ops::Range<u32>,
    at_once: usize,
    answers: &Arc<Times>,
) {
    let mut asked = JoinSet::new();
    for n in numbers {
        if asked.len() >= at_once {
            asked.join_next().await.expect("there are some").expect("it is accepted");
        }
        let (person, answers) = (person.clone(), Arc::clone(answers));
        asked.spawn(async move {
            Person::timed(&answers, person.launch(&format!("{name}-{n}"), CONFIGURATION)).await;
        });
    }
    asked.join_all().await;
}

/// More and more active runs.
async fn grow(load: &Load, person: &Person, process: Process, tell: &mut impl Tell) {
    let mut phase = Phase::new(tell, "grow");
    let board = Board::open(person).await;
    let (begun, cpu) = (now(), process.cpu());
    let before = board.counts().running;
    let answers = Arc::new(Times::default());
    let mut asked = before;
    while asked < load.active {
        let next = (asked + 50).min(load.active);
        launch(person, "grown", asked..next, 16, &answers).await;
        asked = next;
        board.wait(|counts| counts.running + GROWING >= asked).await;
    }
    board.wait(|counts| counts.running >= load.active).await;
    let more = f64::from(load.active.saturating_sub(before));
    phase.say("active runs", board.counts().running.into(), Unit::Count);
    if more > 0.0 {
        phase.say("launches a second", more / begun.elapsed().as_secs_f64(), Unit::Count);
        let each = (process.cpu() - cpu).as_secs_f64() / more;
        phase.say("CPU time of the server for each launch", each * 1000.0, Unit::Milliseconds);
    }
}

fn lateness<T: Tell>(phase: &mut Phase<'_, T>, pages: &Pages) {
    let late = &pages.seen().late;
    assert!(!pages.seen().wrong.load(Ordering::Relaxed), "a page was cut off or missed an event");
    assert!(late.count() > 0, "pages are told of something");
    phase.say("from a change to a page, median", late.quantile(0.5), Unit::Milliseconds);
    phase.say("from a change to a page, p99", late.quantile(0.99), Unit::Milliseconds);
    phase.say("events that pages were told", late.count() as f64, Unit::Count);
}

/// One launch and one stop, again and again.
fn trickle(person: &Person, name: &'static str, every: Duration) -> tokio::task::JoinHandle<()> {
    let person = person.clone();
    tokio::spawn(async move {
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut n = 0_u32;
        loop {
            ticks.tick().await;
            person.launch(&format!("{name}-{n}"), CONFIGURATION).await;
            // It has long been running by then.
            if let Some(old) = n.checked_sub(20) {
                person.stop(&format!("{name}-{old}")).await;
            }
            n += 1;
        }
    })
}

/// Measures the server while `work` goes on, for so many seconds.
async fn watch<T: Tell>(
    phase: &mut Phase<'_, T>,
    process: Process,
    seconds: u64,
    work: impl Future<Output = ()>,
) {
    let (begun, cpu) = (now(), process.cpu());
    tokio::select! {
        () = sleep(Duration::from_secs(seconds)) => {}
        () = work => {}
    }
    let cores = (process.cpu() - cpu).as_secs_f64() / begun.elapsed().as_secs_f64();
    phase.say("seconds", begun.elapsed().as_secs_f64(), Unit::Seconds);
    phase.say("CPU of the server", cores, Unit::Cores);
    phase.say("memory of the server", process.memory() as f64 / 1e6, Unit::Megabytes);
}

/// Many active runs, held for a while, some of which come and go.
async fn hold(load: &Load, person: &Person, process: Process, tell: &mut impl Tell) {
    let mut phase = Phase::new(tell, "hold");
    let questions = questions(person, load.finished).await;
    let mut pages = Pages::default();
    let begun = now();
    for _ in 0..load.pages {
        pages.open(person, None).await;
    }
    while pages.seen().ready.load(Ordering::Relaxed) < load.pages.into() {
        assert!(!pages.seen().wrong.load(Ordering::Relaxed), "a page was cut off");
        sleep(Duration::from_millis(5)).await;
    }
    phase.say("pages that begin with everything at once", load.pages.into(), Unit::Count);
    phase.say("until all of them have it", begun.elapsed().as_secs_f64(), Unit::Seconds);
    let each = pages.seen().snapshots.load(Ordering::Relaxed) as f64 / f64::from(load.pages.max(1));
    phase.say("everything, for each", each / 1e6, Unit::Megabytes);
    // What piled up meanwhile is not what a page sees that is there already.
    sleep(Duration::from_secs(2)).await;
    pages.seen().late.clear();

    let changes = trickle(person, "held", Duration::from_millis(load.trickle_millis));
    watch(&mut phase, process, load.seconds, async {
        loop {
            for question in &questions {
                question.ask(person).await;
            }
            sleep(BETWEEN).await;
        }
    })
    .await;
    assert!(!changes.is_finished(), "launches and stops are accepted");
    changes.abort();
    phase.say("launches a second, and as many stops", 1000.0 / load.trickle_millis as f64, Unit::Count);
    lateness(&mut phase, &pages);
    for question in &questions {
        let what = format!("answer to: {}, p95", question.what);
        phase.say(&what, question.times.quantile(0.95), Unit::Milliseconds);
    }
    phase.say("most memory of the server ever", process.most_memory() as f64 / 1e6, Unit::Megabytes);
}

/// A crowd of pages on top of it.
async fn crowd(load: &Load, person: &Person, process: Process, tell: &mut impl Tell) {
    let mut phase = Phase::new(tell, "crowd");
    let board = Board::open(person).await;
    sleep(Duration::from_secs(2)).await;
    let before = process.memory();
    let mut pages = Pages::default();
    let begun = now();
    for _ in 0..load.clients {
        pages.open(person, Some(board.counts().seq)).await;
    }
    phase.say("pages", load.clients.into(), Unit::Count);
    phase.say("until all of them are there", begun.elapsed().as_secs_f64(), Unit::Seconds);
    sleep(Duration::from_secs(2)).await;
    pages.seen().late.clear();
    let changes = trickle(person, "seen", Duration::from_millis(load.trickle_millis));
    let newest = &questions(person, 0).await[0];
    watch(&mut phase, process, load.clients_seconds, async {
        loop {
            newest.ask(person).await;
            sleep(BETWEEN).await;
        }
    })
    .await;
    assert!(!changes.is_finished(), "launches and stops are accepted");
    changes.abort();
    let each = process.memory().saturating_sub(before) as f64 / f64::from(load.clients.max(1));
    phase.say("memory of the server for each page", each / 1e3, Unit::Kilobytes);
    phase.say("launches a second, and as many stops", 1000.0 / load.trickle_millis as f64, Unit::Count);
    lateness(&mut phase, &pages);
    let what = format!("answer to: {}, p95", newest.what);
    phase.say(&what, newest.times.quantile(0.95), Unit::Milliseconds);
}
