//! Reading the packed file.

use super::{
    CatalogError, Catalogue, GpuFact, GpuFacts, PriceBasis, Provenance, Run, Shape,
    bytes::Reader,
    format,
    predict::{self, MAX_MICROS, Series},
    table::{Region, ShapeGpu},
};

type Result<T> = std::result::Result<T, CatalogError>;

impl Catalogue {
    /// Reads a packed catalogue.
    ///
    /// # Errors
    /// When it is none, is newer than this program, cut off or damaged. Arbitrary bytes never panic.
    pub fn load(file: &[u8]) -> Result<Self> {
        let (payload, version) = open(file)?;
        let mut catalogue = decode(payload)?;
        catalogue.version = version;
        Ok(catalogue)
    }

    /// The version of a packed catalogue, without unpacking it.
    ///
    /// # Errors
    /// As [`Catalogue::load`], as far as that can be told from outside.
    pub fn version_of(file: &[u8]) -> Result<String> {
        open(file).map(|(_, version)| version)
    }
}

/// The payload of a file that is whole, and the version.
fn open(file: &[u8]) -> Result<(&[u8], String)> {
    if file.len() < format::MAGIC.len() && format::MAGIC.starts_with(file) && !file.is_empty() {
        return Err(CatalogError::Truncated { found: file.len() as u64, expected: format::HEADER as u64 });
    }
    let rest = file.strip_prefix(format::MAGIC).ok_or(CatalogError::NotACatalogue)?;
    let cut = CatalogError::Truncated { found: file.len() as u64, expected: format::HEADER as u64 };
    let (version, rest) = rest.split_first_chunk().ok_or(cut.clone())?;
    let found = u16::from_le_bytes(*version);
    if found > format::VERSION {
        return Err(CatalogError::Newer { found });
    }
    let (checksum, rest) = rest.split_first_chunk().ok_or(cut.clone())?;
    let (length, payload) = rest.split_first_chunk().ok_or(cut)?;
    let length = u64::from_le_bytes(*length);
    if (payload.len() as u64) < length {
        let expected = length.saturating_add(format::HEADER as u64);
        return Err(CatalogError::Truncated { found: file.len() as u64, expected });
    }
    let checksum = u64::from_le_bytes(*checksum);
    if payload.len() as u64 > length || format::checksum(payload) != checksum || found == 0 {
        return Err(CatalogError::Damaged);
    }
    Ok((payload, format!("{checksum:016x}")[..8].to_owned()))
}

/// Reads a payload whose checksum was right, or that a test made up.
pub(super) fn decode(payload: &[u8]) -> Result<Catalogue> {
    let mut payload = Reader::new(payload);
    let mut catalogue = Catalogue::default();
    let numbers = numbers(payload.section()?)?;
    catalogue.facts = facts(payload.section()?, &numbers)?;
    catalogue.provenances = provenances(payload.section()?)?;
    catalogue.gpu_names = texts(&mut payload.section()?)?;
    let shapes_of = backends(payload.section()?, &mut catalogue)?;
    catalogue.shapes = shapes(payload.section()?, &numbers, catalogue.gpu_names.len(), &shapes_of)?;
    Rows::new(&mut payload)?.decode(&mut catalogue, &shapes_of)?;
    payload.finish()?;
    catalogue.look_up_facts();
    Ok(catalogue)
}

fn numbers(mut section: Reader<'_>) -> Result<Vec<f64>> {
    let count = section.count()?;
    let numbers = (0..count).map(|_| section.float()).collect::<Result<_>>()?;
    section.finish()?;
    Ok(numbers)
}

