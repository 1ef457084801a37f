//! The plot as it is drawn: marks, the labels beside them, and how keys and a pointer find a mark.

use berth_texts::{t, tf};
use std::collections::BTreeMap;

use berth_shared::{
    catalog::RowId,
    matcher::{PlotSize, SizePoint},
};

use super::{
    lanes::Lanes,
    plot::{PriceScale, radius},
};
use crate::format::{gib, number};

/// Height of a lane, pixels.
pub const LANE: f64 = 24.0;
/// Height of the plot by size, pixels.
const HEIGHT: f64 = 8.0 * LANE;
/// Sizes nearer to each other than this are one line, pixels.
const LINE: f64 = 3.0;
/// Labels nearer to each other than this touch, pixels.
const ROOM: f64 = 15.0;
/// A pointer farther from every mark than this points at none, pixels.
const REACH: f64 = 14.0;

/// What prices are plotted against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    /// A lane for each GPU.
    #[default]
    Gpu,
    /// The memory of all GPUs of a machine.
    GpuMemory,
    /// vCPUs.
    Cpus,
}

impl Axis {
    /// All of them, in the order of their buttons.
    pub const ALL: [Self; 3] = [Self::Gpu, Self::GpuMemory, Self::Cpus];

    /// Its word.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Gpu => t!("GPU"),
            Self::GpuMemory => t!("GPU memory"),
            Self::Cpus => t!("vCPU"),
        }
    }

    /// What is plotted, for a sentence: "Prices by …".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Gpu => t!("GPU"),
            Self::GpuMemory => t!("the memory of all GPUs of a machine together"),
            Self::Cpus => t!("vCPUs"),
        }
    }

    /// What the matcher measures for it; `None` = GPUs, which are no size.
    #[must_use]
    pub fn size(self) -> Option<PlotSize> {
        match self {
            Self::Gpu => None,
            Self::GpuMemory => Some(PlotSize::GpuMemory),
            Self::Cpus => Some(PlotSize::Cpus),
        }
    }
}

/// One mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Where it stands, per cent of the width.
    pub at: f64,
    /// And pixels from the top.
    pub y: f64,
    /// How large it is, pixels.
    pub radius: f64,
    /// Whether its offers are spot.
    pub spot: bool,
    /// Whether they cost more than the limit.
    pub beyond: bool,
    /// The cheapest of them.
    pub row: RowId,
    /// Its price, US dollars an hour.
    pub price: f64,
    /// How many offers.
    pub offers: usize,
    /// In how many regions, at least.
    pub regions: usize,
}

/// A label beside the plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    /// Its middle, pixels from the top.
    pub y: f64,
    /// What it says.
    pub text: String,
    /// And behind that, quieter.
    pub meta: String,
}

/// The whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Height, pixels.
    pub height: f64,
    /// Beside it, each with a line through the plot.
    pub labels: Vec<Label>,
    /// From the top to the bottom, and from left to right on each line.
    pub marks: Vec<Mark>,
    /// The scale of prices.
    pub scale: PriceScale,
    /// How many offers are drawn.
    pub offers: usize,
    /// How many of them cost more than the limit.
    pub beyond: usize,
    /// What is left out, or what the sizes of the marks mean.
    pub note: String,
}

impl Picture {
    /// The lanes.
    #[must_use]
    pub fn of_lanes(lanes: &Lanes) -> Self {
        let middle = |lane: usize| (lane as f64 + 0.5) * LANE;
        let labels = lanes.lanes.iter().enumerate().map(|(lane, found)| Label {
            y: middle(lane),
            text: found.name.clone(),
            meta: found.memory.clone(),
        });
        let marks = lanes.lanes.iter().enumerate().flat_map(|(lane, found)| {
            found.dots.iter().map(move |dot| Mark {
                at: dot.at,
                y: middle(lane),
                radius: dot.radius,
                spot: dot.spot,
                beyond: dot.beyond,
                row: dot.row,
                price: dot.price,
                offers: dot.offers,
                regions: dot.regions,
            })
        });
        Self {
            height: lanes.lanes.len() as f64 * LANE,
            labels: labels.collect(),
            marks: in_order(marks.collect()),
            scale: lanes.scale,
            offers: lanes.offers,
            beyond: lanes.beyond,
            note: match lanes.left_out {
                0 => t!("dot size: regions").to_owned(),
                1 => t!("1 dearer GPU not drawn").to_owned(),
                count => tf!("{count} dearer GPUs not drawn"),
            },
        }
    }

