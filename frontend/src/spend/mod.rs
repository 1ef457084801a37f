//! What was spent, as far as it is pure: what the address says, and how days become bars.

use berth_texts::{t, tf};
use std::collections::HashMap;

use berth_shared::api::{Spend, SpendBy};

use crate::explore::query::{encoded, joined};

/// How many series a chart tells apart; the rest is one more, [`OTHERS`].
pub const SERIES: usize = 5;

/// The name of everything that has no series of its own.
pub const OTHERS: &str = t!("others");

/// Over how many days one can look back.
pub const DAYS: [u32; 3] = [7, 30, 90];

/// By what spending is told apart, with the words in the address and for people.
pub const BY: [(SpendBy, &str, &str); 4] = [
    (SpendBy::Person, "person", t!("Person")),
    (SpendBy::Backend, "backend", t!("Backend")),
    (SpendBy::Gpu, "gpu", t!("GPU")),
    (SpendBy::Run, "run", t!("Run")),
];

/// The word of [`BY`] in the address.
#[must_use]
pub fn word(by: SpendBy) -> &'static str {
    BY.iter().find(|(this, ..)| *this == by).map_or("", |(_, word, _)| word)
}

/// The word of [`BY`] for people, in small letters: "by person".
#[must_use]
pub fn by_word(by: SpendBy) -> &'static str {
    match by {
        SpendBy::Person => t!("person"),
        SpendBy::Backend => t!("backend"),
        SpendBy::Gpu => t!("GPU"),
        SpendBy::Run => t!("run"),
    }
}

/// How a key reads: what has none is said in words.
#[must_use]
pub fn key_word(by: SpendBy, key: &str) -> String {
    match (by, key) {
        (SpendBy::Gpu, "") => t!("no GPU").to_owned(),
        (SpendBy::Run, "") => t!("without a run").to_owned(),
        (_, "") => t!("nobody in particular").to_owned(),
        _ => key.to_owned(),
    }
}

/// Everything that the address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// By what it is told apart.
    pub by: SpendBy,
    /// Over how many days, today among them.
    pub days: u32,
    /// Only what this person spent.
    pub person: Option<String>,
}

impl Default for View {
    fn default() -> Self {
        Self { by: SpendBy::default(), days: 30, person: None }
    }
}

impl View {
    /// Reads the pairs of an address's query. What means nothing is left out.
    #[must_use]
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut view = Self::default();
        for (key, value) in pairs {
            let value = value.trim();
            match key {
                "by" => {
                    view.by = BY.iter().find(|(_, word, _)| *word == value).map_or(view.by, |(by, ..)| *by)
                }
                "days" => {
                    view.days = value.parse().ok().filter(|days| DAYS.contains(days)).unwrap_or(view.days);
                }
                "person" => view.person = (!value.is_empty()).then(|| value.to_owned()),
                _ => {}
            }
        }
        view
    }

    /// The query of the address, with its `?`; empty when nothing is chosen.
    #[must_use]
    pub fn to_query(&self) -> String {
        let usual = Self::default();
        let pairs = [
            ("by", (self.by != usual.by).then(|| word(self.by).to_owned())),
            ("days", (self.days != usual.days).then(|| self.days.to_string())),
            ("person", self.person.clone()),
        ];
        joined(pairs)
    }

    /// Where the server tells it. `kind`: "" for JSON, `.csv`; `offset`: the reader's, minutes east of UTC.
    #[must_use]
    pub fn request(&self, kind: &str, offset: i32) -> String {
        let person = self.person.as_ref().map(|person| format!("&person={}", encoded(person)));
        format!(
            "/api/v1/spend{kind}?days={}&by={}&offset_minutes={offset}{}",
            self.days,
            word(self.by),
            person.unwrap_or_default()
        )
    }
}

/// A series of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The person, backend, GPU or run; [`OTHERS`] for the rest.
    pub key: String,
    /// Whether it is all the rest.
    pub rest: bool,
    /// All its days together, US dollars.
    pub usd: f64,
}

/// A day of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// US dollars of each series, in their order.
    pub parts: Vec<f64>,
    /// All of them together, US dollars.
    pub usd: f64,
}

/// A line of the table of days.
#[derive(Clone, Debug, PartialEq)]
pub enum DayLine<'a> {
    /// A day.
    Day(&'a Bar),
    /// Days one after the other on which nothing was spent: the earliest and the latest, `YYYY-MM-DD`.
    Nothing(&'a str, &'a str),
}

/// Spending as bars.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// The dearest first, the rest last.
    pub series: Vec<Series>,
    /// Each day, oldest first.
    pub bars: Vec<Bar>,
    /// What the top of the chart means, US dollars; above 0.
    pub top: f64,
    /// From one line of the grid to the next, US dollars; above 0.
    pub step: f64,
}

