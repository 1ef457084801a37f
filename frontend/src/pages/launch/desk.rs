//! What the parts of the launch page share.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use berth_shared::{
    api::{GitSource, Plan},
    assist::Facts,
    config::{self, Checked, InlineHint, Reading, check_and_hint},
    diagnostics::{Fix, Range, Severity, TextEdit},
    policy::Action,
    schema::Dialect,
};
use leptos::prelude::*;

use super::drafts::Saved;
use super::files::Chosen;
use super::listed::Listed;
use super::matching::Matched;
use crate::{
    api::ApiError,
    browser,
    editor::Editor,
    launch::name,
    launch::{
        convert::{self, Conversion},
        plan::{Answers, Revision},
        ready::{Known, Readiness, readiness},
        refused::Refused,
    },
    live::{Live, use_live},
    permissions::refusal,
    pools::adding::taken,
    price_list::Offers,
};

/// Longer texts than this, in UTF-16 code units, are checked when the typing rests rather than with each change.
const CHECK_AT_ONCE: usize = 64 * 1024;
/// How long the typing rests before a long text is checked, milliseconds.
const REST_MS: u64 = 150;

/// Which part a narrow window shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    Text,
    Offers,
}

/// Which kinds of machines the table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    All,
    OnDemand,
    Spot,
}

/// The text and everything that follows from it. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Desk {
    editor: StoredValue<Option<Rc<Editor>>, LocalStorage>,
    /// Why there is no editor.
    pub(super) broken: RwSignal<Option<String>>,
    /// The name of the file that was dropped.
    pub(super) file: RwSignal<Option<String>>,
    /// Grows with each change of the text.
    pub(super) revision: RwSignal<Revision>,
    /// The text that was checked last.
    pub(super) text: RwSignal<Arc<str>>,
    /// What was found in it.
    pub(super) checked: RwSignal<Arc<Checked>>,
    /// What the text was read as before its last change; `None` = it is another text.
    held: StoredValue<Option<Dialect>>,
    /// How the text was converted last, until that is dismissed.
    pub(super) conversion: RwSignal<Option<Arc<Conversion>>>,
    /// Knows as what the project reads a text that says nothing.
    live: Live,
    /// How long that took, milliseconds; `None` while a long text waits for it.
    pub(super) check_millis: RwSignal<Option<f64>>,
    rest: StoredValue<Option<TimeoutHandle>>,
    /// Whether the draft is kept.
    pub(super) saved: RwSignal<Saved>,
    /// The catalogue.
    pub(super) offers: RwSignal<Offers>,
    /// What the catalogue knows about names, once it is there.
    facts: StoredValue<Option<Arc<Facts>>>,
    /// The offers for the last valid text.
    pub(super) matched: RwSignal<Option<Arc<Matched>>>,
    /// Which kinds the table shows.
    pub(super) kind: RwSignal<Kind>,
    /// Whether offers of backends are shown that this server has not set up.
    pub(super) preview: RwSignal<bool>,
    /// Which offers the table lists, and how.
    pub(super) listed: Listed,
    /// What the server would do.
    pub(super) plan: RwSignal<Answers<Result<Plan, ApiError>>>,
    /// The run's name as typed.
    pub(super) run_name: RwSignal<String>,
    /// The repository to clone.
    pub(super) code: RwSignal<Option<GitSource>>,
    /// What was chosen for `files`, by what the text calls it. It is read when it is sent.
    pub(super) chosen: RwSignal<BTreeMap<String, Chosen>, LocalStorage>,
    /// Whether the dialog for `files` is open, and whether choosing them launches.
    pub(super) choosing: RwSignal<Option<Asking>>,
    /// Values of variables. They live here and nowhere else.
    pub(super) values: RwSignal<BTreeMap<String, String>>,
    /// Whether the dialog for values is open, and whether giving them launches.
    pub(super) asking: RwSignal<Option<Asking>>,
    /// Why the reader may not launch.
    pub(super) locked: Memo<Option<String>>,
    /// Whether a launch is under way.
    pub(super) launching: RwSignal<bool>,
    /// Whether what it brings is being sent.
    pub(super) sending: RwSignal<bool>,
    /// Why the last launch was refused.
    pub(super) refused: RwSignal<Option<Refused>>,
    /// The text of a link that waits for an answer.
    pub(super) shared: RwSignal<Option<String>>,
    /// Which part a narrow window shows.
    pub(super) shown: RwSignal<Shown>,
}

