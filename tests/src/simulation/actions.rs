//! What people do, and what goes wrong.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use berth::{orchestrator::Service, store::Reach};
use berth_shared::api::{AddInstance, InstanceStatus, KeepInstance, KeepRun, RemoveInstance, SubmitRequest};
use rand::{RngExt, rngs::StdRng};
use tokio::time::timeout;

use super::{
    Accepted,
    process::Process,
    world::{World, lock},
};

/// For how long people wait for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// One step.
pub(super) async fn step(world: &Arc<World>, processes: &mut [Process], random: &mut StdRng) {
    let at = random.random_range(0..processes.len());
    let process = &mut processes[at];
    let service = process.service();
    match (random.random_range(0..100), service) {
        (0..5, Some(service)) => compete(world, &service, random),
        (5..35, Some(service)) => submit(world, service, text(random), random),
        (35..55, Some(service)) => stop(world, service, random),
        (55..58, Some(service)) => delete(world, service, random),
        (58..63, Some(service)) => add(world, service, random),
        (63..67, Some(service)) => remove(world, service, random),
        (67..68, Some(service)) => keep(world, service, random),
        (68..69, Some(service)) => come(world, service, random),
        (69..77, Some(_)) => process.kill(),
        (77..79, Some(_)) => process.leave().await,
        (79..86, Some(_)) => {
            let how = [Reach::Refused, Reach::Silent, Reach::AnswersLost][random.random_range(0..3)];
            process.reach(how);
        }
        (86..88, Some(_)) => process.hear(random.random()),
        (88..91, Some(_)) => process.cut(random.random_range(0..world.clouds.len()), true),
        (91..93, Some(_)) => process.jump(random.random_range(-60_000..60_000)),
        (93.., Some(_)) => {
            process.reach(Reach::Whole);
            for cloud in 0..world.clouds.len() {
                process.cut(cloud, false);
            }
        }
        (_, None) => process.start(),
        (_, Some(_)) => {}
    }
    // A process that was killed is started again by whatever watches over it, most of the time soon.
    for process in processes.iter_mut().filter(|process| !process.is_running()) {
        if random.random_bool(0.4) {
            process.start();
        }
    }
}

/// Several runs that take what waits in the pool, and nothing else, and differ in who goes first.
fn compete(world: &Arc<World>, service: &Service, random: &mut StdRng) {
    for priority in [random.random_range(0..50), random.random_range(50..=100)] {
        let text = format!(
            "type: dev-environment\nide: vscode\npriority: {priority}\ncreation_policy: reuse\n\
             retry: {{on_events: [no-capacity], duration: 1h}}\nidle_duration: 10m\n"
        );
        submit(world, service.clone(), text, random);
    }
}

fn submit(world: &Arc<World>, service: Service, configuration: String, random: &mut StdRng) {
    let world = Arc::clone(world);
    let named = random.random_bool(0.3).then(|| format!("named-{}", random.random_range(0..4)));
    tokio::spawn(async move {
        let request = SubmitRequest {
            configuration: configuration.clone(),
            name: named,
            variables: Default::default(),
            agreed_price: None,
            agreed_catalog: None,
            code: None,
            no_code: false,
        };
        match timeout(PATIENCE, service.submit("ann", request)).await {
            Ok(Ok(detail)) => {
                let run = Accepted { id: detail.run.id, name: detail.run.name };
                world.note(&format!("submitted {}: {}", run.name, configuration.replace('\n', " | ")));
                lock(&world.accepted).push(run);
            }
            Ok(Err(error)) => world.note(&format!("not submitted: {error}")),
            Err(_) => world.note("a submission was not answered"),
        }
    });
}

/// A configuration, of those that make a difference to the orchestrator.
fn text(random: &mut StdRng) -> String {
    if random.random_bool(0.3) {
        return newer(random);
    }
    let mut text = "type: dev-environment\nide: vscode\n".to_owned();
    let mut line = |probability: f64, lines: &[&str], random: &mut StdRng| {
        if random.random_bool(probability) {
            let _ = writeln!(text, "{}", lines[random.random_range(0..lines.len())]);
        }
    };
    line(0.5, &["spot_policy: spot", "spot_policy: auto", "spot_policy: on-demand"], random);
    line(0.5, &["retry_policy: {retry: true}", "retry_policy: {retry: true, duration: 10m}"], random);
    line(0.3, &["max_duration: 5m", "max_duration: 1m"], random);
    line(
        0.6,
        &["termination_idle_time: 30s", "termination_idle_time: 0s", "termination_idle_time: 10m"],
        random,
    );
    line(0.1, &["termination_policy: dont-destroy"], random);
    line(0.1, &["creation_policy: reuse"], random);
    line(0.2, &["pool_name: team"], random);
    line(0.3, &["setup: [make]", "setup: [make, make]", "setup: [exit 1]"], random);
    line(0.1, &["max_price: 0.5", "regions: [west]", "backends: [gcp]"], random);
    text
}

