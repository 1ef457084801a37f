//! What the palette can lead to and do.

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

use crate::site::use_navigate;
use berth_shared::{
    api::{Run, RunId},
    policy::{Action, Whose, may},
};
use leptos::task::spawn_local;

use super::{
    super::{Stopper, Tone, shell::theme::set_theme},
    Deed, PageCommand,
};
use crate::{
    browser,
    live::{Live, use_live},
    pages::run::{
        again::{Again, again_named},
        ssh_command,
    },
    palette::{
        fuzzy::{Fit, fit},
        keys::PAGES,
    },
    prelude::*,
    site,
    team::saved,
};

/// How many of a group are shown.
const SHOWN: usize = 8;
/// With how many runs something can be done from here; beyond that their pages are the way.
const ACTED_ON: usize = 300;

/// What happens when something is chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    Go(String),
    Stop(RunId),
    Copy(String),
    Again(String),
    OnPage(StoredValue<Deed, LocalStorage>),
    Theme(Option<&'static str>),
    Keys,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) icon: &'static str,
    pub(super) text: String,
    /// Which of its letters were meant.
    pub(super) at: Vec<usize>,
    pub(super) status: Option<&'static str>,
    /// What stands behind it.
    pub(super) more: Option<String>,
    pub(super) act: Act,
}

/// What belongs together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gathered {
    pub(super) title: &'static str,
    pub(super) entries: Vec<Entry>,
}

fn entry(icon: &'static str, text: impl Into<String>, act: Act) -> Entry {
    Entry { icon, text: text.into(), at: Vec::new(), status: None, more: None, act }
}

/// Where entries come from: what there was when the palette was opened.
#[derive(Clone)]
pub(super) struct Source(Arc<Gathering>);

struct Gathering {
    live: Live,
    /// The run whose page is open.
    here: Option<String>,
    runs: Vec<Run>,
    /// What can be done with any run; made once something is typed.
    actions: OnceLock<Vec<Entry>>,
    /// What the page that is open can do.
    on_page: Vec<Entry>,
    named: Vec<Entry>,
    instances: Vec<Entry>,
    saved: Vec<Entry>,
    pages: Vec<Entry>,
    themes: Vec<Entry>,
}

impl Source {
    /// For a page's path, and what it can do.
    pub(super) fn new(live: Live, path: &str, commands: &[PageCommand]) -> Self {
        let path = site::below(path);
        let here = path.strip_prefix("/runs/").filter(|name| !name.is_empty()).map(ToOwned::to_owned);
        let mut all = Gathering {
            live,
            here,
            runs: Vec::new(),
            actions: OnceLock::new(),
            on_page: commands.iter().filter_map(on_page).collect(),
            named: Vec::new(),
            instances: Vec::new(),
            saved: Vec::new(),
            pages: pages(),
            themes: themes(),
        };
        all.runs = all.runs();
        all.named = all.runs.iter().map(run_entry).collect();
        all.instances = all.instances();
        all.saved = all.saved();
        Self(Arc::new(all))
    }

    /// What fits, in groups, the best first in each.
    pub(super) fn find(&self, typed: &str) -> Vec<Gathered> {
        let all = &*self.0;
        // What can be done with the run that is looked at; once something is typed, with any.
        let here: Vec<Entry>;
        let actions = if typed.trim().is_empty() {
            let run = all.runs.iter().find(|run| all.here.as_ref() == Some(&run.name));
            here = run.map(|run| all.actions(run)).unwrap_or_default();
            &here
        } else {
            all.actions
                .get_or_init(|| all.runs.iter().take(ACTED_ON).flat_map(|run| all.actions(run)).collect())
        };
        let mut groups = vec![
            Gathered { title: t!("Do"), entries: best(typed, actions, SHOWN) },
            Gathered { title: t!("Runs"), entries: best(typed, &all.named, SHOWN) },
            Gathered { title: t!("Instances"), entries: best(typed, &all.instances, SHOWN) },
            Gathered { title: t!("Saved filters"), entries: best(typed, &all.saved, SHOWN) },
            Gathered { title: t!("Go to"), entries: best(typed, &all.pages, PAGES.len() + 2) },
            Gathered { title: t!("Page"), entries: best(typed, &all.themes, SHOWN) },
        ];
        // Before anything is typed, what is looked at comes first; then the names of runs and pages do.
        let at = if typed.trim().is_empty() { 0 } else { groups.len() - 1 };
        groups.insert(at, Gathered { title: t!("On this page"), entries: best(typed, &all.on_page, SHOWN) });
        groups.retain(|group| !group.entries.is_empty());
        groups
    }
}

