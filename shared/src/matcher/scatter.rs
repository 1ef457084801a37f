//! Prices by a machine's size, for a plot.

use std::collections::HashMap;

use super::{Context, Requirements, scan::Scan};
use crate::catalog::{Catalogue, RowId, Shape};

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

/// The points of the offers that fit and of those that only `max_price` keeps from it: by size, then by
/// price.
#[must_use]
pub fn scatter(
    catalogue: &Catalogue,
    requirements: &Requirements,
    context: &Context,
    size: PlotSize,
) -> Vec<SizePoint> {
    let scan = Scan::new(catalogue, requirements, context);
    let words = catalogue.regions().len().div_ceil(64);
    let mut places: HashMap<(u64, u64, bool, bool), usize> = HashMap::new();
    let mut points: Vec<SizePoint> = Vec::new();
    let mut regions: Vec<u64> = Vec::new();
    let mut add = |shape: &Shape, spot: bool, row: RowId| {
        let value = match size {
            PlotSize::Cpus => shape.cpus,
            PlotSize::GpuMemory => shape.gpu.map_or(0.0, |gpu| f64::from(gpu.count) * gpu.memory_gib),
        };
        let price = catalogue.price_of(row);
        let above = !scan.affordable(price);
        let at =
            *places.entry((value.to_bits(), price.to_bits() >> STEP, spot, above)).or_insert_with(|| {
                points.push(SizePoint {
                    size: value,
                    price,
                    highest: price,
                    spot,
                    offers: 0,
                    regions: 0,
                    above_max_price: above,
                    row,
                });
                regions.resize(regions.len() + words, 0);
                points.len() - 1
            });
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
        for (run, shape) in scan.runs() {
            scan.rows(run).for_each(|row| add(shape, run.spot, row));
        }
    } else {
        let mut rows: Vec<RowId> = scan.runs().flat_map(|(run, _)| scan.rows(run)).collect();
        scan.without_zones(&mut rows);
        for row in rows {
            if let Some(run) = catalogue.run_of(row) {
                add(catalogue.shape(run), run.spot, row);
            }
        }
    }
    for (point, regions) in points.iter_mut().zip(regions.chunks(words.max(1))) {
        point.regions = regions.iter().map(|word| word.count_ones() as usize).sum();
    }
    points.sort_by(|a, b| {
        a.size.total_cmp(&b.size).then_with(|| a.price.total_cmp(&b.price)).then_with(|| a.spot.cmp(&b.spot))
    });
    points
}