/// A file of dstack 0.22, with what that alone has.
fn newer(random: &mut StdRng) -> String {
    let mut text = "type: dev-environment\nide: vscode\n".to_owned();
    let mut line = |probability: f64, lines: &[&str], random: &mut StdRng| {
        if random.random_bool(probability) {
            let _ = writeln!(text, "{}", lines[random.random_range(0..lines.len())]);
        }
    };
    line(0.3, &["inactivity_duration: 20s", "inactivity_duration: 1m", "inactivity_duration: 5m"], random);
    line(0.3, &["schedule: {cron: '*/5 * * * *'}", "schedule: {cron: ['* * * * *', '7 * * * *']}"], random);
    line(0.4, &["priority: 5", "priority: 50", "priority: 100"], random);
    line(0.4, &["max_duration: 30s", "max_duration: 3m"], random);
    line(0.4, &["idle_duration: 30s", "idle_duration: 10m"], random);
    line(0.3, &["retry: true", "retry: {on_events: [no-capacity], duration: 10m}"], random);
    line(0.2, &["setup: [make]", "setup: [exit 1]"], random);
    if random.random_bool(0.3) {
        text.push_str(
            "resources: {gpu: '1..'}\nutilization_policy: {min_gpu_utilization: 30, time_window: 5m}\n",
        );
    }
    // Where nothing else says so.
    text.push_str("tags: {of: '0.22'}\n");
    text
}

fn some_run(world: &World, random: &mut StdRng) -> Option<Accepted> {
    let accepted = lock(&world.accepted);
    (!accepted.is_empty()).then(|| accepted[random.random_range(0..accepted.len())].clone())
}

fn stop(world: &Arc<World>, service: Service, random: &mut StdRng) {
    let Some(run) = some_run(world, random) else { return };
    let abort = random.random_bool(0.2);
    let world = Arc::clone(world);
    tokio::spawn(async move {
        let answer = timeout(PATIENCE, service.stop("ann", &run.name, abort)).await;
        world.note(&format!("stop {} (force {abort}): {}", run.name, told(answer.map(|a| a.map(|_| ())))));
    });
}

fn delete(world: &Arc<World>, service: Service, random: &mut StdRng) {
    let Some(run) = some_run(world, random) else { return };
    let world = Arc::clone(world);
    tokio::spawn(async move {
        // Asked for, whatever the answer is: it may be lost.
        let Ok(Ok(detail)) = timeout(PATIENCE, service.run(&run.name)).await else { return };
        lock(&world.deleted).push(Accepted { id: detail.run.id, name: run.name.clone() });
        let answer = timeout(PATIENCE, service.delete("ann", &run.name)).await;
        world.note(&format!("delete {}: {}", run.name, told(answer)));
    });
}

fn add(world: &Arc<World>, service: Service, random: &mut StdRng) {
    let request = AddInstance { configuration: text(random), agreed_price: None };
    let world = Arc::clone(world);
    tokio::spawn(async move {
        let answer = timeout(PATIENCE, service.add_instance("ann", "default-pool", request)).await;
        world.note(&format!("add an instance: {}", told(answer.map(|a| a.map(|_| ())))));
    });
}

fn remove(world: &Arc<World>, service: Service, random: &mut StdRng) {
    let (force, roll) = (random.random_bool(0.3), random.random::<u64>());
    let world = Arc::clone(world);
    tokio::spawn(async move {
        let Ok(Ok(all)) = timeout(PATIENCE, service.instances()).await else { return };
        let Some(one) = all.get(usize::try_from(roll).unwrap_or(0) % all.len().max(1)) else { return };
        let request = RemoveInstance { force, forget: false };
        let answer = timeout(PATIENCE, service.remove_instance("ann", one.id, request)).await;
        world.note(&format!("remove {} (force {force}): {}", one.name, told(answer.map(|a| a.map(|_| ())))));
    });
}

fn keep(world: &Arc<World>, service: Service, random: &mut StdRng) {
    let seconds = random.random_range(1..600);
    let world = Arc::clone(world);
    tokio::spawn(async move {
        let Ok(Ok(all)) = timeout(PATIENCE, service.instances()).await else { return };
        let Some(one) = all.iter().find(|instance| instance.status == InstanceStatus::Idle) else { return };
        let answer = timeout(PATIENCE, service.keep_instance("ann", one.id, KeepInstance { seconds })).await;
        world.note(&format!("keep {}: {}", one.name, told(answer.map(|a| a.map(|_| ())))));
    });
}

/// Somebody works in a run for a while, and may have it kept when they leave.
fn come(world: &Arc<World>, service: Service, random: &mut StdRng) {
    let Some(run) = some_run(world, random) else { return };
    let (moments, kept) = (random.random_range(1..60), random.random_bool(0.3));
    let world = Arc::clone(world);
    tokio::spawn(async move {
        for _ in 0..moments {
            let Ok(Some(again)) = timeout(PATIENCE, service.seen(run.id)).await else { return };
            tokio::time::sleep(again).await;
        }
        let _ = timeout(PATIENCE, service.left(run.id)).await;
        if kept {
            let answer =
                timeout(PATIENCE, service.keep_run("ann", &run.name, KeepRun { seconds: 300 })).await;
            world.note(&format!("keep the run {}: {}", run.name, told(answer.map(|a| a.map(|_| ())))));
        }
    });
}

fn told<E: std::fmt::Display>(answer: Result<Result<(), E>, tokio::time::error::Elapsed>) -> String {
    match answer {
        Ok(Ok(())) => "written down".to_owned(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "not answered".to_owned(),
    }
}