impl Chart {
    /// Puts days on top of each other: one series for each of the [`SERIES`] dearest keys, one for the rest.
    #[must_use]
    pub fn of(spend: &Spend) -> Self {
        let mut keys = totals(spend);
        let rest: f64 = keys.iter().skip(SERIES).map(|(_, usd)| usd).sum();
        let more = keys.len() > SERIES;
        keys.truncate(SERIES);
        let place: HashMap<&str, usize> =
            keys.iter().enumerate().map(|(at, (key, _))| (key.as_str(), at)).collect();
        let bars: Vec<Bar> = spend
            .days
            .iter()
            .map(|day| {
                let mut parts = vec![0.0; keys.len() + usize::from(more)];
                for item in &day.items {
                    parts[place.get(item.key.as_str()).copied().unwrap_or(keys.len())] += item.usd;
                }
                Bar { date: day.date.clone(), usd: parts.iter().sum(), parts }
            })
            .collect();
        let (top, step) = scale(bars.iter().map(|bar| bar.usd).fold(0.0, f64::max));
        let mut series: Vec<Series> =
            keys.into_iter().map(|(key, usd)| Series { key, rest: false, usd }).collect();
        if more {
            series.push(Series { key: OTHERS.to_owned(), rest: true, usd: rest });
        }
        Self { series, bars, top, step }
    }

    /// The days as lines of a table, the newest first. Three or more on which nothing was spent are one line.
    #[must_use]
    pub fn day_lines(&self) -> Vec<DayLine<'_>> {
        let mut lines = Vec::new();
        for part in self.bars.chunk_by(|a, b| (a.usd > 0.0) == (b.usd > 0.0)) {
            match part {
                [first, _, .., last] if first.usd <= 0.0 => {
                    lines.push(DayLine::Nothing(&first.date, &last.date));
                }
                _ => lines.extend(part.iter().map(DayLine::Day)),
            }
        }
        lines.reverse();
        lines
    }

    /// The lines of the grid above the base, US dollars.
    #[must_use]
    pub fn lines(&self) -> Vec<f64> {
        if self.step <= 0.0 {
            return Vec::new();
        }
        let count = (self.top / self.step).round() as u32;
        (1..=count).map(|line| f64::from(line) * self.step).collect()
    }
}