/// Why values or files are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// To have them.
    Later,
    /// To launch as soon as they are there.
    ToLaunch,
}

impl Desk {
    pub(super) fn new(text: &str, saved: Saved) -> Self {
        Self {
            editor: StoredValue::new_local(None),
            broken: RwSignal::new(None),
            file: RwSignal::new(None),
            revision: RwSignal::new(1),
            text: RwSignal::new(text.into()),
            checked: RwSignal::new(Arc::default()),
            held: StoredValue::new(None),
            conversion: RwSignal::new(None),
            live: use_live(),
            check_millis: RwSignal::new(None),
            rest: StoredValue::new(None),
            saved: RwSignal::new(saved),
            offers: RwSignal::new(Offers::Loading),
            facts: StoredValue::new(None),
            matched: RwSignal::new(None),
            kind: RwSignal::new(Kind::All),
            preview: RwSignal::new(true),
            listed: Listed::new(),
            plan: RwSignal::new(Answers::default()),
            run_name: RwSignal::new(String::new()),
            code: RwSignal::new(None),
            chosen: RwSignal::new_local(BTreeMap::new()),
            choosing: RwSignal::new(None),
            values: RwSignal::new(BTreeMap::new()),
            asking: RwSignal::new(None),
            locked: refusal(Action::Launch),
            launching: RwSignal::new(false),
            sending: RwSignal::new(false),
            refused: RwSignal::new(None),
            shared: RwSignal::new(None),
            shown: RwSignal::new(Shown::Text),
        }
    }

    /// The editor is there now.
    pub(super) fn edit_with(self, editor: Editor) {
        self.editor.set_value(Some(Rc::new(editor)));
        self.check_now();
    }

    /// The page goes.
    pub(super) fn close(self) {
        self.editor.set_value(None);
    }

    fn editor(self) -> Option<Rc<Editor>> {
        self.editor.try_get_value().flatten()
    }

    /// The text has changed: checks it at once, or soon when it is long.
    pub(super) fn changed(self, length: usize) {
        self.revision.update(|revision| *revision += 1);
        if let Some(waiting) = self.rest.get_value() {
            waiting.clear();
            self.rest.set_value(None);
        }
        if length <= CHECK_AT_ONCE {
            self.check_now();
            return;
        }
        self.check_millis.set(None);
        let rest =
            set_timeout_with_handle(move || self.check_now(), std::time::Duration::from_millis(REST_MS));
        self.rest.set_value(rest.ok());
    }

    /// Checks the text of the editor, or the one that waits for it.
    pub(super) fn check_now(self) {
        let editor = self.editor();
        let text: Arc<str> = match &editor {
            Some(editor) => editor.text().into(),
            None => self.text.get_untracked(),
        };
        let begin = browser::precise_millis();
        let facts = self.facts.get_value();
        let reading = Reading::Auto { default: self.live.default_dialect(), held: self.held.get_value() };
        let (checked, notes) = check_and_hint(&text, reading, facts.as_deref());
        self.held.set_value(Some(checked.told.dialect));
        let millis = browser::precise_millis() - begin;
        if let Some(editor) = editor {
            editor.set_marks(&checked.diagnostics, &notes);
        }
        self.text.set(text);
        self.checked.set(Arc::new(checked));
        self.check_millis.set(Some(millis));
    }

    /// Reads the text anew whenever the project reads texts otherwise than before.
    pub(super) fn follow_project(self) {
        let default = Memo::new(move |_| self.live.settings.get().unwrap_or_default().dialect);
        Effect::new(move |before: Option<Dialect>| {
            let now = default.get();
            if before.is_some_and(|before| before != now) || before.is_none() && now != Dialect::default() {
                // What it was before is no reason to stay so: with as many errors in each, the default says.
                self.forget_dialect();
                self.check_now();
            }
            now
        });
    }

    /// The text is another: nothing speaks for what the one before was read as, and what became of that is no news.
    pub(super) fn forget_dialect(self) {
        self.held.set_value(None);
        self.conversion.set(None);
    }

