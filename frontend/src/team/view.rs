//! What the address of Team says: which instances are shown, under which headings, and how.

use super::roster::Fact;
use crate::{
    explore::query::{joined, pairs},
    tags::Search,
};
use berth_texts::t;

/// Under which headings instances stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// Whoever has them.
    #[default]
    Person,
    /// Where they are.
    Backend,
    /// What they compute with.
    Gpu,
}

impl By {
    /// All, with their words in the address and for people.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Person, "person", t!("Person")),
        (Self::Backend, "backend", t!("Backend")),
        (Self::Gpu, "gpu", t!("GPU")),
    ];

    /// Its word in the address.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(by, ..)| *by == self).map_or("", |(_, word, _)| word)
    }
}

/// How they are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// A line each.
    #[default]
    Table,
    /// A card each.
    Cards,
}

impl Shape {
    /// Its word in the address.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Cards => "cards",
        }
    }
}

/// Everything that the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Under which headings.
    pub by: By,
    /// How they are drawn.
    pub shape: Shape,
    /// Only this person's.
    pub person: Option<String>,
    /// Only those of this pool.
    pub pool: Option<String>,
    /// Only those that stand there: a status's word.
    pub status: Option<String>,
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
            let named = || (!value.is_empty()).then(|| value.to_owned());
            match key {
                "by" => {
                    view.by =
                        By::ALL.iter().find(|(_, word, _)| *word == value).map_or(view.by, |(by, ..)| *by);
                }
                "view" if value == Shape::Cards.word() => view.shape = Shape::Cards,
                "person" => view.person = named(),
                "pool" => view.pool = named(),
                "status" => view.status = named(),
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
            ("by", (self.by != By::default()).then(|| self.by.word().to_owned())),
            ("view", (self.shape != Shape::default()).then(|| self.shape.word().to_owned())),
            ("person", self.person.clone()),
            ("pool", self.pool.clone()),
            ("status", self.status.clone()),
            ("q", (!text.is_empty()).then_some(text)),
        ];
        joined(pairs)
    }

    /// Whether nothing is filtered out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.person.is_none() && self.pool.is_none() && self.status.is_none() && self.text.trim().is_empty()
    }

    /// The same headings and shape without any filter.
    #[must_use]
    pub fn opened(&self) -> Self {
        Self { by: self.by, shape: self.shape, ..Self::default() }
    }

    /// A function that says whether an instance is shown.
    pub fn filter(&self) -> impl Fn(&Fact) -> bool + '_ {
        let search = Search::parse(&self.text);
        let is =
            |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
        move |fact| {
            is(&self.person, &fact.person)
                && is(&self.pool, &fact.pool)
                && is(&self.status, fact.status)
                && search.accepts(&fact.words, &fact.tags)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fact() -> Fact {
        Fact {
            person: "ann".into(),
            pool: "default-pool".into(),
            status: "idle",
            words: "swift-tern ann aws a100 80 gb".into(),
            tags: [("team".to_owned(), "vision".to_owned())].into(),
            ..Fact::default()
        }
    }

    #[test]
    fn an_address_is_read_and_written() {
        let view = View::of_query("?by=gpu&view=cards&person=ann&pool=night+shift&status=idle&q=a100%20tern");
        let expected = View {
            by: By::Gpu,
            shape: Shape::Cards,
            person: Some("ann".into()),
            pool: Some("night shift".into()),
            status: Some("idle".into()),
            text: "a100 tern".into(),
        };
        assert_eq!(view, expected);
        assert_eq!(view.to_query(), "?by=gpu&view=cards&person=ann&pool=night+shift&status=idle&q=a100+tern");
        assert_eq!(View::default().to_query(), "");
        assert_eq!(view.opened().to_query(), "?by=gpu&view=cards");
    }

    #[test]
    fn what_means_nothing_in_an_address_is_left_out() {
        for query in ["", "?", "by=moon&view=disco&colour=red", "person=&q=+", "%", "by", "q=%zz&by=%67%70"] {
            let view = View::of_query(query);
            assert_eq!((view.by, view.shape, view.person), (By::Person, Shape::Table, None), "{query}");
        }
        assert_eq!(View::of_query("q=%zz").text, "%zz");
    }

    #[test]
    fn every_filter_must_let_an_instance_pass() {
        for (query, shown) in [
            ("", true),
            ("person=ann&pool=default-pool&status=idle&q=TERN+a100", true),
            ("person=bob", false),
            ("pool=other", false),
            ("status=running", false),
            ("q=tern+h100", false),
            ("q=tern+tag:team%3Dvision", true),
            ("q=tag:team", true),
            ("q=tag:team%3Daudio", false),
            ("q=tag:night", false),
        ] {
            assert_eq!(View::of_query(query).filter()(&fact()), shown, "{query}");
        }
    }

    proptest! {
        #[test]
        fn an_address_means_what_was_written_into_it(person in "\\PC{0,12}", text in "\\PC{0,20}", cards: bool) {
            let view = View {
                shape: if cards { Shape::Cards } else { Shape::Table },
                person: Some(person.trim().to_owned()).filter(|person| !person.is_empty()),
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
                ..View::default()
            };
            prop_assert_eq!(View::of_query(&view.to_query()), view);
        }
    }
}
