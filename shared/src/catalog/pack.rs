//! Writing the packed file.

use std::{cmp::Ordering, collections::HashMap};

use super::{
    Catalogue, GpuFacts, Offer, PackError, PriceBasis, Provenance, Row, Shape,
    bytes::{Writer, zigzag},
    format,
    predict::{self, MAX_MICROS, Series},
};

/// How many series back a reference is looked for: the sizes of a family stand together.
const WINDOW: usize = 160;
/// Rounding steps of shares that are tried, in micro-dollars.
const STEPS: [u64; 2] = [1, 100];
/// A share that fewer rows than this have costs more than it saves.
const RARE: usize = 3;

/// Packs rows into the format of [`format`]. They come out in the canonical order, prices rounded to
/// 1e-6 $, availability left out: whether something can be had is not a fact that keeps.
///
/// # Errors
/// When two rows stand for the same offer, a price cannot be held, or a table is too long.
pub fn pack(rows: &[Row], facts: &GpuFacts) -> Result<Vec<u8>, PackError> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by(|a, b| canonical(&a.offer, &b.offer));
    let sorted: Vec<Row> = sorted.into_iter().cloned().collect();
    check_limits(&sorted)?;
    let catalogue = Catalogue::from_rows("", &sorted, facts.clone());
    let mut payload = Writer::default();
    Tables::new(&catalogue, facts).write(&mut payload);
    write_prices(&catalogue, &mut payload)?;
    Ok(format::seal(&payload.into_bytes()))
}

fn canonical(a: &Offer, b: &Offer) -> Ordering {
    let optional = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    let gpu = |o: &Offer| o.gpu.as_ref().map(|gpu| (gpu.name.clone(), gpu.count));
    a.backend
        .cmp(&b.backend)
        .then_with(|| a.instance_type.cmp(&b.instance_type))
        .then_with(|| gpu(a).cmp(&gpu(b)))
        .then_with(|| {
            optional(a.gpu.as_ref().map(|gpu| gpu.memory_gib), b.gpu.as_ref().map(|gpu| gpu.memory_gib))
        })
        .then_with(|| a.cpus.total_cmp(&b.cpus))
        .then_with(|| a.memory_gib.total_cmp(&b.memory_gib))
        .then_with(|| optional(a.disk_gib, b.disk_gib))
        .then_with(|| a.spot.cmp(&b.spot))
        .then_with(|| a.region.cmp(&b.region))
}

fn check_limits(sorted: &[Row]) -> Result<(), PackError> {
    for pair in sorted.windows(2) {
        if canonical(&pair[0].offer, &pair[1].offer) == Ordering::Equal {
            let Offer { backend, instance_type, region, .. } = pair[1].offer.clone();
            return Err(PackError::Duplicate { backend, instance_type, region });
        }
    }
    let distinct = |what, max, mut values: Vec<String>| {
        values.sort_unstable();
        values.dedup();
        let found = values.len();
        if found > max { Err(PackError::TooMany { what, found, max }) } else { Ok(()) }
    };
    let offers = || sorted.iter().map(|row| &row.offer);
    let texts = usize::from(u16::MAX);
    distinct("backends", texts, offers().map(|o| o.backend.clone()).collect())?;
    distinct("regions", texts, offers().map(|o| format!("{}\0{}", o.backend, o.region)).collect())?;
    distinct("GPU models", texts, offers().filter_map(|o| Some(o.gpu.as_ref()?.name.clone())).collect())?;
    distinct(
        "combinations of source, date and basis",
        256,
        sorted
            .iter()
            .map(|row| format!("{}\0{:?}\0{:?}", row.source, row.offer.as_of, row.offer.basis))
            .collect(),
    )?;
    let (found, max) = (sorted.len(), u32::MAX as usize);
    if found > max { Err(PackError::TooMany { what: "rows", found, max }) } else { Ok(()) }
}

/// The dictionary tables.
struct Tables<'a> {
    catalogue: &'a Catalogue,
    facts: &'a GpuFacts,
    numbers: Vec<u64>,
}

impl<'a> Tables<'a> {
    fn new(catalogue: &'a Catalogue, facts: &'a GpuFacts) -> Self {
        let mut numbers: Vec<f64> = facts.iter().flat_map(|fact| fact.memory_gib.iter().copied()).collect();
        for shape in catalogue.shapes() {
            numbers.extend([shape.cpus, shape.memory_gib]);
            numbers.extend(shape.gpu.map(|gpu| gpu.memory_gib));
            numbers.extend(shape.disk_gib);
        }
        numbers.sort_unstable_by(f64::total_cmp);
        let mut numbers: Vec<u64> = numbers.into_iter().map(f64::to_bits).collect();
        numbers.dedup();
        Self { catalogue, facts, numbers }
    }