    /// Has the first line say as which release of dstack the text is read, or leaves that to the text.
    pub(super) fn pin(self, dialect: Option<Dialect>) {
        if let Some(edit) = self.editor().and_then(|editor| config::pin(&editor.text(), dialect)) {
            self.apply(&[edit]);
        }
    }

    /// Writes the text for the other release of dstack, as one change that undo takes back.
    ///
    /// # Errors
    /// Why not, in words without a full stop; then the text stays as it is.
    pub(super) fn convert(self) -> Result<(), String> {
        // A long text may wait to be checked.
        if self.check_millis.with_untracked(Option::is_none) {
            self.check_now();
        }
        let text = self.text.get_untracked();
        let conversion = convert::conversion(&text, self.dialect())?;
        if self.editor().is_some() {
            self.apply(&conversion.edits);
        } else {
            self.replace(&conversion.after);
        }
        self.shown.set(Shown::Text);
        self.conversion.set(Some(Arc::new(conversion)));
        Ok(())
    }

    /// Puts the cursor back into the text.
    pub(super) fn focus(self) {
        if let Some(editor) = self.editor() {
            editor.focus();
        }
    }

    /// What the text was read as last.
    pub(super) fn dialect(self) -> Dialect {
        self.checked.with_untracked(|checked| checked.told.dialect)
    }

    /// Shows in the text what it costs in choice.
    pub(super) fn show_costs(self, notes: &[InlineHint], gains: &[Vec<Option<i64>>]) {
        if let Some(editor) = self.editor() {
            editor.set_costs(notes, gains);
        }
    }

    /// The catalogue was counted: what it knows helps from now on.
    pub(super) fn know(self, facts: Arc<Facts>) {
        if self.facts.try_set_value(Some(facts)).is_none() {
            self.check_now();
        }
    }

    /// What the price list knows about names, once that is counted.
    pub(super) fn facts(self) -> Option<Arc<Facts>> {
        self.facts.try_get_value().flatten()
    }

    /// Puts another text into the editor.
    pub(super) fn replace(self, text: &str) {
        match self.editor() {
            Some(editor) => {
                editor.set_text(text);
                editor.focus();
            }
            None => {
                self.forget_dialect();
                self.text.set(text.into());
                self.check_now();
            }
        }
        self.shown.set(Shown::Text);
    }

    /// Brings a place of the text into view.
    pub(super) fn jump(self, range: Range) {
        self.shown.set(Shown::Text);
        if let Some(editor) = self.editor() {
            // A narrow window shows the text only in the next frame.
            request_animation_frame(move || editor.select(range));
        }
    }

    /// Brings a field into view.
    pub(super) fn jump_to(self, path: &str) {
        if let Some(range) = self.text.with_untracked(|text| config::place(text, path)) {
            self.jump(range);
        }
    }

    /// Changes the text.
    pub(super) fn apply(self, edits: &[TextEdit]) {
        if let Some(editor) = self.editor() {
            editor.apply_edits(edits);
        }
    }

    /// Mends a problem.
    pub(super) fn mend(self, fix: &Fix) {
        self.apply(&fix.edits);
    }

    /// What stands between the text and its launch.
    pub(super) fn readiness(self) -> Readiness {
        let errors = self
            .checked
            .with(|checked| checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).count());
        let complaint = self.run_name.with(|name| name::complaint(name));
        let refused = self.locked.get();
        self.plan.with(|plan| {
            let (offers, failed) = match plan.shown() {
                None => (None, None),
                Some(Ok(plan)) => {
                    let waiting = u64::from(taken(plan).is_some());
                    (Some(plan.total.max(plan.offers.len() as u64) + waiting), None)
                }
                Some(Err(error)) => (None, Some(error.to_string())),
            };
            let limit =
                plan.shown().and_then(|plan| plan.as_ref().ok()?.limits.iter().find(|note| note.over));
            let limit = limit.map(|note| note.message.clone());
            readiness(Known {
                refused: refused.as_deref(),
                errors,
                name: complaint,
                offers,
                limit: limit.as_deref(),
                failed: failed.as_deref(),
                launching: self.launching.get(),
            })
        })
    }
}
