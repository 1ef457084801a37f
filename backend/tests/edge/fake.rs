//! An orchestrator whose past and present the test writes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use berth::{
    control::{Control, Refused, RefusedKind},
    orchestrator::{ServiceError, SpendQuery},
    provider::{
        Attached, ByteStream, Environment, Exec, ExecSpec, JobObservation, JobSpec, ProviderError,
        TerminalInput, TerminalOutput,
    },
    store::{
        Change, CodeStore, LimitsOf, MemoryDatabase, MemoryStore, Snapshot, Storage as _, StoredEvent,
        Stretch,
    },
};
use berth_shared::{
    api::{
        AddInstance, ChangeSettings, CreatePool, DEFAULT_PROJECT, DecideOrphan, DeletePool, Event, EventSeq,
        Instance, InstanceId, InstanceStatus, KeepInstance, KeepRun, LimitNote, Limits, LimitsOverview,
        LogChunk, LogLine, LogSource, Orphan, Page, Plan, PlanRequest, PlannedOffer, Pool, PriceChange,
        ProjectSettings, RemoveInstance, Run, RunDetail, RunId, RunStatus, Spend, Standing, StopRequest,
        Subject, SubmitRequest, TerminalId, TerminalInfo, TerminalSize, Usage, Used,
    },
    catalog::{Availability, Offer, PriceBasis},
    time::Timestamp,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{broadcast, mpsc, watch},
};
use uuid::Uuid;

/// The one run there is.
pub(crate) const RUN: RunId = RunId(Uuid::from_u128(0x42));
pub(crate) const NAME: &str = "calm-otter-1";
/// How far each line takes the log, whatever its length.
pub(crate) const LINE: u64 = 1000;

pub(crate) struct Fake {
    events: Mutex<Vec<StoredEvent>>,
    log: Mutex<Vec<String>>,
    /// From where on pieces of the log were asked for.
    pub(crate) log_reads: Mutex<Vec<u64>>,
    /// Orphans that there are.
    pub(crate) orphans: Mutex<Vec<Orphan>>,
    newest: watch::Sender<EventSeq>,
    log_changes: broadcast::Sender<RunId>,
    /// What a plan offers, US dollars an hour each.
    pub(crate) offers: Mutex<Vec<f64>>,
    /// Limits that a launch would come near, or pass.
    pub(crate) limit_notes: Mutex<Vec<LimitNote>>,
    /// What was paid.
    pub(crate) paid: Mutex<Vec<Stretch>>,
    /// What was submitted.
    pub(crate) submitted: Mutex<Vec<SubmitRequest>>,
    /// Whose the run and the instance are.
    pub(crate) owner: Mutex<String>,
    /// Where the run stands, when it no longer runs: its log is complete then.
    pub(crate) ended: Mutex<Option<RunStatus>>,
    /// Names of what was to be stopped.
    pub(crate) stopped: Mutex<Vec<String>>,
    /// What was added to a pool.
    pub(crate) added: Mutex<Vec<AddInstance>>,
    /// How many more runs there are, all alike.
    pub(crate) others: AtomicU32,
    /// How often all there is was read.
    pub(crate) snapshots: AtomicU32,
    pub(crate) environment: Arc<FakeEnvironment>,
    /// The code that was brought.
    pub(crate) code: MemoryStore,
}

impl Default for Fake {
    fn default() -> Self {
        Self {
            events: Mutex::default(),
            log: Mutex::default(),
            log_reads: Mutex::default(),
            orphans: Mutex::new(vec![orphan()]),
            newest: watch::Sender::new(0),
            log_changes: broadcast::Sender::new(4),
            offers: Mutex::default(),
            limit_notes: Mutex::default(),
            paid: Mutex::default(),
            submitted: Mutex::default(),
            owner: Mutex::new("admin".into()),
            ended: Mutex::default(),
            stopped: Mutex::default(),
            added: Mutex::default(),
            others: AtomicU32::default(),
            snapshots: AtomicU32::default(),
            environment: Arc::default(),
            code: MemoryDatabase::new(Uuid::from_u128(1)).handle(),
        }
    }
}

