//! Which constraints keep each offer out: one pass from which every question of an explanation is answered.

use super::{
    Constraint, Context, Requirements,
    constraint::Constraints,
    scan::{Scan, sizes},
};
use crate::catalog::{Catalogue, RowId, Run, Shape};

const PRICE: Constraints = Constraints::one(Constraint::MaxPrice);
const REGION: Constraints = Constraints::one(Constraint::Regions);

/// Offers that the same constraints keep out.
#[derive(Clone, Copy, Debug)]
struct Tally {
    offers: usize,
    lowest: f64,
}

impl Tally {
    const NONE: Self = Self { offers: 0, lowest: f64::INFINITY };

    fn add(&mut self, offers: usize, lowest: f64) {
        self.offers += offers;
        self.lowest = self.lowest.min(lowest);
    }
}

/// The offers of the context, by what keeps them out.
pub(super) struct Sieve<'a> {
    catalogue: &'a Catalogue,
    requirements: &'a Requirements,
    context: &'a Context,
    /// Tells about prices.
    scan: Scan<'a>,
    /// For each region of the catalogue whether it is wanted; `None` = it is not in the context.
    regions: Vec<Option<bool>>,
    /// For each run what keeps all of its rows out; `None` = its backend is not in the context.
    runs: Vec<Option<Constraints>>,
    /// The sets of constraints, none included, that keep something out, and how much exactly these do.
    tallies: Vec<(Constraints, Tally)>,
}

impl<'a> Sieve<'a> {
    pub(super) fn new(
        catalogue: &'a Catalogue,
        requirements: &'a Requirements,
        context: &'a Context,
    ) -> Self {
        let anything = Requirements::default();
        let set_up = Scan::new(catalogue, &anything, context);
        let scan = Scan::new(catalogue, requirements, context);
        let regions = (0..)
            .zip(catalogue.regions())
            .map(|(region, (_, name))| {
                let wanted =
                    || requirements.regions.as_ref().is_none_or(|all| all.iter().any(|one| one == name));
                set_up.has_region(region).then(wanted)
            })
            .collect();
        let runs = catalogue
            .runs()
            .iter()
            .map(|run| {
                let shape = catalogue.shape(run);
                set_up.has_backend(shape).then(|| {
                    let fails =
                        |constraint: &Constraint| !meets(&scan, requirements, run, shape, *constraint);
                    Constraint::ALL.into_iter().filter(fails).collect()
                })
            })
            .collect();
        let mut sieve = Self { catalogue, requirements, context, scan, regions, runs, tallies: Vec::new() };
        sieve.count();
        sieve
    }

    fn count(&mut self) {
        let everywhere = self.regions.iter().all(|region| *region == Some(true));
        let mut tallies = vec![Tally::NONE; Constraints::SETS];
        for (run, kept_out) in self.catalogue.runs().iter().zip(&self.runs) {
            let Some(kept_out) = *kept_out else { continue };
            let affordable = self.scan.affordable(run.highest);
            if everywhere && affordable == self.scan.affordable(run.lowest) {
                let set = if affordable { kept_out } else { kept_out.with(PRICE) };
                tallies[set.index()].add(run.rows.len(), run.lowest);
                continue;
            }
            for row in run.rows.clone() {
                if let Some(of_row) = self.of_row(row) {
                    tallies[kept_out.with(of_row).index()].add(1, self.catalogue.price_of(row));
                }
            }
        }
        self.tallies = tallies
            .into_iter()
            .enumerate()
            .filter(|(_, tally)| tally.offers > 0)
            .map(|(index, tally)| (Constraints::of_index(index), tally))
            .collect();
    }

    /// What keeps a row out that may not keep its whole run out; `None` = its region is not in the context.
    fn of_row(&self, row: RowId) -> Option<Constraints> {
        let wanted = self.regions[usize::from(self.catalogue.region_of(row))]?;
        let region = if wanted { Constraints::default() } else { REGION };
        Some(if self.scan.affordable(self.catalogue.price_of(row)) { region } else { region.with(PRICE) })
    }

    /// How many offers would fit without `given_up`, and the lowest price among them, US dollars an hour.
    pub(super) fn without(&self, given_up: Constraints) -> (usize, Option<f64>) {
        if !self.catalogue.same_as().is_empty() {
            // Which zone stands for its region depends on what is asked.
            let loose = given_up.iter().fold(self.requirements.clone(), |loose, one| loose.without(one));
            return self.fitting(&loose);
        }
        let mut sum = Tally::NONE;
        for (_, tally) in self.tallies.iter().filter(|(set, _)| set.is_within(given_up)) {
            sum.add(tally.offers, tally.lowest);
        }
        (sum.offers, (sum.offers > 0).then_some(sum.lowest))
    }

    /// How many offers satisfy one constraint, whatever the others say.
    pub(super) fn satisfying(&self, constraint: Constraint) -> usize {
        if !self.catalogue.same_as().is_empty() {
            return self.fitting(&self.requirements.only(constraint)).0;
        }
        self.tallies.iter().filter(|(set, _)| !set.has(constraint)).map(|(_, tally)| tally.offers).sum()
    }

    /// How many offers of the context fit other requirements, and the lowest price among them.
    pub(super) fn fitting(&self, requirements: &Requirements) -> (usize, Option<f64>) {
        Scan::new(self.catalogue, requirements, self.context).count()
    }

    /// The sets of constraints that keep something out and are no larger than any other, the one first that
    /// keeps out what is cheapest.
    pub(super) fn smallest(&self) -> Vec<Constraints> {
        let least = self.tallies.iter().map(|(set, _)| set.len()).min();
        let mut smallest: Vec<_> = self.tallies.iter().filter(|(set, _)| Some(set.len()) == least).collect();
        crate::order::sort_by(&mut smallest, |(_, a), (_, b)| a.lowest.total_cmp(&b.lowest));
        smallest.into_iter().map(|(set, _)| *set).collect()
    }

    /// The rows that exactly these constraints keep out.
    pub(super) fn kept_out_by(
        &self,
        set: Constraints,
    ) -> impl Iterator<Item = (&'a Run, &'a Shape, RowId)> + '_ {
        let catalogue = self.catalogue;
        let may = move |kept_out: Constraints| {
            kept_out.is_within(set) && set.is_within(kept_out.with(REGION).with(PRICE))
        };
        let runs = catalogue.runs().iter().zip(&self.runs);
        runs.filter_map(move |(run, kept_out)| Some((run, kept_out.filter(|set| may(*set))?))).flat_map(
            move |(run, kept_out)| {
                let shape = catalogue.shape(run);
                let exactly = move |row| self.of_row(row).is_some_and(|of_row| kept_out.with(of_row) == set);
                run.rows.clone().filter(move |&row| exactly(row)).map(move |row| (run, shape, row))
            },
        )
    }
}

/// Whether a run satisfies a constraint, as far as that is the same for all of its rows.
fn meets(
    scan: &Scan<'_>,
    requirements: &Requirements,
    run: &Run,
    shape: &Shape,
    constraint: Constraint,
) -> bool {
    match constraint {
        Constraint::Reuse => !requirements.reuse_only,
        Constraint::Spot => requirements.spot.is_none_or(|spot| spot == run.spot),
        Constraint::Backends => scan.has_backend(shape),
        Constraint::InstanceTypes => {
            requirements.instance_types.as_ref().is_none_or(|types| types.contains(&shape.instance_type))
        }
        Constraint::Regions | Constraint::MaxPrice => true,
        _ => sizes(scan.catalogue, shape).meets(requirements, constraint),
    }
}
