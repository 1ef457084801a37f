//! What a row must satisfy to enter the catalogue.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fmt::{self, Write as _},
};

use super::{GpuFacts, Row};

/// A price that is more than this many times off the median of the same type elsewhere is wrong.
const MAX_RATIO: f64 = 3.0;
/// Medians of fewer regions say nothing.
const MIN_REGIONS: usize = 4;
/// How many dropped rows are shown for each reason.
const SHOWN: usize = 12;

/// Why a row is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dropped {
    /// An earlier row stands for the same offer.
    Duplicate,
    /// The price is zero, negative or no number.
    NoPrice,
    /// vCPUs or memory are not above zero, or a size is no number.
    ImpossibleSize,
    /// The GPU has no memory, or more than any of its kind by far.
    ImpossibleGpu,
    /// The price is off by more than three from the same type elsewhere.
    PriceOutlier,
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Duplicate => "the same offer twice",
            Self::NoPrice => "no price above zero",
            Self::ImpossibleSize => "impossible vCPUs, memory or disk",
            Self::ImpossibleGpu => "impossible GPU count or memory",
            Self::PriceOutlier => "price off by more than three from the same type elsewhere",
        })
    }
}

/// A row that is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct DroppedRow {
    /// The row.
    pub row: Row,
    /// Why.
    pub reason: Dropped,
}

/// Parts rows into those that are plausible, in their order, and those that are not.
///
/// A published on-demand price is held against the median of its type's on-demand prices in other
/// regions. Spot prices are not: they move by more than that, and estimates follow the on-demand price.
#[must_use]
pub fn check_rows(rows: Vec<Row>, facts: &GpuFacts) -> (Vec<Row>, Vec<DroppedRow>) {
    let medians = medians(&rows);
    let mut seen = HashSet::with_capacity(rows.len());
    let mut kept = Vec::with_capacity(rows.len());
    let mut dropped = Vec::new();
    for row in rows {
        let reason = implausible(&row, facts, &medians)
            .or_else(|| (!seen.insert(key(&row, Some(&row.offer.region)))).then_some(Dropped::Duplicate));
        match reason {
            Some(reason) => dropped.push(DroppedRow { row, reason }),
            None => kept.push(row),
        }
    }
    (kept, dropped)
}

/// What was left out, by reason, the first few rows of each: lines for a terminal.
#[must_use]
pub fn dropped_in_words(dropped: &[DroppedRow]) -> String {
    let mut by_reason: BTreeMap<Dropped, Vec<&Row>> = BTreeMap::new();
    for DroppedRow { row, reason } in dropped {
        by_reason.entry(*reason).or_default().push(row);
    }
    let mut text = String::new();
    if dropped.is_empty() {
        text.push_str("dropped none\n");
    }
    for (reason, rows) in by_reason {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "dropped {}: {reason}", rows.len());
        for Row { offer, source } in rows.iter().take(SHOWN) {
            let kind = if offer.spot { "spot" } else { "on-demand" };
            let _ = writeln!(
                text,
                "  {} {} {} {kind} ${} ({source})",
                offer.backend, offer.instance_type, offer.region, offer.price
            );
        }
        if rows.len() > SHOWN {
            let _ = writeln!(text, "  and {} more", rows.len() - SHOWN);
        }
    }
    text
}

/// What makes two rows the same offer; without the region, the same type.
type Key = (String, String, Option<String>, bool, Option<(String, u32, u64)>);

fn key(row: &Row, region: Option<&str>) -> Key {
    let offer = &row.offer;
    let gpu = offer.gpu.as_ref().map(|gpu| (gpu.name.clone(), gpu.count, gpu.memory_gib.to_bits()));
    (offer.backend.clone(), offer.instance_type.clone(), region.map(str::to_owned), offer.spot, gpu)
}

fn medians(rows: &[Row]) -> HashMap<Key, f64> {
    let mut prices: HashMap<Key, Vec<f64>> = HashMap::new();
    for row in rows.iter().filter(|row| !row.offer.spot && row.offer.price > 0.0) {
        prices.entry(key(row, None)).or_default().push(row.offer.price);
    }
    prices.retain(|_, prices| prices.len() >= MIN_REGIONS);
    prices
        .into_iter()
        .map(|(key, mut prices)| {
            prices.sort_unstable_by(f64::total_cmp);
            let median = prices[prices.len() / 2];
            (key, median)
        })
        .collect()
}

fn implausible(row: &Row, facts: &GpuFacts, medians: &HashMap<Key, f64>) -> Option<Dropped> {
    let offer = &row.offer;
    let size = |value: f64| value.is_finite() && value > 0.0;
    if !size(offer.price) {
        return Some(Dropped::NoPrice);
    }
    if !size(offer.cpus) || !size(offer.memory_gib) || !offer.disk_gib.is_none_or(size) {
        return Some(Dropped::ImpossibleSize);
    }
    if let Some(gpu) = &offer.gpu {
        // Shares of a GPU are sold, too, so less than a model's memory is possible. More is not, but vendors and
        // clouds round differently, and an H100 NVL with 94 GB goes by the name of H100 with 80.
        let largest = facts
            .get(&gpu.name)
            .and_then(|fact| fact.memory_gib.iter().copied().reduce(f64::max))
            .unwrap_or(f64::INFINITY);
        if gpu.count == 0 || gpu.name.is_empty() || !size(gpu.memory_gib) || gpu.memory_gib > largest * 1.2 {
            return Some(Dropped::ImpossibleGpu);
        }
    }
    let median = (!offer.spot).then(|| medians.get(&key(row, None))).flatten()?;
    let ratio = offer.price / median;
    (!(MAX_RATIO.recip()..=MAX_RATIO).contains(&ratio)).then_some(Dropped::PriceOutlier)
}
