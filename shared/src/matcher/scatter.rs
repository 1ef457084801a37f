//! Prices by a machine's size, for a plot.

use super::scan::Scan;
use crate::catalog::{Catalogue, RowId, Run};

/// The size that prices are plotted against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotSize {
    /// GiB of all of a machine's GPUs together: what a model must fit into, and what the price is for.
    GpuMemory,
    /// vCPUs.
    Cpus,
}

/// Offers of machines of the same size at about the same price, taken together in steps of 2 to 3 %.
#[derive(Clone, Debug, PartialEq)]
pub struct SizePoint {
    /// The size; 0 = machines without GPUs.
    pub size: f64,
    /// The lowest of their prices, US dollars an hour.
    pub price: f64,
    /// The highest.
    pub highest: f64,
    /// Whether they are spot.
    pub spot: bool,
    /// How many offers stand here.
    pub offers: usize,
    /// In how many regions.
    pub regions: usize,
    /// Whether only `max_price` keeps them from fitting.
    pub above_max_price: bool,
    /// The row of the cheapest of them.
    pub row: RowId,
}

/// Bits of a price that tell steps apart: 5 of the mantissa make 32 steps between $1 and $2.
const STEP: u32 = 52 - 5;

/// The lowest and the highest step, $0.0001 and $10,000 or so; prices beyond stand there, too.
const STEPS: (u64, u64) = (1009 << 5, 1037 << 5);

/// The sizes that a catalogue's machines have.
#[derive(Debug)]
pub(super) struct Sizes {
    /// All of them, rising.
    values: Vec<f64>,
    /// For each shape the place of its own.
    places: Vec<usize>,
}

impl Sizes {
    pub(super) fn new(catalogue: &Catalogue, size: PlotSize) -> Self {
        let own: Vec<f64> = catalogue
            .shapes()
            .iter()
            .map(|shape| match size {
                PlotSize::Cpus => shape.cpus,
                PlotSize::GpuMemory => shape.gpu.map_or(0.0, |gpu| f64::from(gpu.count) * gpu.memory_gib),
            })
            .collect();
        let mut values = own.clone();
        crate::order::sort_by(&mut values, f64::total_cmp);
        values.dedup();
        let places =
            own.iter().map(|size| values.partition_point(|value| value.total_cmp(size).is_lt())).collect();
        Self { values, places }
    }
}

/// The points of the offers that fit and of those that only `max_price` keeps from it: by size, then by
/// price.
pub(super) fn scatter(catalogue: &Catalogue, sizes: &Sizes, scan: &Scan<'_>) -> Vec<SizePoint> {
    let words = catalogue.regions().len().div_ceil(64);
    let steps = (STEPS.1 - STEPS.0 + 1) as usize;
    // A slot for each size, step, spot or not, above the limit or not: the number of its point.
    let mut slots = vec![u32::MAX; sizes.values.len() * steps * 4];
    let mut points: Vec<SizePoint> = Vec::new();
    let mut regions: Vec<u64> = Vec::new();
    let mut add = |run: &Run, row: RowId| {
        let price = catalogue.price_of(row);
        let above = !scan.affordable(price);
        let size = sizes.places[run.shape as usize];
        let step = ((price.max(0.0).to_bits() >> STEP).clamp(STEPS.0, STEPS.1) - STEPS.0) as usize;
        let slot = &mut slots[((size * steps + step) * 2 + usize::from(run.spot)) * 2 + usize::from(above)];
        if *slot == u32::MAX {
            *slot = points.len() as u32;
            points.push(SizePoint {
                size: sizes.values[size],
                price,
                highest: price,
                spot: run.spot,
                offers: 0,
                regions: 0,
                above_max_price: above,
                row,
            });
            regions.resize(regions.len() + words, 0);
        }
        let at = *slot as usize;
        let point = &mut points[at];
        if price < point.price {
            (point.price, point.row) = (price, row);
        }
        point.highest = point.highest.max(price);
        point.offers += 1;
        let region = usize::from(catalogue.region_of(row));
        regions[at * words + region / 64] |= 1 << (region % 64);
    };
    if catalogue.same_as().is_empty() {
        for (run, _) in scan.runs() {
            scan.rows(run).for_each(|row| add(run, row));
        }
    } else {
        let mut rows: Vec<RowId> = scan.runs().flat_map(|(run, _)| scan.rows(run)).collect();
        scan.without_zones(&mut rows);
        for row in rows {
            if let Some(run) = catalogue.run_of(row) {
                add(run, row);
            }
        }
    }
    for (point, regions) in points.iter_mut().zip(regions.chunks(words.max(1))) {
        point.regions = regions.iter().map(|word| word.count_ones() as usize).sum();
    }
    crate::order::sort_by(&mut points, |a, b| {
        a.size.total_cmp(&b.size).then_with(|| a.price.total_cmp(&b.price)).then_with(|| a.spot.cmp(&b.spot))
    });
    points
}
