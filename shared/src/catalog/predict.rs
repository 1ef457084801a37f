//! How one price follows from others: the rules that packing and loading share.

/// A micro-dollar amount that an f64 holds exactly.
pub(super) const MAX_MICROS: u64 = 1 << 53;

/// One series of prices: (region's place in its backend's list, micro-dollars), places ascending.
pub(super) type Series = Vec<(u32, u64)>;

/// The price in each region that `reference` has: reference × anchor ÷ reference at the anchor.
pub(super) fn scaled(reference: u64, anchor: u64, reference_anchor: u64) -> u64 {
    if reference_anchor == 0 {
        return reference;
    }
    let half = reference_anchor / 2;
    // Real prices fit; division of 128-bit numbers is slow.
    if let Some(product) = reference.checked_mul(anchor).and_then(|product| product.checked_add(half)) {
        return (product / reference_anchor).min(MAX_MICROS);
    }
    let product = u128::from(reference) * u128::from(anchor) + u128::from(half);
    u64::try_from(product / u128::from(reference_anchor)).unwrap_or(MAX_MICROS).min(MAX_MICROS)
}

/// A share in 1/10000 of an on-demand price, rounded half up to a multiple of `step` micro-dollars.
pub(super) fn share(on_demand: u64, share: u64, step: u64) -> u64 {
    let step = step.max(1);
    let unit = step.saturating_mul(10_000);
    if let Some(product) = on_demand.checked_mul(share).and_then(|product| product.checked_add(unit / 2)) {
        return (product / unit).saturating_mul(step).min(MAX_MICROS);
    }
    let unit = 10_000 * u128::from(step);
    let rounded = (u128::from(on_demand) * u128::from(share) + unit / 2) / unit * u128::from(step);
    u64::try_from(rounded).unwrap_or(MAX_MICROS).min(MAX_MICROS)
}

/// Walks a series against a reference: for each entry the reference's price in the same region.
pub(super) fn aligned(
    places: impl IntoIterator<Item = u32>,
    reference: &[(u32, u64)],
) -> impl Iterator<Item = Option<u64>> {
    let mut rest = reference;
    places.into_iter().map(move |place| {
        while let Some((&(other, price), after)) = rest.split_first() {
            if other > place {
                return None;
            }
            rest = after;
            if other == place {
                return Some(price);
            }
        }
        None
    })
}
