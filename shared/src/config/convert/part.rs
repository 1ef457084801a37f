//! Some keys of a text for the other dialect: what mends a file that mixes both.

use super::{convert, keys};
use crate::{diagnostics::ByteRange, schema::Dialect, yaml};

/// What both dialects ask for.
const LEAST: &str = "type: dev-environment\nide: vscode\n";

/// The edits that write these keys at the top, which `from` has, as `to` has them: where the first of them stands. `None` where one of
/// them does not stand on lines of its own, is not valid by itself, or comes to a key that stands in the text already.
pub(in crate::config) fn convert_keys(
    text: &str,
    names: &[String],
    from: Dialect,
    to: Dialect,
) -> Option<Vec<(ByteRange, String)>> {
    let document = yaml::load(text).ok()?;
    let places: Vec<ByteRange> = names
        .iter()
        .map(|name| keys::lines(text, &document, keys::entry(&document, name)?))
        .collect::<Option<_>>()?;
    let own: String = places.iter().filter_map(|place| text.get(place.start..place.end)).collect();
    let alone = format!("{LEAST}{own}");
    let alone = if alone.ends_with('\n') { alone } else { format!("{alone}\n") };
    let converted = convert(&alone, from, to).ok()?;
    let written = converted.text.strip_prefix(LEAST)?;
    let after = yaml::load(&converted.text).ok()?;
    let there = keys::names(&document);
    let taken = |name: &&str| there.contains(name) && !["type", "ide"].contains(name);
    if keys::names(&after).iter().any(taken) {
        return None;
    }
    let mut edits: Vec<(ByteRange, String)> =
        places.into_iter().map(|place| (place, String::new())).collect();
    edits.sort_by_key(|(place, _)| place.start);
    written.clone_into(&mut edits.first_mut()?.1);
    Some(edits)
}
