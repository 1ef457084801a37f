//! A line of the offers' table, as HTML: made as text because forty of them are made while a frame is scrolled.

use berth_texts::{t, tf};
use std::fmt::Write;

use berth_shared::{
    catalog::{Offer, PriceBasis},
    matcher::Saving,
};

use super::{
    columns::{Column, Columns},
    dates,
    listing::{Line, View},
    saving,
};
use crate::{
    drawings::Drawing,
    format::{gib, grouped, machine::plate, number},
};

/// What a line shows.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Which line it is.
    pub line: Line,
    /// How the table shows the offers.
    pub view: View,
    /// The columns that are shown.
    pub columns: Columns,
    /// The offer, or the best of the group.
    pub offer: &'a Offer,
    /// What it saves as spot.
    pub saving: Option<Saving>,
    /// The latest date of a price, with which old ones are told.
    pub newest: &'a str,
    /// Whether its backend is not set up here.
    pub preview: bool,
    /// Whether lines restack, as on a phone: what stands in no cell there is told in another.
    pub stacked: bool,
}

impl Row<'_> {
    /// The cells.
    #[must_use]
    pub fn cells(&self) -> String {
        let mut html = String::with_capacity(2048);
        match self.line {
            Line::Group { key, offers, open, .. } if self.view != View::Types => {
                self.heading(&mut html, key, offers, open);
            }
            _ => self.machine(&mut html),
        }
        html
    }

    /// The head of a group of different machines.
    fn heading(&self, html: &mut String, key: u32, offers: usize, open: bool) {
        let name = match self.view {
            View::Gpus => match &self.offer.gpu {
                Some(gpu) => format!("{} {}", gpu.name, gib(gpu.memory_gib)),
                None => t!("No GPU").to_owned(),
            },
            View::Backends => self.offer.backend.clone(),
            _ => self.offer.region.clone(),
        };
        let counted =
            if offers == 1 { t!("1 offer").to_owned() } else { tf!("{} offers", grouped(offers as u64)) };
        // The name takes the place of what the offers of a group do not have in common.
        let columns = self.columns.list();
        let common = columns.iter().take_while(|column| **column != Column::Price).count();
        let backend = if self.view == View::Gpus { String::new() } else { self.backend() };
        let button = unfold(
            key,
            open,
            &format!(
                "<span class=\"table__strong\">{}</span> <span class=\"meta\">{counted}</span>",
                escaped(&name)
            ),
        );
        put(
            html,
            format_args!(
                "<td{CELL} data-col=\"backend\" data-cell=\"m\">{backend}</td>\
                 <td{CELL} data-col=\"type\" data-cell=\"1s\" colspan=\"{}\">{button}</td>",
                common + 1
            ),
        );
        for column in &columns[common..] {
            let price = *column == Column::Price;
            let content =
                if price { tf!("<span class=\"sr\">from </span>{}", self.price(1.0)) } else { String::new() };
            cell(html, *column, price.then_some("1e"), &content);
        }
    }

    /// An offer, or the best of those that differ in nothing but region and price.
    fn machine(&self, html: &mut String) {
        let offer = self.offer;
        let regions = match self.line {
            Line::Group { key, offers, open, .. } if offers > 1 => {
                let inner = tf!(
                    "<span class=\"offers__more\">+{}<span class=\"sr\"> more regions of {}</span></span>",
                    offers - 1,
                    escaped(&offer.instance_type)
                );
                unfold(key, open, &inner)
            }
            _ => String::new(),
        };
        let name = escaped(&offer.instance_type);
        put(
            html,
            format_args!(
                "<td{CELL} data-col=\"backend\" data-cell=\"m\">{}</td><td{CELL} data-col=\"type\" data-cell=\"1s\">\
                 <span class=\"offers__type table__strong\" title=\"{name}\">{name}</span>",
                self.backend()
            ),
        );
        if self.stacked {
            html.push_str(&regions);
        } else if !self.columns.has(Column::Region) {
            // Nothing else would tell the offers of a machine apart, and the button needs its place.
            if !matches!(self.line, Line::Group { .. }) {
                put(html, format_args!(" <span class=\"meta\">{}</span>", escaped(&offer.region)));
            }
            html.push_str(&regions);
        }
        html.push_str("</td>");
        if self.stacked {
            cell(html, Column::Price, Some("1e"), &self.price(1.0));
            cell(html, Column::Basis, Some("2e"), &self.basis());
            put(html, format_args!("<td{CELL} data-cell=\"2s\">{}</td>", self.brief()));
            return;
        }
        for column in self.columns.list() {
            let content = match column {
                Column::Region if regions.is_empty() => {
                    let region = escaped(&offer.region);
                    format!("<span title=\"{region}\">{region}</span>")
                }
                Column::Region => {
                    let region = escaped(&offer.region);
                    format!(
                        "<span class=\"offers__place\"><span title=\"{region}\">{region}</span>{regions}</span>"
                    )
                }
                Column::Cpus => number(offer.cpus),
                Column::Memory => gib(offer.memory_gib),
                Column::Disk => offer.disk_gib.map_or_else(|| t!("chosen").to_owned(), gib),
                Column::Gpu => self.gpu(),
                Column::Kind => {
                    let (spot, word) = if offer.spot { ("yes", t!("Spot")) } else { ("no", t!("On-demand")) };
                    format!(
                        "<span class=\"spot\" data-spot=\"{spot}\">\
                         <span class=\"spot__dot\" aria-hidden=\"true\"></span>{word}</span>"
                    )
                }
                Column::Price => self.price(1.0),
                Column::PricePerGpu => match &offer.gpu {
                    Some(gpu) => self.price(f64::from(gpu.count.max(1))),
                    None => NOTHING.to_owned(),
                },
                Column::Saving => match self.saving {
                    None => NOTHING.to_owned(),
                    Some(found) => about(found.estimated, &saving::percent(found.share)),
                },
                Column::Basis => self.basis(),
            };
            cell(html, column, None, &content);
        }
    }

    /// Three letters, and whether there is more to them than prices.
    fn backend(&self) -> String {
        let name = &self.offer.backend;
        let (mark, word, about) = if self.preview {
            (" data-preview=\"\"", "preview", t!("not set up here: a preview of prices"))
        } else {
            ("", t!("set up"), t!("set up here"))
        };
        let (name, plate) = (escaped(name), escaped(&plate(name)));
        format!(
            "<span class=\"backend\" title=\"{name}, {about}\">\
             <span class=\"backend__mark\"{mark} aria-hidden=\"true\">{plate}</span>\
             <span class=\"sr\">{name} </span><span class=\"offers__set\">{word}</span></span>"
        )
    }

    fn gpu(&self) -> String {
        let Some(gpu) = &self.offer.gpu else { return NOTHING.to_owned() };
        let times = if gpu.count > 1 { format!("{} × ", gpu.count) } else { String::new() };
        let (name, memory) = (escaped(&gpu.name), gib(gpu.memory_gib));
        format!(
            "<span title=\"{times}{name} {memory}\">{times}{name} <span class=\"meta\">{memory}</span></span>"
        )
    }

    /// The price, or that of one of so many parts.
    fn price(&self, parts: f64) -> String {
        about(self.offer.basis == PriceBasis::Estimated, &format!("{:.3}", self.offer.price / parts))
    }

    /// What a price is based on, and of which month it is.
    fn basis(&self) -> String {
        let word = match self.offer.basis {
            PriceBasis::Listed => t!("listed"),
            PriceBasis::Sum => t!("added up"),
            PriceBasis::Estimated => t!("estimated"),
            PriceBasis::Own => t!("own"),
        };
        match &self.offer.as_of {
            None if self.offer.basis == PriceBasis::Own => format!("<span class=\"basis\">{word}</span>"),
            None => tf!("<span class=\"basis\">{word}, no date</span>"),
            Some(date) => {
                let month = escaped(dates::month(date));
                if dates::is_old(date, self.newest) {
                    tf!(
                        "<span class=\"basis\" data-age=\"old\">\
                         {}<span class=\"sr\">old: </span>{word} {month}</span>",
                        icon("clock", "icon basis__icon")
                    )
                } else {
                    format!("<span class=\"basis\">{word} {month}</span>")
                }
            }
        }
    }

    /// On a phone: what does not stand elsewhere, on one line.
    fn brief(&self) -> String {
        let offer = self.offer;
        let mut parts = vec![if offer.spot { t!("spot").to_owned() } else { t!("on-demand").to_owned() }];
        if let Some(found) = self.saving.filter(|_| self.columns.has(Column::Saving)) {
            let about = if found.estimated { "≈ " } else { "" };
            parts.push(tf!("saves {about}{}", saving::percent(found.share)));
        }
        parts.push(escaped(&offer.region));
        if self.preview {
            parts.push("preview".to_owned());
        }
        if self.columns.has(Column::Cpus) {
            parts.push(tf!("{} vCPU", number(offer.cpus)));
        }
        if self.columns.has(Column::Memory) {
            parts.push(gib(offer.memory_gib));
        }
        let gpu = if offer.gpu.is_some() { self.gpu() } else { String::new() };
        format!("{gpu} <span class=\"table__sub\" data-inline=\"\">{}</span>", parts.join(", "))
    }
}

