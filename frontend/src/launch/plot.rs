//! Scales of the price plot.

/// A logarithmic scale of prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PriceScale {
    low: f64,
    high: f64,
}

impl PriceScale {
    /// A scale that shows all `prices` (US dollars an hour) with a little air on both sides. Prices that are
    /// not above 0 have no place on it; with no other price it goes from $0.1 to $10.
    #[must_use]
    pub fn around(prices: impl IntoIterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::INFINITY, 0.0_f64);
        for price in prices.into_iter().filter(|price| price.is_finite() && *price > 0.0) {
            low = low.min(price);
            high = high.max(price);
        }
        if high == 0.0 {
            return Self { low: 0.1, high: 10.0 };
        }
        // Half a doubling at least, so that a single price stands in the middle.
        let air = ((high / low).ln() * 0.06).max(0.35).exp();
        Self { low: low / air, high: high * air }
    }

    /// Where a price stands, in per cent of the width, within 0 to 100.
    #[must_use]
    pub fn at(self, price: f64) -> f64 {
        if price <= self.low {
            return 0.0;
        }
        (100.0 * (price / self.low).ln() / (self.high / self.low).ln()).clamp(0.0, 100.0)
    }

    /// The price at a place, per cent of the width: the other way round.
    #[must_use]
    pub fn price_at(self, at: f64) -> f64 {
        self.low * (at / 100.0 * (self.high / self.low).ln()).exp()
    }

    /// Prices to write below the axis: of 1, 2 and 5 times powers of ten as many as fit, at most `most`.
    #[must_use]
    pub fn ticks(self, most: usize) -> Vec<f64> {
        let decades = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        for steps in [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]] {
            let ticks: Vec<f64> = decades
                .clone()
                .flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)))
                .filter(|&price| (3.0..=97.0).contains(&self.at(price)))
                .collect();
            if ticks.len() <= most {
                return ticks;
            }
        }
        Vec::new()
    }
}

/// Radius in pixels of a dot that stands for `regions` regions: its area grows with their number, within
/// what can be seen and does not hide its neighbours.
#[must_use]
pub fn radius(regions: usize) -> f64 {
    (3.0 + 0.9 * (regions as f64).sqrt()).clamp(3.3, 7.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_stand_in_their_order_within_the_plot() {
        let scale = PriceScale::around([0.49, 7.35, 1.09]);
        let places: Vec<f64> = [0.0, 0.3, 0.49, 1.09, 7.35, 1e9].map(|price| scale.at(price)).to_vec();
        assert!(places.is_sorted(), "{places:?}");
        assert!(places[2] > 0.0 && places[4] < 100.0);
        assert_eq!((places[0], places[5]), (0.0, 100.0));
    }

    #[test]
    fn equal_ratios_are_equally_far_apart() {
        let scale = PriceScale::around([0.25, 16.0]);
        let one = scale.at(2.0) - scale.at(1.0);
        let other = scale.at(8.0) - scale.at(4.0);
        assert!((one - other).abs() < 1e-9);
    }

    #[test]
    fn a_place_has_the_price_that_stands_there() {
        let scale = PriceScale::around([0.25, 16.0]);
        for price in [0.25, 1.0, 9.9, 16.0] {
            assert!((scale.price_at(scale.at(price)) - price).abs() < 1e-9);
        }
    }

    #[test]
    fn a_single_price_stands_in_the_middle() {
        let scale = PriceScale::around([3.0]);
        assert!((scale.at(3.0) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn odd_prices_do_not_break_the_scale() {
        for prices in [&[][..], &[0.0], &[-1.0, f64::NAN, f64::INFINITY]] {
            let scale = PriceScale::around(prices.iter().copied());
            assert!((scale.at(1.0) - 50.0).abs() < 1e-9, "{prices:?}");
        }
        assert_eq!(PriceScale::around([1.0]).at(f64::INFINITY), 100.0);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(PriceScale::around([0.49, 7.35]).ticks(6), [0.5, 1.0, 2.0, 5.0]);
        for (low, high) in [(0.001, 1000.0), (1.0, 1.01), (0.4, 40.0)] {
            let ticks = PriceScale::around([low, high]).ticks(7);
            assert!(ticks.len() <= 7, "{low} to {high}: {ticks:?}");
        }
    }

    #[test]
    fn dots_grow_with_their_regions_but_never_too_much() {
        assert!(radius(1) < radius(4) && radius(4) < radius(16));
        assert_eq!(radius(10_000), 7.0);
        assert!(radius(0) >= 3.0);
    }
}
