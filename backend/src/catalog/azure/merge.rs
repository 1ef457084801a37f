//! New prices into the rows of the catalogue.

use std::collections::{HashMap, HashSet};

use berth_shared::catalog::{Catalogue, Offer, PriceBasis, Row};

use super::{
    BACKEND, SOURCE,
    prices::{Place, Prices},
};

/// The catalogue's rows with the new prices in them, and what became of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// All rows, those of other clouds included.
    pub rows: Vec<Row>,
    /// Rows whose price is another one now.
    pub changed: usize,
    /// Rows whose price was confirmed.
    pub confirmed: usize,
    /// Rows of known types in places that they were not known in.
    pub added: usize,
    /// Rows that the list does not name; they stay as they were, with their date.
    pub left: usize,
}

/// The types of a catalogue that the list may have prices of.
pub fn types(catalogue: &Catalogue) -> impl Iterator<Item = String> {
    (0..)
        .map_while(|id| catalogue.offer(id))
        .filter(|offer| offer.backend == BACKEND)
        .map(|o| o.instance_type)
}

/// Puts new prices into a catalogue's rows. Only types that are known get one: the list says nothing of a machine's size.
#[must_use]
pub fn merge(catalogue: &Catalogue, prices: &Prices, today: &str) -> Merged {
    let mut merged = Merged::default();
    let mut there: HashSet<Place> = HashSet::new();
    let mut sizes: HashMap<String, Offer> = HashMap::new();
    for mut row in (0..).map_while(|id| catalogue.row(id)) {
        if row.offer.backend == BACKEND {
            let offer = &row.offer;
            let place = (offer.instance_type.clone(), offer.region.clone(), offer.spot);
            sizes.entry(offer.instance_type.clone()).or_insert_with(|| offer.clone());
            match prices.of(&place) {
                Some(price) => {
                    // The packed file holds millionths of a dollar.
                    if (offer.price - price).abs() < 1e-6 {
                        merged.confirmed += 1
                    } else {
                        merged.changed += 1
                    }
                    row = priced(row.offer, price, today);
                }
                None => merged.left += 1,
            }
            there.insert(place);
        }
        merged.rows.push(row);
    }
    let mut new: Vec<&Place> = prices.places().filter(|place| !there.contains(*place)).collect();
    new.sort();
    for place in new {
        let (Some(size), Some(price)) = (sizes.get(&place.0), prices.of(place)) else { continue };
        let offer = Offer { region: place.1.clone(), spot: place.2, ..size.clone() };
        merged.rows.push(priced(offer, price, today));
        merged.added += 1;
    }
    merged
}

fn priced(offer: Offer, price: f64, today: &str) -> Row {
    let offer = Offer { price, basis: PriceBasis::Listed, as_of: Some(today.to_owned()), ..offer };
    Row { offer, source: SOURCE.to_owned() }
}
