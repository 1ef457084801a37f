//! `berth catalog show`

use std::{collections::BTreeMap, io::Write, path::Path};

use berth_shared::catalog::Catalogue;

use super::Failure;

/// A cloud's part of the catalogue.
#[derive(Default)]
struct Part {
    offers: usize,
    oldest: Option<String>,
    newest: Option<String>,
    undated: usize,
}

/// Says which catalogue is in use, and what it has of each cloud.
pub(super) fn show(directory: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let published = super::in_use(directory)?;
    let catalogue = published.catalogue();
    writeln!(out, "{} ({})", super::about(catalogue), super::origin(published.info().origin))?;
    let parts = parts(catalogue);
    let width = parts.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    for (backend, part) in parts {
        let dates = match (part.oldest, part.newest) {
            (Some(oldest), Some(newest)) if oldest == newest => format!("prices of {oldest}"),
            (Some(oldest), Some(newest)) => format!("prices from {oldest} to {newest}"),
            _ => "prices without a date".to_owned(),
        };
        let undated = match part.undated {
            0 => String::new(),
            all if all == part.offers => String::new(),
            some => format!(", {some} without a date"),
        };
        writeln!(out, "  {backend:width$}  {:>7}  {dates}{undated}", part.offers)?;
    }
    Ok(())
}

fn parts(catalogue: &Catalogue) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for offer in (0..).map_while(|id| catalogue.offer(id)) {
        let part = parts.entry(offer.backend).or_default();
        part.offers += 1;
        let Some(date) = offer.as_of else {
            part.undated += 1;
            continue;
        };
        if part.oldest.as_ref().is_none_or(|oldest| date < *oldest) {
            part.oldest = Some(date.clone());
        }
        if part.newest.as_ref().is_none_or(|newest| date > *newest) {
            part.newest = Some(date);
        }
    }
    parts
}
