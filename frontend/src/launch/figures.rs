//! The figures of the plot, for the table that says the same.

use berth_shared::matcher::{PlotPoint, PlotSize, SizePoint};
use berth_texts::t;

use super::marks::named;
use crate::format::gib;

/// A line of the table that says what the plot shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The GPU, the memory, the vCPUs.
    pub name: String,
    /// Whether the offers are spot.
    pub spot: bool,
    /// How many fit.
    pub offers: usize,
    /// The lowest and the highest of their prices, US dollars an hour; `None` = none fits.
    pub prices: Option<(f64, f64)>,
    /// How many more only `max_price` keeps from fitting.
    pub beyond: usize,
}

/// One point, whatever it is plotted against.
struct Seen {
    name: String,
    spot: bool,
    offers: usize,
    price: f64,
    highest: f64,
    beyond: bool,
}

/// The figures of the plot by GPU, every GPU of them, in the order of the points.
#[must_use]
pub fn figures_by_gpu(points: &[PlotPoint]) -> Vec<Figure> {
    figures(points.iter().map(|point| {
        let name = match &point.gpu {
            None => t!("No GPU").to_owned(),
            Some(gpu) if point.gpu_count > 1 => {
                format!("{} × {gpu} {}", point.gpu_count, gib(point.gpu_memory_gib))
            }
            Some(gpu) => format!("{gpu} {}", gib(point.gpu_memory_gib)),
        };
        Seen {
            name,
            spot: point.spot,
            offers: point.offers,
            price: point.price,
            highest: point.highest,
            beyond: point.above_max_price,
        }
    }))
}

/// The figures of the plot by size, in the order of the points.
#[must_use]
pub fn figures_by_size(points: &[SizePoint], size: PlotSize) -> Vec<Figure> {
    figures(points.iter().map(|point| Seen {
        name: if point.size > 0.0 { named(point.size, size) } else { t!("No GPU").to_owned() },
        spot: point.spot,
        offers: point.offers,
        price: point.price,
        highest: point.highest,
        beyond: point.above_max_price,
    }))
}

/// Points of a name follow one another.
fn figures(points: impl Iterator<Item = Seen>) -> Vec<Figure> {
    let mut figures: Vec<Figure> = Vec::new();
    for point in points {
        let here = figures
            .iter()
            .rev()
            .take(2)
            .position(|figure| figure.name == point.name && figure.spot == point.spot);
        let index = match here {
            Some(back) => figures.len() - 1 - back,
            None => {
                figures.push(Figure {
                    name: point.name,
                    spot: point.spot,
                    offers: 0,
                    prices: None,
                    beyond: 0,
                });
                figures.len() - 1
            }
        };
        let figure = &mut figures[index];
        if point.beyond {
            figure.beyond += point.offers;
        } else {
            figure.offers += point.offers;
            let (low, high) = figure.prices.unwrap_or((point.price, point.highest));
            figure.prices = Some((low.min(point.price), high.max(point.highest)));
        }
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(size: f64, price: f64, spot: bool) -> SizePoint {
        SizePoint {
            size,
            price,
            highest: price * 1.02,
            spot,
            offers: 3,
            regions: 2,
            above_max_price: price > 5.0,
            row: 1,
        }
    }

    #[test]
    fn the_table_has_the_figures_of_the_plot() {
        let points = [
            point(16.0, 0.5, true),
            point(16.0, 1.0, false),
            point(16.0, 2.0, true),
            point(16.0, 9.0, true),
            point(80.0, 9.0, false),
        ];
        let figures = figures_by_size(&points, PlotSize::GpuMemory);
        let told: Vec<_> = figures
            .iter()
            .map(|figure| (figure.name.as_str(), figure.spot, figure.offers, figure.beyond))
            .collect();
        assert_eq!(told, [("16 GB", true, 6, 3), ("16 GB", false, 3, 0), ("80 GB", false, 0, 3)]);
        assert_eq!(figures[0].prices, Some((0.5, 2.0 * 1.02)));
        assert_eq!(figures[2].prices, None);

        let gpu = PlotPoint {
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
        assert_eq!(figures_by_gpu(&[gpu])[0].name, "2 × A100 80 GB");
    }
}
