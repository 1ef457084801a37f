//! *Runs*, as far as it is pure: which runs its address says are shown.

use berth_shared::api::{Run, RunStatus};
use berth_texts::t;

use crate::{
    explore::query::{joined, pairs},
    format::{lowered, machine::hardware},
    tags::{self, Search},
};

/// How far a run has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Any.
    #[default]
    All,
    /// Not finished.
    Active,
    /// Failed.
    Failed,
}

impl State {
    /// All, with their words in the address and for people.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::All, "all", t!("All")),
        (Self::Active, "active", t!("Active")),
        (Self::Failed, "failed", t!("Failed")),
    ];

    /// Its word in the address.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(state, ..)| *state == self).map_or("", |(_, word, _)| word)
    }

    /// Whether a run has come so far.
    #[must_use]
    pub fn accepts(self, run: &Run) -> bool {
        match self {
            Self::All => true,
            Self::Active => !run.status.is_finished(),
            Self::Failed => run.status == RunStatus::Failed,
        }
    }
}

/// Everything that the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Only those that have come so far.
    pub state: State,
    /// Only the reader's own.
    pub mine: bool,
    /// Only those in which each of these words, and of these tags, is found.
    pub text: String,
}

impl View {
    /// Reads the pairs of an address's query. What means nothing is left out.
    #[must_use]
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut view = Self::default();
        for (key, value) in pairs {
            let value = value.trim();
            match key {
                "state" => {
                    let named = State::ALL.iter().find(|(_, word, _)| *word == value);
                    view.state = named.map_or(view.state, |(state, ..)| *state);
                }
                "mine" => view.mine = value == "true",
                "q" => view.text = value.to_owned(),
                _ => {}
            }
        }
        view
    }

    /// Reads a query as it stands in an address, with or without its `?`.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        let pairs = pairs(query);
        Self::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }

    /// The query of the address, with its `?`; empty when nothing is chosen. Defaults are left out.
    #[must_use]
    pub fn to_query(&self) -> String {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let pairs = [
            ("state", (self.state != State::default()).then(|| self.state.word().to_owned())),
            ("mine", self.mine.then(|| "true".to_owned())),
            ("q", (!text.is_empty()).then_some(text)),
        ];
        joined(pairs)
    }

    /// A function that says whether a run is shown to a reader of this name.
    pub fn filter<'v>(&'v self, reader: Option<&'v str>) -> impl Fn(&Run) -> bool + 'v {
        let search = Search::parse(&self.text);
        move |run| {
            self.state.accepts(run)
                && (!self.mine || reader == Some(run.owner.as_str()))
                && (search.is_empty() || search.accepts(&hay(run), &run.tags))
        }
    }
}

/// The page with the runs that have a tag.
#[must_use]
pub fn tagged(key: &str, value: &str) -> String {
    let view = View { text: tags::term(key, value), ..View::default() };
    format!("/runs{}", view.to_query())
}

/// What a search looks at, in small letters.
fn hay(run: &Run) -> String {
    let machine = run.offer.as_ref().map(|offer| {
        format!("{} {} {} {}", offer.backend, offer.region, offer.instance_type, hardware(offer))
    });
    let (machine, tags) = (machine.unwrap_or_default(), tags::hay(&run.tags));
    lowered(&format!("{} {} {} {machine} {tags}", run.name, run.owner, run.status))
}

#[cfg(test)]
mod tests {
    use berth_shared::{api::RunId, time::Timestamp};
    use proptest::prelude::*;

    use super::*;
    use crate::pools::clock::tests::offer;

    fn run() -> Run {
        let mut run = Run::submitted(RunId(uuid::Uuid::nil()), "swift-tern", "ann", Timestamp(0));
        run.status = RunStatus::Running;
        run.offer = Some(offer());
        run.tags = [("team".to_owned(), "Vision".to_owned())].into();
        run
    }

    #[test]
    fn an_address_is_read_and_written() {
        let view = View::of_query("?state=active&mine=true&q=tern%20tag:team%3Dvision");
        let text = "tern tag:team=vision".to_owned();
        assert_eq!(view, View { state: State::Active, mine: true, text });
        assert_eq!(view.to_query(), "?state=active&mine=true&q=tern+tag:team%3Dvision");
        assert_eq!(View::default().to_query(), "");
        for query in ["", "?", "state=moon&mine=perhaps&colour=red", "q=+", "%", "state"] {
            assert_eq!(View::of_query(query), View::default(), "{query}");
        }
        assert_eq!(tagged("note", "two words"), "/runs?q=tag:note%3D%22two+words%22");
    }

    #[test]
    fn every_filter_must_let_a_run_pass() {
        for (query, shown) in [
            ("", true),
            ("state=active&mine=true&q=TERN+aws", true),
            ("state=failed", false),
            ("q=tern+h100", false),
            ("q=vision", true),
            ("q=tag:team", true),
            ("q=tag:team%3Dvision+running", true),
            ("q=tag:team%3Daudio", false),
            ("q=tag:night", false),
        ] {
            assert_eq!(View::of_query(query).filter(Some("ann"))(&run()), shown, "{query}");
        }
        let mine = View::of_query("mine=true");
        assert!(!mine.filter(Some("bob"))(&run()) && !mine.filter(None)(&run()));
        let failed = Run { status: RunStatus::Failed, ..run() };
        assert!(!State::Active.accepts(&failed) && State::Failed.accepts(&failed));
    }

    proptest! {
        #[test]
        fn an_address_means_what_was_written_into_it(text in "\\PC{0,20}", mine: bool, state in 0_usize..3) {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let view = View { state: State::ALL[state].0, mine, text };
            prop_assert_eq!(View::of_query(&view.to_query()), view);
        }

        #[test]
        fn the_address_of_a_tag_finds_it(key in "[A-Za-z0-9_-]{1,8}", value in "[A-Za-z0-9_ .:/=+@-]{0,12}") {
            let address = tagged(&key, &value);
            let run = Run { tags: [(key, value)].into(), ..run() };
            let view = View::of_query(address.trim_start_matches("/runs"));
            prop_assert!(view.filter(None)(&run));
        }
    }
}
