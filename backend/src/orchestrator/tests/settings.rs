//! What the admins of a project decide for it: how its texts are read, and whether containers may be privileged.

use berth_shared::{
    api::{AddInstance, ChangeSettings, PlanNote, PlanRequest, ProjectSettings, RunStatus, Subject},
    schema::Dialect,
};

use super::{Bench, Script, Server, TEXT, code, one_offer, request};
use crate::orchestrator::{Service, ServiceError};

const PRIVILEGED: &str = "# dstack: 0.22\ntype: dev-environment\nprivileged: true\n";

fn allowing(privileged: bool) -> ChangeSettings {
    ChangeSettings { privileged: Some(privileged), ..ChangeSettings::default() }
}

fn reading(dialect: Dialect) -> ChangeSettings {
    ChangeSettings { dialect: Some(dialect), ..ChangeSettings::default() }
}

impl Server {
    async fn set(&self, change: ChangeSettings) -> ProjectSettings {
        self.service.change_settings("ada", change).await.expect("changed")
    }

    /// Why nothing can launch a text, whichever machine it would be on.
    async fn refusals(&self, text: &str) -> Vec<PlanNote> {
        self.plan(text).await.refusals.into_iter().flat_map(|refusal| refusal.reasons).collect()
    }
}

/// As which release a project reads the text that a run of it was made from.
async fn launched_as(server: &Server, service: &Service, name: &str) -> Dialect {
    let run = service.submit("ann", request(name, TEXT)).await.expect("it is accepted").run;
    let source = server.core.storage.source(run.id).await.expect("read").expect("its text");
    source.model.configuration.dialect()
}

#[tokio::test]
async fn two_projects_of_different_defaults_read_the_same_text_differently_in_plan_and_launch() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let (main, vision) = (server.service.clone(), server.service.of("vision"));
    vision.change_settings("ada", reading(Dialect::V0_22)).await.expect("changed");
    assert_eq!(main.settings().await.expect("read"), ProjectSettings::default());
    assert_eq!(vision.settings().await.expect("read").dialect, Dialect::V0_22);

    assert_eq!(launched_as(&server, &main, "fox").await, Dialect::V0_18);
    assert_eq!(launched_as(&server, &vision, "fox").await, Dialect::V0_22);
    // Neither release takes both keys, and each complains of the other's.
    let asked = PlanRequest { configuration: format!("{TEXT}pool_name: lab\nname: owl\n"), preview: None };
    let told = async |service: &Service| {
        let plan = service.plan("ann", &asked).await.expect("a plan");
        plan.diagnostics.into_iter().map(|found| found.message).collect::<Vec<_>>()
    };
    assert_ne!(told(&main).await, told(&vision).await, "each reads it as its own release");
    // What is pinned is the same for all.
    for service in [&main, &vision] {
        let pinned = format!("# dstack: 0.18\n{TEXT}");
        let run = service.submit("ann", request("owl", &pinned)).await.expect("it is accepted").run;
        let source = server.core.storage.source(run.id).await.expect("read").expect("its text");
        assert_eq!(source.model.configuration.dialect(), Dialect::V0_18);
    }
}

#[tokio::test]
async fn an_instance_that_is_added_is_read_as_its_project_reads() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = bench.start().await;
    server.set(reading(Dialect::V0_22)).await;
    let add = AddInstance { configuration: TEXT.to_owned(), agreed_price: None };
    let added = server.service.add_instance("ann", "default-pool", add).await.expect("added");
    let (row, _) = server.core.storage.instance(added.id).await.expect("read").expect("it is there");
    assert_eq!(row.order.expect("an order").model.configuration.dialect(), Dialect::V0_22);
}

#[tokio::test]
async fn privileged_is_refused_in_plan_and_launch_until_an_admin_of_the_project_allows_it() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let refusals = server.refusals(PRIVILEGED).await;
    let told: Vec<_> = refusals.iter().map(|note| (note.code.as_str(), note.path.as_str())).collect();
    assert_eq!(told, [("not-allowed", "privileged")]);
    insta::assert_snapshot!(refusals[0].message, @"`privileged` is not allowed in the project `main`: an admin of the server can allow it, under *Settings*, *Project* or by `berth project set --privileged yes`; leave it out to launch without it");
    let refused = server.service.submit("ann", request("fox", PRIVILEGED)).await.expect_err("it is refused");
    assert!(matches!(&refused, ServiceError::NoOffers(_)), "{refused}");
    // What another project allows is nothing to this one.
    server.service.of("vision").change_settings("ada", allowing(true)).await.expect("changed");
    assert_eq!(code(server.service.submit("ann", request("fox", PRIVILEGED)).await), refused.code());

    assert!(server.set(allowing(true)).await.privileged);
    assert_eq!(server.refusals(PRIVILEGED).await, []);
    let id = server.submit("fox", PRIVILEGED).await;
    server.until(id, RunStatus::Running).await;
    let job = bench.world.last_job().expect("it was begun");
    assert!(job.container.privileged, "its provider is asked for it");

    // What runs goes on; the next one is refused.
    server.set(allowing(false)).await;
    server.pass(30).await;
    assert_eq!(server.run(id).await.status, RunStatus::Running);
    assert_eq!(code(server.service.submit("ann", request("owl", PRIVILEGED)).await), refused.code());
}

#[tokio::test]
async fn a_run_that_waits_is_refused_when_the_leave_for_privileged_is_taken_back() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    server.set(allowing(true)).await;
    let id = server.submit("fox", PRIVILEGED).await;
    server.set(allowing(false)).await;
    server.until(id, RunStatus::Failed).await;
    let told = server.service.run_by_id(id).await.expect("there").events;
    assert!(told.iter().any(|event| event.message.contains("`privileged` is not allowed")), "{told:#?}");
    assert!(bench.world.last_job().is_none(), "nothing was begun");
}

#[tokio::test]
async fn an_instance_that_waits_is_not_taken_for_what_the_project_does_not_allow() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    server.until(id, RunStatus::Terminated).await;
    assert_eq!(server.plan(TEXT).await.instances.len(), 1, "it waits");
    assert_eq!(code(server.service.submit("ann", request("owl", PRIVILEGED)).await), "no-offers");
}

#[tokio::test]
async fn a_change_of_settings_is_told_once_in_its_project() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let vision = server.service.of("vision");
    for _ in 0..2 {
        vision.change_settings("ada", reading(Dialect::V0_22)).await.expect("changed");
    }
    let events = vision.events_after(0, 100).await.expect("events");
    let told: Vec<_> = events.iter().map(|stored| &stored.event).collect();
    assert_eq!(told.len(), 1, "what changes nothing is no news: {told:?}");
    assert_eq!((told[0].subject, told[0].project.as_deref()), (Subject::Project, Some("vision")));
    assert_eq!(
        told[0].message,
        "`ada` changed the project: texts that say nothing else are read as dstack 0.22"
    );
}