/// Each key with what was spent on it in all, the dearest first; equal ones by key.
#[must_use]
pub fn totals(spend: &Spend) -> Vec<(String, f64)> {
    let mut totals = HashMap::<&str, f64>::new();
    for item in spend.days.iter().flat_map(|day| &day.items) {
        *totals.entry(&item.key).or_default() += item.usd;
    }
    let mut totals: Vec<(String, f64)> = totals.into_iter().map(|(key, usd)| (key.to_owned(), usd)).collect();
    berth_shared::order::sort_by(&mut totals, |a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    totals
}

/// A top that is at least `most`, and a step, both easy to read: 1, 2 or 5 times a power of ten, two to five steps.
fn scale(most: f64) -> (f64, f64) {
    let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
    let rough = most / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
    let step = step.unwrap_or(rough).max(0.01);
    ((most / step).ceil().max(1.0) * step, step)
}

/// A share of a whole in per cent: `12 %`, `<1 %`; `0 %` of nothing.
#[must_use]
pub fn per_cent(part: f64, whole: f64) -> String {
    let share = if whole > 0.0 { 100.0 * part / whole } else { 0.0 };
    match share {
        share if share > 0.0 && share < 1.0 => "<1 %".to_owned(),
        share => format!("{share:.0} %"),
    }
}

/// A day as people write it: `27 Nov`; with its year where `year`. What is no date stays as it is.
#[must_use]
pub fn day(date: &str, year: bool) -> String {
    const MONTHS: [&str; 12] = [
        t!("Jan"),
        t!("Feb"),
        t!("Mar"),
        t!("Apr"),
        t!("May"),
        t!("Jun"),
        t!("Jul"),
        t!("Aug"),
        t!("Sep"),
        t!("Oct"),
        t!("Nov"),
        t!("Dec"),
    ];
    let parts: Vec<&str> = date.split('-').collect();
    let [whole, month, number] = parts.as_slice() else { return date.to_owned() };
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (month, number.parse::<u32>()) {
        (Some(month), Ok(number)) if year => format!("{number} {month} {whole}"),
        (Some(month), Ok(number)) => format!("{number} {month}"),
        _ => date.to_owned(),
    }
}

/// The whole time: `29 Oct to 27 Nov 2026`.
#[must_use]
pub fn period(spend: &Spend) -> String {
    match (spend.days.first(), spend.days.last()) {
        (Some(first), Some(last)) if first.date == last.date => day(&last.date, true),
        (Some(first), Some(last)) => {
            let same_year = first.date.get(..4) == last.date.get(..4);
            tf!("{} to {}", day(&first.date, !same_year), day(&last.date, true))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{SpendDay, SpendItem};

    use super::*;

    fn spend(days: &[&[(&str, f64)]]) -> Spend {
        let days: Vec<SpendDay> = days
            .iter()
            .enumerate()
            .map(|(at, items)| SpendDay {
                date: format!("2026-11-{:02}", at + 1),
                items: items.iter().map(|(key, usd)| SpendItem { key: (*key).into(), usd: *usd }).collect(),
            })
            .collect();
        let usd = days.iter().flat_map(|day| &day.items).map(|item| item.usd).sum();
        Spend { days, usd, ..Spend::default() }
    }

    #[test]
    fn an_address_is_read_and_written() {
        let view = View::parse([("by", "gpu"), ("days", "90"), ("person", "ann b")]);
        assert_eq!(view, View { by: SpendBy::Gpu, days: 90, person: Some("ann b".into()) });
        assert_eq!(view.to_query(), "?by=gpu&days=90&person=ann+b");
        assert_eq!(View::default().to_query(), "");
        assert_eq!(View::parse([("by", "moon"), ("days", "8"), ("person", " ")]), View::default());
        assert_eq!(
            view.request(".csv", -300),
            "/api/v1/spend.csv?days=90&by=gpu&offset_minutes=-300&person=ann+b"
        );
    }

    #[test]
    fn the_dearest_have_bars_of_their_own_and_the_rest_is_one() {
        let many: Vec<(String, f64)> = (1..=8).map(|n| (format!("p{n}"), f64::from(n))).collect();
        let first: Vec<(&str, f64)> = many.iter().map(|(key, usd)| (key.as_str(), *usd)).collect();
        let chart = Chart::of(&spend(&[&first, &[("p1", 2.0)], &[]]));
        let series: Vec<(&str, f64)> = chart.series.iter().map(|one| (one.key.as_str(), one.usd)).collect();
        assert_eq!(series, [("p8", 8.0), ("p7", 7.0), ("p6", 6.0), ("p5", 5.0), ("p4", 4.0), (OTHERS, 8.0)]);
        assert_eq!(chart.bars[0].parts, [8.0, 7.0, 6.0, 5.0, 4.0, 6.0]);
        assert_eq!(chart.bars[1].parts, [0.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
        assert_eq!(chart.bars[2].usd, 0.0);
        let sum: f64 = chart.bars.iter().map(|bar| bar.usd).sum();
        assert!((sum - 38.0).abs() < 1e-9, "nothing is lost: {sum}");
    }

    #[test]
    fn days_without_spending_are_one_line_of_the_table_when_there_are_three() {
        let some: &[(&str, f64)] = &[("x", 1.0)];
        let chart = Chart::of(&spend(&[&[], &[], some, &[], &[], &[], &[], some]));
        let lines: Vec<String> = chart
            .day_lines()
            .into_iter()
            .map(|line| match line {
                DayLine::Day(bar) => format!("{} {}", day(&bar.date, false), bar.usd),
                DayLine::Nothing(first, last) => format!("{} to {}", day(first, false), day(last, false)),
            })
            .collect();
        assert_eq!(lines, ["8 Nov 1", "4 Nov to 7 Nov", "3 Nov 1", "2 Nov 0", "1 Nov 0"]);
        assert_eq!(Chart::of(&spend(&[])).day_lines(), []);
    }

    #[test]
    fn a_chart_of_nothing_has_a_scale_all_the_same() {
        for spend in [spend(&[]), spend(&[&[], &[]]), spend(&[&[("x", f64::NAN)]])] {
            let chart = Chart::of(&spend);
            assert!(chart.top > 0.0 && chart.step > 0.0 && !chart.lines().is_empty(), "{chart:?}");
        }
    }

    #[test]
    fn scales_are_easy_to_read() {
        for (most, top, step) in [
            (130.0, 150.0, 50.0),
            (9.0, 10.0, 5.0),
            (0.7, 0.8, 0.2),
            (1000.0, 1000.0, 500.0),
            (0.001, 0.01, 0.01),
        ] {
            let (is_top, is_step) = scale(most);
            assert!(
                (is_top - top).abs() < 1e-9 && (is_step - step).abs() < 1e-9,
                "{most}: {is_top} {is_step}"
            );
        }
    }

    #[test]
    fn words_say_what_a_key_and_a_time_are() {
        assert_eq!(key_word(SpendBy::Gpu, ""), "no GPU");
        assert_eq!(key_word(SpendBy::Run, ""), "without a run");
        assert_eq!(key_word(SpendBy::Person, "ann"), "ann");
        assert_eq!(
            (day("2026-11-07", false), day("2026-11-07", true)),
            ("7 Nov".into(), "7 Nov 2026".into())
        );
        assert_eq!(day("someday", false), "someday");
        assert_eq!(day("2026-13-01", false), "2026-13-01");
        assert_eq!(period(&spend(&[&[], &[], &[]])), "1 Nov to 3 Nov 2026");
        let mut over = spend(&[&[], &[]]);
        over.days[0].date = "2025-12-31".into();
        over.days[1].date = "2026-01-01".into();
        assert_eq!(period(&over), "31 Dec 2025 to 1 Jan 2026");
        assert_eq!(
            (per_cent(1.0, 8.0), per_cent(0.1, 99.0), per_cent(0.0, 0.0)),
            ("12 %".into(), "<1 %".into(), "0 %".into())
        );
    }
}