    /// Prices against a size: the greatest sizes at the top, both scales logarithmic. Machines without GPUs stand below
    /// the scale of the memory of GPUs, which has no 0.
    #[must_use]
    pub fn of_sizes(points: &[SizePoint], size: PlotSize, max_price: Option<f64>) -> Self {
        let scale = PriceScale::around(points.iter().map(|point| point.price).chain(max_price));
        let sizes = || points.iter().map(|point| point.size).filter(|size| *size > 0.0);
        let bare = points.iter().any(|point| point.size <= 0.0);
        let bottom = if bare { HEIGHT - LANE } else { HEIGHT };
        let (low, high) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
        let span = (high / low).ln();
        let place = |size: f64| {
            if size <= 0.0 {
                HEIGHT - LANE / 2.0
            } else if span > 0.0 {
                let inner = bottom - LANE;
                LANE / 2.0 + inner * (1.0 - (size / low).ln() / span)
            } else {
                bottom / 2.0
            }
        };
        let mut marks: BTreeMap<(i64, i64, bool, bool), Mark> = BTreeMap::new();
        for point in points {
            let line = (place(point.size) / LINE).round();
            let step = scale.at(point.price).round();
            let new = Mark {
                at: step,
                y: line * LINE,
                radius: 0.0,
                spot: point.spot,
                beyond: point.above_max_price,
                row: point.row,
                price: point.price,
                offers: 0,
                regions: 0,
            };
            let key = (line as i64, step as i64, point.spot, point.above_max_price);
            let mark = marks.entry(key).or_insert(new);
            mark.offers += point.offers;
            mark.regions = mark.regions.max(point.regions);
            if point.price < mark.price {
                (mark.price, mark.row) = (point.price, point.row);
            }
        }
        // Where there are many they are smaller, so that they stay apart.
        let smaller = 0.7 * (400.0 / marks.len().max(1) as f64).sqrt().clamp(0.6, 1.0);
        let marks = marks
            .into_values()
            .map(|mark| Mark { radius: (radius(mark.regions) * smaller).max(2.0), ..mark })
            .collect();
        let mut labels: Vec<Label> = ticks(sizes(), place)
            .into_iter()
            .map(|value| Label { y: place(value), text: named(value, size), meta: String::new() })
            .collect();
        if bare && size == PlotSize::GpuMemory {
            labels.push(Label { y: place(0.0), text: t!("No GPU").to_owned(), meta: String::new() });
        }
        Self {
            height: HEIGHT,
            labels,
            marks: in_order(marks),
            scale,
            offers: points.iter().map(|point| point.offers).sum(),
            beyond: points.iter().filter(|point| point.above_max_price).map(|point| point.offers).sum(),
            note: match size {
                PlotSize::GpuMemory => t!("all GPUs together").to_owned(),
                PlotSize::Cpus => t!("dot size: regions").to_owned(),
            },
        }
    }

