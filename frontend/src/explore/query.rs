//! What the address of Explore says: filters, order, and the GPU that is opened.

use berth_texts::t;
use std::cmp::Ordering;

use berth_shared::{
    catalog::Catalogue,
    explore::{Card, Choices, GpuKind, NO_GPU, Wanted},
};

use crate::format::lowered;

/// What the cards are sorted by. Machines without GPUs are always last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The cheapest machine first.
    #[default]
    Price,
    /// The lowest price for one GPU first.
    PerGpu,
    /// The largest memory first.
    Memory,
    /// By name.
    Name,
    /// The one with most offers first.
    Offers,
}

impl Order {
    /// All, with their words in the address and for people.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Price, "price", t!("Lowest price")),
        (Self::PerGpu, "per-gpu", t!("Lowest price a GPU")),
        (Self::Memory, "memory", t!("Most memory")),
        (Self::Name, "name", t!("Name")),
        (Self::Offers, "offers", t!("Most offers")),
    ];

    /// Its word in the address.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(order, ..)| *order == self).map_or("", |(_, word, _)| word)
    }

    /// Sorts cards.
    pub fn sort(self, cards: &mut [Card]) {
        let per_gpu = |card: &Card| {
            card.per_gpu.as_ref().map_or(f64::INFINITY, |offer| {
                offer.price / f64::from(offer.gpu.as_ref().map_or(1, |gpu| gpu.count))
            })
        };
        let memory = |card: &Card| card.gpu.as_ref().map_or(0.0, |gpu| gpu.memory_gib);
        let name = |card: &Card| card.gpu.as_ref().map(|gpu| lowered(&gpu.name));
        berth_shared::order::sort_by(cards, |a, b| {
            let first = match self {
                Self::Price => a.lowest().total_cmp(&b.lowest()),
                Self::PerGpu => per_gpu(a).total_cmp(&per_gpu(b)),
                Self::Memory => memory(b).total_cmp(&memory(a)),
                Self::Name => Ordering::Equal,
                Self::Offers => b.offers.cmp(&a.offers),
            };
            (a.gpu.is_none().cmp(&b.gpu.is_none()))
                .then(first)
                .then_with(|| name(a).cmp(&name(b)))
                .then_with(|| memory(a).total_cmp(&memory(b)))
        });
    }
}

/// What is opened.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// A GPU.
    Gpu(GpuKind),
    /// Machines without one.
    NoGpu,
}

impl Opened {
    /// As the address has it: `A100:80GB`, `H100`, `none`.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::NoGpu => NO_GPU.to_owned(),
            Self::Gpu(GpuKind { name, memory_gib: None }) => name.clone(),
            Self::Gpu(GpuKind { name, memory_gib: Some(memory) }) => format!("{name}:{memory}GB"),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case(NO_GPU) {
            return Some(Self::NoGpu);
        }
        let (name, memory) = match word.rsplit_once(':') {
            None => (word, None),
            Some((name, memory)) => {
                let memory = memory.trim_end_matches(['g', 'G', 'b', 'B']);
                (name, Some(positive(memory)?))
            }
        };
        let name = name.trim().to_owned();
        (!name.is_empty()).then_some(Self::Gpu(GpuKind { name, memory_gib: memory }))
    }

    /// The GPU; `None` = machines without.
    #[must_use]
    pub fn kind(&self) -> Option<&GpuKind> {
        match self {
            Self::Gpu(kind) => Some(kind),
            Self::NoGpu => None,
        }
    }
}

/// Everything that the address says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The filters.
    pub wanted: Wanted,
    /// The order of the cards.
    pub order: Order,
    /// The GPU that is opened.
    pub opened: Option<Opened>,
}

impl View {
    /// Reads the pairs of an address's query. Of several values of a key the last counts. What means nothing is left
    /// out and given back as it stands there: `memory=much`.
    #[must_use]
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> (Self, Vec<String>) {
        let mut view = Self::default();
        let mut ignored = Vec::new();
        for (key, value) in pairs {
            let value = value.trim();
            if !value.is_empty() && view.read(key, value).is_none() {
                ignored.push(format!("{key}={value}"));
            }
        }
        (view, ignored)
    }

