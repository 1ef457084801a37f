//! The price plot: a lane for each GPU, dots where prices are.

use berth_texts::t;
use std::collections::BTreeMap;

use berth_shared::{catalog::RowId, matcher::PlotPoint};

use super::plot::{PriceScale, radius};
use crate::format::gib;

/// More lanes than this push the table out of sight.
const MOST_LANES: usize = 8;

/// One lane of the plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// `A100`, `2 × A100`; `No GPU`.
    pub name: String,
    /// `80 GB`; empty without a GPU.
    pub memory: String,
    /// Where its dots are.
    pub dots: Vec<Dot>,
}

/// One dot: offers of about the same price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Where it stands, per cent of the width.
    pub at: f64,
    /// How large it is, pixels.
    pub radius: f64,
    /// Whether the offers are spot.
    pub spot: bool,
    /// Whether they cost more than the limit.
    pub beyond: bool,
    /// The cheapest of them.
    pub row: RowId,
    /// Its price, US dollars an hour.
    pub price: f64,
    /// How many offers.
    pub offers: usize,
    /// In how many regions, at least: offers that stand here for different prices may share some.
    pub regions: usize,
}

/// What is plotted.
#[derive(Clone, Debug, PartialEq)]
pub struct Lanes {
    /// The lanes, the one with the cheapest offer first.
    pub lanes: Vec<Lane>,
    /// How many lanes there was no room for; their offers are dearer than those of the lanes that are shown.
    pub left_out: usize,
    /// The scale of prices.
    pub scale: PriceScale,
    /// How many offers there are, those of the lanes that are left out too.
    pub offers: usize,
    /// How many of them cost more than the limit: the same number as beside the line of the text.
    pub beyond: usize,
}

/// Lays points out. `max_price` is part of the scale, so that its line is always to be seen.
#[must_use]
pub fn lay_out(points: &[PlotPoint], max_price: Option<f64>) -> Lanes {
    let mut by_machine: BTreeMap<(Option<&str>, u64, u32), Vec<&PlotPoint>> = BTreeMap::new();
    for point in points {
        let key = (point.gpu.as_deref(), point.gpu_memory_gib.to_bits(), point.gpu_count);
        by_machine.entry(key).or_default().push(point);
    }
    // What can be afforded first, then by price.
    let mut ordered: Vec<_> = by_machine.into_values().collect();
    berth_shared::order::sort_by(&mut ordered, |a, b| {
        nearest(a).0.cmp(&nearest(b).0).then(nearest(a).1.total_cmp(&nearest(b).1))
    });
    let left_out = ordered.len().saturating_sub(MOST_LANES);
    ordered.truncate(MOST_LANES);
    let shown = || ordered.iter().flatten();
    let scale = PriceScale::around(shown().map(|point| point.price).chain(max_price));
    Lanes {
        left_out,
        scale,
        offers: points.iter().map(|point| point.offers).sum(),
        beyond: points.iter().filter(|point| point.above_max_price).map(|point| point.offers).sum(),
        lanes: ordered.iter().map(|points| lane(points, scale)).collect(),
    }
}

fn nearest(points: &[&PlotPoint]) -> (bool, f64) {
    let affordable = points.iter().filter(|point| !point.above_max_price);
    let cheapest = |price: f64, point: &&PlotPoint| price.min(point.price);
    match affordable.fold(f64::INFINITY, cheapest) {
        f64::INFINITY => (true, points.iter().fold(f64::INFINITY, cheapest)),
        price => (false, price),
    }
}

