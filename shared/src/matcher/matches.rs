//! The offers that fit, in order.

use serde::Serialize;

use super::{
    Context, Requirements,
    grouping::{Groups, OfferGroup, Plot, PlotPoint},
    scan::Scan,
};
use crate::catalog::{Catalogue, Offer, PriceBasis, RowId, Shape};

/// The offers that fit, and what there is to say about them as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Matches {
    /// How many fit.
    pub total: usize,
    /// The first of them, in the order in which a launch would try them.
    pub offers: Vec<Offer>,
    /// The cheapest that can be had.
    pub cheapest: Option<Offer>,
    /// The cheapest on-demand one that can be had.
    pub cheapest_on_demand: Option<Offer>,
    /// The cheapest spot one that can be had.
    pub cheapest_spot: Option<Offer>,
    /// How many of those that fit are on-demand.
    pub on_demand: usize,
    /// How many of those that fit are spot.
    pub spot: usize,
    /// How many of those that fit have an estimated price.
    pub estimated: usize,
    /// How many of those that fit have a price without a date.
    pub undated: usize,
    /// The earliest date of a price, `YYYY-MM-DD`.
    pub oldest: Option<String>,
    /// The latest date of a price, `YYYY-MM-DD`.
    pub newest: Option<String>,
    /// How many would fit if it were not for `max_price` alone.
    pub above_max_price: usize,
    /// The cheapest of these.
    pub cheapest_above: Option<Offer>,
    /// How many groups (backend, machine, spot or not) there are.
    pub group_total: usize,
    /// The first of them, by their best offer.
    pub groups: Vec<OfferGroup>,
    /// Prices by GPU model, those above `max_price` included, for a plot.
    pub plot: Vec<PlotPoint>,
}

/// Places an offer in the one order: those that can be had first, then by price, then by the backend's
/// place in the context, then by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// Whether it cannot be had, and the price.
    price: u64,
    /// The backend's place and the row.
    row: u64,
}

impl Key {
    pub(super) const LAST: Self = Self { price: u64::MAX, row: u64::MAX };

    fn new(scan: &Scan<'_>, shape: &Shape, row: RowId) -> Self {
        // The bits of floats that are not negative are in the order of their values.
        let price = (scan.catalogue.price_of(row).max(0.0) + 0.0).to_bits();
        let unusable = !scan.catalogue.availability_of(row).is_usable();
        Self {
            price: price | u64::from(unusable) << 63,
            row: u64::from(scan.rank(shape)) << 32 | u64::from(row),
        }
    }

    /// The row that it stands for.
    pub(super) fn row(self) -> RowId {
        self.row as RowId
    }
}

/// The offers of the catalogue that fit, of the backends of the context. `limit` is how many offers
/// and groups are given in full; the rest is counted.
#[must_use]
pub fn match_offers(
    catalogue: &Catalogue,
    requirements: &Requirements,
    context: &Context,
    limit: usize,
) -> Matches {
    let scan = Scan::new(catalogue, requirements, context);
    let mut matches = Matches::default();
    let mut keys = Vec::new();
    let mut groups = Groups::new(catalogue);
    let mut plot = Plot::new(catalogue);
    let mut best = [Key::LAST; 2];
    let mut best_above = Key::LAST;
    let mut provenances = [0usize; 256];
    let mut visit = |scan: &Scan<'_>, shape_id: u32, spot: bool, row: RowId| {
        let shape = &catalogue.shapes()[shape_id as usize];
        let key = Key::new(scan, shape, row);
        let price = catalogue.price_of(row);
        let affordable = scan.affordable(price);
        plot.add(catalogue, shape, spot, row, !affordable);
        if !affordable {
            matches.above_max_price += 1;
            best_above = best_above.min(key);
            return;
        }
        keys.push(key);
        groups.add(shape_id, spot, key);
        provenances[usize::from(catalogue.provenance_index(row))] += 1;
        matches.spot += usize::from(spot);
        let best = &mut best[usize::from(spot)];
        *best = key.min(*best);
    };
    if catalogue.same_as().is_empty() {
        for (run, _) in scan.runs() {
            scan.rows(run).for_each(|row| visit(&scan, run.shape, run.spot, row));
        }
    } else {
        let mut rows: Vec<RowId> = scan.runs().flat_map(|(run, _)| scan.rows(run)).collect();
        scan.without_zones(&mut rows);
        for row in rows {
            if let Some(run) = catalogue.run_of(row) {
                visit(&scan, run.shape, run.spot, row);
            }
        }
    }
    let usable = |key: Key| {
        catalogue.offer(key.row()).filter(|offer| key != Key::LAST && offer.availability.is_usable())
    };
    matches.cheapest = usable(best[0].min(best[1]));
    matches.cheapest_on_demand = usable(best[0]);
    matches.cheapest_spot = usable(best[1]);
    matches.cheapest_above = usable(best_above);
    matches.total = keys.len();
    matches.on_demand = matches.total - matches.spot;
    for (provenance, &count) in catalogue.provenances().iter().zip(&provenances).filter(|(_, n)| **n > 0) {
        if provenance.basis == PriceBasis::Estimated {
            matches.estimated += count;
        }
        match &provenance.as_of {
            None => matches.undated += count,
            Some(date) => {
                if matches.oldest.as_ref().is_none_or(|oldest| date < oldest) {
                    matches.oldest = Some(date.clone());
                }
                if matches.newest.as_ref().is_none_or(|newest| date > newest) {
                    matches.newest = Some(date.clone());
                }
            }
        }
    }
    first(&mut keys, limit);
    matches.offers = keys.iter().filter_map(|key| catalogue.offer(key.row())).collect();
    (matches.group_total, matches.groups) = groups.finish(catalogue, limit);
    matches.plot = plot.finish();
    matches
}

/// Leaves the first `limit` items, in order, without sorting the rest.
pub(super) fn first<T: Ord>(items: &mut Vec<T>, limit: usize) {
    if limit < items.len() {
        if limit > 0 {
            items.select_nth_unstable(limit - 1);
        }
        items.truncate(limit);
    }
    items.sort_unstable();
}
