//! What pages read and ask of the stream.

use std::collections::{BTreeMap, HashMap, VecDeque};

use berth_shared::{
    api::{
        Event, Instance, InstanceId, ProjectSettings, Run, RunId, SNAPSHOT_FINISHED, ServerInfo,
        ServerMessage, Subject, Topic, Usage, User,
    },
    schema::Dialect,
    time::Timestamp,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    Rows,
    driver::Driver,
    feed::{Timeline, add_usage},
    kept,
    log_book::LogBook,
    machine::{Connection, Input, Probe, TopicKey},
};
use crate::{api, browser};

/// How many runs' logs and timelines the page remembers after it has left them.
const KEPT_FEEDS: usize = 4;

/// The live state of the page. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub struct Live {
    /// How the connection stands.
    pub connection: RwSignal<Connection>,
    /// The server, once it has said who it is.
    pub server: RwSignal<Option<ServerInfo>>,
    /// The reader, once the server has said who that is.
    pub user: RwSignal<Option<User>>,
    /// What the admins of the project have decided for it, once the server has said so.
    pub settings: RwSignal<Option<ProjectSettings>>,
    /// Whether the reader is in no project at all, so that there is nothing for them to see.
    pub nowhere: RwSignal<bool>,
    /// Whether the first snapshot has come: until then an empty list means nothing.
    pub loaded: RwSignal<bool>,
    /// Runs that are not finished and the newest finished ones, newest first.
    pub runs: Rows<RunId, Run>,
    /// Instances that are not terminated, oldest first.
    pub instances: Rows<InstanceId, Instance>,
    /// Whether somebody looks at older finished runs than those that stay.
    with_older: StoredValue<bool>,
    /// Grows whenever pools, or what providers have besides, may have changed.
    pub pools_changed: RwSignal<u64>,
    /// The server's time, every second.
    pub now: RwSignal<Timestamp>,
    pub(super) skew: StoredValue<i64>,
    feeds: StoredValue<Feeds>,
    /// The newest use of runs that somebody looks at without their page.
    uses: StoredValue<HashMap<RunId, ArcRwSignal<Option<Usage>>>>,
    /// Who hears of every event, with the run before it and after it.
    heard: StoredValue<Option<Heard>, LocalStorage>,
    /// How many follow each topic.
    followers: StoredValue<BTreeMap<TopicKey, usize>>,
    /// Whether it is being asked who reads.
    asking: StoredValue<bool>,
    driver: StoredValue<Driver, LocalStorage>,
}

/// Hears of an event, of the run before it and of the run after it.
type Heard = Box<dyn Fn(&Event, Option<&Run>, Option<&Run>)>;

/// What the page knows of one run beyond its row.
#[derive(Clone, Default)]
pub struct Feed {
    /// Its log.
    pub log: ArcRwSignal<LogBook>,
    /// Its text and events; `None` until the server has answered.
    pub timeline: ArcRwSignal<Option<Timeline>>,
    /// What it uses, oldest first.
    pub usage: ArcRwSignal<VecDeque<Usage>>,
}

#[derive(Default)]
struct Feeds {
    by_run: HashMap<RunId, Feed>,
    recent: VecDeque<RunId>,
}

/// Makes the live state; called once, at the root.
pub fn provide_live() -> Live {
    let now = Timestamp(browser::wall_millis());
    let live = Live {
        connection: RwSignal::new(Connection::Connecting),
        server: RwSignal::new(None),
        user: RwSignal::new(None),
        settings: RwSignal::new(None),
        nowhere: RwSignal::new(false),
        loaded: RwSignal::new(false),
        runs: Rows::new(
            |run: &Run| run.id,
            |a: &Run, b: &Run| b.submitted_at.cmp(&a.submitted_at).then(b.id.cmp(&a.id)),
        ),
        instances: Rows::new(
            |instance: &Instance| instance.id,
            |a: &Instance, b: &Instance| a.created_at.cmp(&b.created_at).then(a.id.cmp(&b.id)),
        ),
        with_older: StoredValue::new(false),
        pools_changed: RwSignal::new(0),
        now: RwSignal::new(now),
        skew: StoredValue::new(0),
        feeds: StoredValue::default(),
        uses: StoredValue::default(),
        heard: StoredValue::new_local(None),
        followers: StoredValue::default(),
        asking: StoredValue::new(false),
        driver: StoredValue::new_local(Driver::default()),
    };
    provide_context(live);
    api::when_in_doubt(move || live.ask_who());
    super::driver::run(live);
    live
}

