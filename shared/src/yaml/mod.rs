//! The YAML 1.1 reader: text to events with places ([`parse`]), events to a tree whose every node
//! knows where it stands ([`load`]). It follows PyYAML 6, because that is what reads these files elsewhere.
//!
//! Reader, scanner, parser, composer and constructor each do what YAML 1.1 (chapter 3.1) gives to
//! them. None of them recurses, so that no depth of nesting can exhaust the stack, and each is linear in the text.

mod composer;
mod constructor;
mod digits;
mod emit;
mod error;
mod event;
mod parser;
mod reader;
mod resolver;
mod scanner;
#[cfg(test)]
mod tests;
mod tree;

pub use digits::{decimal_digit, is_python_space, with_ascii_digits};
pub use emit::{quoted, scalar};
pub use error::{Context, Mistake, Stage, YamlError};
pub use event::{Event, EventKind, Events, Mark, Properties, ScalarStyle, Spanned};
pub use tree::{Document, MapEntry, Node, NodeId, Value};

use parser::Parser;

/// Reads the events of all documents of a text.
///
/// # Errors
/// The first mistake that the reader, the scanner or the parser finds.
pub fn parse(text: &str) -> Result<Events<'_>, YamlError> {
    reader::check_characters(text)?;
    let mut parser = Parser::new(text);
    let mut events = Vec::new();
    while let Some(event) = parser.next_event()? {
        events.push(event);
    }
    Ok(events)
}

/// Reads the one document of a text (or none) into values, as PyYAML's `safe_load` does.
///
/// # Errors
/// The first mistake of any stage; a second document is one.
pub fn load(text: &str) -> Result<Document, YamlError> {
    reader::check_characters(text)?;
    constructor::construct(composer::compose(Parser::new(text))?)
}
