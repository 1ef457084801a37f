//! `cargo xtask test`: everything.

use crate::{
    beside::{self, Task},
    build::{self, Profile},
    npm, setup,
    shell::{Problem, Steps, cargo, command, root, run, target_dir, which},
    simulation, site,
};

/// Runs all tests, or those whose name contains `filter`.
///
/// What only the later ones need is made while the first, which wait a lot, are run.
pub(crate) fn test(steps: &mut Steps, filter: Option<&str>) -> Result<(), Problem> {
    setup::for_tests(steps)?;
    let mut apps = Vec::new();
    for kind in &setup::APPS {
        apps.extend(setup::ensure_apps(steps, kind)?.map(|folder| (kind.variable, folder)));
    }
    build::agent(steps)?;
    let simulated = if simulation::is_meant(filter) { simulation::tasks(filter) } else { Vec::new() };
    // The simulation last: nothing waits for it.
    let (beside, simulation) = beside::begin(beside_the_first(filter)?, simulated);
    let rust = steps.step("tests in Rust", || {
        let runner: &[&str] = if which(&["cargo-nextest"]).is_some() {
            &["nextest", "run", "--no-tests=pass", "--no-fail-fast"]
        } else {
            &["test", "--no-fail-fast"]
        };
        // Property tests draw the same cases in each run, so that a failure belongs to the change that is tested; run
        // them by themselves for new cases.
        let seed = std::env::var("PROPTEST_RNG_SEED").unwrap_or_else(|_| "1".to_owned());
        let mut tests = cargo();
        tests.env("PROPTEST_RNG_SEED", seed).envs(apps);
        run(tests.args(runner).arg("--workspace").args(filter))
    });
    // All are always run, so that one failure does not hide another.
    let beside = beside.end(steps, "what is not yet made for the other tests");
    let built = npm::package(steps, Profile::Quick);
    let folder = built.as_ref().ok().cloned().unwrap_or_default();
    let package = built.and_then(|package| {
        steps.step("tests of the JSON Schema and the npm package", || {
            let mut node = command("node");
            node.current_dir(root().join("tests/schema")).env("BERTH_NPM", package);
            node.args(["--test", "--test-timeout=300000"]);
            run(node.args(filter.map(|filter| format!("--test-name-pattern={filter}"))).arg("specs/"))
        })
    });
    let browser = build::all(steps, Profile::Quick).and_then(|binary| {
        let chromium = setup::find_browser()?;
        let files = target_dir().join("site-quick");
        // What tests start beside the browser; the tests in Rust have built most of it.
        steps.step("engine and hosts for the browser", || {
            run(cargo().args(["build", "--package", "berth-tests", "--bin", "engine", "--bin", "hosts"]))
        })?;
        steps.step("site", || site::assemble(&root().join("frontend/dist"), &files, "/tools/berth/"))?;
        steps.step("tests in the browser", || {
            let mut node = command("node");
            node.current_dir(root().join("tests/browser"))
                .env("CHROMIUM", chromium)
                .env("BERTH", binary)
                .env("BERTH_NPM", folder)
                .env("BERTH_SITE", files)
                .env("BERTH_TEST_PROGRAMS", target_dir().join("debug"))
                // One browser at a time is quick enough and keeps two cores from stalling each other's waits.
                .args(["--test", "--test-concurrency=1", "--test-timeout=300000"]);
            if let Some(filter) = filter {
                node.arg(format!("--test-name-pattern={filter}"));
            }
            run(node.arg("specs/"))
        })
    });
    let simulation = simulation.end(steps, "simulation: what is left to play");
    steps.summary();
    rust.and(beside).and(simulation).and(package).and(browser)
}

/// What is made while the tests in Rust are run: tools and builds for the others.
fn beside_the_first(filter: Option<&str>) -> Result<Vec<Task>, Problem> {
    let own = std::env::current_exe()
        .map_err(|error| Problem::new(format!("cannot find the program that runs: {error}")))?;
    let own = |what: &str, args: &[&'static str]| Task::new(what, &own, args.iter().copied());
    let mut tasks = vec![own("set-up for the dashboard", &["setup"])];
    if filter.is_none() {
        tasks.push(own("what all is made of", &["deny", "--if-there"]));
    }
    // Not the server: tests run the one that is there while this is done.
    tasks.push(own("dashboard", &["trunk", "build"]));
    Ok(tasks)
}
