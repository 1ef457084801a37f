//! The offers that fit, in order.

use serde::Serialize;

use super::{
    Context, Requirements,
    grouping::{Groups, OfferGroup, Plot, PlotPoint},
    scan::Scan,
    top::Top,
};
use crate::catalog::{Catalogue, Offer, PriceBasis, RowId, Run, Shape};

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

    pub(super) fn new(catalogue: &Catalogue, rank: u32, row: RowId) -> Self {
        // The bits of floats that are not negative are in the order of their values.
        let price = (catalogue.price_of(row).max(0.0) + 0.0).to_bits();
        let unusable = !catalogue.availability_of(row).is_usable();
        Self { price: price | u64::from(unusable) << 63, row: u64::from(rank) << 32 | u64::from(row) }
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
    let mut found = Found::new(catalogue, requirements, limit);
    if catalogue.same_as().is_empty() {
        for (run, shape) in scan.runs() {
            found.run(&scan, run, shape, scan.rows(run));
        }
    } else {
        let mut rows: Vec<RowId> = scan.runs().flat_map(|(run, _)| scan.rows(run)).collect();
        scan.without_zones(&mut rows);
        for row in rows {
            if let Some(run) = catalogue.run_of(row) {
                found.run(&scan, run, catalogue.shape(run), std::iter::once(row));
            }
        }
    }
    found.finish(limit)
}

/// What a pass collects.
struct Found<'a> {
    catalogue: &'a Catalogue,
    matches: Matches,
    top: Top<Key>,
    groups: Groups,
    plot: Plot,
    /// The best on-demand and spot offers, and the best above the limit.
    best: [Key; 2],
    best_above: Key,
    /// How many offers have each provenance.
    provenances: [usize; 256],
}

impl<'a> Found<'a> {
    fn new(catalogue: &'a Catalogue, requirements: &Requirements, limit: usize) -> Self {
        Self {
            catalogue,
            matches: Matches::default(),
            top: Top::new(limit),
            groups: Groups::new(catalogue),
            plot: Plot::new(catalogue, requirements.gpu.is_some()),
            best: [Key::LAST; 2],
            best_above: Key::LAST,
            provenances: [0; 256],
        }
    }

    fn run(&mut self, scan: &Scan<'_>, run: &Run, shape: &Shape, rows: impl Iterator<Item = RowId>) {
        let rank = scan.rank(shape);
        let mut best = Key::LAST;
        let mut offers = 0;
        for row in rows {
            let key = Key::new(self.catalogue, rank, row);
            let affordable = scan.affordable(self.catalogue.price_of(row));
            self.plot.add(self.catalogue, shape, run.spot, row, !affordable);
            if affordable {
                self.top.push(key);
                best = best.min(key);
                offers += 1;
                self.provenances[usize::from(self.catalogue.provenance_index(row))] += 1;
            } else {
                self.matches.above_max_price += 1;
                self.best_above = self.best_above.min(key);
            }
        }
        if offers > 0 {
            self.groups.add(run.shape, run.spot, best, offers);
            self.matches.total += offers as usize;
            if run.spot {
                self.matches.spot += offers as usize;
            }
            let slot = &mut self.best[usize::from(run.spot)];
            *slot = best.min(*slot);
        }
    }

    fn finish(self, limit: usize) -> Matches {
        let Self { catalogue, mut matches, .. } = self;
        let [on_demand, spot] = self.best;
        let usable = |key: Key| {
            catalogue.offer(key.row()).filter(|offer| key != Key::LAST && offer.availability.is_usable())
        };
        matches.cheapest = usable(on_demand.min(spot));
        matches.cheapest_on_demand = usable(on_demand);
        matches.cheapest_spot = usable(spot);
        matches.cheapest_above = usable(self.best_above);
        matches.on_demand = matches.total - matches.spot;
        for (provenance, &count) in
            catalogue.provenances().iter().zip(&self.provenances).filter(|(_, n)| **n > 0)
        {
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
        matches.offers = self.top.finish().into_iter().filter_map(|key| catalogue.offer(key.row())).collect();
        (matches.group_total, matches.groups) = self.groups.finish(catalogue, limit);
        matches.plot = self.plot.finish();
        matches
    }
}