/// Where a value would be.
const NOTHING: &str = "<span class=\"meta\">–</span>";

/// The cells of a line that is not known yet.
#[must_use]
pub fn pending(columns: Columns) -> String {
    let mut html = "<td data-col=\"backend\" data-cell=\"m\"></td>\
                    <td data-col=\"type\" data-cell=\"1s\"><span class=\"bone\"></span></td>"
        .to_owned();
    for column in columns.list() {
        cell(&mut html, column, None, "");
    }
    html
}

fn put(html: &mut String, args: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = html.write_fmt(args);
}

/// The same roles that a browser gives cells; it takes them away where lines restack.
const CELL: &str = " role=\"cell\"";

fn cell(html: &mut String, column: Column, place: Option<&str>, content: &str) {
    let number = if column.is_number() { " data-num=\"\"" } else { "" };
    put(html, format_args!("<td{CELL} data-col=\"{}\"{number}", column.key()));
    if let Some(place) = place {
        put(html, format_args!(" data-cell=\"{place}\""));
    }
    put(html, format_args!(">{content}</td>"));
}

/// A figure, and whether it is an estimate.
fn about(estimated: bool, figure: &str) -> String {
    if estimated {
        tf!("<span class=\"price\" data-basis=\"estimated\"><span class=\"sr\">about </span>{figure}</span>")
    } else {
        format!("<span class=\"price\">{figure}</span>")
    }
}

