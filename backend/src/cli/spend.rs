//! `berth spend`: what was spent, and on what.

use std::{collections::BTreeMap, process::ExitCode};

use berth_shared::api::{Spend, SpendBy};
use clap::ValueEnum;

use super::{
    client::{Access, part},
    failure::finish,
    words::{Format, count, json_line, say, spent, table, visible},
};

/// Arguments of `berth spend`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many days, today among them (UTC).
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=400))]
    days: u32,

    /// By what it is told apart.
    #[arg(long, value_enum, default_value_t)]
    by: By,

    /// Whose spending; everybody's otherwise.
    #[arg(long, value_name = "NAME")]
    person: Option<String>,

    /// How to print the result: `json` has each day, `jsonl` a line for each.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// By what spending is told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum By {
    /// Who pays.
    #[default]
    Person,
    /// Where the instance is.
    Backend,
    /// The GPU.
    Gpu,
    /// The run.
    Run,
}

impl By {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Backend => "backend",
            Self::Gpu => "gpu",
            Self::Run => "run",
        }
    }
}

/// Prints what was spent.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let person = args.person.as_deref().map(|name| format!("&person={}", part(name))).unwrap_or_default();
        let path = format!("/spend?days={}&by={}{person}", args.days, args.by.as_str());
        let spend: Spend = args.access.client()?.get(&path).await?;
        let mut out = std::io::stdout().lock();
        match args.format {
            Format::Text => Ok(say!("{}", summed(&spend).trim_end())?),
            Format::Json => Ok(json_line(&mut out, &spend)?),
            Format::Jsonl => Ok(spend.days.iter().try_for_each(|day| json_line(&mut out, day))?),
        }
    })
}

/// All days together, the dearest first.
fn summed(spend: &Spend) -> String {
    let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
    for item in spend.days.iter().flat_map(|day| &day.items) {
        *sums.entry(&item.key).or_default() += item.usd;
    }
    let days = count(spend.days.len() as u64, "day");
    if sums.is_empty() {
        return format!("Nothing was spent in {days}");
    }
    let mut sums: Vec<(&str, f64)> = sums.into_iter().collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let (head, nothing) = match spend.by {
        SpendBy::Person => ("PERSON", ""),
        SpendBy::Backend => ("BACKEND", ""),
        SpendBy::Gpu => ("GPU", "(none)"),
        SpendBy::Run => ("RUN", "(idle)"),
    };
    let row = |(key, usd): &(&str, f64)| {
        let key = if key.is_empty() { nothing.to_owned() } else { visible(key) };
        vec![key, spent(*usd), format!("{:.0} %", usd / spend.usd * 100.0)]
    };
    let rows: Vec<Vec<String>> = sums.iter().map(row).collect();
    format!(
        "{}\n{} in {days}, {} of it for instances without a run",
        table(&[head, "SPENT", "SHARE"], &rows),
        spent(spend.usd),
        spent(spend.idle_usd)
    )
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{SpendDay, SpendItem};

    use super::*;

    #[test]
    fn days_are_summed_and_the_dearest_comes_first() {
        let item = |key: &str, usd| SpendItem { key: key.to_owned(), usd };
        let day = |date: &str, items| SpendDay { date: date.to_owned(), items };
        let days = vec![
            day("2026-09-20", vec![item("fox", 2.0)]),
            day("2026-09-21", vec![item("owl", 7.0), item("", 1.5), item("fox", 0.5)]),
        ];
        let spend = Spend { by: SpendBy::Run, days, usd: 11.0, idle_usd: 1.5 };
        insta::assert_snapshot!(summed(&spend), @r"
        RUN     SPENT  SHARE
        owl     $7.00  64 %
        fox     $2.50  23 %
        (idle)  $1.50  14 %

        $11.00 in 2 days, $1.50 of it for instances without a run
        ");
        let nothing = Spend { days: vec![day("2026-09-21", Vec::new())], ..Spend::default() };
        assert_eq!(summed(&nothing), "Nothing was spent in 1 day");
    }
}