impl Gathering {
    /// Runs, those that are not finished first; of each name the newest.
    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        untrack(|| self.live.runs.each(|run| runs.push(run.clone())));
        berth_shared::order::sort_by_key(&mut runs, |run| run.status.is_finished());
        let mut names = HashSet::new();
        runs.retain(|run| names.insert(run.name.clone()));
        runs
    }

    /// Machines that wait without a run; the others are their runs.
    fn instances(&self) -> Vec<Entry> {
        let known: HashSet<RunId> = self.runs.iter().map(|run| run.id).collect();
        let mut entries = Vec::new();
        untrack(|| {
            self.live.instances.each(|one| {
                if !one.run_id.is_some_and(|id| known.contains(&id)) {
                    let mut entry = entry("team", one.name.clone(), Act::Go(format!("/team#{}", one.id)));
                    entry.status = Some(one.status.as_str());
                    entry.more = Some(one.owner.clone());
                    entries.push(entry);
                }
            });
        });
        entries
    }

    fn saved(&self) -> Vec<Entry> {
        let person = self.live.user.with_untracked(|user| user.as_ref().map(|user| user.name.clone()));
        let kept = person.and_then(|person| browser::recall(&saved::key(&person)));
        saved::read(kept.as_deref())
            .into_iter()
            .map(|saved| entry("save", tf!("Team: {}", saved.name), Act::Go(format!("/team{}", saved.query))))
            .collect()
    }

    /// What the reader may do with a run.
    fn actions(&self, run: &Run) -> Vec<Entry> {
        let name = &run.name;
        let (can, user) = (run.actions(), self.live.user.get_untracked());
        let allowed = |action: Action| {
            user.as_ref()
                .is_some_and(|user| may(user.roles().over(action), action, Whose::of(&run.owner, &user.name)))
        };
        let mut entries = Vec::new();
        if self.here.as_ref() != Some(name) {
            entries.push(entry("runs", tf!("Open {name}"), Act::Go(format!("/runs/{name}"))));
        }
        if can.terminal && allowed(Action::Work) {
            entries.push(entry("term", tf!("Terminal in {name}"), Act::Go(format!("/runs/{name}#terminal"))));
            let gateway = self
                .live
                .server
                .with_untracked(|server| server.as_ref().and_then(|server| server.ssh.clone()));
            if let Some(gateway) = gateway {
                let mut copy = entry(
                    "copy",
                    tf!("Copy the SSH command of {name}"),
                    Act::Copy(ssh_command(name, &gateway)),
                );
                copy.more = Some(t!("with a key of your account").to_owned());
                entries.push(copy);
            }
        }
        if user.as_ref().is_some_and(|user| may(user.role, Action::Launch, Whose::Own)) {
            entries.push(entry("again", tf!("Run {name} again"), Act::Again(name.clone())));
        }
        if can.abort && allowed(Action::ChangeRun) {
            let word = if can.stop { t!("Stop") } else { t!("Force to stop") };
            let mut stop = entry("stop", format!("{word} {name}"), Act::Stop(run.id));
            stop.more = Some(t!("asks first").to_owned());
            entries.push(stop);
        }
        entries
    }
}

