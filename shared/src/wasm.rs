//! What a page or a Node program calls: thin exports, each of which gives its answer as JSON text. `npm/api.js`
//! makes values of it; JSON is quicker there than objects that are built one property at a time from here.
//!
//! Offsets count bytes in this crate and UTF-16 code units in JavaScript: they are turned on the way.

use std::{cell::OnceCell, sync::Arc};

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::{
    assist::{self, Facts},
    catalog,
    config::{self, Configuration, Reading, Told},
    diagnostics::{Diagnostic, Position, Range},
    matcher::{self, Context, Explanation, Requirements},
    schema::Dialect,
};

#[derive(Serialize)]
struct Checked<'a> {
    ok: bool,
    diagnostics: &'a [Diagnostic],
    config: Option<&'a Configuration>,
    #[serde(flatten)]
    told: Told,
}

/// What a text is read as, by the name of a dialect: 0.18 when none is named, and what the text itself tells for `auto`.
fn reading(dialect: Option<&str>) -> Reading {
    match dialect {
        Some("auto") => Reading::default(),
        name => Reading::Of(name.and_then(Dialect::of).unwrap_or_default()),
    }
}

/// The dialect that a text is read in.
fn dialect_of(text: &str, dialect: Option<&str>) -> Dialect {
    match reading(dialect) {
        Reading::Of(dialect) => dialect,
        auto => config::check_in(text, auto, None).told.dialect,
    }
}

/// [`config::check_in`] of a text in UTF-8: encoding it there and copying it here is quicker than what is generated for a
/// string, which goes over by its characters.
#[wasm_bindgen]
#[must_use]
pub fn check(text: &[u8], dialect: Option<String>) -> String {
    check_with(&String::from_utf8_lossy(text), dialect.as_deref(), None)
}

fn check_with(text: &str, dialect: Option<&str>, facts: Option<&Facts>) -> String {
    let mut checked = config::check_in(text, reading(dialect), facts);
    in_utf16(text, checked.diagnostics.iter_mut().flat_map(ranges_of));
    json(&Checked {
        ok: checked.is_valid(),
        diagnostics: &checked.diagnostics,
        config: checked.configuration.as_ref(),
        told: checked.told,
    })
}

/// [`config::hints`].
#[wasm_bindgen]
#[must_use]
pub fn hints(text: &str, dialect: Option<String>) -> String {
    let mut hints = config::hints(text, reading(dialect.as_deref()));
    in_utf16(text, hints.iter_mut().map(|hint| &mut hint.range));
    json(&hints)
}

/// [`config::convert`] between dialects by their names, such as `0.18`.
///
/// # Errors
/// When there is no such dialect, or the text cannot be converted.
#[wasm_bindgen]
pub fn convert(text: &str, from: &str, to: &str) -> Result<String, JsError> {
    let dialect =
        |name: &str| Dialect::of(name).ok_or_else(|| JsError::new(&format!("there is no dialect {name}")));
    let mut converted = config::convert(text, dialect(from)?, dialect(to)?)?;
    let changed = converted.changed.iter_mut().map(|changed| &mut changed.range);
    let lost = converted.lost.iter_mut().map(|lost| &mut lost.range);
    in_utf16(text, changed.chain(lost).chain(converted.edits.iter_mut().map(|edit| &mut edit.range)));
    Ok(json(&converted))
}

/// [`assist::complete`] at an offset in UTF-16 code units.
#[wasm_bindgen]
#[must_use]
pub fn complete(text: &str, offset: usize, dialect: Option<String>) -> String {
    complete_with(text, offset, dialect.as_deref(), None)
}

fn complete_with(text: &str, offset: usize, dialect: Option<&str>, facts: Option<&Facts>) -> String {
    let mut found = assist::complete(text, in_bytes(text, offset), dialect_of(text, dialect), facts);
    in_utf16(text, std::iter::once(&mut found.range));
    json(&found)
}

/// [`assist::hover`] at an offset in UTF-16 code units; `null` where nothing has a meaning.
#[wasm_bindgen]
#[must_use]
pub fn hover(text: &str, offset: usize, dialect: Option<String>) -> String {
    hover_with(text, offset, dialect.as_deref(), None)
}

fn hover_with(text: &str, offset: usize, dialect: Option<&str>, facts: Option<&Facts>) -> String {
    let mut found = assist::hover(text, in_bytes(text, offset), dialect_of(text, dialect), facts);
    in_utf16(text, found.iter_mut().map(|hover| &mut hover.range));
    json(&found)
}

#[derive(Serialize)]
struct Offers<'a> {
    ok: bool,
    diagnostics: &'a [Diagnostic],
    catalog_version: &'a str,
    total: usize,
    offers: &'a [catalog::Offer],
    explanation: Option<&'a Explanation>,
}

/// The table of offers in memory, and what it knows about names once that was asked for.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Catalogue {
    table: Arc<catalog::Catalogue>,
    facts: OnceCell<Facts>,
}