fn texts(section: &mut Reader<'_>) -> Result<Vec<String>> {
    let count = section.count()?;
    let texts = (0..count).map(|_| Ok(section.text()?.to_owned())).collect();
    if count > usize::from(u16::MAX) {
        return Err(CatalogError::Malformed("a table has more than 65,535 entries"));
    }
    texts
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn facts(mut section: Reader<'_>, numbers: &[f64]) -> Result<GpuFacts> {
    let count = section.count()?;
    let facts = (0..count)
        .map(|_| {
            let name = section.text()?.to_owned();
            let vendor = section.text()?.to_owned();
            let architecture = some(section.text()?);
            let major = section.index(u32::MAX as usize)? as u32;
            let minor = section.index(u32::MAX as usize)? as u32;
            let variants = section.count()?;
            let memory_gib =
                (0..variants).map(|_| Ok(numbers[section.index(numbers.len())?])).collect::<Result<_>>()?;
            let compute_capability = major.checked_sub(1).map(|major| (major, minor));
            Ok(GpuFact { name, vendor, memory_gib, architecture, compute_capability })
        })
        .collect::<Result<_>>()?;
    section.finish()?;
    Ok(GpuFacts::new(facts))
}

fn provenances(mut section: Reader<'_>) -> Result<Vec<Provenance>> {
    let count = section.count()?;
    let provenances = (0..count)
        .map(|_| {
            let source = section.text()?.to_owned();
            let as_of = some(section.text()?);
            let basis = match section.varint()? {
                0 => PriceBasis::Listed,
                1 => PriceBasis::Sum,
                2 => PriceBasis::Estimated,
                3 => PriceBasis::Own,
                _ => return Err(CatalogError::Malformed("a price has an unknown basis")),
            };
            Ok(Provenance { source, as_of, basis })
        })
        .collect::<Result<_>>()?;
    section.finish()?;
    Ok(provenances)
}

/// How many regions and shapes each backend has.
struct Extent {
    regions: usize,
    shapes: usize,
}

fn backends(mut section: Reader<'_>, catalogue: &mut Catalogue) -> Result<Vec<Extent>> {
    let count = section.count()?;
    let mut extents = Vec::new();
    for backend in 0..count {
        let backend =
            u16::try_from(backend).map_err(|_| CatalogError::Malformed("there are too many backends"))?;
        catalogue.backends.push(section.text()?.to_owned());
        let regions = texts(&mut section)?;
        let shapes = section.index(u32::MAX as usize)?;
        extents.push(Extent { regions: regions.len(), shapes });
        catalogue.regions.extend(regions.into_iter().map(|name| Region { backend, name }));
    }
    if catalogue.regions.len() > usize::from(u16::MAX) {
        return Err(CatalogError::Malformed("there are too many regions"));
    }
    section.finish()?;
    Ok(extents)
}

fn shapes(mut section: Reader<'_>, numbers: &[f64], gpus: usize, extents: &[Extent]) -> Result<Vec<Shape>> {
    let mut shapes = Vec::new();
    for (backend, extent) in (0..).zip(extents) {
        for _ in 0..extent.shapes {
            shapes.push(Shape {
                backend,
                instance_type: section.text()?.to_owned(),
                said_arch: None,
                arch: None,
                cpus: 0.0,
                memory_gib: 0.0,
                gpu: None,
                disk_gib: None,
            });
        }
    }
    for shape in &mut shapes {
        shape.cpus = numbers[section.index(numbers.len())?];
    }
    for shape in &mut shapes {
        shape.memory_gib = numbers[section.index(numbers.len())?];
    }
    for shape in &mut shapes {
        let name = section.index(gpus + 1)?;
        shape.gpu = name.checked_sub(1).map(|name| ShapeGpu { name: name as u16, count: 0, memory_gib: 0.0 });
    }
    for gpu in shapes.iter_mut().filter_map(|shape| shape.gpu.as_mut()) {
        gpu.count = section.index(u32::MAX as usize)? as u32;
    }
    for gpu in shapes.iter_mut().filter_map(|shape| shape.gpu.as_mut()) {
        gpu.memory_gib = numbers[section.index(numbers.len())?];
    }
    for shape in &mut shapes {
        shape.disk_gib = section.index(numbers.len() + 1)?.checked_sub(1).map(|disk| numbers[disk]);
    }
    section.finish()?;
    Ok(shapes)
}

/// The sections of the rows, each read on its own.
struct Rows<'a> {
    regions: Reader<'a>,
    modes: Reader<'a>,
    anchors: Reader<'a>,
    residuals: Reader<'a>,
    share_tables: Reader<'a>,
    shares: Reader<'a>,
    escapes: Reader<'a>,
    origins: Reader<'a>,
    /// What is left of the current run of rows with the same provenance.
    origin: (u8, u64),
}