    fn number(&self, value: f64) -> usize {
        self.numbers
            .binary_search_by(|&bits| f64::from_bits(bits).total_cmp(&value))
            .expect("every size was collected")
    }

    fn write(&self, to: &mut Writer) {
        let mut section = Writer::default();
        section.index(self.numbers.len());
        self.numbers.iter().for_each(|bits| section.bytes(&bits.to_le_bytes()));
        to.section(section);
        to.section(self.facts());
        to.section(self.provenances());
        let mut section = Writer::default();
        section.index(self.catalogue.gpu_names.len());
        self.catalogue.gpu_names.iter().for_each(|name| section.text(name));
        to.section(section);
        to.section(self.backends());
        to.section(self.shapes());
    }

    fn facts(&self) -> Writer {
        let mut section = Writer::default();
        section.index(self.facts.len());
        for fact in self.facts.iter() {
            section.text(&fact.name);
            section.text(&fact.vendor);
            section.text(fact.architecture.as_deref().unwrap_or_default());
            let (major, minor) = fact.compute_capability.map_or((0, 0), |(a, b)| (u64::from(a) + 1, b));
            section.varint(major);
            section.varint(minor.into());
            section.index(fact.memory_gib.len());
            fact.memory_gib.iter().for_each(|&memory| section.index(self.number(memory)));
        }
        section
    }

    fn provenances(&self) -> Writer {
        let mut section = Writer::default();
        section.index(self.catalogue.provenances.len());
        for Provenance { source, as_of, basis } in &self.catalogue.provenances {
            section.text(source);
            section.text(as_of.as_deref().unwrap_or_default());
            section.varint(match basis {
                PriceBasis::Listed => 0,
                PriceBasis::Sum => 1,
                PriceBasis::Estimated => 2,
                PriceBasis::Own => 3,
            });
        }
        section
    }

    fn backends(&self) -> Writer {
        let mut section = Writer::default();
        section.index(self.catalogue.backends.len());
        for (index, name) in (0..).zip(&self.catalogue.backends) {
            section.text(name);
            let regions = sorted_regions(self.catalogue, index);
            section.index(regions.len());
            regions.iter().for_each(|&region| section.text(self.catalogue.region_name(region)));
            section.index(self.catalogue.shapes().iter().filter(|shape| shape.backend == index).count());
        }
        section
    }

    fn shapes(&self) -> Writer {
        let mut section = Writer::default();
        let shapes = self.catalogue.shapes();
        let with_gpu = || shapes.iter().filter_map(|shape| shape.gpu);
        shapes.iter().for_each(|shape| section.text(&shape.instance_type));
        shapes.iter().for_each(|shape| section.index(self.number(shape.cpus)));
        shapes.iter().for_each(|shape| section.index(self.number(shape.memory_gib)));
        shapes.iter().for_each(|shape| section.varint(shape.gpu.map_or(0, |gpu| u64::from(gpu.name) + 1)));
        with_gpu().for_each(|gpu| section.varint(gpu.count.into()));
        with_gpu().for_each(|gpu| section.index(self.number(gpu.memory_gib)));
        shapes.iter().for_each(|s| section.index(s.disk_gib.map_or(0, |disk| self.number(disk) + 1)));
        section
    }
}

/// A backend's regions, by name.
fn sorted_regions(catalogue: &Catalogue, backend: u16) -> Vec<u16> {
    let mut regions: Vec<u16> =
        (0..).zip(catalogue.regions()).filter(|(_, (of, _))| *of == backend).map(|(id, _)| id).collect();
    regions.sort_unstable_by_key(|&region| catalogue.region_name(region));
    regions
}

/// The sections of the rows.
#[derive(Default)]
struct Sections {
    regions: Writer,
    modes: Writer,
    anchors: Writer,
    residuals: Writer,
    share_tables: Writer,
    shares: Writer,
    escapes: Writer,
    origins: Writer,
    /// The run of rows with the same provenance that is not yet written.
    pending: Option<(u8, u64)>,
}

impl Sections {
    fn origin(&mut self, provenance: u8) {
        match &mut self.pending {
            Some((of, length)) if *of == provenance => *length += 1,
            _ => {
                self.flush_origins();
                self.pending = Some((provenance, 1));
            }
        }
    }

    fn flush_origins(&mut self) {
        if let Some((of, length)) = self.pending.take() {
            self.origins.varint(of.into());
            self.origins.varint(length);
        }
    }
}

/// A share of the on-demand price: (share in 1/10000, step, provenance).
type Share = (u64, u64, u8);