impl Fake {
    /// Something happens `count` times.
    pub(crate) fn happen(&self, count: u64) {
        self.happen_in(Some(DEFAULT_PROJECT), count);
    }

    /// The same in a project, or in none.
    pub(crate) fn happen_in(&self, project: Option<&str>, count: u64) {
        let mut events = self.events.lock().unwrap();
        for _ in 0..count {
            let seq = events.len() as EventSeq + 1;
            let event = Event {
                seq,
                at: Timestamp(0),
                subject: Subject::Run,
                run_id: Some(RUN),
                instance_id: None,
                from: None,
                to: None,
                reason: None,
                message: format!("event {seq}"),
                actor: None,
                project: project.map(str::to_owned),
                offered: None,
            };
            events.push(StoredEvent { event, run: Some(self.present()), instance: None, deleted_run: None });
        }
        self.newest.send_replace(events.len() as EventSeq);
    }

    /// The run, as it stands.
    fn present(&self) -> Run {
        Run {
            status: self.ended.lock().unwrap().unwrap_or(RunStatus::Running),
            owner: self.owner.lock().unwrap().clone(),
            ..run()
        }
    }

    /// The instance, as it stands.
    fn instance_now(&self) -> Instance {
        Instance { owner: self.owner.lock().unwrap().clone(), ..instance() }
    }

    /// A line is written to the run's log.
    pub(crate) fn log(&self, line: &str) {
        self.log.lock().unwrap().push(line.into());
        let _ = self.log_changes.send(RUN);
    }
}

pub(crate) fn run() -> Run {
    let ports = vec![(None, 8888)];
    Run { status: RunStatus::Running, ports, ..Run::submitted(RUN, NAME, "admin", Timestamp(0)) }
}

fn pool() -> Pool {
    Pool {
        name: "team".into(),
        project: DEFAULT_PROJECT.into(),
        default: false,
        created_at: Timestamp(0),
        instances: 1,
        idle: 1,
    }
}

fn instance() -> Instance {
    Instance {
        pool: "team".into(),
        status: InstanceStatus::Idle,
        billed_from: Some(Timestamp(0)),
        idle_seconds: Some(300),
        idle_stop_at: Some(Timestamp(300_000)),
        ..Instance::asked_for(InstanceId(Uuid::from_u128(1)), "box", "admin", offer(1.5), Timestamp(0))
    }
}

fn orphan() -> Orphan {
    Orphan {
        backend: "aws".into(),
        handle: "i-1".into(),
        id: InstanceId(Uuid::from_u128(2)),
        name: None,
        ours: true,
        found_at: Timestamp(0),
        remove_at: None,
        gone_at: None,
        billed_from: None,
        billed_to: None,
        price: None,
    }
}

fn offer(price: f64) -> Offer {
    Offer {
        backend: "aws".into(),
        region: "eu-west-1".into(),
        instance_type: "p3.2xlarge".into(),
        arch: None,
        cpus: 8.0,
        memory_gib: 61.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price,
        basis: PriceBasis::Listed,
        as_of: None,
        availability: Availability::Available,
    }
}

fn unknown(run: impl std::fmt::Display) -> Refused {
    Refused::new(RefusedKind::NotFound, "run-not-found", format!("there is no run named `{run}`"))
}

#[async_trait]
impl Control for Fake {
    /// What there is, is there in each project.
    fn of(self: Arc<Self>, _: &str) -> Arc<dyn Control> {
        self
    }

    fn backends(&self) -> Vec<String> {
        vec!["local".into()]
    }

    async fn plan(&self, _: &str, request: &PlanRequest) -> Result<Plan, Refused> {
        let dialect = self.code.settings(DEFAULT_PROJECT).await?.dialect;
        let checked = berth_shared::config::check_in(&request.configuration, dialect, None);
        let planned = |price: &f64| PlannedOffer {
            offer: offer(*price),
            allocation: None,
            notes: Vec::new(),
            observed_at: None,
            difference: None,
        };
        let offers: Vec<_> = self.offers.lock().unwrap().iter().map(planned).collect();
        Ok(Plan {
            valid: checked.is_valid(),
            diagnostics: checked.diagnostics,
            total: offers.len() as u64,
            offers,
            refusals: Vec::new(),
            variables: Vec::new(),
            catalog_version: "0".into(),
            instances: Vec::new(),
            preview: None,
            limits: self.limit_notes.lock().unwrap().clone(),
        })
    }

