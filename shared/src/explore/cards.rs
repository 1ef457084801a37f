//! A card for each GPU: how many offers there are of it, and the cheapest.

use std::collections::HashMap;

use super::{GpuKind, Wanted, filter::Filter};
use crate::catalog::{Catalogue, Offer, RowId, Run};

/// How many offers a card shows.
const LINES: usize = 3;

/// What is known about a card's GPU.
#[derive(Clone, Debug, PartialEq)]
pub struct CardGpu {
    /// The model, as the catalogue spells it: `A100`.
    pub name: String,
    /// GiB of each.
    pub memory_gib: f64,
    /// In how many sizes of memory the catalogue has the model.
    pub sizes: usize,
    /// Who makes it: `nvidia`; `None` = not known.
    pub vendor: Option<String>,
    /// Its architecture: `Ampere`; `None` = not known.
    pub architecture: Option<String>,
    /// CUDA compute capability (major, minor); `None` for other makers' models.
    pub capability: Option<(u32, u32)>,
}

impl CardGpu {
    /// Which GPU that is; the size is left out where there is only one.
    #[must_use]
    pub fn kind(&self) -> GpuKind {
        GpuKind { name: self.name.clone(), memory_gib: (self.sizes > 1).then_some(self.memory_gib) }
    }
}

/// The offers of one GPU model in one size, or of the machines without GPUs.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The GPU; `None` = machines without.
    pub gpu: Option<CardGpu>,
    /// How many offers there are.
    pub offers: usize,
    /// Of how many backends.
    pub backends: usize,
    /// In how many regions.
    pub regions: usize,
    /// How many GPUs the machines have, ascending.
    pub counts: Vec<u32>,
    /// The cheapest machine on-demand.
    pub on_demand: Option<Offer>,
    /// The cheapest machine as spot.
    pub spot: Option<Offer>,
    /// The machine with the lowest price for each of its GPUs.
    pub per_gpu: Option<Offer>,
    /// A few of the cheapest, in the order of their prices: spot and on-demand, of different backends where there are.
    pub lines: Vec<Offer>,
}

impl Card {
    /// The lowest price of a machine, US dollars an hour.
    #[must_use]
    pub fn lowest(&self) -> f64 {
        let price = |offer: &Option<Offer>| offer.as_ref().map_or(f64::INFINITY, |offer| offer.price);
        price(&self.on_demand).min(price(&self.spot))
    }
}

/// All cards, and what there is to say about them together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explored {
    /// In the catalogue's order of names, machines without GPUs last.
    pub cards: Vec<Card>,
    /// How many offers they have together.
    pub offers: usize,
    /// How many of them have an estimated price.
    pub estimated: usize,
    /// The earliest date of a price, `YYYY-MM-DD`.
    pub oldest: Option<String>,
    /// The latest.
    pub newest: Option<String>,
}

/// Counts the offers that are wanted, by GPU and size of its memory. Takes one pass over the catalogue.
#[must_use]
pub fn cards(catalogue: &Catalogue, wanted: &Wanted) -> Explored {
    let filter = Filter::new(catalogue, wanted);
    let mut slots: Vec<Slot> = Vec::new();
    let mut by_gpu: HashMap<Option<(u16, u64)>, usize> = HashMap::new();
    let mut provenances = [0_usize; 256];
    for run in catalogue.runs() {
        let mut rows = filter.rows(run).peekable();
        if rows.peek().is_none() {
            continue;
        }
        let shape = catalogue.shape(run);
        let key = shape.gpu.map(|gpu| (gpu.name, gpu.memory_gib.to_bits()));
        let next = slots.len();
        let at = *by_gpu.entry(key).or_insert(next);
        if at == next {
            slots.push(Slot::new(catalogue, key));
        }
        slots[at].take(
            catalogue,
            run,
            rows.inspect(|&row| {
                provenances[usize::from(catalogue.provenance_index(row))] += 1;
            }),
        );
    }
    let sizes = sizes(catalogue);
    crate::order::sort_by(&mut slots, |a, b| a.order(b));
    let cards: Vec<Card> = slots.into_iter().map(|slot| slot.finish(catalogue, &sizes)).collect();
    let mut explored =
        Explored { offers: cards.iter().map(|card| card.offers).sum(), cards, ..Explored::default() };
    for (provenance, &count) in catalogue.provenances().iter().zip(&provenances).filter(|(_, n)| **n > 0) {
        if provenance.basis == crate::catalog::PriceBasis::Estimated {
            explored.estimated += count;
        }
        if let Some(date) = &provenance.as_of {
            if explored.oldest.as_ref().is_none_or(|oldest| date < oldest) {
                explored.oldest = Some(date.clone());
            }
            if explored.newest.as_ref().is_none_or(|newest| date > newest) {
                explored.newest = Some(date.clone());
            }
        }
    }
    explored
}

/// For each of the catalogue's GPU names, in how many sizes it is offered.
fn sizes(catalogue: &Catalogue) -> Vec<usize> {
    let mut sizes: Vec<Vec<u64>> = vec![Vec::new(); catalogue.gpu_names().len()];
    for gpu in catalogue.shapes().iter().filter_map(|shape| shape.gpu) {
        let known = &mut sizes[usize::from(gpu.name)];
        if !known.contains(&gpu.memory_gib.to_bits()) {
            known.push(gpu.memory_gib.to_bits());
        }
    }
    sizes.iter().map(Vec::len).collect()
}