/// The live state.
///
/// # Panics
/// Outside of the dashboard's root component.
#[must_use]
pub fn use_live() -> Live {
    expect_context()
}

impl Live {
    /// Connects, when it is not connected or about to be: after the start and after a login.
    pub fn start(&self) {
        self.input(Input::Start);
    }

    /// Asks the server who the reader is: what they may do, and whether they have a password. Leads to the login when they
    /// are nobody any more.
    pub fn ask_who(&self) {
        let live = *self;
        // The answer to this very question may be what it is asked for.
        if live.asking.get_value() {
            return;
        }
        live.asking.set_value(true);
        spawn_local(async move {
            match api::get::<User>("/api/v1/me").await {
                Ok(user) => live.meet(user),
                Err(error) if error.is_unauthorized() => live.input(Input::Probed(Probe::Unauthorized)),
                Err(_) => {}
            }
            live.asking.set_value(false);
        });
    }

    /// Asks the server for the settings of the project.
    pub(super) fn ask_settings(&self) {
        let live = *self;
        spawn_local(async move {
            // A server that cannot be asked now is asked again when the stream comes back.
            if let Ok(settings) = api::get::<ProjectSettings>("/api/v1/settings").await {
                live.set_settings(settings);
            }
        });
    }

    /// Takes note of the settings of the project.
    pub(crate) fn set_settings(&self, settings: ProjectSettings) {
        // What has not changed is not read anew.
        if self.settings.with_untracked(|known| *known != Some(settings)) {
            self.settings.set(Some(settings));
        }
    }

    /// As which release of dstack a text is read here that says nothing else, at this moment and without tracking.
    #[must_use]
    pub fn default_dialect(&self) -> Dialect {
        self.settings.get_untracked().unwrap_or_default().dialect
    }

    /// Takes note of who the reader is.
    pub(super) fn meet(&self, user: User) {
        if self.user.with_untracked(|known| known.as_ref() != Some(&user)) {
            self.user.set(Some(user));
        }
    }