    /// What is offered costs a dollar an hour.
    async fn submit(&self, user: &str, request: SubmitRequest) -> Result<Run, Refused> {
        if let Some(agreed) = request.agreed_price.filter(|agreed| *agreed < 1.0) {
            let change = PriceChange {
                agreed,
                now: 1.0,
                offer: offer(1.0),
                catalog_version: "new".into(),
                agreed_catalog: request.agreed_catalog,
            };
            return Err(ServiceError::PriceChanged(Box::new(change)).into());
        }
        let over: Vec<LimitNote> =
            self.limit_notes.lock().unwrap().iter().filter(|note| note.over).cloned().collect();
        if !over.is_empty() {
            return Err(ServiceError::LimitReached(over).into());
        }
        self.submitted.lock().unwrap().push(request);
        Ok(Run { owner: user.into(), ..self.present() })
    }

    fn code(&self) -> &dyn CodeStore {
        &self.code
    }

    async fn stop(&self, _: &str, name: &str, _: StopRequest) -> Result<Run, Refused> {
        let run = self.run(name).await?.run;
        self.stopped.lock().unwrap().push(name.to_owned());
        Ok(run)
    }

    async fn keep_run(&self, _: &str, name: &str, request: KeepRun) -> Result<Run, Refused> {
        let run = self.run(name).await?.run;
        Ok(Run { inactive_at: Some(Timestamp(request.seconds * 1000)), ..run })
    }

    async fn seen(&self, _: RunId) -> Option<Duration> {
        None
    }

    async fn left(&self, _: RunId) {}

    async fn delete(&self, _: &str, name: &str) -> Result<(), Refused> {
        self.run(name).await.map(|_| ())
    }

    async fn run(&self, name: &str) -> Result<RunDetail, Refused> {
        if name == NAME { self.run_by_id(RUN).await } else { Err(unknown(name)) }
    }

    async fn run_by_id(&self, id: RunId) -> Result<RunDetail, Refused> {
        if id != RUN {
            return Err(unknown(id));
        }
        let events = self.events.lock().unwrap();
        Ok(RunDetail {
            seq: events.len() as EventSeq,
            run: self.present(),
            configuration: "type: dev-environment\n".into(),
            events: events.iter().map(|stored| stored.event.clone()).collect(),
        })
    }

    async fn runs(&self, active: bool, _: Option<&str>, _: u32) -> Result<Page<Run>, Refused> {
        Ok(Page { items: vec![self.present()], next: (!active).then(|| "more".into()) })
    }

    async fn instances(&self, _: Option<&str>, _: u32) -> Result<Page<Instance>, Refused> {
        Ok(Page { items: vec![self.instance_now()], next: None })
    }

    async fn pools(&self) -> Result<Vec<Pool>, Refused> {
        Ok(vec![pool()])
    }

    async fn create_pool(&self, _user: &str, request: CreatePool) -> Result<Pool, Refused> {
        Ok(Pool { name: request.name, ..pool() })
    }

    async fn set_default_pool(&self, _user: &str, _name: &str) -> Result<Pool, Refused> {
        Ok(pool())
    }

    async fn delete_pool(&self, _user: &str, _name: &str, _request: DeletePool) -> Result<(), Refused> {
        Ok(())
    }

    async fn add_instance(
        &self,
        _user: &str,
        _pool: &str,
        request: AddInstance,
    ) -> Result<Instance, Refused> {
        self.added.lock().unwrap().push(request);
        Ok(instance())
    }

    async fn instance(&self, _id: InstanceId) -> Result<Instance, Refused> {
        Ok(self.instance_now())
    }

    async fn remove_instance(
        &self,
        _user: &str,
        _id: InstanceId,
        _request: RemoveInstance,
    ) -> Result<Instance, Refused> {
        Ok(instance())
    }

