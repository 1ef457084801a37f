//! Whole lives of runs.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use berth_shared::api::{
    Difference, InstanceStatus, JobReason, RunReason, RunStatus, Subject, SubmitRequest, Verdict,
};

use super::{Bench, Script, TEXT, code, fake::share, one_offer, request, statuses};
use crate::{
    clock::{Clock, SystemClock},
    orchestrator::{Orchestrator, ServiceError},
};

#[tokio::test]
async fn a_run_comes_up_and_is_stopped() {
    let bench = Bench::new(Script { setup: 2, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    assert_eq!(bench.world.machines(), 0, "nothing external happens inside the request");
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.offer, Some(share("small", 0.5)));
    assert!(run.billed_from.is_some() && run.started_at.is_some() && run.stops_at.is_none());
    server.service.environment(id).await.map(|_| ()).expect("it can be worked in");
    assert_eq!(server.service.logs(id, 0).await.expect("a log").lines[0].text, "live");

    let stopped = server.service.stop("bob", "fox", false).await.expect("it is asked to stop");
    assert_eq!(stopped.status, RunStatus::Terminating);
    let run = server.until(id, RunStatus::Terminated).await;
    assert_eq!(
        (run.reason, run.job_reason),
        (Some(RunReason::StoppedByUser), Some(JobReason::TerminatedByUser))
    );
    assert!(run.finished_at.is_some() && run.billed_to.is_some());
    assert_eq!(bench.world.machines(), 0);
    assert_eq!(bench.world.archived(id), 1);
    assert_eq!(server.service.logs(id, 0).await.expect("a log").lines[0].text, "archived");
    assert_eq!(code(server.service.environment(id).await.map(|_| ())), "run-not-running");
    assert_eq!(code(server.service.stop("bob", "fox", false).await), "run-finished");

    let run_words = statuses(&server.service, id, Subject::Run).await;
    assert_eq!(run_words, ["submitted", "provisioning", "running", "terminating", "terminated"]);
    let job_words = statuses(&server.service, id, Subject::Job).await;
    assert_eq!(job_words, ["submitted", "provisioning", "pulling", "running", "terminating", "terminated"]);
    let instance_words = statuses(&server.service, id, Subject::Instance).await;
    assert_eq!(instance_words, ["pending", "provisioning", "busy", "terminating", "terminated"]);
    server.check_events().await;
}

#[tokio::test]
async fn progress_of_setup_reaches_the_run() {
    let bench = Bench::new(Script { setup: 3, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    let events = server.service.run_by_id(id).await.expect("events").events;
    let told: Vec<&str> = events.iter().map(|event| event.message.as_str()).collect();
    assert!(told.contains(&"3 to go") && told.contains(&"1 to go"), "{told:?}");
}

#[tokio::test]
async fn a_failed_setup_fails_the_run_and_leaves_nothing() {
    let bench = Bench::new(Script { ends: Some(JobReason::ContainerExitedWithError), ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let run = server.until(id, RunStatus::Failed).await;
    assert_eq!(run.reason, Some(RunReason::JobFailed));
    assert_eq!(run.job_reason, Some(JobReason::ContainerExitedWithError));
    assert_eq!(run.message.as_deref(), Some("`false` ended with exit status 1"));
    assert_eq!(bench.world.machines(), 0);
    server.check_events().await;
}

#[tokio::test]
async fn a_run_that_ends_by_itself_is_done() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    bench.world.end_jobs(JobReason::DoneByRunner);
    server.pass(5).await;
    let run = server.until(id, RunStatus::Done).await;
    assert_eq!(run.reason, Some(RunReason::AllJobsDone));
}

#[tokio::test]
async fn a_second_stop_forces() {
    let bench = Bench::new(Script { stubborn: true, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    server.pass(5).await;
    assert_eq!(server.run(id).await.status, RunStatus::Terminating, "its processes take their time");
    server.service.stop("ann", "fox", false).await.expect("asked again");
    let run = server.until(id, RunStatus::Terminated).await;
    assert_eq!(
        (run.reason, run.job_reason),
        (Some(RunReason::AbortedByUser), Some(JobReason::AbortedByUser))
    );
}

#[tokio::test]
async fn a_graceful_stop_ends_by_force_after_a_while() {
    let bench = Bench::new(Script { stubborn: true, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    server.pass(25).await;
    assert_eq!(server.run(id).await.status, RunStatus::Terminated);
}

#[tokio::test]
async fn a_run_can_be_stopped_in_each_state_before_it_runs() {
    for seconds in 0..4 {
        let bench = Bench::new(Script { never: seconds == 3, setup: 50, ..one_offer() });
        let server = bench.start().await;
        let id = server.submit("fox", TEXT).await;
        if seconds > 0 {
            server.pass(seconds).await;
        }
        server.service.stop("ann", "fox", false).await.expect("asked");
        let run = server.until(id, RunStatus::Terminated).await;
        assert_eq!(run.reason, Some(RunReason::StoppedByUser));
        assert_eq!(bench.world.machines(), 0);
        server.check_events().await;
    }
}

#[tokio::test]
async fn max_duration_counts_from_running_and_stops() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let text = format!("{TEXT}max_duration: 60s\n");
    let id = server.submit("fox", &text).await;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.stops_at, run.started_at.map(|at| at.plus_seconds(60)));
    server.pass(80).await;
    let run = server.run(id).await;
    assert_eq!((run.status, run.reason), (RunStatus::Terminated, Some(RunReason::MaxDurationExceeded)));
}

#[tokio::test]
async fn the_next_offer_is_tried_when_one_cannot_be_had() {
    let bench =
        Bench::new(Script { refuse: 1, offers: vec![("small", 0.5), ("large", 2.0)], ..Script::default() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.offer, Some(share("large", 2.0)));
    let events = server.service.run_by_id(id).await.expect("events").events;
    assert!(events.iter().any(|event| event.message.contains("sold out")), "{events:#?}");
    assert_eq!(bench.world.machines(), 1);
    // Each time it is kept what there was, and what spoke against the others.
    let kept = events.iter().filter_map(|event| event.offered.as_deref());
    let kept: Vec<Vec<_>> = kept
        .map(|offered| {
            offered.offers.iter().map(|it| (it.offer.instance_type.as_str(), it.verdict)).collect()
        })
        .collect();
    let first = vec![("small", Verdict::Chosen), ("large", Verdict::Next)];
    let second = vec![("small", Verdict::Tried), ("large", Verdict::Chosen)];
    assert_eq!(kept, [first, second]);
}

#[tokio::test]
async fn a_run_fails_in_words_when_no_offer_is_left() {
    let bench = Bench::new(Script { refuse: 9, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    let run = server.until(id, RunStatus::Failed).await;
    assert_eq!(run.job_reason, Some(JobReason::FailedToStartDueToNoCapacity));
    assert!(run.message.as_deref().is_some_and(|m| m.contains("sold out")), "{run:?}");
}

#[tokio::test]
async fn an_offer_that_vanished_after_the_plan_fails_the_run_with_the_refusal() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    bench.world.script().offers.clear();
    let run = server.until(id, RunStatus::Failed).await;
    assert_eq!(run.job_reason, Some(JobReason::FailedToStartDueToNoCapacity));
    assert!(run.message.as_deref().is_some_and(|m| m.contains("there is no memory left")), "{run:?}");
}

#[tokio::test]
async fn nothing_above_the_agreed_price_is_taken() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let agreed = |price| SubmitRequest { agreed_price: Some(price), ..request("fox", TEXT) };
    let before = server.service.events_after(0, 100).await.expect("events");
    let error = server.service.submit("ann", agreed(0.4)).await.expect_err("it costs more");
    insta::assert_snapshot!(error, @"the first offer now costs $0.5 an hour instead of $0.4: small in here on `fake`; launch again to agree to that, or look at the plan");
    let ServiceError::PriceChanged(change) = error else { panic!("{error:?}") };
    assert_eq!((change.agreed, change.now, change.offer.instance_type.as_str()), (0.4, 0.5, "small"));
    let stale = SubmitRequest { agreed_catalog: Some("0ld".into()), ..agreed(0.4) };
    let told = server.service.submit("ann", stale).await.expect_err("it costs more").to_string();
    assert!(told.contains("prices are newer ones"), "{told}");
    assert_eq!(server.service.events_after(0, 100).await.expect("events"), before, "something was written");
    let id = server.service.submit("ann", agreed(0.5)).await.expect("accepted").run.id;
    bench.world.script().offers = vec![("large", 2.0)];
    let run = server.until(id, RunStatus::Failed).await;
    assert!(run.message.as_deref().is_some_and(|m| m.contains("agreed $0.5")), "{run:?}");
    assert_eq!(bench.world.begun(), (0, 0));
}

#[tokio::test]
async fn no_capacity_is_tried_again_for_as_long_as_the_retry_policy_says() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let text = format!("{TEXT}retry_policy:\n  retry: true\n  duration: 5m\n");
    let id = server.submit("fox", &text).await;
    bench.world.script().offers.clear();
    server.until(id, RunStatus::Pending).await;
    bench.world.script().offers = one_offer().offers;
    let run = server.until(id, RunStatus::Running).await;
    assert_eq!(run.reason, None);

    bench.world.script().offers.clear();
    bench.world.die(true);
    server.until(id, RunStatus::Pending).await;
    server.pass(320).await;
    let run = server.run(id).await;
    assert_eq!((run.status, run.reason), (RunStatus::Failed, Some(RunReason::RetryLimitExceeded)));
    server.check_events().await;
}

#[tokio::test]
async fn a_pending_run_can_be_stopped() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let text = format!("{TEXT}retry_policy:\n  retry: true\n");
    let id = server.submit("fox", &text).await;
    bench.world.script().offers.clear();
    server.until(id, RunStatus::Pending).await;
    let run = server.service.stop("ann", "fox", false).await.expect("stopped");
    assert_eq!((run.status, run.reason), (RunStatus::Terminated, Some(RunReason::StoppedByUser)));
    server.pass(400).await;
    assert_eq!(server.run(id).await.status, RunStatus::Terminated);
}

#[tokio::test]
async fn a_machine_that_never_comes_up_is_given_up_in_time() {
    let bench = Bench::new(Script { never: true, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.pass(620).await;
    let run = server.run(id).await;
    assert_eq!(
        (run.status, run.job_reason),
        (RunStatus::Failed, Some(JobReason::FailedToStartDueToNoCapacity))
    );
    assert!(run.message.as_deref().is_some_and(|m| m.contains("within 10 minutes")), "{run:?}");
}

#[tokio::test]
async fn a_machine_whose_creation_was_not_answered_is_not_made_twice() {
    let bench = Bench::new(Script { lose_answer: 3, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    assert_eq!(bench.world.begun(), (1, 1));
}

#[tokio::test]
async fn a_machine_that_dies_interrupts_its_run_and_leaves_only_the_log() {
    for without_a_trace in [false, true] {
        let bench = Bench::new(one_offer());
        let server = bench.start().await;
        let id = server.submit("fox", TEXT).await;
        server.until(id, RunStatus::Running).await;
        bench.world.die(without_a_trace);
        server.pass(6).await;
        let run = server.until(id, RunStatus::Failed).await;
        assert_eq!(run.job_reason, Some(JobReason::InterruptedByNoCapacity));
        assert!(run.billed_to.is_some());
        assert_eq!(bench.world.machines(), 0, "what was left is removed");
        assert_eq!(bench.world.archived(id), u32::from(!without_a_trace));
        server.check_events().await;
    }
}

#[tokio::test]
async fn a_run_is_only_over_when_its_machine_is_surely_gone() {
    let bench = Bench::new(Script { keep_alive: 3, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    server.service.stop("ann", "fox", true).await.expect("asked");
    server.work().await;
    assert_eq!(server.run(id).await.status, RunStatus::Terminating);
    assert_eq!(bench.world.machines(), 1);
    server.until(id, RunStatus::Terminated).await;
    assert_eq!(bench.world.machines(), 0);
}

#[tokio::test]
async fn an_instance_that_may_be_kept_waits_idle_and_stops_by_itself() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = bench.start().await;
    let id = server.submit("fox", &format!("{TEXT}termination_idle_time: 60s\n")).await;
    server.until(id, RunStatus::Running).await;
    server.service.stop("ann", "fox", false).await.expect("asked");
    server.until(id, RunStatus::Terminated).await;
    let instances = server.service.instances().await.expect("instances");
    assert_eq!(instances[0].status, InstanceStatus::Idle);
    assert_eq!(instances[0].idle_stop_at, Some(instances[0].status_since.plus_seconds(60)));
    server.pass(70).await;
    assert_eq!(server.service.instances().await.expect("instances"), []);
    assert_eq!(bench.world.machines(), 0);
    server.check_events().await;
}

#[tokio::test]
async fn the_submitters_values_reach_the_job_and_are_forgotten_afterwards() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let text = format!("{TEXT}env:\n  - TOKEN\n  - COLOUR=red\n");
    assert_eq!(code(server.service.submit("ann", request("fox", &text)).await), "variable-missing");
    let mut request = request("fox", &text);
    request.variables.insert("TOKEN".to_owned(), "s3cret".to_owned());
    let id = server.service.submit("ann", request).await.expect("accepted").run.id;
    let written = server.core.storage.source(id).await.expect("read").expect("there").variables;
    assert!(!written["TOKEN"].contains("s3cret"), "it is sealed at rest: {written:?}");
    server.until(id, RunStatus::Running).await;
    let env = bench.world.last_job().expect("a job").env;
    assert_eq!((env["TOKEN"].as_str(), env["COLOUR"].as_str()), ("s3cret", "red"));
    server.service.stop("ann", "fox", true).await.expect("asked");
    server.until(id, RunStatus::Terminated).await;
    let source = server.core.storage.source(id).await.expect("read").expect("there");
    assert_eq!(source.variables, BTreeMap::new());
    for stored in server.service.events_after(0, 1000).await.expect("events") {
        assert!(!format!("{stored:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn names_are_checked_taken_and_free_again() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    assert_eq!(code(server.service.submit("ann", request("Fox", TEXT)).await), "run-name-invalid");
    let first = server.submit("fox", TEXT).await;
    assert_eq!(code(server.service.submit("ann", request("fox", TEXT)).await), "run-name-taken");
    assert_eq!(code(server.service.delete("ann", "fox").await), "run-active");
    server.service.stop("ann", "fox", true).await.expect("asked");
    server.until(first, RunStatus::Terminated).await;
    let second = server.submit("fox", TEXT).await;
    assert_eq!(server.service.run("fox").await.expect("found").run.id, second, "the newest of the name");

    let unnamed = SubmitRequest { name: None, ..request("x", TEXT) };
    let name = server.service.submit("ann", unnamed).await.expect("accepted").run.name;
    assert_eq!(name.split('-').count(), 3, "{name}");
}

#[tokio::test]
async fn a_finished_run_can_be_deleted() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.service.stop("ann", "fox", true).await.expect("asked");
    server.until(id, RunStatus::Terminated).await;
    server.service.delete("ann", "fox").await.expect("deleted");
    assert_eq!(code(server.service.run("fox").await), "run-not-found");
    assert_eq!(code(server.service.stop("ann", "fox", false).await), "run-not-found");
    server.check_events().await;
}

#[tokio::test]
async fn an_invalid_text_is_refused_with_everything_that_is_wrong() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    assert_eq!(code(server.service.submit("ann", request("fox", "type: [")).await), "invalid-configuration");
    let plan = server.plan("type: [").await;
    assert!(!plan.valid && plan.offers.is_empty() && !plan.diagnostics.is_empty());
    let plan = server.plan(TEXT).await;
    assert!(plan.valid && plan.total == 1, "{plan:?}");
    let plan = server.plan(&format!("{TEXT}backends: [aws]\n")).await;
    assert_eq!(plan.total, 0);
    assert!(plan.refusals[0].reasons[0].message.contains("does not name `fake`"), "{plan:?}");
    bench.world.script().offers.clear();
    assert_eq!(code(server.service.submit("ann", request("fox", TEXT)).await), "no-offers");
}

#[tokio::test]
async fn lists_come_in_pages() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    for number in 0..5 {
        server.submit(&format!("fox-{number}"), TEXT).await;
        server.clock.advance(number % 2);
    }
    let mut names = Vec::new();
    let mut before = None;
    loop {
        let page = server.service.runs(false, before, 2).await.expect("a page");
        names.extend(page.items.into_iter().map(|run| run.name));
        before = page.next.map(|cursor| cursor.to_string().parse().expect("a cursor"));
        if before.is_none() {
            break;
        }
    }
    names.sort();
    assert_eq!(names, ["fox-0", "fox-1", "fox-2", "fox-3", "fox-4"]);
}

#[tokio::test]
async fn the_loops_bring_runs_up_and_down_by_themselves() {
    let bench = Bench::new(Script { setup: 2, ..one_offer() });
    let orchestrator = Orchestrator::start(bench.parts(Arc::new(SystemClock)).await);
    let service = orchestrator.service();
    let mut newest = service.newest();
    let mut until = async |name: String, status: RunStatus| {
        let deadline = Duration::from_secs(60);
        tokio::time::timeout(deadline, async {
            while service.run(&name).await.expect("the run is there").run.status != status {
                newest.changed().await.expect("the orchestrator lives");
            }
        })
        .await
        .unwrap_or_else(|_| panic!("`{name}` never was {status}"));
    };
    let service = orchestrator.service();
    for number in 0..10 {
        service.submit("ann", request(&format!("fox-{number}"), TEXT)).await.expect("accepted");
    }
    for number in 0..10 {
        until(format!("fox-{number}"), RunStatus::Running).await;
    }
    for number in 0..10 {
        service.stop("ann", &format!("fox-{number}"), false).await.expect("asked");
    }
    for number in 0..10 {
        until(format!("fox-{number}"), RunStatus::Terminated).await;
    }
    assert_eq!(bench.world.machines(), 0);
    assert_eq!(bench.world.begun(), (1, 10));
    orchestrator.shutdown().await;
}

#[tokio::test]
async fn a_plan_lists_instances_that_wait_and_says_which_one_is_taken() {
    let bench = Bench::new(Script { keeps_idle: true, ..one_offer() });
    let server = bench.start().await;
    for name in ["fox", "owl"] {
        let id = server.submit(name, TEXT).await;
        server.until(id, RunStatus::Running).await;
    }
    server.service.stop("ann", "owl", false).await.expect("asked");
    server.pass(30).await;
    let plan = server.plan(TEXT).await;
    let listed: Vec<_> =
        plan.instances.iter().map(|instance| (instance.name.as_str(), instance.status)).collect();
    assert_eq!(listed, [("owl", InstanceStatus::Idle), ("fox", InstanceStatus::Busy)]);
    let note = &plan.instances[0].notes[0];
    assert_eq!(note.code, "reused");
    insta::assert_snapshot!(note.message, @"it waits for a run; a launch takes it");
    // What does not fit is not listed.
    assert_eq!(server.plan(&format!("{TEXT}max_price: 0.1\n")).await.instances, []);
    assert_eq!(server.plan(&format!("{TEXT}instance_name: fox\n")).await.instances.len(), 1);
    let reuse = server.plan(&format!("{TEXT}creation_policy: reuse\n")).await;
    assert_eq!(reuse.instances.len(), 2);
    insta::assert_snapshot!(reuse.refusals[0].reasons[0].message, @"`creation_policy: reuse` takes only instances that wait in the pool; remove it or use `reuse-or-create` to have one made");
}

#[tokio::test]
async fn instances_that_go_with_their_run_are_none_to_wait_for() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let id = server.submit("fox", TEXT).await;
    server.until(id, RunStatus::Running).await;
    assert_eq!(server.plan(TEXT).await.instances, []);
}

#[tokio::test]
async fn a_plan_says_when_each_fact_was_seen_and_how_it_differs_from_the_preview() {
    let bench = Bench::new(one_offer());
    let server = bench.start().await;
    let plan = server.plan(TEXT).await;
    assert_eq!(plan.offers[0].observed_at, Some(server.clock.now()));
    assert_eq!(plan.offers[0].difference, Some(Difference::NotInPreview));
    let preview = plan.preview.expect("there is one");
    assert_eq!(preview.catalog_version, plan.catalog_version);
    let gone: u64 = preview.gone.iter().map(|gone| gone.offers).sum();
    assert!(preview.total > 10_000 && gone == preview.total, "{preview:?}");
    assert!(preview.gone.iter().all(|gone| gone.reason.code == "not-configured"));
}