/// A share of the on-demand price.
struct Share {
    share: u64,
    step: u64,
    provenance: u8,
}

impl<'a> Rows<'a> {
    fn new(payload: &mut Reader<'a>) -> Result<Self> {
        Ok(Self {
            regions: payload.section()?,
            modes: payload.section()?,
            anchors: payload.section()?,
            residuals: payload.section()?,
            share_tables: payload.section()?,
            shares: payload.section()?,
            escapes: payload.section()?,
            origins: payload.section()?,
            origin: (0, 0),
        })
    }

    fn decode(mut self, catalogue: &mut Catalogue, extents: &[Extent]) -> Result<()> {
        let (mut first_region, mut first_shape) = (0, 0);
        for extent in extents {
            self.backend(catalogue, extent, first_region, first_shape)?;
            first_region += extent.regions;
            first_shape += extent.shapes;
        }
        for section in [&self.regions, &self.modes, &self.anchors, &self.residuals] {
            section.finish()?;
        }
        for section in [&self.share_tables, &self.shares, &self.escapes, &self.origins] {
            section.finish()?;
        }
        if self.origin.1 > 0 { Err(CatalogError::Malformed("there are origins left over")) } else { Ok(()) }
    }

    fn backend(
        &mut self,
        catalogue: &mut Catalogue,
        extent: &Extent,
        first_region: usize,
        first_shape: usize,
    ) -> Result<()> {
        let table = self.share_table(catalogue.provenances.len())?;
        let width = extent.regions.div_ceil(8);
        let mut on_demand = vec![0; width];
        let mut spot = vec![0; width];
        let mut all: Vec<Series> = Vec::new();
        for shape in first_shape..first_shape + extent.shapes {
            xor(&mut on_demand, self.regions.bytes(width)?);
            spot.copy_from_slice(&on_demand);
            xor(&mut spot, self.regions.bytes(width)?);
            let mut twin = None;
            for (is_spot, bitmap) in [(false, &on_demand), (true, &spot)] {
                let mut series = places(bitmap, extent.regions)?;
                if series.is_empty() {
                    continue;
                }
                let start = catalogue.region.len();
                let mode = self.modes.index(all.len() + 2)?;
                if mode == 1 {
                    let on_demand = twin.filter(|_| is_spot).and_then(|twin: usize| all.get(twin));
                    let on_demand =
                        on_demand.ok_or(CatalogError::Malformed("a share is not of an on-demand price"))?;
                    self.shares(&mut series, on_demand, &table, catalogue)?;
                } else {
                    let reference =
                        if mode == 0 { None } else { all.get((all.len() + 1).wrapping_sub(mode)) };
                    self.residuals(&mut series, reference.map(Vec::as_slice))?;
                    for _ in &series {
                        let origin = self.origin(catalogue.provenances.len())?;
                        catalogue.provenance.push(origin);
                    }
                }
                let row = |at: usize| {
                    u32::try_from(at).map_err(|_| CatalogError::Malformed("there are too many rows"))
                };
                row(start + series.len())?;
                let mut run = Run::new(row(shape)?, is_spot, row(start)?);
                for &(place, micros) in &series {
                    if micros > MAX_MICROS {
                        return Err(CatalogError::Malformed("a price is out of range"));
                    }
                    catalogue.region.push((first_region + place as usize) as u16);
                    let price = micros as f64 / 1e6;
                    catalogue.price.push(price);
                    run.push(price);
                }
                catalogue.runs.push(run);
                if !is_spot {
                    twin = Some(all.len());
                }
                all.push(series);
            }
        }
        Ok(())
    }

