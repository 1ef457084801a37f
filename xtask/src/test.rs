//! `cargo xtask test`: everything.

use crate::{
    beside::{self, Task},
    build::{self, Profile},
    npm, setup,
    shell::{Problem, Steps, cargo, command, root, run, target_dir, which},
    simulation, site, specs,
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
    // Built like the tests in Rust, which have made them already: by themselves they would be built anew, with fewer features.
    let programs = steps.step("programs for the browser's tests", || {
        run(cargo().args(["build", "--workspace", "--tests", "--bins"]))
    });
    let browser = programs.and_then(|()| build::dashboard(steps, Profile::Quick, None)).and_then(|()| {
        let chromium = setup::find_browser()?;
        let disguised = build::disguised_dashboard(steps)?;
        let (site, programs) = (target_dir().join("site-quick"), target_dir().join("debug"));
        steps.step("site", || site::assemble(&root().join("frontend/dist"), &site, "/tools/berth/"))?;
        steps.step("tests in the browser", || {
            let tests = root().join("tests/browser");
            // One browser at a time is quick enough and keeps two cores from stalling each other's waits.
            specs::run_all(&tests.join("specs"), || {
                let mut node = command("node");
                node.current_dir(&tests)
                    .env("CHROMIUM", &chromium)
                    .env("BERTH", programs.join("berth"))
                    .env("BERTH_NPM", &folder)
                    .env("BERTH_SITE", &site)
                    .env("BERTH_DISGUISED", &disguised)
                    .env("BERTH_TEST_PROGRAMS", &programs)
                    .args(["--test", "--test-timeout=300000"])
                    .args(filter.map(|filter| format!("--test-name-pattern={filter}")));
                node
            })
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