    async fn keep_instance(
        &self,
        _user: &str,
        _id: InstanceId,
        _request: KeepInstance,
    ) -> Result<Instance, Refused> {
        Ok(instance())
    }

    async fn settings(&self) -> Result<ProjectSettings, Refused> {
        Ok(self.code.settings(DEFAULT_PROJECT).await?)
    }

    async fn change_settings(&self, _: &str, change: ChangeSettings) -> Result<ProjectSettings, Refused> {
        let settings = vec![(DEFAULT_PROJECT.to_owned(), change)];
        self.code.commit(&Change { settings, ..Change::default() }).await.map_err(Refused::internal)?;
        self.settings().await
    }

    async fn limits(&self) -> Result<LimitsOverview, Refused> {
        let book = self.code.limits().await?.of(DEFAULT_PROJECT);
        let standing = |(name, limits): (&String, &Limits)| Standing {
            person: Some(name.clone()),
            limits: limits.clone(),
            own: true,
            used: Used::default(),
        };
        Ok(LimitsOverview {
            project: Standing { limits: book.project.clone(), ..Standing::default() },
            people: book.people.iter().map(standing).collect(),
            everybody: book.everybody,
            month_ends_at: Timestamp(0),
        })
    }

    async fn set_limits(&self, _: &str, of: LimitsOf, set: Option<Limits>) -> Result<(), Refused> {
        if let Some(limits) = &set {
            berth_shared::limits::check(limits).map_err(ServiceError::LimitsInvalid)?;
        }
        let change = Change { limits: vec![(DEFAULT_PROJECT.to_owned(), of, set)], ..Change::default() };
        self.code.commit(&change).await.map(drop).map_err(Refused::internal)
    }

    /// At 1970-01-03, noon.
    async fn spend(&self, query: &SpendQuery) -> Result<Spend, Refused> {
        Ok(berth::orchestrator::spend(&self.paid.lock().unwrap(), query, Timestamp(216_000_000)))
    }

    async fn orphans(&self) -> Result<Vec<Orphan>, Refused> {
        Ok(self.orphans.lock().unwrap().clone())
    }

    async fn decide_orphan(&self, _user: &str, request: DecideOrphan) -> Result<Orphan, Refused> {
        let mut orphans = self.orphans.lock().unwrap();
        let found =
            orphans.iter_mut().find(|o| (&o.backend, &o.handle) == (&request.backend, &request.handle));
        let orphan =
            found.ok_or_else(|| Refused::new(RefusedKind::NotFound, "orphan-not-found", "it is gone"))?;
        orphan.remove_at = if request.keep { None } else { Some(Timestamp(0)) };
        Ok(orphan.clone())
    }

    async fn environment(&self, run: RunId) -> Result<Arc<dyn Environment>, Refused> {
        if run == RUN { Ok(self.environment.clone()) } else { Err(unknown(run)) }
    }

    async fn logs(&self, run: RunId, after: u64) -> Result<LogChunk, Refused> {
        if run != RUN {
            return Err(unknown(run));
        }
        let log = self.log.lock().unwrap();
        self.log_reads.lock().unwrap().push(after);
        let first = after.div_ceil(LINE).min(log.len() as u64);
        // Three lines at most, so that a log takes several pieces.
        let lines: Vec<_> = log
            .iter()
            .skip(first as usize)
            .take(3)
            .map(|text| LogLine::new(Timestamp(0), LogSource::Stdout, text.clone()))
            .collect();
        let next = first + lines.len() as u64;
        let ended = self.ended.lock().unwrap().is_some();
        let complete = ended && next == log.len() as u64;
        Ok(LogChunk { offset: first * LINE, next_offset: next * LINE, complete, lines })
    }

    async fn snapshot(&self) -> Result<Snapshot, Refused> {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
        let seq = self.events.lock().unwrap().len() as EventSeq;
        let runs = vec![self.present(); 1 + self.others.load(Ordering::Relaxed) as usize];
        Ok(Snapshot { seq, runs, instances: Vec::new(), at: Timestamp(0) })
    }

