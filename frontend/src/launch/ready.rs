//! Whether the launch button works, and why not.

use berth_texts::{t, tf};
use std::collections::{BTreeMap, BTreeSet};

use berth_shared::config::{Configuration, EnvValue};

/// What stands between a text and its launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Nothing.
    Ready,
    /// A moment.
    Waiting,
    /// This, in words.
    Blocked(String),
}

/// What is known when the button is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// Why the reader may not launch at all.
    pub refused: Option<&'a str>,
    /// How many errors the text has.
    pub errors: usize,
    /// What is wrong with the run's name.
    pub name: Option<&'a str>,
    /// How many offers the server's last plan has; `None` before the first answer.
    pub offers: Option<u64>,
    /// The limit that a launch would pass.
    pub limit: Option<&'a str>,
    /// Why the server gave no plan.
    pub failed: Option<&'a str>,
    /// Whether a launch is under way.
    pub launching: bool,
}

/// Whether a launch may be asked for.
///
/// An answer about the text of a moment ago is good enough to press on: the launch says what price was seen,
/// and the server checks everything anew.
#[must_use]
pub fn readiness(known: Known<'_>) -> Readiness {
    let blocked = |why: String| Readiness::Blocked(why);
    match known {
        Known { launching: true, .. } => Readiness::Waiting,
        Known { refused: Some(why), .. } => blocked(why.to_owned()),
        Known { errors: 1, .. } => blocked(t!("the text has an error").to_owned()),
        Known { errors, .. } if errors > 1 => blocked(tf!("the text has {errors} errors")),
        Known { name: Some(complaint), .. } => blocked(tf!("the run’s name: {complaint}")),
        Known { failed: Some(why), .. } => blocked(why.to_owned()),
        Known { offers: None, .. } => Readiness::Waiting,
        Known { offers: Some(0), .. } => blocked(t!("there is nothing to launch on").to_owned()),
        Known { limit: Some(over), .. } => blocked(over.to_owned()),
        Known { .. } => Readiness::Ready,
    }
}

/// The variables whose values whoever launches must give, each once, in order.
#[must_use]
pub fn variables(configuration: &Configuration) -> Vec<String> {
    let keys: BTreeSet<&String> = configuration
        .env
        .values()
        .filter_map(|value| match value {
            EnvValue::FromSubmitter { key } => Some(key),
            EnvValue::Literal(_) => None,
        })
        .collect();
    keys.into_iter().cloned().collect()
}

/// What is said on the button that opens the values: "HF_TOKEN is missing", "2 of 3 values missing",
/// "3 values given".
#[must_use]
pub fn values_in_words(asked: &[String], given: &BTreeMap<String, String>) -> String {
    let missing: Vec<&String> = asked.iter().filter(|name| !given.contains_key(*name)).collect();
    match (missing.as_slice(), asked) {
        ([], [only]) => tf!("{only} is given"),
        ([], _) => tf!("{} values given", asked.len()),
        ([one], _) => tf!("{one} is missing"),
        (several, _) => tf!("{} of {} values missing", several.len(), asked.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Known<'_> = Known {
        refused: None,
        errors: 0,
        name: None,
        offers: Some(1),
        limit: None,
        failed: None,
        launching: false,
    };

    #[test]
    fn a_valid_text_with_an_offer_can_be_launched() {
        assert_eq!(readiness(FINE), Readiness::Ready);
    }

    #[test]
    fn what_stands_in_the_way_is_said_the_nearest_first() {
        let why = |known| match readiness(known) {
            Readiness::Blocked(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why(Known { refused: Some("not for viewers"), errors: 2, ..FINE }), "not for viewers");
        assert_eq!(why(Known { errors: 2, offers: Some(0), ..FINE }), "the text has 2 errors");
        assert_eq!(why(Known { errors: 1, ..FINE }), "the text has an error");
        assert_eq!(
            why(Known { name: Some("at least 2 characters"), ..FINE }),
            "the run’s name: at least 2 characters"
        );
        assert_eq!(why(Known { offers: Some(0), ..FINE }), "there is nothing to launch on");
        assert_eq!(why(Known { limit: Some("one at once"), ..FINE }), "one at once");
        assert_eq!(why(Known { failed: Some("no answer"), offers: None, ..FINE }), "no answer");
        assert_eq!(readiness(Known { offers: None, ..FINE }), Readiness::Waiting);
        assert_eq!(readiness(Known { launching: true, ..FINE }), Readiness::Waiting);
    }

    #[test]
    fn values_are_asked_for_once_each() {
        let checked = berth_shared::check(
            "type: dev-environment\nide: vscode\nenv:\n  B: {key: TOKEN}\n  A: {key: TOKEN}\n  C: literal\n  D: {key: OTHER}\n",
        );
        let asked = checked.configuration.as_ref().map(variables);
        assert_eq!(asked, Some(vec!["OTHER".to_owned(), "TOKEN".to_owned()]));
    }

    #[test]
    fn missing_values_are_named_or_counted() {
        let asked = ["A".to_owned(), "B".to_owned()];
        let given = |names: &[&str]| names.iter().map(|n| ((*n).to_owned(), "x".to_owned())).collect();
        assert_eq!(values_in_words(&asked, &given(&[])), "2 of 2 values missing");
        assert_eq!(values_in_words(&asked, &given(&["A"])), "B is missing");
        assert_eq!(values_in_words(&asked, &given(&["A", "B"])), "2 values given");
        assert_eq!(values_in_words(&asked[..1], &given(&["A"])), "A is given");
    }
}
