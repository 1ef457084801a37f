//! Offers taken together: by machine for a table, by GPU and price for a plot.

use std::collections::HashMap;

use serde::Serialize;

use super::{matches::Key, top::Top};
use crate::catalog::{Catalogue, Offer, RowId, Shape};

/// The offers of one machine of one backend that are all spot or all on-demand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OfferGroup {
    /// The best of them.
    pub offer: Offer,
    /// In how many regions the machine fits: one offer each.
    pub regions: usize,
    /// The row of the best of them.
    #[serde(skip)]
    pub row: RowId,
    /// As [`RowGroup::key`](super::RowGroup::key) of the same group in a list by type.
    #[serde(skip)]
    pub key: u32,
}

/// Offers of the same GPU at the same price, for a plot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlotPoint {
    /// GPU model; `None` = machines without GPUs. Their prices are taken together in steps of 2 to 3 %,
    /// and so are all prices when nothing is asked of the GPU.
    pub gpu: Option<String>,
    /// GiB of each GPU; 0 without.
    pub gpu_memory_gib: f64,
    /// GPUs of each machine; 0 without.
    pub gpu_count: u32,
    /// US dollars an hour for the machine; the lowest where prices are taken together.
    pub price: f64,
    /// Whether they are spot.
    pub spot: bool,
    /// How many offers stand here.
    pub offers: usize,
    /// In how many regions.
    pub regions: usize,
    /// Whether only `max_price` keeps them from fitting.
    pub above_max_price: bool,
    /// The highest of their prices.
    #[serde(skip)]
    pub highest: f64,
    /// The row of the cheapest of them.
    #[serde(skip)]
    pub row: RowId,
}

/// Collects groups: a slot for each shape, on-demand and spot.
pub(super) struct Groups {
    slots: Vec<(Key, u32)>,
}

impl Groups {
    pub(super) fn new(catalogue: &Catalogue) -> Self {
        Self { slots: vec![(Key::LAST, 0); 2 * catalogue.shapes().len()] }
    }

    /// Takes offers in, and the best of them.
    pub(super) fn add(&mut self, shape: u32, spot: bool, key: Key, more: u32) {
        let (best, offers) = &mut self.slots[2 * shape as usize + usize::from(spot)];
        *best = key.min(*best);
        *offers += more;
    }

    /// How many groups there are, and the first of them.
    pub(super) fn finish(self, catalogue: &Catalogue, limit: usize) -> (usize, Vec<OfferGroup>) {
        let mut total = 0;
        let mut top = Top::new(limit);
        for (key, (best, offers)) in (0..).zip(self.slots).filter(|(_, (_, offers))| *offers > 0) {
            total += 1;
            top.push((best, offers, key));
        }
        let groups = top
            .finish()
            .into_iter()
            .filter_map(|(best, offers, key)| {
                let (row, regions) = (best.row(), offers as usize);
                Some(OfferGroup { offer: catalogue.offer(row)?, regions, row, key })
            })
            .collect();
        (total, groups)
    }
}

/// Machines of one kind in the plot: GPU model, bits of its memory, count.
type Lane = Option<(u16, u64, u32)>;

/// Where a point stands: lane, price or step of prices, spot, above the limit.
type Place = (Lane, u64, bool, bool);

/// Bits of a price that tell steps apart: 5 of the mantissa make 32 steps between $1 and $2.
const STEP: u32 = 52 - 5;

/// The lowest and the highest step that machines without GPUs have, $0.0001 and $10,000 or so; prices
/// beyond stand there, too.
const STEPS: (u64, u64) = (1009 << 5, 1037 << 5);

/// Collects the points of the plot.
pub(super) struct Plot {
    /// Whether prices of GPU machines are told apart exactly.
    exact: bool,
    /// Points of machines with GPUs.
    places: HashMap<Place, usize>,
    /// Points of machines without: a slot for each step, spot or not, above the limit or not.
    steps: Vec<usize>,
    points: Vec<Point>,
    /// A bit for each region, `words` numbers for each point.
    regions: Vec<u64>,
    words: usize,
    names: Vec<String>,
}

struct Point {
    place: Place,
    lowest: f64,
    highest: f64,
    row: RowId,
    offers: usize,
}

impl Plot {
    pub(super) fn new(catalogue: &Catalogue, exact: bool) -> Self {
        Self {
            exact,
            places: HashMap::new(),
            steps: Vec::new(),
            points: Vec::new(),
            regions: Vec::new(),
            words: catalogue.regions().len().div_ceil(64),
            names: catalogue.gpu_names().to_vec(),
        }
    }

    pub(super) fn add(&mut self, catalogue: &Catalogue, shape: &Shape, spot: bool, row: RowId, above: bool) {
        let price = catalogue.price_of(row);
        let lane = shape.gpu.map(|gpu| (gpu.name, gpu.memory_gib.to_bits(), gpu.count));
        let exact = self.exact && lane.is_some();
        let step = if exact { price.to_bits() } else { price.to_bits() >> STEP };
        let place = (lane, step, spot, above);
        let next = self.points.len();
        let at = if lane.is_some() {
            *self.places.entry(place).or_insert(next)
        } else {
            if self.steps.is_empty() {
                self.steps = vec![usize::MAX; 4 * (STEPS.1 - STEPS.0 + 1) as usize];
            }
            let step = (step.clamp(STEPS.0, STEPS.1) - STEPS.0) as usize;
            let slot = &mut self.steps[4 * step + 2 * usize::from(spot) + usize::from(above)];
            *slot = next.min(*slot);
            *slot
        };
        if at == next {
            self.points.push(Point { place, lowest: price, highest: price, row, offers: 0 });
            self.regions.resize(self.regions.len() + self.words, 0);
        }
        let point = &mut self.points[at];
        if price < point.lowest {
            (point.lowest, point.row) = (price, row);
        }
        point.highest = point.highest.max(price);
        point.offers += 1;
        let region = usize::from(catalogue.region_of(row));
        self.regions[at * self.words + region / 64] |= 1 << (region % 64);
    }

    /// The points: machines without GPUs first, then by model, memory and count, each by price.
    pub(super) fn finish(self) -> Vec<PlotPoint> {
        let mut points: Vec<PlotPoint> = self
            .points
            .into_iter()
            .zip(self.regions.chunks(self.words.max(1)))
            .map(
                |(
                    Point { place: (lane, _, spot, above_max_price), lowest, highest, row, offers },
                    regions,
                )| PlotPoint {
                    gpu: lane.map(|(name, ..)| self.names[usize::from(name)].clone()),
                    gpu_memory_gib: lane.map_or(0.0, |(_, memory, _)| f64::from_bits(memory)),
                    gpu_count: lane.map_or(0, |(.., count)| count),
                    price: lowest,
                    spot,
                    offers,
                    regions: regions.iter().map(|word| word.count_ones() as usize).sum(),
                    above_max_price,
                    highest,
                    row,
                },
            )
            .collect();
        crate::order::sort_by(&mut points, |a, b| {
            a.gpu
                .cmp(&b.gpu)
                .then_with(|| a.gpu_memory_gib.total_cmp(&b.gpu_memory_gib))
                .then_with(|| a.gpu_count.cmp(&b.gpu_count))
                .then_with(|| a.price.total_cmp(&b.price))
                .then_with(|| a.spot.cmp(&b.spot))
        });
        points
    }
}