    async fn events_after(&self, after: EventSeq, limit: u32) -> Result<Vec<StoredEvent>, Refused> {
        let events = self.events.lock().unwrap();
        Ok(events.iter().skip(after as usize).take(limit as usize).cloned().collect())
    }

    fn newest(&self) -> watch::Receiver<EventSeq> {
        self.newest.subscribe()
    }

    fn log_changes(&self) -> broadcast::Receiver<RunId> {
        self.log_changes.subscribe()
    }
}

/// Terminals that echo what is typed; `exit` ends one. What they wrote is kept.
#[derive(Default)]
pub(crate) struct FakeEnvironment {
    written: Mutex<BTreeMap<TerminalId, Vec<u8>>>,
    opened: Mutex<BTreeSet<TerminalId>>,
    pub(crate) attached: Arc<()>,
    /// Whether something listens on each port: it answers a request with the head that came.
    pub(crate) listens: AtomicBool,
}

impl FakeEnvironment {
    /// How many are attached now.
    pub(crate) fn attached(&self) -> usize {
        Arc::strong_count(&self.attached) - 1
    }
}

fn nothing<T>() -> Result<T, ProviderError> {
    Err(ProviderError::NotReady("this environment has terminals only".into()))
}

#[async_trait]
impl Environment for FakeEnvironment {
    async fn start(&self, _: &JobSpec) -> Result<(), ProviderError> {
        nothing()
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        nothing()
    }

    async fn stop(&self, _: u32) -> Result<(), ProviderError> {
        nothing()
    }

    async fn logs(&self, _: u64) -> Result<LogChunk, ProviderError> {
        nothing()
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        Ok(Usage { memory_bytes: 4096, ..Usage::default() })
    }

    async fn exec(&self, _: &ExecSpec) -> Result<Exec, ProviderError> {
        nothing()
    }

    async fn dial(&self, _: u16) -> Result<ByteStream, ProviderError> {
        if !self.listens.load(Ordering::Relaxed) {
            return nothing();
        }
        let (near, mut far) = tokio::io::duplex(4096);
        tokio::spawn(async move {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(far.read_u8().await?);
            }
            let begin = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", head.len());
            far.write_all(begin.as_bytes()).await?;
            far.write_all(&head).await
        });
        Ok(Box::pin(near))
    }

    async fn open_terminal(&self, id: TerminalId, size: TerminalSize) -> Result<(), ProviderError> {
        if self.opened.lock().unwrap().insert(id) {
            let greeting = format!("{}x{}\n", size.cols, size.rows);
            self.written.lock().unwrap().insert(id, greeting.into_bytes());
        }
        Ok(())
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        let info = |id: &TerminalId| TerminalInfo { id: *id, opened_at: Timestamp(0), exit_code: None };
        Ok(self.opened.lock().unwrap().iter().map(info).collect())
    }

    async fn attach_terminal(&self, id: TerminalId, after: Option<u64>) -> Result<Attached, ProviderError> {
        let Some(mut written) = self.written.lock().unwrap().get(&id).cloned() else {
            return Err(ProviderError::NotFound(format!("terminal {id}")));
        };
        let offset = after.filter(|after| *after <= written.len() as u64).unwrap_or(0);
        let (output, receiver) = mpsc::channel(4);
        let (sender, mut input) = mpsc::channel(4);
        let attached = self.attached.clone();
        let kept = written.split_off(offset as usize);
        tokio::spawn(async move {
            let _attached = attached;
            let _ = output.send(TerminalOutput::Bytes(kept)).await;
            while let Some(input) = input.recv().await {
                let _ = match input {
                    TerminalInput::Bytes(keys) if keys == b"exit" => {
                        output.send(TerminalOutput::Exited(3)).await
                    }
                    TerminalInput::Bytes(keys) => output.send(TerminalOutput::Bytes(keys)).await,
                    TerminalInput::Resize(size) => {
                        let text = format!("[{}x{}]", size.cols, size.rows);
                        output.send(TerminalOutput::Bytes(text.into_bytes())).await
                    }
                };
            }
        });
        Ok(Attached { offset, seen: 0, output: receiver, input: sender })
    }
}
