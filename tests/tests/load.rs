//! The load that measures a server, so small that it only shows that nothing is lost under it.

use berth_tests::load::{Figure, Load, Tell, play};

#[derive(Default)]
struct Told(Vec<Figure>);

impl Tell for Told {
    fn figure(&mut self, figure: Figure) {
        self.0.push(figure);
    }

    fn begins(&mut self, _: &str) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_and_pages_by_the_dozen_lose_nothing_and_are_measured() {
    let load = Load {
        database_url: None,
        folder: std::env::temp_dir(),
        finished: 250,
        alone: 1,
        launches: 20,
        active: 30,
        seconds: 5,
        trickle_millis: 200,
        pages: 3,
        clients: 30,
        clients_seconds: 3,
    };
    let mut told = Told::default();
    play(&load, &mut told).await;
    let figure = |phase: &str, what: &str| {
        let found = told.0.iter().find(|figure| figure.phase == phase && figure.what == what);
        found.unwrap_or_else(|| panic!("{phase}: {what} is measured: {:#?}", told.0)).value
    };
    assert!(figure("grow", "active runs") >= 30.0);
    assert!(figure("burst", "events that pages were told") > 200.0);
    assert!(figure("hold", "events that pages were told") > 30.0);
    assert!(figure("crowd", "events that pages were told") > 30.0);
    assert!(figure("hold", "everything, for each") > 0.01, "megabytes of 30 active and 200 finished runs");
}