/// `None` when its page has gone.
fn on_page(command: &PageCommand) -> Option<Entry> {
    let (text, more) = untrack(|| command.words.try_with_value(|words| words()))?;
    Some(Entry { more, ..entry(command.icon, text, Act::OnPage(command.act)) })
}

fn run_entry(run: &Run) -> Entry {
    let mut entry = entry("runs", run.name.clone(), Act::Go(format!("/runs/{}", run.name)));
    entry.status = Some(run.status.as_str());
    entry
}

fn pages() -> Vec<Entry> {
    let page = |page: &crate::palette::keys::Page| {
        let mut entry = entry(page.icon, page.name, Act::Go(page.address.to_owned()));
        entry.more = Some(format!("G {}", page.key.to_ascii_uppercase()));
        entry
    };
    let mut pages: Vec<Entry> =
        PAGES.iter().filter(|page| site::has_server() || !page.server).map(page).collect();
    if site::has_server() {
        pages.push(entry("settings", t!("Project"), Act::Go("/settings/project".to_owned())));
        pages.push(entry("lock", t!("Audit log"), Act::Go("/settings/audit".to_owned())));
        pages.push(entry("grid", t!("Component gallery"), Act::Go("/gallery".to_owned())));
    }
    pages
}

fn themes() -> Vec<Entry> {
    vec![
        entry("theme", t!("Theme: light"), Act::Theme(Some("light"))),
        entry("theme", t!("Theme: dark"), Act::Theme(Some("dark"))),
        entry("theme", t!("Theme: as the system has it"), Act::Theme(None)),
        entry("hint", t!("Keys"), Act::Keys),
    ]
}

/// What fits, the best first, at most `most`; in its own order when nothing is typed.
fn best(typed: &str, entries: &[Entry], most: usize) -> Vec<Entry> {
    if typed.trim().is_empty() {
        return entries.iter().take(most).cloned().collect();
    }
    let mut fitting: Vec<(i32, Vec<usize>, &Entry)> = entries
        .iter()
        .filter_map(|entry| {
            let Fit { score, at } = fit(typed, &entry.text)?;
            // What cannot be taken back is never the first by a name alone.
            let last = i32::from(matches!(entry.act, Act::Stop(_)));
            Some((score - 1000 * last, at, entry))
        })
        .collect();
    berth_shared::order::sort_by_key(&mut fitting, |(score, ..)| std::cmp::Reverse(*score));
    fitting.truncate(most);
    fitting.into_iter().map(|(_, at, entry)| Entry { at, ..entry.clone() }).collect()
}

/// A function that does what was chosen.
pub(super) fn actor(
    stopper: Stopper,
    keys: RwSignal<bool>,
    say: impl Fn(Tone, String) + Copy + 'static,
) -> impl Fn(Act) + Clone + 'static {
    let live = use_live();
    let navigate = use_navigate();
    move |act| match act {
        Act::Go(address) => navigate(&site::to(&address), Default::default()),
        Act::Theme(theme) => set_theme(theme),
        Act::Keys => keys.set(true),
        Act::OnPage(deed) => drop(deed.try_with_value(|deed| deed())),
        Act::Stop(id) => {
            if let Some(run) = live.runs.row(id) {
                run.with_untracked(|run| stopper.ask(run));
            }
        }
        Act::Copy(text) => spawn_local(async move {
            if browser::copy(&text).await {
                say(Tone::Done, tf!("On the clipboard: `{text}`"));
            } else {
                say(Tone::Failed, tf!("The browser did not allow copying. The command is `{text}`"));
            }
        }),
        Act::Again(name) => {
            let navigate = navigate.clone();
            spawn_local(async move {
                match again_named(&name).await {
                    Again::Launched(name) => navigate(&format!("/runs/{name}"), Default::default()),
                    Again::Waits(error) => {
                        say(Tone::Failed, error.to_string());
                        navigate("/", Default::default());
                    }
                    Again::Failed(error) => say(Tone::Failed, tf!("{name} was not launched again. {error}")),
                }
            });
        }
    }
}
