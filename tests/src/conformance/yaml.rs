//! The YAML reader's answers.

use berth_shared::yaml::{self, Event, EventKind, Properties, ScalarStyle};
use serde::{Deserialize, Serialize};

use super::{Document, Text};

/// What the reader makes of one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The document's name.
    pub id: String,
    /// Whether scanner and parser accept it.
    pub parse_ok: bool,
    /// Whether it loads as one document.
    pub load_ok: bool,
    /// The events of a text that parses, in the notation of the YAML test suite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// For each event the line and column of its start and end, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marks: Option<Vec<[usize; 4]>>,
}

/// Reads one document.
#[must_use]
pub fn answer(document: Document) -> Answer {
    let (events, load_ok) = match &document.yaml {
        Text::Valid(text) => (yaml::parse(text).ok(), yaml::load(text).is_ok()),
        Text::LoneSurrogate => (None, false),
    };
    Answer {
        id: document.id,
        parse_ok: events.is_some(),
        load_ok,
        marks: events.as_ref().map(|events| events.iter().map(marks).collect()),
        events: events.map(|events| events.iter().map(notation).collect()),
    }
}

fn marks(event: &Event) -> [usize; 4] {
    [event.start.line, event.start.column, event.end.line, event.end.column]
}

fn notation(event: &Event) -> String {
    match &event.kind {
        EventKind::DocumentStart { .. } => "+DOC".to_owned(),
        EventKind::DocumentEnd { .. } => "-DOC".to_owned(),
        EventKind::SequenceStart { properties } => format!("+SEQ {}{}", anchor(properties), tag(properties)),
        EventKind::SequenceEnd => "-SEQ".to_owned(),
        EventKind::MappingStart { properties } => format!("+MAP {}{}", anchor(properties), tag(properties)),
        EventKind::MappingEnd => "-MAP".to_owned(),
        EventKind::Alias { .. } => "=ALI".to_owned(),
        EventKind::Scalar { properties, value, style } => {
            let style = match style {
                ScalarStyle::Plain => ':',
                ScalarStyle::SingleQuoted => '\'',
                ScalarStyle::DoubleQuoted => '"',
                ScalarStyle::Literal => '|',
                ScalarStyle::Folded => '>',
            };
            format!("=VAL {}{style} {} {value}", anchor(properties), tag(properties))
        }
    }
}

fn anchor(properties: &Properties) -> &'static str {
    if properties.anchor.is_some() { "&" } else { "" }
}

fn tag(properties: &Properties) -> String {
    format!("<{}>", properties.tag.as_ref().map_or("", |tag| &tag.text))
}