fn write_prices(catalogue: &Catalogue, to: &mut Writer) -> Result<(), PackError> {
    let mut sections = Sections::default();
    for backend in 0..catalogue.backends.len() {
        let backend = backend as u16;
        write_backend(catalogue, backend, &mut sections)?;
    }
    sections.flush_origins();
    let Sections { regions, modes, anchors, residuals, share_tables, shares, escapes, origins, .. } =
        sections;
    [regions, modes, anchors, residuals, share_tables, shares, escapes, origins]
        .into_iter()
        .for_each(|section| to.section(section));
    Ok(())
}

/// What a series is made of.
struct Packed {
    prices: Series,
    provenances: Vec<u8>,
    /// The on-demand series of the same shape, for a spot series.
    twin: Option<usize>,
}

fn write_backend(catalogue: &Catalogue, backend: u16, sections: &mut Sections) -> Result<(), PackError> {
    let regions = sorted_regions(catalogue, backend);
    let places: HashMap<u16, u32> = regions.iter().copied().zip(0..).collect();
    let mut of_shape: Vec<[Option<usize>; 2]> = vec![[None; 2]; catalogue.shapes().len()];
    let mut all: Vec<Packed> = Vec::new();
    for run in catalogue.runs().iter().filter(|run| catalogue.shape(run).backend == backend) {
        let mut prices = Series::new();
        let mut provenances = Vec::new();
        for row in run.rows.clone() {
            prices.push((places[&catalogue.region_of(row)], micros(catalogue, row)?));
            provenances.push(catalogue.provenance_index(row));
        }
        let twin = of_shape[run.shape as usize][0].filter(|_| run.spot);
        of_shape[run.shape as usize][usize::from(run.spot)] = Some(all.len());
        all.push(Packed { prices, provenances, twin });
    }
    write_bitmaps(catalogue, backend, regions.len(), &of_shape, &all, sections);

    let shares = Shares::count(&all);
    sections.share_tables.index(shares.table.len());
    for &(share, step, provenance) in &shares.table {
        sections.share_tables.varint(share);
        sections.share_tables.varint(step);
        sections.share_tables.varint(provenance.into());
    }
    for (index, series) in all.iter().enumerate() {
        let (cost, reference) = cheapest_reference(&all[..index], series);
        if series.twin.is_some() && shares.cost(&all, series) < cost {
            sections.modes.varint(1);
            shares.write(&all, series, sections);
        } else {
            sections.modes.index(reference.map_or(0, |at| index - at + 1));
            let residuals = residuals(series, reference.map(|at| all[at].prices.as_slice()));
            let (anchor, residuals) = residuals.expect("the reference was chosen because it serves");
            sections.anchors.varint(anchor);
            residuals.into_iter().for_each(|residual| sections.residuals.signed(residual));
            series.provenances.iter().for_each(|&provenance| sections.origin(provenance));
        }
    }
    Ok(())
}

fn micros(catalogue: &Catalogue, row: u32) -> Result<u64, PackError> {
    let price = catalogue.price_of(row);
    let micros = (price * 1e6).round();
    if (0.0..MAX_MICROS as f64).contains(&micros) {
        return Ok(micros as u64);
    }
    let Offer { backend, instance_type, region, .. } = catalogue.offer(row).expect("the row is there");
    Err(PackError::Price { price: price.to_string(), backend, instance_type, region })
}

fn write_bitmaps(
    catalogue: &Catalogue,
    backend: u16,
    regions: usize,
    of_shape: &[[Option<usize>; 2]],
    all: &[Packed],
    sections: &mut Sections,
) {
    let bitmap = |index: Option<usize>| {
        let mut bits = vec![0u8; regions.div_ceil(8)];
        for &(place, _) in index.map_or(&[][..], |index| &all[index].prices) {
            bits[place as usize / 8] |= 1 << (place % 8);
        }
        bits
    };
    let xor = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<u8>>();
    let mut before = vec![0; regions.div_ceil(8)];
    let shapes: &[Shape] = catalogue.shapes();
    for (_, series) in shapes.iter().zip(of_shape).filter(|(shape, _)| shape.backend == backend) {
        let on_demand = bitmap(series[0]);
        sections.regions.bytes(&xor(&on_demand, &before));
        sections.regions.bytes(&xor(&bitmap(series[1]), &on_demand));
        before = on_demand;
    }
}

/// About how many bits a signed varint comes to after compression.
fn cost_of(residual: i64) -> u32 {
    match zigzag(residual) {
        0 => 1,
        value => 6 + 8 * (64 - value.leading_zeros()).div_ceil(7),
    }
}

