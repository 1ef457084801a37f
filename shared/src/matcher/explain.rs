//! What each constraint costs in choice and money, and what to relax.

use serde::Serialize;

use super::{
    Constraint, Context, Proposal, Requirements, constraint::Constraints, propose, relax, scan, sieve::Sieve,
};
use crate::{catalog::Catalogue, schema::Dialect};

/// When more than one constraint must give way, so many ways are named at most.
const MOST_WAYS: usize = 8;

/// What each constraint costs, and what to relax.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// How many offers the backends of the context have in all.
    pub universe: usize,
    /// How many fit.
    pub total: usize,
    /// The lowest price among those, US dollars an hour.
    pub cheapest: Option<f64>,
    /// Each constraint that there is.
    pub constraints: Vec<ConstraintCost>,
    /// The smallest changes that give more offers. While one constraint alone keeps something out: the nearest
    /// value first, then leaving the constraint out; within each, the cheapest first. When nothing fits and no
    /// single change helps: the least number of changes that do together, the cheapest first.
    pub relaxations: Vec<Relaxation>,
}

/// What a constraint costs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConstraintCost {
    /// The constraint.
    pub constraint: Constraint,
    /// The field that it comes from.
    pub path: &'static str,
    /// How many of all offers it rules out on its own.
    pub rules_out: usize,
    /// How many would fit without it, everything else being as it is.
    pub without: usize,
    /// The lowest price among those, US dollars an hour.
    pub cheapest_without: Option<f64>,
}

/// Changes that belong together, and what they would give.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relaxation {
    /// One change; several when no single one helps.
    pub changes: Vec<Change>,
    /// The requirements after the changes.
    #[serde(skip)]
    pub requirements: Requirements,
    /// The changes as edits of a text, once [`Explanation::write_into`] was given one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// How many offers would fit.
    pub total: usize,
    /// The lowest price among them, US dollars an hour.
    pub cheapest: f64,
}

impl Explanation {
    /// Works out for each relaxation how it is written into the text that the requirements come from, which was read in
    /// a dialect of dstack.
    pub fn write_into(&mut self, text: &str, dialect: Dialect) {
        for relaxation in &mut self.relaxations {
            relaxation.proposal = propose(text, relaxation, dialect);
        }
    }
}

impl Relaxation {
    /// The changes in words: "pay up to $5/h and take gcp as well".
    #[must_use]
    pub fn description(&self) -> String {
        let words: Vec<&str> = self.changes.iter().map(|change| change.description.as_str()).collect();
        match &words[..] {
            [one, two] => format!("{one} and {two}"),
            [first @ .., last] if first.len() > 1 => format!("{}, and {last}", first.join(", ")),
            all => all.join(""),
        }
    }

    fn drops(&self) -> bool {
        self.changes.iter().any(|change| change.drops)
    }
}

/// A change of one constraint.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The constraint.
    pub constraint: Constraint,
    /// The field to change.
    pub path: &'static str,
    /// What the change is, in words: "ask for 24 GB or more of GPU memory".
    pub description: String,
    /// Whether the constraint goes, as opposed to being widened.
    pub drops: bool,
}

/// Says for each constraint what it costs, and which changes bring offers (back).
///
/// What a change gives is counted by the pass that [`super::match_offers`] uses.
#[must_use]
pub fn explain(catalogue: &Catalogue, requirements: &Requirements, context: &Context) -> Explanation {
    let sieve = Sieve::new(catalogue, requirements, context);
    let all: Constraints = Constraint::ALL.into_iter().collect();
    let (universe, _) = sieve.without(all);
    let (total, cheapest) = sieve.without(Constraints::default());
    let mut explanation = Explanation { universe, total, cheapest, ..Explanation::default() };
    for constraint in Constraint::ALL.into_iter().filter(|&constraint| requirements.has(constraint)) {
        let (without, cheapest_without) = sieve.without(Constraints::one(constraint));
        explanation.constraints.push(ConstraintCost {
            constraint,
            path: constraint.path(),
            rules_out: universe.saturating_sub(sieve.satisfying(constraint)),
            without,
            cheapest_without,
        });
        if without > total {
            explanation.relaxations.extend(single(catalogue, requirements, constraint, &sieve, total));
        }
    }
    if total == 0 && explanation.relaxations.is_empty() && universe > 0 {
        explanation.relaxations = together(catalogue, requirements, &sieve);
    }
    let key =
        |relaxation: &Relaxation| (relaxation.changes.len() == 1 && relaxation.drops(), relaxation.cheapest);
    crate::order::sort_by(&mut explanation.relaxations, |a, b| {
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    explanation
}

/// The changes of one constraint that alone give more than `total` offers.
fn single(
    catalogue: &Catalogue,
    requirements: &Requirements,
    constraint: Constraint,
    sieve: &Sieve<'_>,
    total: usize,
) -> Vec<Relaxation> {
    let mut found: Vec<Relaxation> = Vec::new();
    let nearest = relax::nearest(catalogue, requirements, constraint, sieve);
    let widened = nearest.iter().filter_map(|offer| relax::admit(catalogue, requirements, constraint, offer));
    for (change, changed) in widened.chain([relax::drop(requirements, constraint)]) {
        let most = found.iter().map(|one| one.total).max().unwrap_or(total);
        let (after, cheapest) = sieve.fitting(&changed);
        // Leaving out is worth saying only where it gives more than the next value does.
        let enough = if change.drops { after > most } else { after > total };
        let known = found.iter().any(|one| one.requirements == changed);
        if let Some(cheapest) = cheapest.filter(|_| enough && !known) {
            found.push(Relaxation {
                changes: vec![change],
                requirements: changed,
                proposal: None,
                total: after,
                cheapest,
            });
        }
    }
    found
}

/// The fewest changes that together let something in, where no single one does.
fn together(catalogue: &Catalogue, requirements: &Requirements, sieve: &Sieve<'_>) -> Vec<Relaxation> {
    let mut found: Vec<Relaxation> = Vec::new();
    for set in sieve.smallest() {
        let price = |row| catalogue.price_of(row);
        let cheapest = sieve.kept_out_by(set).min_by(|a, b| price(a.2).total_cmp(&price(b.2)));
        let Some(offer) = cheapest else { continue };
        let mut changed = requirements.clone();
        let mut changes = Vec::new();
        for constraint in set.iter() {
            let (change, after) = relax::admit(catalogue, &changed, constraint, &offer)
                .unwrap_or_else(|| relax::drop(&changed, constraint));
            changes.push(change);
            changed = after;
        }
        // Other GPUs may mean another architecture where none is written.
        if !scan::sizes(catalogue, offer.1).meets(&changed, Constraint::Arch)
            && let Some((change, after)) = relax::admit(catalogue, &changed, Constraint::Arch, &offer)
        {
            changes.push(change);
            changed = after;
        }
        if let (total, Some(cheapest)) = sieve.fitting(&changed) {
            found.push(Relaxation { changes, requirements: changed, proposal: None, total, cheapest });
        }
        if found.len() == MOST_WAYS {
            break;
        }
    }
    found
}