    fn share_table(&mut self, provenances: usize) -> Result<Vec<Share>> {
        let count = self.share_tables.count()?;
        (0..count)
            .map(|_| {
                Ok(Share {
                    share: self.share_tables.varint()?.min(MAX_MICROS),
                    step: self.share_tables.varint()?.min(MAX_MICROS),
                    provenance: self.share_tables.index(provenances.min(256))? as u8,
                })
            })
            .collect()
    }

    fn shares(
        &mut self,
        series: &mut Series,
        on_demand: &[(u32, u64)],
        table: &[Share],
        catalogue: &mut Catalogue,
    ) -> Result<()> {
        let places: Vec<u32> = series.iter().map(|&(place, _)| place).collect();
        for ((_, price), on_demand) in series.iter_mut().zip(predict::aligned(places, on_demand)) {
            let provenance = match self.shares.index(table.len() + 1)?.checked_sub(1) {
                Some(entry) => {
                    let Share { share, step, provenance } = &table[entry];
                    let on_demand =
                        on_demand.ok_or(CatalogError::Malformed("a share is of no on-demand price"))?;
                    *price = predict::share(on_demand, *share, *step);
                    *provenance
                }
                None => {
                    *price = self.escapes.varint()?;
                    self.origin(catalogue.provenances.len())?
                }
            };
            catalogue.provenance.push(provenance);
        }
        Ok(())
    }

    fn residuals(&mut self, series: &mut Series, reference: Option<&[(u32, u64)]>) -> Result<()> {
        let anchor = self.anchors.varint()?;
        let places: Vec<u32> = series.iter().map(|&(place, _)| place).collect();
        let Some(reference) = reference else {
            let mut before = anchor;
            for (index, (_, price)) in series.iter_mut().enumerate() {
                *price = if index == 0 { anchor } else { add(before, self.residuals.signed()?)? };
                before = *price;
            }
            return Ok(());
        };
        let (at, of_reference) = predict::aligned(places.iter().copied(), reference)
            .enumerate()
            .find_map(|(at, price)| Some((at, price?)))
            .ok_or(CatalogError::Malformed("a price has a reference without a common region"))?;
        let aligned = predict::aligned(places, reference);
        for (index, ((_, price), reference)) in series.iter_mut().zip(aligned).enumerate() {
            *price = if index == at {
                anchor
            } else {
                let prediction = reference.map_or(anchor, |r| predict::scaled(r, anchor, of_reference));
                add(prediction, self.residuals.signed()?)?
            };
        }
        Ok(())
    }

    fn origin(&mut self, provenances: usize) -> Result<u8> {
        while self.origin.1 == 0 {
            let of = self.origins.index(provenances.min(256))? as u8;
            self.origin = (of, self.origins.varint()?);
        }
        self.origin.1 -= 1;
        Ok(self.origin.0)
    }
}

fn xor(to: &mut [u8], with: &[u8]) {
    to.iter_mut().zip(with).for_each(|(to, with)| *to ^= with);
}

/// The regions of a bitmap, their prices still unknown.
fn places(bitmap: &[u8], regions: usize) -> Result<Series> {
    let mut series = Series::new();
    for (index, &byte) in bitmap.iter().enumerate() {
        let mut bits = byte;
        while bits != 0 {
            let place = index * 8 + bits.trailing_zeros() as usize;
            if place >= regions {
                return Err(CatalogError::Malformed("a region is outside its backend"));
            }
            series.push((place as u32, 0));
            bits &= bits - 1;
        }
    }
    Ok(series)
}

fn add(prediction: u64, residual: i64) -> Result<u64> {
    prediction
        .checked_add_signed(residual)
        .filter(|&price| price <= MAX_MICROS)
        .ok_or(CatalogError::Malformed("a price is out of range"))
}