    /// Whether what the page shows is what the server knows.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.connection.get(), Connection::Live { .. })
    }

    /// The server's time at this moment, without tracking.
    #[must_use]
    pub fn server_now(&self) -> Timestamp {
        Timestamp(browser::wall_millis() + self.skew.get_value())
    }

    /// What is kept of a run.
    #[must_use]
    pub fn feed(&self, run: RunId) -> Feed {
        self.feeds
            .try_update_value(|feeds| {
                feeds.recent.retain(|other| *other != run);
                feeds.recent.push_back(run);
                if feeds.recent.len() > KEPT_FEEDS
                    && let Some(oldest) = feeds.recent.pop_front()
                {
                    feeds.by_run.remove(&oldest);
                }
                feeds.by_run.entry(run).or_default().clone()
            })
            .unwrap_or_default()
    }

    /// Adds runs that the stream does not tell of: until [`Live::forget_older`] they stay, and whatever else ends.
    pub(crate) fn add_older(&self, runs: Vec<Run>) {
        self.with_older.set_value(true);
        for run in runs {
            self.runs.insert_missing(run);
        }
    }

    /// Lets go of what [`Live::add_older`] has added.
    pub(crate) fn forget_older(&self) {
        self.with_older.set_value(false);
        self.let_go();
    }

    /// Drops the oldest finished runs, so that a page that is open for days keeps no more of them than one that was just opened. Those
    /// whose pages are open, or were a moment ago, stay.
    fn let_go(&self) {
        if self.with_older.get_value() {
            return;
        }
        let mut runs = Vec::new();
        self.runs.peek_all(|run, _| runs.push((run.id, run.status.is_finished())));
        let kept = SNAPSHOT_FINISHED as usize;
        let looked_at = |run| self.feeds.with_value(|feeds| feeds.by_run.contains_key(&run));
        for run in kept::let_go(runs, kept, looked_at) {
            self.runs.remove(run);
        }
    }

    /// Follows a topic until the current component goes.
    pub fn follow(&self, topic: Topic) {
        let live = *self;
        let key = TopicKey::from(&topic);
        live.followers.update_value(|followers| *followers.entry(key).or_default() += 1);
        live.input(Input::Subscribe(topic.clone()));
        on_cleanup(move || {
            let left = live.followers.try_update_value(|followers| {
                let left = followers.get(&key).map_or(0, |count| count.saturating_sub(1));
                match left {
                    0 => drop(followers.remove(&key)),
                    _ => drop(followers.insert(key, left)),
                }
                left
            });
            // The next page may have begun to follow it before this one has gone.
            if left == Some(0) {
                live.input(Input::Unsubscribe(topic));
            }
        });
    }

    /// What a run uses now, as the stream tells it to whoever follows [`Topic::Usage`]; until the current component goes.
    #[must_use]
    pub fn newest_use(&self, run: RunId) -> ArcRwSignal<Option<Usage>> {
        let uses = self.uses;
        on_cleanup(move || drop(uses.try_update_value(|uses| uses.remove(&run))));
        uses.try_update_value(|uses| uses.entry(run).or_default().clone()).unwrap_or_default()
    }

    pub(super) fn driver(&self) -> StoredValue<Driver, LocalStorage> {
        self.driver
    }

    pub(super) fn input(&self, input: Input) {
        super::driver::input(*self, input);
    }

    pub(super) fn apply(&self, message: ServerMessage) {
        match message {
            ServerMessage::Snapshot { runs, instances, .. } => {
                self.runs.replace(runs);
                self.instances.replace(instances);
                self.pools_changed.update(|count| *count += 1);
                self.loaded.set(true);
            }
            ServerMessage::Event { event, run, instance, deleted_run, .. } => {
                self.hear(&event, run.as_deref());
                if let Some(run) = run {
                    let finished = run.status.is_finished();
                    self.runs.upsert(*run);
                    if finished {
                        self.let_go();
                    }
                }
                if let Some(instance) = instance {
                    if instance.status.is_active() {
                        self.instances.upsert(*instance);
                    } else {
                        self.instances.remove(instance.id);
                    }
                }
                if let Some(run) = deleted_run {
                    self.runs.remove(run);
                }
                if event.subject == Subject::Project {
                    self.ask_settings();
                }
                if event.subject == Subject::Pool {
                    self.pools_changed.update(|count| *count += 1);
                }
                self.add_event(&event);
            }
            // Whoever shows offers fetches the new ones by their address.
            ServerMessage::Catalog { catalog, .. } => self.server.update(|server| {
                if let Some(server) = server {
                    server.catalog_version = catalog.version;
                    server.catalog_url = catalog.url;
                }
            }),
            ServerMessage::Timeline { seq, run_id, configuration, events } => {
                if let Some(feed) = self.known_feed(run_id) {
                    feed.timeline.set(Some(Timeline::new(seq, configuration, events)));
                }
            }
            ServerMessage::Log { run_id, chunk, .. } => {
                if let Some(feed) = self.known_feed(run_id) {
                    feed.log.update(|log| log.append(&chunk));
                }
            }
            ServerMessage::Usage { run_id, usage, .. } => {
                if let Some(newest) = self.uses.with_value(|uses| uses.get(&run_id).cloned()) {
                    newest.set(Some(usage.clone()));
                }
                if let Some(feed) = self.known_feed(run_id) {
                    feed.usage.update(|history| add_usage(history, usage));
                }
            }
            ServerMessage::Error { code, message, .. } => {
                leptos::logging::warn!("the stream refuses a request of this page: {code}: {message}");
            }
            ServerMessage::Hello { .. } | ServerMessage::Elsewhere { .. } | ServerMessage::Pong { .. } => {}
        }
    }

    /// Has `hear` called with each event before it is applied. Called once, at the root.
    pub(crate) fn when_heard(&self, hear: impl Fn(&Event, Option<&Run>, Option<&Run>) + 'static) {
        self.heard.set_value(Some(Box::new(hear)));
    }

    fn hear(&self, event: &Event, run: Option<&Run>) {
        let before = run.and_then(|run| self.runs.row(run.id)).map(|run| run.get_untracked());
        self.heard.with_value(|heard| {
            if let Some(heard) = heard {
                heard(event, before.as_ref(), run);
            }
        });
    }

    fn known_feed(&self, run: RunId) -> Option<Feed> {
        self.feeds.with_value(|feeds| feeds.by_run.get(&run).cloned())
    }

    /// An event of a run, or of the instance that it is on, joins the run's timeline.
    fn add_event(&self, event: &Event) {
        if let Some(feed) = event.run_id.and_then(|run| self.known_feed(run)) {
            feed.timeline.update(|timeline| {
                if let Some(timeline) = timeline {
                    timeline.add(event);
                }
            });
        }
    }
}
