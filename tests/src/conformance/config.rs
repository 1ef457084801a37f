//! The configuration reader's answers.

use berth_shared::{config::Configuration, diagnostics::Severity};
use serde::{Deserialize, Serialize};

use super::{Document, Text};

/// What Berth makes of one document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The document's name.
    pub id: String,
    /// Whether it is a valid configuration.
    pub ok: bool,
    /// What is wrong with it.
    pub errors: Vec<Mistake>,
    /// The normalised configuration of a valid one.
    pub config: Option<Configuration>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The keys and indices that lead there.
    pub loc: Vec<String>,
    /// In words.
    pub msg: String,
}

/// Checks one document.
#[must_use]
pub fn answer(document: Document) -> Answer {
    let Text::Valid(text) = &document.yaml else {
        let msg = "the text holds half of a surrogate pair".to_owned();
        return Answer {
            id: document.id,
            ok: false,
            errors: vec![Mistake { loc: Vec::new(), msg }],
            config: None,
        };
    };
    let checked = berth_shared::check(text);
    let errors = checked
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| Mistake { loc: loc(&d.path), msg: d.message.clone() })
        .collect();
    Answer { id: document.id, ok: checked.is_valid(), errors, config: checked.configuration }
}

/// `ports[1].local_port` as its parts.
fn loc(path: &str) -> Vec<String> {
    path.split(['.', '['])
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_end_matches(']').to_owned())
        .collect()
}
