//! How things are said on a terminal.

use std::io::{self, Write};

use berth_shared::{catalog::Offer, time::Timestamp};

use super::failure::Failure;

/// How the result is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Text,
    /// One object.
    Json,
    /// One object a line.
    Jsonl,
}

impl Format {
    /// Refuses one object for what goes on for ever.
    pub(super) fn fits_follow(self, follow: bool) -> Result<(), Failure> {
        if follow && self == Self::Json {
            return Err(Failure::Usage(
                "`--format json` is one object, which has no end with `-f`; use `jsonl`".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Writes a line to standard output. Unlike `println!` it does not panic when nobody reads any more.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        writeln!(std::io::stdout().lock(), $($text)*)
    }};
}
pub(super) use say;

/// A text on one line, without what could play tricks with a terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// `1 run`, `2 runs`.
pub(super) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// How long ago that was: `now`, `5 min ago`, `3 h ago`, `2 days ago`.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.millis_since(at) / 1000;
    match seconds {
        0..5 => "now".to_owned(),
        _ => format!("{} ago", span(seconds)),
    }
}

/// A length of time in its largest unit: `45 s`, `5 min`, `3 h`, `2 days`.
pub(super) fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// A length of time that is left, in its two largest units: `45 s`, `4 min`, `2 h 30 min`, `2 days 23 h`.
pub(super) fn left(seconds: i64) -> String {
    let (rest, unit) = match seconds {
        ..3600 => (0, ""),
        3600..86_400 => (seconds / 60 % 60, "min"),
        _ => (seconds / 3600 % 24, "h"),
    };
    if rest == 0 { span(seconds) } else { format!("{} {rest} {unit}", span(seconds)) }
}

/// A length of time as a configuration writes it: `90m`, `2h`, `3d`; seconds that no unit fits are `45s`.
pub(super) fn duration(seconds: i64) -> String {
    let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
    match units.into_iter().find(|(unit, _)| seconds >= *unit && seconds % unit == 0) {
        Some((unit, letter)) => format!("{}{letter}", seconds / unit),
        None if seconds > 0 => format!("{seconds}s"),
        None => seconds.to_string(),
    }
}

/// A moment in UTC: `2026-09-21 14:13:20`.
pub(super) fn moment(at: Timestamp) -> String {
    let second = at.0.div_euclid(1000).rem_euclid(86_400);
    format!("{} {:02}:{:02}:{:02}", at.date(), second / 3600, second / 60 % 60, second % 60)
}

/// US dollars that have been spent: cents, and more places while there is less than a cent.
pub(super) fn spent(dollars: f64) -> String {
    match dollars {
        0.0 => "$0".to_owned(),
        small if small < 0.01 => format!("${small:.4}"),
        large => format!("${large:.2}"),
    }
}

/// What a machine has, or a share of one: `8xCPU, 61GB, 1xV100 (16GB), 100GB (disk)`.
pub(super) fn resources(offer: &Offer) -> String {
    let gpu = offer.gpu.as_ref();
    let gpu = gpu.map(|gpu| format!(", {}x{} ({}GB)", gpu.count, visible(&gpu.name), tidy(gpu.memory_gib)));
    let disk = offer.disk_gib.map(|disk| format!(", {}GB (disk)", tidy(disk)));
    let (gpu, disk) = (gpu.unwrap_or_default(), disk.unwrap_or_default());
    format!("{}xCPU, {}GB{gpu}{disk}", tidy(offer.cpus), tidy(offer.memory_gib))
}

/// A number with one place at most.
fn tidy(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// A table with two blanks between its columns, without those at the ends of its lines.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], at: usize| row.get(at).map_or(0, |cell| cell.chars().count());
    let widths: Vec<usize> = (0..head.len())
        .map(|at| rows.iter().map(|row| cell(row, at)).chain([head[at].len()]).max().unwrap_or(0))
        .collect();
    let mut text = String::new();
    let head = head.iter().map(|&cell| cell.to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let padded: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Prints a list in the form that was asked for: what `text` makes of it; one object that holds it by this name; or an object a line.
pub(super) fn print_list<T: serde::Serialize>(
    format: Format,
    name: &str,
    items: &[T],
    text: impl FnOnce(&[T]) -> String,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Text => writeln!(out, "{}", text(items).trim_end())?,
        Format::Json => json_line(&mut out, &serde_json::json!({ name: items }))?,
        Format::Jsonl => items.iter().try_for_each(|item| json_line(&mut out, item))?,
    }
    out.flush()
}

/// One object on a line of its own.
pub(super) fn json_line(out: &mut dyn Write, value: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{Allocation, PlannedOffer};

    use super::*;

    #[test]
    fn of_a_machine_that_is_shared_the_share_is_told() {
        let machine: Offer = serde_json::from_value(serde_json::json!({
            "backend": "local", "region": "local", "instance_type": "this-machine", "cpus": 64.0, "memory_gib": 503.6, "gpu": null,
            "disk_gib": 900.0, "spot": false, "price": 0.0, "basis": "listed", "as_of": null, "availability": "available",
        }))
        .expect("an offer");
        let share = Allocation { cpus: 2.0, memory_bytes: 8 << 30, ..Allocation::default() };
        let planned = |allocation| PlannedOffer {
            offer: machine.clone(),
            allocation,
            notes: Vec::new(),
            observed_at: None,
            difference: None,
        };
        insta::assert_snapshot!(resources(&planned(None).share()), @"64xCPU, 503.6GB, 900GB (disk)");
        insta::assert_snapshot!(resources(&planned(Some(share)).share()), @"2xCPU, 8GB, 900GB (disk)");
    }

    #[test]
    fn times_are_said_in_their_largest_unit() {
        let now = Timestamp(1_790_000_000_000);
        let told: Vec<String> = [0, 4, 5, 59, 60, 3599, 3600, 86_399, 86_400, 172_799, 172_800, -10]
            .map(|seconds| ago(now.plus_seconds(-seconds), now))
            .into();
        insta::assert_snapshot!(told.join(", "), @"now, now, 5 s ago, 59 s ago, 1 min ago, 59 min ago, 1 h ago, 23 h ago, 1 day ago, 1 day ago, 2 days ago, now");
        assert_eq!(moment(now), "2026-09-21 14:13:20");
    }

    #[test]
    fn what_is_left_is_said_in_two_units() {
        let told = [45, 299, 3600, 9000, 86_400, 259_199].map(left);
        assert_eq!(told, ["45 s", "4 min", "1 h", "2 h 30 min", "1 day", "2 days 23 h"]);
    }

    #[test]
    fn durations_are_written_as_a_configuration_has_them() {
        for (seconds, written) in [
            (0, "0"),
            (-5, "-5"),
            (45, "45s"),
            (90, "90s"),
            (300, "5m"),
            (5400, "90m"),
            (7200, "2h"),
            (259_200, "3d"),
        ] {
            assert_eq!(duration(seconds), written);
        }
    }

    #[test]
    fn small_sums_keep_their_places() {
        assert_eq!([0.0, 0.0042, 0.01, 12.345].map(spent), ["$0", "$0.0042", "$0.01", "$12.35"]);
    }

    #[test]
    fn nothing_plays_tricks_with_the_terminal() {
        assert_eq!(visible("a\nb\x1b[2Jc\u{9b}d"), "a b\u{fffd}[2Jc\u{fffd}d");
    }
}