/// A price and the row that has it. Rows part equal prices, so that the answer never depends on chance.
type Best = Option<(f64, RowId)>;

fn better(best: &mut Best, price: f64, row: RowId) {
    if best.is_none_or(|(lowest, first)| price.total_cmp(&lowest).then(row.cmp(&first)).is_lt()) {
        *best = Some((price, row));
    }
}

/// What a pass collects for a card.
struct Slot {
    /// Index of the GPU's name and bits of its memory.
    gpu: Option<(u16, u64)>,
    name: String,
    offers: usize,
    /// A bit for each region.
    regions: Vec<u64>,
    counts: Vec<u32>,
    /// The best of each backend: on-demand, spot.
    best: Vec<[Best; 2]>,
    per_gpu: Best,
}

impl Slot {
    fn new(catalogue: &Catalogue, gpu: Option<(u16, u64)>) -> Self {
        Self {
            gpu,
            name: gpu.map(|(name, _)| catalogue.gpu_name(name).to_owned()).unwrap_or_default(),
            offers: 0,
            regions: vec![0; catalogue.regions().len().div_ceil(64)],
            counts: Vec::new(),
            best: vec![[None; 2]; catalogue.backends().len()],
            per_gpu: None,
        }
    }

    fn take(&mut self, catalogue: &Catalogue, run: &Run, rows: impl Iterator<Item = RowId>) {
        let shape = catalogue.shape(run);
        let count = shape.gpu.map_or(0, |gpu| gpu.count);
        if let Err(at) = self.counts.binary_search(&count) {
            self.counts.insert(at, count);
        }
        let mut lowest: Best = None;
        for row in rows {
            self.offers += 1;
            let region = usize::from(catalogue.region_of(row));
            self.regions[region / 64] |= 1 << (region % 64);
            better(&mut lowest, catalogue.price_of(row), row);
        }
        if let Some((price, row)) = lowest {
            better(&mut self.best[usize::from(shape.backend)][usize::from(run.spot)], price, row);
            better(&mut self.per_gpu, price / f64::from(count.max(1)), row);
        }
    }

    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let memory = |slot: &Self| slot.gpu.map_or(0.0, |(_, bits)| f64::from_bits(bits));
        (self.gpu.is_none().cmp(&other.gpu.is_none()))
            .then_with(|| self.name.cmp(&other.name))
            .then_with(|| memory(self).total_cmp(&memory(other)))
    }

    fn finish(self, catalogue: &Catalogue, sizes: &[usize]) -> Card {
        let offer = |best: Best| best.and_then(|(_, row)| catalogue.offer(row));
        let of_kind = |spot: usize| {
            let mut best = None;
            for (price, row) in self.best.iter().filter_map(|kinds| kinds[spot]) {
                better(&mut best, price, row);
            }
            best
        };
        let (on_demand, spot) = (of_kind(0), of_kind(1));
        Card {
            gpu: self.gpu.map(|(name, memory)| {
                let fact = catalogue.gpus().get(&self.name);
                CardGpu {
                    name: self.name.clone(),
                    memory_gib: f64::from_bits(memory),
                    sizes: sizes[usize::from(name)],
                    vendor: fact.map(|fact| fact.vendor.clone()),
                    architecture: fact.and_then(|fact| fact.architecture.clone()),
                    capability: catalogue.capability(name),
                }
            }),
            offers: self.offers,
            backends: self.best.iter().filter(|kinds| kinds.iter().any(Option::is_some)).count(),
            regions: self.regions.iter().map(|word| word.count_ones() as usize).sum(),
            lines: lines(&self.best, on_demand, spot)
                .into_iter()
                .filter_map(|row| catalogue.offer(row))
                .collect(),
            counts: self.counts,
            on_demand: offer(on_demand),
            spot: offer(spot),
            per_gpu: offer(self.per_gpu),
        }
    }
}

/// The rows that a card shows: the best on-demand and the best spot, then the best of other backends, then what is
/// left; by price.
fn lines(best: &[[Best; 2]], on_demand: Best, spot: Best) -> Vec<RowId> {
    let mut all: Vec<(usize, f64, RowId)> = (0..)
        .zip(best)
        .flat_map(|(backend, kinds)| kinds.iter().flatten().map(move |&(price, row)| (backend, price, row)))
        .collect();
    crate::order::sort_by(&mut all, |a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2)));
    let mut chosen: Vec<(usize, f64, RowId)> = all
        .iter()
        .copied()
        .filter(|(_, _, row)| [on_demand, spot].iter().flatten().any(|(_, best)| best == row))
        .collect();
    for other_backend in [true, false] {
        for &one in &all {
            let known =
                chosen.iter().any(|&(backend, _, row)| row == one.2 || (other_backend && backend == one.0));
            if chosen.len() < LINES && !known {
                chosen.push(one);
            }
        }
    }
    crate::order::sort_by(&mut chosen, |a, b| a.1.total_cmp(&b.1).then(a.2.cmp(&b.2)));
    chosen.into_iter().map(|(_, _, row)| row).collect()
}