    /// The mark that a pointer is at: the nearest within reach. `x` and `y` are pixels, as is the plot's `width`.
    #[must_use]
    pub fn pointed(&self, x: f64, y: f64, width: f64) -> Option<usize> {
        let distance = |mark: &Mark| (mark.at / 100.0 * width - x).hypot(mark.y - y);
        self.marks
            .iter()
            .enumerate()
            .map(|(index, mark)| (index, distance(mark)))
            .filter(|(_, distance)| *distance <= REACH)
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(index, _)| index)
    }

    /// The mark that a key leads to from another, or from none; `None` = the key is none of these: left and right along
    /// a line, up and down to the nearest of the next line, to the first and the last of the line, to the first and the
    /// last of all.
    #[must_use]
    pub fn walk(&self, from: Option<usize>, key: &str) -> Option<usize> {
        let last = self.marks.len().checked_sub(1)?;
        let known = matches!(
            key,
            "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "Home" | "End" | "PageUp" | "PageDown"
        );
        if !known {
            return None;
        }
        let Some(from) = from.filter(|from| *from <= last) else { return Some(0) };
        let y = self.marks[from].y;
        let (start, end) =
            (self.marks.partition_point(|mark| mark.y < y), self.marks.partition_point(|mark| mark.y <= y));
        let nearest = |range: std::ops::Range<usize>| {
            let at = self.marks[from].at;
            let far = |index: &usize| (self.marks[*index].at - at).abs();
            range.min_by(|a, b| far(a).total_cmp(&far(b)))
        };
        Some(match key {
            "ArrowLeft" => from.saturating_sub(1).max(start),
            "ArrowRight" => (from + 1).min(end - 1),
            "ArrowUp" if start > 0 => {
                let above = self.marks[start - 1].y;
                nearest(self.marks.partition_point(|mark| mark.y < above)..start)?
            }
            "ArrowDown" if end <= last => {
                let below = self.marks[end].y;
                nearest(end..self.marks.partition_point(|mark| mark.y <= below))?
            }
            "Home" => start,
            "End" => end - 1,
            "PageUp" => 0,
            "PageDown" => last,
            _ => from,
        })
    }
}

fn in_order(mut marks: Vec<Mark>) -> Vec<Mark> {
    berth_shared::order::sort_by(&mut marks, |a, b| a.y.total_cmp(&b.y).then(a.at.total_cmp(&b.at)));
    marks
}

/// Sizes to write beside the scale: those that there are, or else as many powers of 2 as have room.
fn ticks(sizes: impl Iterator<Item = f64>, place: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut own: Vec<f64> = sizes.collect();
    berth_shared::order::sort_by(&mut own, f64::total_cmp);
    own.dedup();
    let (Some(&low), Some(&high)) = (own.first(), own.last()) else { return Vec::new() };
    let room = |ticks: &[f64]| ticks.windows(2).all(|pair| place(pair[0]) - place(pair[1]) >= ROOM);
    if room(&own) {
        return own;
    }
    for step in [1, 2, 3, 4, 6] {
        let ticks: Vec<f64> = (low.log2().floor() as i32..=high.log2().ceil() as i32)
            .filter(|power| power.rem_euclid(step) == 0)
            .map(|power| 2_f64.powi(power))
            .filter(|value| (low..=high).contains(value))
            .collect();
        if room(&ticks) && ticks.len() > 1 {
            return ticks;
        }
    }
    vec![low, high]
}

