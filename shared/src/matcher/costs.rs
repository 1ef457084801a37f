//! What each line of a text costs in choice and money, and what a fix would bring.

use super::{Context, Explanation, Requirements, scan::Scan};
use crate::{
    catalog::Catalogue,
    config::{Configuration, InlineHint, check_in, rewrite},
    diagnostics::{Diagnostic, LineIndex, apply_edits},
    yaml,
};

/// More fixes than these are not looked at, so that a long list of problems costs no more than a short one.
const MOST_FIXES: usize = 24;

/// Notes beside the lines that keep offers out, in the order of the text: `− 67 offers, from $0.49`, or where nothing
/// fits, `→ 67 offers without it`. A line that keeps nothing out by itself has none.
#[must_use]
pub fn line_costs(text: &str, explanation: &Explanation) -> Vec<InlineHint> {
    let Ok(document) = yaml::load(text) else { return Vec::new() };
    let index = LineIndex::new(text);
    let mut notes: Vec<InlineHint> = explanation
        .constraints
        .iter()
        .filter_map(|cost| {
            let left_out = cost.without.saturating_sub(explanation.total);
            let (key, value) = rewrite::spot(&document, cost.path).filter(|_| left_out > 0)?;
            let offers = if left_out == 1 { "1 offer".to_owned() } else { format!("{left_out} offers") };
            let cheaper = cost
                .cheapest_without
                .filter(|&without| explanation.cheapest.is_none_or(|cheapest| without < cheapest))
                .map(|price| format!(", from ${price}"))
                .unwrap_or_default();
            let text = match explanation.total {
                0 => format!("→ {offers} without it{cheaper}"),
                _ => format!("− {offers}{cheaper}"),
            };
            // A value of several lines has its note beside its key.
            let line = |offset| index.position(offset).line;
            let range = if line(key.start) == line(value.end) { value } else { key };
            Some(InlineHint { range: index.range(range), text })
        })
        .collect();
    crate::order::sort_by_key(&mut notes, |note| note.range.start.offset);
    notes
}

/// For each fix of each diagnostic of a valid text, how many more offers (or fewer, when negative) would fit after
/// it; `None` where that stays the same or is not known.
#[must_use]
pub fn fix_gains(
    text: &str,
    configuration: &Configuration,
    diagnostics: &[Diagnostic],
    catalogue: &Catalogue,
    context: &Context,
) -> Vec<Vec<Option<i64>>> {
    let count = |required: &Requirements| Scan::new(catalogue, required, context).count().0 as i64;
    let required = Requirements::from(configuration);
    let mut total = None;
    let mut left = MOST_FIXES;
    let mut gain = |edits: &[_]| {
        left = left.checked_sub(1)?;
        let after = apply_edits(text, edits)?;
        let after = check_in(&after, configuration.dialect(), None).configuration?;
        let after = Requirements::from(&after);
        if after == required {
            return None;
        }
        let before = *total.get_or_insert_with(|| count(&required));
        Some(count(&after) - before).filter(|&gain| gain != 0)
    };
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.fixes.iter().map(|fix| gain(&fix.edits)).collect())
        .collect()
}
