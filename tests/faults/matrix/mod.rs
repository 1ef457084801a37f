//! Lives are lived while the server dies at a point of its choosing: before and after each kind of call to a provider, each
//! commit, lease and word to the others. Afterwards nothing is lost, doubled or leaked.
//!
//! Exhaustive is what kind of point there is; each commit of each kind of life (`commits`); each point of a start
//! (`start`); and, by servers that die again and again, each order for a machine, each beginning and each end of a job.
//! Which of many equal calls to a provider is the first to be died at is what it happens to be: lives are lived at once.

mod commits;
mod end;
mod keeper;
mod lives;
pub(crate) mod person;
mod postgres;
mod replicas;
mod start;

use std::{path::Path, sync::Mutex, thread};

use berth::store::Address;
use berth_tests::{clouds::Clouds, server::Server};

use self::{
    keeper::{Keeper, Plan},
    person::Person,
};

/// How many servers die at once: they are real processes on a machine that has other things to do.
const AT_ONCE: usize = 3;

/// A life, at some servers which use these clouds.
type Life = fn(&Person, &Clouds);

/// Those that take a few seconds.
const QUICK: [Life; 4] = [lives::plain, lives::stubborn, lives::used_again, lives::added];

/// All of them: a machine that died is waited for a while before the next is asked for.
const ALL: [Life; 6] =
    [lives::plain, lives::stubborn, lives::used_again, lives::added, lives::next_offer, lives::retried];

/// Does `cell` for each of `items`, a few at once, and tells of all that fail.
fn each<T: Sync + std::fmt::Debug>(items: &[T], cell: impl Fn(&T) + Sync) {
    let (next, failed) = (Mutex::new(items.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(item) = next.lock().expect("nobody panics with it").next() else { return };
                    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cell(item)));
                    if done.is_err() {
                        failed.lock().expect("nobody panics with it").push(format!("{item:?}"));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("nobody panics with it");
    assert!(failed.is_empty(), "it does not hold for: {failed:#?}");
}

/// Lives these lives at once.
fn live(lives: &[Life], clouds: &Clouds, person: impl Fn() -> Person + Sync) {
    thread::scope(|scope| {
        let threads: Vec<_> = lives.iter().map(|life| scope.spawn(|| life(&person(), clouds))).collect();
        for thread in threads {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

/// One server on SQLite, which dies as planned and is started again.
fn on_sqlite(plan: Plan, lives: &[Life]) {
    let deaths = lived_on_sqlite(&plan, lives, None);
    match &plan {
        Plan::Lives => assert_eq!(deaths, 0),
        Plan::Once(_) | Plan::ForGood(_) => assert_eq!(deaths, 1, "the point was come to: {plan:?}"),
        Plan::InTurn(points) => assert_eq!(deaths, points.len(), "the points were come to: {plan:?}"),
        Plan::Each(_) => assert!(deaths > 1, "the point was come to again and again: {plan:?}"),
    }
}

/// The same, however often the server died; gives that number. Each point that its servers come to is written down in this
/// file.
fn lived_on_sqlite(plan: &Plan, lives: &[Life], noted: Option<&Path>) -> usize {
    let clouds = lives::clouds();
    let mut home = Server::start_with(&["--simulated-clouds", clouds.address()]);
    home.kill();
    let (session, address) = (home.session().to_owned(), home.address().to_owned());
    let command = std::sync::Arc::new(home);
    let server = std::sync::Arc::clone(&command);
    let noted = noted.map(Path::to_owned);
    let command_of = move || {
        let mut command = server.command();
        if let Some(file) = &noted {
            command.env("BERTH_FAILPOINT_LOG", file);
        }
        command
    };
    let keeper = Keeper::start(command_of, plan.clone());
    live(lives, &clouds, || Person::new(vec![address.clone()], &session));
    let bills = end::none_left(&clouds);
    let deaths = keeper.deaths();
    drop(keeper);
    eprintln!(
        "{plan:?}: {deaths} deaths, {} machines",
        bills.iter().map(|bill| bill.lines.len()).sum::<usize>()
    );
    end::check(command.data_dir(), &Address::DataDirectory, &bills);
    deaths
}

fn points(names: &[&str], moments: &[&str]) -> Vec<Plan> {
    let of = |name: &str| -> Vec<Plan> {
        moments.iter().map(|moment| Plan::Once(format!("{name}.{moment}"))).collect()
    };
    names.iter().flat_map(|name| of(name)).collect()
}

#[test]
fn the_lives_are_right_when_no_server_dies() {
    on_sqlite(Plan::Lives, &ALL);
}

#[test]
fn a_server_that_dies_around_a_call_to_a_provider_costs_nothing() {
    let calls = [
        "call.plan",
        "call.create",
        "call.observe",
        "call.terminate",
        "call.list",
        "call.environment",
        "call.start",
        "call.observe-job",
        "call.stop",
        "call.keep",
    ];
    each(&points(&calls, &["before", "after"]), |plan| on_sqlite(plan.clone(), &QUICK));
}

#[test]
fn a_server_that_dies_around_what_it_does_for_itself_costs_nothing() {
    let mut plans = points(&["join", "lease", "release", "beat"], &["before", "after"]);
    plans.push(Plan::Once("lease.after#5".to_owned()));
    plans.push(Plan::Once("release.before#5".to_owned()));
    each(&plans, |plan| on_sqlite(plan.clone(), &QUICK));
}

#[test]
fn a_server_that_dies_again_and_again_gets_everything_done_all_the_same() {
    // Some writes and calls come through each time: a server that always dies between a write and what it announces, or
    // before it learns of any removal, can get nothing done.
    let points = [
        "commit.after#4",
        // As many as are written at once, and one more.
        "commit.before#12",
        "call.create.after",
        "call.start.after",
        "call.stop.after",
    ];
    each(&points, |point| on_sqlite(Plan::Each((*point).to_owned()), &ALL));
}