impl Catalogue {
    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| Facts::new(Arc::clone(&self.table)))
    }
}

#[wasm_bindgen]
impl Catalogue {
    /// Reads a packed catalogue.
    ///
    /// # Errors
    /// When it is none, or was packed by another version.
    pub fn load(bytes: &[u8]) -> Result<Catalogue, JsError> {
        Ok(Self { table: Arc::new(catalog::Catalogue::load(bytes)?), facts: OnceCell::new() })
    }

    /// [`check`], with what the catalogue knows about names.
    #[must_use]
    pub fn check(&self, text: &[u8], dialect: Option<String>) -> String {
        check_with(&String::from_utf8_lossy(text), dialect.as_deref(), Some(self.facts()))
    }

    /// [`assist::complete`].
    #[must_use]
    pub fn complete(&self, text: &str, offset: usize, dialect: Option<String>) -> String {
        complete_with(text, offset, dialect.as_deref(), Some(self.facts()))
    }

    /// [`assist::hover`].
    #[must_use]
    pub fn hover(&self, text: &str, offset: usize, dialect: Option<String>) -> String {
        hover_with(text, offset, dialect.as_deref(), Some(self.facts()))
    }

    /// Changes with the content.
    #[must_use]
    pub fn version(&self) -> String {
        self.table.version().to_owned()
    }

    /// How many offers it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.table.len()
    }

    /// [`matcher::match_offers`] over all of it, and [`matcher::explain`] when that is asked for or nothing fits.
    #[must_use]
    pub fn offers(&self, text: &str, limit: usize, explain: bool, dialect: Option<String>) -> String {
        let mut checked = config::check_in(text, reading(dialect.as_deref()), None);
        in_utf16(text, checked.diagnostics.iter_mut().flat_map(ranges_of));
        let required = checked.configuration.as_ref().map(Requirements::from);
        let context = Context::everything(&self.table);
        let matches = required
            .as_ref()
            .map(|required| matcher::match_offers(&self.table, required, &context, limit))
            .unwrap_or_default();
        let mut explanation = required
            .as_ref()
            .filter(|_| explain || matches.total == 0)
            .map(|required| matcher::explain(&self.table, required, &context));
        if let Some(explanation) = &mut explanation {
            explanation.write_into(text, checked.told.dialect);
            let proposals = explanation.relaxations.iter_mut().filter_map(|one| one.proposal.as_mut());
            in_utf16(text, proposals.flat_map(|one| &mut one.edits).map(|edit| &mut edit.range));
        }
        json(&Offers {
            ok: matches.total > 0,
            diagnostics: &checked.diagnostics,
            catalog_version: self.table.version(),
            total: matches.total,
            offers: &matches.offers,
            explanation: explanation.as_ref(),
        })
    }
}

fn json(value: &impl Serialize) -> String {
    // Only keys that are no text cannot be written, and there are none.
    serde_json::to_string(value).unwrap_or_default()
}

/// Every range of a diagnostic.
fn ranges_of(diagnostic: &mut Diagnostic) -> impl Iterator<Item = &mut Range> {
    let related = diagnostic.related.iter_mut().map(|related| &mut related.range);
    let edits = diagnostic.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.range);
    std::iter::once(&mut diagnostic.range).chain(related).chain(edits)
}

/// The byte at which an offset in UTF-16 code units lies.
fn in_bytes(text: &str, offset: usize) -> usize {
    if text.is_ascii() {
        return offset;
    }
    let mut units = 0;
    let after = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > offset
    });
    after.map_or(text.len(), |(at, _)| at)
}

/// Turns the offsets of `ranges` from bytes of `text` to UTF-16 code units, in one pass over the text.
fn in_utf16<'r>(text: &str, ranges: impl Iterator<Item = &'r mut Range>) {
    if text.is_ascii() {
        return;
    }
    let mut places: Vec<&mut Position> =
        ranges.flat_map(|range| [&mut range.start, &mut range.end]).collect();
    crate::order::sort_by_key(&mut places, |place| place.offset);
    let (mut bytes, mut units) = (0, 0);
    for place in places {
        let passed = text.get(bytes..place.offset).unwrap_or_default();
        units += passed.chars().map(char::len_utf16).sum::<usize>();
        bytes = place.offset;
        place.offset = units;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_utf_16_code_units() {
        let text = "type: dev-environment\nide: vscode\nhome_dir: /h😀é\nfoo: 1 # é\nfoo: 2\n";
        let checked: serde_json::Value = serde_json::from_str(&check(text.as_bytes(), None)).unwrap();
        let units: Vec<u16> = text.encode_utf16().collect();
        let diagnostics = checked["diagnostics"].as_array().unwrap();
        assert!(!diagnostics.is_empty());
        for diagnostic in diagnostics {
            let at =
                |side: &str| usize::try_from(diagnostic["range"][side]["offset"].as_u64().unwrap()).unwrap();
            assert_eq!(String::from_utf16(&units[at("start")..at("end")]).unwrap(), "foo", "{diagnostic}");
        }
    }
}