    fn read(&mut self, key: &str, value: &str) -> Option<()> {
        let wanted = &mut self.wanted;
        match key {
            "q" => wanted.text = value.to_owned(),
            "vendor" => wanted.vendor = Some(value.to_ascii_lowercase()),
            "memory" => wanted.memory_gib = Some(positive(value)?),
            "count" => wanted.count = Some(value.parse().ok().filter(|count| (1..=1024).contains(count))?),
            "capability" => wanted.capability = Some(capability(value)?),
            "backend" => {
                wanted.backends = value.split(',').map(|name| name.trim().to_owned()).collect();
                wanted.backends.retain(|name| !name.is_empty());
            }
            "region" => wanted.region = Some(value.to_owned()),
            "kind" => wanted.spot = Some(kind(value)?),
            "price" => wanted.max_price = Some(positive(value)?),
            "sort" => self.order = Order::ALL.iter().find(|(_, word, _)| *word == value)?.0,
            "gpu" => self.opened = Some(Opened::parse(value)?),
            _ => return None,
        }
        Some(())
    }

    /// The same without what the catalogue has nothing of, which is given back as [`View::parse`] does. Names get the
    /// catalogue's spelling.
    #[must_use]
    pub fn settle(mut self, catalogue: &Catalogue, choices: &Choices) -> (Self, Vec<String>) {
        let mut ignored = Vec::new();
        let wanted = &mut self.wanted;
        let has_vendor = |vendor: &String| choices.vendors.contains(vendor) || vendor == NO_GPU;
        if let Some(vendor) = wanted.vendor.take_if(|vendor| !has_vendor(vendor)) {
            ignored.push(format!("vendor={vendor}"));
        }
        if let Some(region) = wanted.region.take_if(|region| !choices.has_region(region)) {
            ignored.push(format!("region={region}"));
        }
        wanted.backends.retain(|name| {
            let known = choices.backends.iter().any(|(backend, _)| backend == name);
            if !known {
                ignored.push(format!("backend={name}"));
            }
            known
        });
        if let Some(Opened::Gpu(kind)) = &mut self.opened {
            match catalogue.gpus().get(&kind.name) {
                Some(fact) => kind.name.clone_from(&fact.name),
                None if choices.has_gpu(&kind.name) => {}
                None => {
                    ignored.push(format!("gpu={}", kind.name));
                    self.opened = None;
                }
            }
        }
        (self, ignored)
    }

    /// The query of the address, with its `?`; empty when nothing is chosen. Defaults are left out.
    #[must_use]
    pub fn to_query(&self) -> String {
        let wanted = &self.wanted;
        let text = wanted.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let pairs = [
            ("gpu", self.opened.as_ref().map(Opened::word)),
            ("q", Some(text).filter(|text| !text.is_empty())),
            ("vendor", wanted.vendor.clone()),
            ("memory", wanted.memory_gib.map(|memory| memory.to_string())),
            ("count", wanted.count.map(|count| count.to_string())),
            ("capability", wanted.capability.map(|(major, minor)| format!("{major}.{minor}"))),
            ("backend", (!wanted.backends.is_empty()).then(|| wanted.backends.join(","))),
            ("region", wanted.region.clone()),
            ("kind", wanted.spot.map(|spot| if spot { "spot" } else { "on-demand" }.to_owned())),
            ("price", wanted.max_price.map(|price| price.to_string())),
            ("sort", (self.order != Order::default()).then(|| self.order.word().to_owned())),
        ];
        joined(pairs)
    }

    /// Whether nothing is filtered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.wanted == Wanted::default()
    }
}

fn positive(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| *number > 0.0 && *number <= 1e6)
}

fn capability(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn kind(text: &str) -> Option<bool> {
    match text {
        "spot" => Some(true),
        "on-demand" => Some(false),
        _ => None,
    }
}

/// A query of these pairs as it stands in an address, with its `?`; those without a value are left out, and without any it is empty.
pub(crate) fn joined(pairs: impl IntoIterator<Item = (&'static str, Option<String>)>) -> String {
    let pairs = pairs.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", encoded(&value?))));
    let pairs: Vec<String> = pairs.collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Percent-encoding of a value of a query; what may stand there as it is, stands there.
pub(crate) fn encoded(value: &str) -> String {
    use std::fmt::Write as _;

    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b',' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

/// The pairs of a query as it stands in an address, with or without its `?`.
pub(crate) fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (decoded(key), decoded(value))).collect()
}

/// What a part of a query means. What is no encoding stands for itself.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut after = rest.clone();
                let digits = [after.next(), after.next()].map(|digit| digit.and_then(hex));
                if let [Some(high), Some(low)] = digits {
                    bytes.push(high * 16 + low);
                    rest = after;
                } else {
                    bytes.push(byte);
                }
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