pub(super) fn named(value: f64, size: PlotSize) -> String {
    match size {
        PlotSize::GpuMemory => gib(value),
        PlotSize::Cpus => tf!("{} vCPU", number(value)),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::matcher::PlotPoint;

    use super::*;
    use crate::launch::lanes::lay_out;

    fn point(size: f64, price: f64, spot: bool) -> SizePoint {
        SizePoint {
            size,
            price,
            highest: price * 1.02,
            spot,
            offers: 3,
            regions: 2,
            above_max_price: price > 5.0,
            row: (price * 100.0) as u32,
        }
    }

    fn picture() -> Picture {
        let points = [
            point(0.0, 0.1, false),
            point(16.0, 0.5, true),
            point(16.0, 1.0, false),
            point(80.0, 2.0, false),
            point(640.0, 20.0, true),
        ];
        Picture::of_sizes(&points, PlotSize::GpuMemory, Some(5.0))
    }

    #[test]
    fn greater_machines_stand_higher_and_dearer_ones_to_the_right() {
        let picture = picture();
        let marks = &picture.marks;
        assert_eq!(marks.len(), 5);
        assert!(marks.is_sorted_by(|a, b| (a.y, a.at) <= (b.y, b.at)));
        assert!(marks[0].beyond && marks[0].at > marks[1].at);
        assert!(marks.iter().all(|mark| (0.0..=picture.height).contains(&mark.y)));
        assert_eq!((picture.offers, picture.beyond), (15, 3));
        let labels: Vec<_> = picture.labels.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(labels, ["16 GB", "80 GB", "640 GB", "No GPU"]);
    }

    #[test]
    fn one_size_alone_has_its_place_and_its_label() {
        for size in [24.0, 0.0] {
            let picture = Picture::of_sizes(&[point(size, 1.0, false)], PlotSize::GpuMemory, None);
            assert_eq!(picture.marks.len(), 1);
            assert!(picture.marks[0].y.is_finite() && picture.marks[0].at.is_finite());
            assert_eq!(picture.labels.len(), 1, "{:?}", picture.labels);
        }
        assert_eq!(Picture::of_sizes(&[], PlotSize::Cpus, None).marks, []);
    }

    #[test]
    fn a_broad_plot_stays_drawable() {
        let points: Vec<_> = (1..200)
            .flat_map(|size| {
                (1..400).map(move |price| point(f64::from(size), f64::from(price) / 40.0, price % 2 == 0))
            })
            .collect();
        let picture = Picture::of_sizes(&points, PlotSize::Cpus, None);
        assert!(picture.marks.len() < 15_000, "{}", picture.marks.len());
        assert_eq!(picture.marks.iter().map(|mark| mark.offers).sum::<usize>(), 3 * points.len());
        assert!((3..=12).contains(&picture.labels.len()));
    }

    #[test]
    fn a_pointer_finds_the_nearest_mark_within_reach() {
        let picture = picture();
        for (index, mark) in picture.marks.iter().enumerate() {
            assert_eq!(picture.pointed(mark.at * 6.0 + 2.0, mark.y - 1.0, 600.0), Some(index));
        }
        assert_eq!(picture.pointed(-50.0, 0.0, 600.0), None);
    }

    #[test]
    fn keys_walk_along_a_line_and_between_lines() {
        let picture = picture();
        let walk = |from, key| picture.walk(Some(from), key).unwrap();
        assert_eq!(picture.walk(None, "ArrowRight"), Some(0), "the first key leads to the first mark");
        assert_eq!(picture.walk(Some(0), "Tab"), None);
        // 640 GB; 80 GB; 16 GB twice; no GPU.
        assert_eq!(walk(0, "ArrowRight"), 0, "alone on its line");
        assert_eq!(walk(0, "ArrowDown"), 1);
        assert_eq!(walk(1, "ArrowDown"), 3, "the nearer of the two");
        assert_eq!(
            (walk(2, "ArrowRight"), walk(3, "ArrowRight"), walk(3, "Home"), walk(2, "End")),
            (3, 3, 2, 3)
        );
        assert_eq!((walk(4, "ArrowDown"), walk(4, "ArrowUp"), walk(0, "ArrowUp")), (4, 2, 0));
        assert_eq!((walk(2, "PageUp"), walk(2, "PageDown")), (0, 4));
        // Marks that are gone by now.
        assert_eq!(walk(99, "ArrowLeft"), 0);
        assert_eq!(Picture::of_sizes(&[], PlotSize::Cpus, None).walk(None, "ArrowLeft"), None);
    }

    #[test]
    fn lanes_are_drawn_in_their_middle() {
        let point = PlotPoint {
            gpu: Some("A100".into()),
            gpu_memory_gib: 80.0,
            gpu_count: 2,
            price: 3.0,
            spot: false,
            offers: 4,
            regions: 4,
            above_max_price: false,
            highest: 3.0,
            row: 1,
        };
        let picture = Picture::of_lanes(&lay_out(&[point], None));
        assert_eq!((picture.marks.len(), picture.labels[0].meta.as_str()), (1, "80 GB"));
        assert_eq!(picture.marks[0].y, LANE / 2.0);
    }
}
