//! A range of prices, drawn on the plot's axis.

use super::plot::PriceScale;
use berth_texts::{t, tf};

/// Which end of the range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lowest price.
    Low,
    /// The highest.
    High,
}

/// How far a key moves an end, per cent of the axis.
const STEP: f64 = 1.0;
/// The same for Page Up and Page Down.
const LEAP: f64 = 10.0;
/// A drag shorter than this, per cent of the axis, is a click.
const LEAST: f64 = 1.0;

/// The prices that are looked at, US dollars an hour, both included. An end that is open reaches as far as there are
/// prices.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// The lowest; `None` = open.
    pub low: Option<f64>,
    /// The highest; `None` = open.
    pub high: Option<f64>,
}

impl Brush {
    /// What a drag from one place of the axis to another chooses, per cent of its width; `None` when it is a click. A
    /// drag to an edge leaves that end open.
    #[must_use]
    pub fn dragged(scale: PriceScale, from: f64, to: f64) -> Option<Self> {
        let (low, high) = if from < to { (from, to) } else { (to, from) };
        if high - low < LEAST {
            return None;
        }
        Self::between(scale, low, high)
    }

    fn between(scale: PriceScale, low: f64, high: f64) -> Option<Self> {
        let price = |at: f64| round(scale.price_at(at));
        let brush = Self { low: (low > 0.0).then(|| price(low)), high: (high < 100.0).then(|| price(high)) };
        (brush.low.is_some() || brush.high.is_some()).then_some(brush)
    }

    /// Where both ends stand, per cent of the width.
    #[must_use]
    pub fn places(brush: Option<Self>, scale: PriceScale) -> (f64, f64) {
        let low = brush.and_then(|brush| brush.low).map_or(0.0, |price| scale.at(price));
        let high = brush.and_then(|brush| brush.high).map_or(100.0, |price| scale.at(price));
        (low, high)
    }

    /// What a key does with an end; `None` = the key is none of its keys. The ends do not pass each other.
    #[must_use]
    pub fn key(brush: Option<Self>, scale: PriceScale, end: End, key: &str) -> Option<Option<Self>> {
        let (low, high) = Self::places(brush, scale);
        let at = if end == End::Low { low } else { high };
        let to = match key {
            "ArrowRight" | "ArrowUp" => at + STEP,
            "ArrowLeft" | "ArrowDown" => at - STEP,
            "PageUp" => at + LEAP,
            "PageDown" => at - LEAP,
            "Home" => 0.0,
            "End" => 100.0,
            _ => return None,
        };
        Some(Self::moved(brush, scale, end, to))
    }

    /// The range with one end at another place of the axis, per cent of its width; the other end keeps its price.
    #[must_use]
    pub fn moved(brush: Option<Self>, scale: PriceScale, end: End, to: f64) -> Option<Self> {
        let (low, high) = Self::places(brush, scale);
        let kept = brush.unwrap_or(Self { low: None, high: None });
        let moved = match end {
            End::Low => {
                let to = to.clamp(0.0, (high - LEAST).max(0.0));
                Self { low: (to > 0.0).then(|| round(scale.price_at(to))), ..kept }
            }
            End::High => {
                let to = to.clamp((low + LEAST).min(100.0), 100.0);
                Self { high: (to < 100.0).then(|| round(scale.price_at(to))), ..kept }
            }
        };
        (moved.low.is_some() || moved.high.is_some()).then_some(moved)
    }

    /// The prices for the matcher.
    #[must_use]
    pub fn prices(self) -> (f64, f64) {
        (self.low.unwrap_or(0.0), self.high.unwrap_or(f64::INFINITY))
    }

    /// In words, for the chip: "$0.5 to $1.2", "$0.5 and more", "up to $1.2".
    #[must_use]
    pub fn words(self) -> String {
        match (self.low, self.high) {
            (Some(low), Some(high)) => tf!("${low} to ${high}"),
            (Some(low), None) => tf!("${low} and more"),
            (None, Some(high)) => tf!("up to ${high}"),
            (None, None) => t!("all prices").to_owned(),
        }
    }
}

/// What a handle says of its end: "$0.5 an hour", "no lowest price".
#[must_use]
pub fn spoken(brush: Option<Brush>, end: End) -> String {
    let price = brush.and_then(|brush| if end == End::Low { brush.low } else { brush.high });
    match (price, end) {
        (Some(price), _) => tf!("${price} an hour"),
        (None, End::Low) => t!("no lowest price").to_owned(),
        (None, End::High) => t!("no highest price").to_owned(),
    }
}

/// A price to three digits, as one would say it.
fn round(price: f64) -> f64 {
    if !(price.is_finite() && price > 0.0) {
        return 0.0;
    }
    let unit = 10_f64.powi(2 - price.log10().floor() as i32);
    (price * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale() -> PriceScale {
        PriceScale::around([0.1, 10.0])
    }

    #[test]
    fn a_drag_chooses_prices_whichever_way_it_goes() {
        let brush = Brush::dragged(scale(), 30.0, 60.0).unwrap();
        assert_eq!(Brush::dragged(scale(), 60.0, 30.0), Some(brush));
        let (low, high) = brush.prices();
        assert!((scale().at(low) - 30.0).abs() < 0.5 && (scale().at(high) - 60.0).abs() < 0.5);
        assert_eq!(Brush::dragged(scale(), 30.0, 30.4), None, "a click");
        assert_eq!(Brush::dragged(scale(), 0.0, 100.0), None, "everything");
        assert_eq!(Brush::dragged(scale(), 50.0, 100.0).unwrap().high, None);
        assert_eq!(Brush::dragged(scale(), 0.0, 50.0).unwrap().prices().0, 0.0);
    }

    #[test]
    fn keys_move_an_end_and_the_other_stays() {
        let press = |brush, end, key| Brush::key(brush, scale(), end, key).unwrap();
        let one = press(None, End::Low, "PageUp");
        assert!(one.unwrap().low.is_some() && one.unwrap().high.is_none());
        let two = press(one, End::High, "PageDown");
        assert_eq!(two.unwrap().low, one.unwrap().low);
        assert_eq!(press(press(two, End::Low, "Home"), End::High, "End"), None, "open at both ends");
        assert_eq!(Brush::key(two, scale(), End::Low, "Tab"), None);
        // Each key moves, however fine the axis is rounded.
        let mut brush = None;
        for _ in 0..40 {
            let next = press(brush, End::Low, "ArrowRight");
            assert_ne!(next, brush);
            brush = next;
        }
    }

    #[test]
    fn the_ends_do_not_pass_each_other() {
        let brush = Brush::dragged(scale(), 40.0, 50.0);
        let moved = Brush::key(brush, scale(), End::Low, "End").unwrap().unwrap();
        assert!(moved.low < moved.high);
        let moved = Brush::moved(brush, scale(), End::High, 0.0).unwrap();
        assert!(moved.low < moved.high);
    }

    #[test]
    fn a_range_is_told_in_words() {
        let words = |low, high| Brush { low, high }.words();
        assert_eq!(words(Some(0.5), Some(1.25)), "$0.5 to $1.25");
        assert_eq!(words(Some(0.5), None), "$0.5 and more");
        assert_eq!(words(None, Some(12.5)), "up to $12.5");
        let brush = Some(Brush { low: Some(0.5), high: None });
        assert_eq!(spoken(brush, End::Low), "$0.5 an hour");
        assert_eq!(spoken(brush, End::High), "no highest price");
        assert_eq!(round(0.123_456), 0.123);
        assert_eq!(round(1234.5), 1230.0);
        assert_eq!(round(f64::NAN), 0.0);
    }
}
