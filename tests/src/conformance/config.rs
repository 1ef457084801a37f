//! The configuration reader's answers.

use berth_shared::{
    config::{Checked, Normalised, check_in},
    diagnostics::Severity,
    schema::Dialect,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    pub config: Option<Value>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mistake {
    /// The keys and indices that lead there.
    pub loc: Vec<String>,
    /// In words.
    pub msg: String,
}

/// The normalised configuration of what was read in a dialect, as that release of dstack writes it out.
#[must_use]
pub fn normalised(checked: &Checked, dialect: Dialect) -> Option<Value> {
    let configuration = checked.configuration.as_ref()?;
    let json = match dialect {
        Dialect::V0_18 => serde_json::to_value(configuration),
        Dialect::V0_22 => serde_json::to_value(Normalised::of(configuration)),
    };
    Some(json.expect("a configuration is JSON"))
}

/// Checks one document.
#[must_use]
pub fn answer(document: Document, dialect: Dialect) -> Answer {
    let Text::Valid(text) = &document.yaml else {
        let msg = "the text holds half of a surrogate pair".to_owned();
        return Answer {
            id: document.id,
            ok: false,
            errors: vec![Mistake { loc: Vec::new(), msg }],
            config: None,
        };
    };
    let checked = check_in(text, dialect, None);
    let errors = checked
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| Mistake { loc: loc(&d.path), msg: d.message.clone() })
        .collect();
    Answer { id: document.id, ok: checked.is_valid(), errors, config: normalised(&checked, dialect) }
}

/// `ports[1].local_port` as its parts.
fn loc(path: &str) -> Vec<String> {
    path.split(['.', '['])
        .filter(|part| !part.is_empty())
        .map(|part| part.trim_end_matches(']').to_owned())
        .collect()
}