/// A button that unfolds a group. The table hears of its clicks.
fn unfold(key: u32, open: bool, content: &str) -> String {
    format!(
        "<button class=\"offers__unfold\" data-unfold=\"{key}\" aria-expanded=\"{open}\">{content}{}</button>",
        icon("right", "icon")
    )
}

fn icon(name: &str, class: &str) -> String {
    Drawing::of(&format!("i-{name}")).map(|drawing| drawing.markup(class)).unwrap_or_default()
}

/// A text as HTML, also within quotation marks.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use berth_shared::catalog::{Availability, OfferGpu};

    use super::*;

    fn offer() -> Offer {
        Offer {
            backend: "aws".into(),
            region: "us-east-1".into(),
            instance_type: "g5.xlarge".into(),
            arch: None,
            cpus: 4.0,
            memory_gib: 16.0,
            gpu: Some(OfferGpu { name: "A10".into(), count: 4, memory_gib: 24.0 }),
            disk_gib: None,
            spot: true,
            price: 0.5,
            basis: PriceBasis::Estimated,
            as_of: Some("2024-01-31".into()),
            availability: Availability::Unknown,
        }
    }

    fn row<'a>(line: Line, view: View, offer: &'a Offer) -> Row<'a> {
        Row {
            line,
            view,
            columns: Columns::of_kept("region,cpus,memory,disk,gpu,kind,price,gpu-price,saving,basis"),
            offer,
            saving: Some(Saving { share: 0.62, estimated: true }),
            newest: "2026-08-01",
            preview: true,
            stacked: false,
        }
    }

    /// What is read, cell by cell.
    fn text(html: &str) -> Vec<String> {
        let mut cells = Vec::new();
        for cell in html.split("</td>").filter(|cell| !cell.is_empty()) {
            let mut text = String::new();
            let mut tag = false;
            for character in cell.chars() {
                match character {
                    '<' => tag = true,
                    '>' => tag = false,
                    other if !tag => text.push(other),
                    _ => {}
                }
            }
            cells.push(text.trim().to_owned());
        }
        cells
    }

    const ALONE: Line = Line::Offer { row: 1, inside: false };
    const GROUP: Line = Line::Group { key: 7, best: 1, offers: 1203, open: true };

    #[test]
    fn an_offer_says_all_that_is_known_of_it() {
        let offer = offer();
        assert_eq!(
            text(&row(ALONE, View::Offers, &offer).cells()),
            [
                "awsaws preview",
                "g5.xlarge",
                "us-east-1",
                "4",
                "16 GB",
                "chosen",
                "4 × A10 24 GB",
                "Spot",
                "about 0.500",
                "about 0.125",
                "about 62 %",
                "old: estimated 2024-01",
            ]
        );
        assert_eq!(
            text(&Row { stacked: true, ..row(ALONE, View::Offers, &offer) }.cells()),
            [
                "awsaws preview",
                "g5.xlarge",
                "about 0.500",
                "old: estimated 2024-01",
                "4 × A10 24 GB spot, saves ≈ 62 %, us-east-1, preview, 4 vCPU, 16 GB",
            ]
        );
    }

    #[test]
    fn a_backend_that_is_set_up_says_so() {
        let offer = offer();
        let html = Row { preview: false, ..row(ALONE, View::Offers, &offer) }.cells();
        assert!(html.contains("set up</span>") && !html.contains("data-preview"), "{html}");
    }

    #[test]
    fn groups_have_a_button_with_what_they_hold() {
        let offer = offer();
        let machine = row(GROUP, View::Types, &offer).cells();
        assert!(text(&machine)[2].contains("+1202 more regions of g5.xlarge"), "{machine}");
        assert!(machine.contains("data-unfold=\"7\" aria-expanded=\"true\""));
        let heading = |view| text(&row(GROUP, view, &offer).cells());
        assert_eq!(heading(View::Gpus)[..2], ["", "A10 24 GB 1,203 offers"]);
        assert_eq!(heading(View::Backends)[1], "aws 1,203 offers");
        assert_eq!(heading(View::Regions)[1..3], ["us-east-1 1,203 offers", "from about 0.500"]);
    }

    #[test]
    fn a_column_that_is_not_there_does_not_take_the_button_along() {
        let offer = offer();
        let columns = Columns::of_kept("price");
        let html = Row { columns, ..row(GROUP, View::Types, &offer) }.cells();
        assert_eq!(html.matches("data-unfold").count(), 1);
        let html = Row { columns, ..row(ALONE, View::Types, &offer) }.cells();
        assert_eq!(text(&html)[1], "g5.xlarge us-east-1");
    }

    #[test]
    fn names_are_text_and_nothing_else() {
        let odd = Offer { instance_type: "<img src=x onerror=\"a&b\">".into(), ..offer() };
        let html = row(GROUP, View::Types, &odd).cells();
        assert!(!html.contains("<img") && html.contains("&lt;img src=x onerror=&quot;a&amp;b&quot;&gt;"));
    }

    #[test]
    fn each_line_has_as_many_cells_as_the_others() {
        let offer = offer();
        let count = |html: String| {
            html.matches("<td").count()
                + html
                    .split("colspan=\"")
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next()?.parse::<usize>().ok())
                    .map(|span| span - 1)
                    .sum::<usize>()
        };
        let columns = row(ALONE, View::Offers, &offer).columns;
        assert_eq!(count(row(ALONE, View::Offers, &offer).cells()), 12);
        assert_eq!(count(row(GROUP, View::Gpus, &offer).cells()), 12);
        assert_eq!(count(pending(columns)), 12);
    }
}
