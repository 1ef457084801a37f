//! One answer of the price list.

use serde::{Deserialize, Deserializer};

/// A page.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// The prices.
    #[serde(rename = "Items")]
    pub items: Vec<Item>,
    /// Where the list goes on; `None` at its end. Always written, if only as null: where it is missing, the answer is not
    /// whole.
    #[serde(rename = "NextPageLink", deserialize_with = "Option::deserialize")]
    pub next: Option<String>,
    /// How many prices the page has.
    #[serde(rename = "Count", default)]
    count: Option<u64>,
}

/// A price. Whatever the list leaves out is empty; see `prices` for what is asked of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    /// The machine: `Standard_D2s_v3`.
    #[serde(deserialize_with = "text")]
    pub arm_sku_name: String,
    /// Where: `westeurope`.
    #[serde(deserialize_with = "text")]
    pub arm_region_name: String,
    /// `D2s v3 Spot`.
    #[serde(deserialize_with = "text")]
    pub sku_name: String,
    /// `D2s v3 Spot`; sometimes the only one of the two that says so.
    #[serde(deserialize_with = "text")]
    pub meter_name: String,
    /// `Virtual Machines DSv3 Series Windows`.
    #[serde(deserialize_with = "text")]
    pub product_name: String,
    /// `1 Hour`.
    #[serde(deserialize_with = "text")]
    pub unit_of_measure: String,
    /// `USD`.
    #[serde(deserialize_with = "text")]
    pub currency_code: String,
    /// `Consumption`, `Reservation` …
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: String,
    /// Since when: `2026-01-01T00:00:00Z`.
    #[serde(deserialize_with = "text")]
    pub effective_start_date: String,
    /// Until when, where that is known.
    #[serde(deserialize_with = "text")]
    pub effective_end_date: String,
    /// What an hour costs.
    pub retail_price: Option<f64>,
    /// From how many hours on.
    pub tier_minimum_units: f64,
    /// Whether the meter is that of the region itself.
    pub is_primary_meter_region: bool,
}

/// A text; null is an empty one.
fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// Why an answer is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// It is no JSON, not all of it, or not of this list.
    #[error("the answer is cut off or is no page of the list")]
    Malformed(#[from] serde_json::Error),
    /// Some of its prices are missing.
    #[error("the answer is not whole: it has {found} of {expected} prices")]
    Incomplete {
        /// How many are there.
        found: u64,
        /// How many it says there are.
        expected: u64,
    },
}

impl Page {
    /// Reads an answer.
    ///
    /// # Errors
    /// When it is not a whole page.
    pub fn read(answer: &[u8]) -> Result<Self, PageError> {
        let page: Self = serde_json::from_slice(answer)?;
        let found = page.items.len() as u64;
        match page.count {
            Some(expected) if expected != found => Err(PageError::Incomplete { found, expected }),
            _ => Ok(page),
        }
    }
}