fn lane(points: &[&PlotPoint], scale: PriceScale) -> Lane {
    let first = points.first();
    let (name, memory) = match first.and_then(|point| Some((point.gpu.as_ref()?, point))) {
        None => (t!("No GPU").to_owned(), String::new()),
        Some((gpu, point)) => {
            let times = if point.gpu_count > 1 { format!("{} × ", point.gpu_count) } else { String::new() };
            (format!("{times}{gpu}"), gib(point.gpu_memory_gib))
        }
    };
    // Prices that would fall onto the same half per cent are one dot.
    let mut dots: BTreeMap<(bool, bool, u32), Dot> = BTreeMap::new();
    for point in points {
        let step = (scale.at(point.price) * 2.0).round() as u32;
        let new = Dot {
            at: f64::from(step) / 2.0,
            radius: 0.0,
            spot: point.spot,
            beyond: point.above_max_price,
            row: point.row,
            price: point.price,
            offers: 0,
            regions: 0,
        };
        let dot = dots.entry((!point.above_max_price, !point.spot, step)).or_insert(new);
        dot.offers += point.offers;
        dot.regions = dot.regions.max(point.regions);
        if point.price < dot.price {
            (dot.price, dot.row) = (point.price, point.row);
        }
    }
    let dots = dots.into_values().map(|dot| Dot { radius: radius(dot.regions), ..dot }).collect();
    Lane { name, memory, dots }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(gpu: Option<&str>, price: f64, spot: bool, above: bool) -> PlotPoint {
        PlotPoint {
            gpu: gpu.map(str::to_owned),
            gpu_memory_gib: if gpu.is_some() { 80.0 } else { 0.0 },
            gpu_count: u32::from(gpu.is_some()),
            price,
            spot,
            offers: 2,
            regions: 2,
            above_max_price: above,
            highest: price,
            row: 7,
        }
    }

    #[test]
    fn a_dot_stands_for_the_cheapest_of_its_offers() {
        let at = |price: f64, row: u32, regions: usize| PlotPoint {
            row,
            regions,
            ..point(Some("A100"), price, false, false)
        };
        let lanes = lay_out(&[at(2.001, 1, 3), at(2.0, 2, 1), at(90.0, 3, 1)], None);
        let dot = lanes.lanes[0].dots[0];
        assert_eq!((dot.row, dot.price, dot.offers, dot.regions), (2, 2.0, 4, 3));
        assert_eq!(lanes.lanes[0].dots.len(), 2);
    }

    #[test]
    fn the_cheapest_lane_that_can_be_afforded_stands_first() {
        let points = [
            point(Some("H100"), 2.0, false, true),
            point(Some("A100"), 1.0, true, false),
            point(None, 0.1, false, false),
        ];
        let lanes = lay_out(&points, Some(1.5));
        let names: Vec<_> = lanes.lanes.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!(names, ["No GPU", "A100", "H100"]);
        assert_eq!((lanes.offers, lanes.beyond, lanes.left_out), (6, 2, 0));
        assert_eq!(lanes.lanes[1].memory, "80 GB");
        assert!(lanes.lanes[2].dots[0].beyond && lanes.lanes[1].dots[0].spot);
    }

    #[test]
    fn only_so_many_lanes_and_dots_are_drawn() {
        let names: Vec<String> = (0..30).map(|i| format!("G{i}")).collect();
        let points: Vec<_> = names
            .iter()
            .flat_map(|name| {
                (1..2000).map(move |i| point(Some(name), f64::from(i) / 100.0, i % 2 == 0, false))
            })
            .collect();
        let lanes = lay_out(&points, None);
        assert_eq!((lanes.lanes.len(), lanes.left_out), (8, 22));
        assert_eq!(lanes.offers, 2 * points.len(), "what is not drawn is counted all the same");
        assert!(lanes.lanes.iter().all(|lane| lane.dots.len() <= 402));
    }

    #[test]
    fn the_limit_is_on_the_scale_even_when_no_price_is_near() {
        let lanes = lay_out(&[point(Some("A100"), 1.0, false, false)], Some(500.0));
        let at = lanes.scale.at(500.0);
        assert!(at > 50.0 && at < 100.0);
        assert_eq!(lay_out(&[], None).lanes, []);
    }
}