/// The anchor and the residuals of a series, as `predict` says; `None` when it shares no region with
/// the reference.
fn residuals(series: &Packed, reference: Option<&[(u32, u64)]>) -> Option<(u64, Vec<i64>)> {
    let mut residuals = Vec::with_capacity(series.prices.len());
    let Some(reference) = reference else {
        residuals.extend(series.prices.windows(2).map(|pair| pair[1].1 as i64 - pair[0].1 as i64));
        return Some((series.prices.first()?.1, residuals));
    };
    let aligned = || predict::aligned(series.prices.iter().map(|&(place, _)| place), reference);
    let (at, of_reference) = aligned().enumerate().find_map(|(at, price)| Some((at, price?)))?;
    let anchor = series.prices[at].1;
    for (index, (&(_, price), reference)) in series.prices.iter().zip(aligned()).enumerate() {
        if index != at {
            let prediction = reference.map_or(anchor, |r| predict::scaled(r, anchor, of_reference));
            residuals.push(price as i64 - prediction as i64);
        }
    }
    Some((anchor, residuals))
}

fn cheapest_reference(before: &[Packed], series: &Packed) -> (u32, Option<usize>) {
    let cost = |reference: Option<usize>| {
        let (_, residuals) = residuals(series, reference.map(|at| before[at].prices.as_slice()))?;
        Some((24 + residuals.into_iter().map(cost_of).sum::<u32>(), reference))
    };
    let near = (before.len().saturating_sub(WINDOW)..before.len()).rev().map(Some);
    std::iter::once(None).chain(near).filter_map(cost).min_by_key(|&(cost, _)| cost).unwrap_or((0, None))
}

/// The shares that many rows of a backend have.
struct Shares {
    table: Vec<Share>,
    index: HashMap<Share, usize>,
}

impl Shares {
    fn count(all: &[Packed]) -> Self {
        let mut counts: HashMap<Share, usize> = HashMap::new();
        for series in all {
            for (_, candidates) in Self::rows(all, series) {
                candidates.into_iter().for_each(|share| *counts.entry(share).or_default() += 1);
            }
        }
        let mut table: Vec<(Share, usize)> = counts.into_iter().filter(|&(_, n)| n >= RARE).collect();
        table.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let table: Vec<Share> = table.into_iter().map(|(share, _)| share).collect();
        let index = table.iter().copied().zip(0..).collect();
        Self { table, index }
    }

    /// Each row's price, and the shares that give exactly this.
    fn rows<'a>(all: &'a [Packed], series: &'a Packed) -> impl Iterator<Item = (u64, Vec<Share>)> + 'a {
        let on_demand: &[(u32, u64)] = series.twin.map_or(&[], |twin| &all[twin].prices);
        let aligned = predict::aligned(series.prices.iter().map(|&(place, _)| place), on_demand);
        series.prices.iter().zip(&series.provenances).zip(aligned).map(
            |((&(_, price), &provenance), on_demand)| {
                let mut found = Vec::new();
                if let Some(on_demand) = on_demand.filter(|&on_demand| on_demand > 0) {
                    let near = u128::from(price) * 10_000 / u128::from(on_demand);
                    let near = u64::try_from(near).unwrap_or(u64::MAX / 2);
                    for step in STEPS {
                        // A coarse step leaves several shares possible; all of them compete.
                        let slack = (step * 10_000 / on_demand).min(20) + 1;
                        let range = near.saturating_sub(slack)..=near + slack;
                        found.extend(
                            range
                                .filter(|&s| predict::share(on_demand, s, step) == price)
                                .map(|s| (s, step, provenance)),
                        );
                    }
                }
                (price, found)
            },
        )
    }

    /// The most frequent of these that the table has.
    fn best(&self, candidates: &[Share]) -> Option<usize> {
        candidates.iter().filter_map(|share| self.index.get(share).copied()).min()
    }

    fn cost(&self, all: &[Packed], series: &Packed) -> u32 {
        let mut before = None;
        Self::rows(all, series)
            .map(|(_, candidates)| {
                let entry = self.best(&candidates);
                let same = entry.is_some() && entry == before;
                before = entry;
                match entry {
                    Some(_) if same => 1,
                    Some(entry) => {
                        if entry < 127 {
                            7
                        } else {
                            12
                        }
                    }
                    None => 26,
                }
            })
            .sum()
    }

    fn write(&self, all: &[Packed], series: &Packed, sections: &mut Sections) {
        for ((price, candidates), &provenance) in Self::rows(all, series).zip(&series.provenances) {
            match self.best(&candidates) {
                Some(entry) => sections.shares.index(entry + 1),
                None => {
                    sections.shares.varint(0);
                    sections.escapes.varint(price);
                    sections.origin(provenance);
                }
            }
        }
    }
}
