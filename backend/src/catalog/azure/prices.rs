//! What the list says of the machines that are known.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
};

use super::page::Item;

/// One machine in one place: type, region, spot or not.
pub type Place = (String, String, bool);

/// The prices read so far.
#[derive(Debug)]
pub struct Prices {
    today: String,
    /// The types of the catalogue.
    known: HashSet<String>,
    best: HashMap<Place, Price>,
    skipped: BTreeMap<Skipped, usize>,
    seen: usize,
}

/// A price of a place; of several the one that counts is kept.
#[derive(Clone, Debug, PartialEq)]
struct Price {
    primary: bool,
    since: String,
    amount: f64,
}

/// Why a price is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skipped {
    /// No machine of the catalogue.
    UnknownType,
    /// Not in US dollars.
    Currency,
    /// Not by the hour, or only from some hour on.
    Unit,
    /// With a licence for Windows, on hardware of one's own, or for another service.
    Product,
    /// For batches of work only, without a machine that can be counted on.
    LowPriority,
    /// In force some other day.
    Date,
    /// Nothing, less than that, or no number.
    Amount,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownType => "of machines that the catalogue does not know",
            Self::Currency => "not in US dollars",
            Self::Unit => "not by the hour",
            Self::Product => "of Windows, dedicated hosts or other services",
            Self::LowPriority => "of low priority, which is for batches",
            Self::Date => "not in force today",
            Self::Amount => "without a price above zero",
        })
    }
}

impl Prices {
    /// Of these types, on this day (`YYYY-MM-DD`).
    pub fn new(known: impl IntoIterator<Item = String>, today: &str) -> Self {
        Self {
            today: today.to_owned(),
            known: known.into_iter().collect(),
            best: HashMap::new(),
            skipped: BTreeMap::new(),
            seen: 0,
        }
    }

    /// Takes a price in.
    pub fn add(&mut self, item: &Item) {
        self.seen += 1;
        match self.check(item) {
            Ok((place, price)) => {
                let better = self.best.get(&place).is_none_or(|other| compare(&price, other).is_gt());
                if better {
                    self.best.insert(place, price);
                }
            }
            Err(skipped) => *self.skipped.entry(skipped).or_default() += 1,
        }
    }

    fn check(&self, item: &Item) -> Result<(Place, Price), Skipped> {
        let says = |word: &str| item.sku_name.contains(word) || item.meter_name.contains(word);
        let amount = item.retail_price.filter(|price| price.is_finite() && *price > 0.0);
        let since = item.effective_start_date.get(..10).unwrap_or_default();
        let until = item.effective_end_date.get(..10).unwrap_or_default();
        let product = &item.product_name;
        if !self.known.contains(&item.arm_sku_name) || item.arm_region_name.is_empty() {
            Err(Skipped::UnknownType)
        } else if item.currency_code != "USD" {
            Err(Skipped::Currency)
        } else if item.unit_of_measure != "1 Hour"
            || item.tier_minimum_units != 0.0
            || !matches!(item.kind.as_str(), "Consumption" | "")
        {
            Err(Skipped::Unit)
        } else if ["Windows", "Dedicated", "Cloud Services"].iter().any(|other| product.contains(other)) {
            Err(Skipped::Product)
        } else if says("Low Priority") {
            Err(Skipped::LowPriority)
        } else if since > self.today.as_str() || !until.is_empty() && until < self.today.as_str() {
            Err(Skipped::Date)
        } else if let Some(amount) = amount {
            let place = (item.arm_sku_name.clone(), item.arm_region_name.clone(), says("Spot"));
            Ok((place, Price { primary: item.is_primary_meter_region, since: since.to_owned(), amount }))
        } else {
            Err(Skipped::Amount)
        }
    }

    /// The price of a place, US dollars an hour.
    #[must_use]
    pub fn of(&self, place: &Place) -> Option<f64> {
        self.best.get(place).map(|price| price.amount)
    }

    /// All places that have a price.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.best.keys()
    }

    /// How many places have a price.
    #[must_use]
    pub fn len(&self) -> usize {
        self.best.len()
    }

    /// Whether no place has a price.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.best.is_empty()
    }

    /// How many prices the list had.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// How many prices were passed over, by reason.
    #[must_use]
    pub fn skipped(&self) -> &BTreeMap<Skipped, usize> {
        &self.skipped
    }
}

/// Which of two prices of one place counts: the region's own, then the later one, then the lower one.
fn compare(a: &Price, b: &Price) -> Ordering {
    a.primary.cmp(&b.primary).then_with(|| a.since.cmp(&b.since)).then_with(|| b.amount.total_cmp(&a.amount))
}
