//! The orchestrator against a provider that misbehaves, under a clock that is moved by hand.

mod crash;
mod fake;
mod inactivity;
mod limits;
mod lives;
mod pools;
mod priority;
mod repos;
mod schedule;
mod settings;
mod utilization;

use std::{path::PathBuf, sync::Arc};

use berth_shared::api::{InstanceStatus, Plan, PlanRequest, Run, RunId, RunStatus, SubmitRequest};
use rand::{SeedableRng, rngs::StdRng};

use self::fake::{FakeArchive, FakeProvider, HandClock, Script, World};
use super::{Parts, Service, ServiceError, core::Core, loops};
use crate::{
    catalog::{Catalogues, Published},
    clock::Clock,
    secrets::Secrets,
    store,
};

const TEXT: &str = "type: dev-environment\nide: vscode\n";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("berth-orchestrator-{}", uuid::Uuid::from_u128(rand::random()));
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A world and the folder of the servers that come and go in it.
struct Bench {
    world: Arc<World>,
    clock: Arc<HandClock>,
    folder: Folder,
}

/// A server whose loops only move when they are told.
struct Server {
    core: Arc<Core>,
    service: Service,
    clock: Arc<HandClock>,
}

impl Bench {
    fn new(script: Script) -> Self {
        Self { world: World::new(script), clock: Arc::default(), folder: Folder::new() }
    }

    async fn parts(&self, clock: Arc<dyn Clock>) -> Parts {
        Parts {
            entrance: None,
            storage: store::open(&self.folder.0).await.expect("the store opens").storage(),
            providers: vec![Arc::new(FakeProvider::new(Arc::clone(&self.world)))],
            clock,
            random: StdRng::from_seed(rand::random()),
            archive: Arc::new(FakeArchive(Arc::clone(&self.world))),
            catalogues: Catalogues::new(Published::built_in().expect("a catalogue")),
            secrets: Secrets::in_memory(),
        }
    }

    async fn start(&self) -> Server {
        let clock: Arc<HandClock> = Arc::clone(&self.clock);
        let core = Arc::new(Core::new(self.parts(clock).await));
        loops::join(&core).await;
        Server { service: Service::new(Arc::clone(&core)), core, clock: Arc::clone(&self.clock) }
    }
}

impl Server {
    async fn submit(&self, name: &str, text: &str) -> RunId {
        let detail = self.service.submit("ann", request(name, text)).await.expect("it is accepted");
        detail.run.id
    }

    async fn plan(&self, text: &str) -> Plan {
        let request = PlanRequest { configuration: text.to_owned(), preview: None };
        self.service.plan("ann", &request).await.expect("a plan")
    }

    async fn work(&self) {
        loops::drain(&self.core).await;
    }

    /// Lets so many seconds pass, working all the while.
    async fn pass(&self, seconds: i64) {
        for _ in 0..seconds {
            self.work().await;
            self.clock.advance(1);
        }
        self.work().await;
    }

    async fn run(&self, id: RunId) -> Run {
        self.service.run_by_id(id).await.expect("the run is there").run
    }

    /// Works until the run has this status.
    async fn until(&self, id: RunId, status: RunStatus) -> Run {
        for _ in 0..200 {
            self.work().await;
            let run = self.run(id).await;
            if run.status == status {
                return run;
            }
            self.clock.advance(1);
        }
        panic!("it never was {status}: {:#?}", self.service.run_by_id(id).await);
    }

    /// Every event there ever was; checks that they are gapless and that replaying them gives the snapshot.
    async fn check_events(&self) {
        let events = self.service.events_after(0, u32::MAX).await.expect("events");
        let mut runs: Vec<Run> = Vec::new();
        let mut instances = std::collections::BTreeMap::new();
        for (index, stored) in events.iter().enumerate() {
            assert_eq!(stored.event.seq, index as u64 + 1, "a gap or a double");
            assert!(!stored.event.message.is_empty(), "{stored:?}");
            if let Some(run) = &stored.run {
                runs.retain(|other| other.id != run.id);
                runs.push(run.clone());
            }
            if let Some(deleted) = stored.deleted_run {
                runs.retain(|run| run.id != deleted);
            }
            if let Some(instance) = &stored.instance {
                instances.insert(instance.id, instance.clone());
            }
        }
        instances.retain(|_, instance| instance.status != InstanceStatus::Terminated);
        let snapshot = self.service.snapshot().await.expect("a snapshot");
        assert_eq!(snapshot.seq, events.len() as u64);
        runs.sort_by_key(|run| (run.submitted_at, run.id.to_string()));
        runs.reverse();
        assert_eq!(runs, snapshot.runs);
        assert_eq!(instances.into_values().count(), snapshot.instances.len());
    }
}

fn request(name: &str, text: &str) -> SubmitRequest {
    SubmitRequest {
        configuration: text.to_owned(),
        name: Some(name.to_owned()),
        variables: Default::default(),
        agreed_price: None,
        agreed_catalog: None,
        code: None,
        no_code: false,
    }
}

fn one_offer() -> Script {
    Script { offers: vec![("small", 0.5)], ..Script::default() }
}

/// The statuses that the events of a run tell, in order.
async fn statuses(service: &Service, id: RunId, subject: berth_shared::api::Subject) -> Vec<String> {
    let events = service.run_by_id(id).await.expect("events").events;
    events.into_iter().filter(|event| event.subject == subject).filter_map(|event| event.to).collect()
}

fn code<T: std::fmt::Debug>(result: Result<T, ServiceError>) -> &'static str {
    result.expect_err("it is refused").code()
}
