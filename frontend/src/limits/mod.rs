//! Limits in words: how much of each is used, and what somebody has typed for new ones.

use berth_shared::api::{Limited, Limits, NEAR, Standing};
use berth_texts::{t, tf};

use crate::format;

/// How near something is to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// There is no limit.
    Free,
    /// Below four fifths of it.
    Below,
    /// Four fifths of it or more.
    Near,
    /// More than it, or all of it.
    Over,
}

/// How much of one limit is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    /// Which.
    pub what: Limited,
    /// How near it is.
    pub reach: Reach,
    /// How much of it is used, 0 to 1; 0 without a limit.
    pub share: f64,
    /// What is used: `3`, `$1.20/h`.
    pub used: String,
    /// Of how much: `of 8`; `no limit`.
    pub of: String,
    /// What that means: "80 % of it is used"; empty where there is nothing to say.
    pub words: String,
}

/// What is limited, in order, and its words.
pub const ALL: [(Limited, &str, &str); 4] = [
    (Limited::Instances, t!("Instances at once"), t!("whole number")),
    (Limited::Gpus, t!("GPUs at once"), t!("whole number")),
    (Limited::UsdPerHour, t!("$ an hour"), t!("US dollars")),
    (Limited::UsdPerMonth, t!("$ a month"), t!("US dollars, calendar month in UTC")),
];

/// The name of what is limited.
#[must_use]
pub fn name(what: Limited) -> &'static str {
    ALL.iter().find(|(this, ..)| *this == what).map_or("", |(_, name, _)| name)
}

/// One limit as a number; `None` = none.
#[must_use]
pub fn of(limits: &Limits, what: Limited) -> Option<f64> {
    match what {
        Limited::Instances => limits.instances.map(f64::from),
        Limited::Gpus => limits.gpus.map(f64::from),
        Limited::UsdPerHour => limits.usd_per_hour,
        Limited::UsdPerMonth => limits.usd_per_month,
    }
}

fn number(what: Limited, value: f64) -> String {
    match what {
        Limited::Instances | Limited::Gpus => format!("{value:.0}"),
        Limited::UsdPerHour => format!("{}/h", format::rate(value)),
        Limited::UsdPerMonth => format::cost(value),
    }
}

/// How much of each limit somebody has used.
#[must_use]
pub fn meters(standing: &Standing) -> [Meter; 4] {
    ALL.map(|(what, ..)| {
        let used = match what {
            Limited::Instances => f64::from(standing.used.instances),
            Limited::Gpus => f64::from(standing.used.gpus),
            Limited::UsdPerHour => standing.used.usd_per_hour,
            Limited::UsdPerMonth => standing.used.usd_this_month,
        };
        let shown = number(what, used);
        let Some(limit) = of(&standing.limits, what) else {
            return Meter {
                what,
                reach: Reach::Free,
                share: 0.0,
                used: shown,
                of: t!("no limit").to_owned(),
                words: String::new(),
            };
        };
        // Of a limit of nothing, nothing is all.
        let share = if limit > 0.0 { used / limit } else { 1.0 };
        let left = number(what, (limit - used).max(0.0));
        let (reach, words) = match share {
            share if share > 1.0 => (Reach::Over, tf!("{} over the limit", number(what, used - limit))),
            share if share >= 1.0 => (Reach::Over, t!("used up").to_owned()),
            share if share >= NEAR => (Reach::Near, tf!("{:.0} % used, {left} left", share * 100.0)),
            _ => (Reach::Below, tf!("{left} left")),
        };
        Meter {
            what,
            reach,
            share: share.clamp(0.0, 1.0),
            used: shown,
            of: tf!("of {}", number(what, limit)),
            words,
        }
    })
}

/// A limit as it stands in a field; empty = none.
#[must_use]
pub fn field(limits: &Limits, what: Limited) -> String {
    of(limits, what).map_or_else(String::new, |limit| limit.to_string())
}

/// Reads what stands in the fields, in the order of [`ALL`].
///
/// # Errors
/// What is wrong with which of them, in a sentence.
pub fn read(fields: &[String; 4]) -> Result<Limits, (Limited, String)> {
    let mut limits = Limits::default();
    for ((what, label, _), text) in ALL.into_iter().zip(fields) {
        let text = text.trim().trim_start_matches('$');
        if text.is_empty() {
            continue;
        }
        match what {
            Limited::Instances | Limited::Gpus => {
                let number = text.parse::<u32>().map_err(|_| {
                    (what, tf!("{label}: a whole number from 0 up, or nothing for no limit."))
                })?;
                match what {
                    Limited::Instances => limits.instances = Some(number),
                    _ => limits.gpus = Some(number),
                }
            }
            Limited::UsdPerHour | Limited::UsdPerMonth => {
                let number = text.parse::<f64>().ok().filter(|usd| usd.is_finite() && *usd >= 0.0);
                let number = number.ok_or_else(|| {
                    (what, tf!("{label}: US dollars from 0 up such as 12.50, or nothing for no limit."))
                })?;
                match what {
                    Limited::UsdPerHour => limits.usd_per_hour = Some(number),
                    _ => limits.usd_per_month = Some(number),
                }
            }
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use berth_shared::api::Used;

    use super::*;

    fn standing(limit: Option<f64>, used: f64) -> Standing {
        Standing {
            limits: Limits { usd_per_month: limit, ..Limits::default() },
            used: Used { usd_this_month: used, ..Used::default() },
            ..Standing::default()
        }
    }

    #[test]
    fn a_meter_says_how_near_the_limit_is() {
        let month = |limit, used| {
            let [.., month] = meters(&standing(limit, used));
            (month.reach, month.share, month.of, month.words)
        };
        assert_eq!(month(None, 5.0), (Reach::Free, 0.0, "no limit".into(), String::new()));
        assert_eq!(month(Some(100.0), 79.0), (Reach::Below, 0.79, "of $100.00".into(), "$21.00 left".into()));
        assert_eq!(
            month(Some(100.0), 80.0),
            (Reach::Near, 0.8, "of $100.00".into(), "80 % used, $20.00 left".into())
        );
        assert_eq!(month(Some(100.0), 100.0), (Reach::Over, 1.0, "of $100.00".into(), "used up".into()));
        assert_eq!(
            month(Some(100.0), 112.5),
            (Reach::Over, 1.0, "of $100.00".into(), "$12.50 over the limit".into())
        );
        assert_eq!(month(Some(0.0), 0.0).0, Reach::Over, "a limit of nothing is used up");
    }

    #[test]
    fn counts_are_whole_and_rates_have_their_period() {
        let standing = Standing {
            limits: Limits { instances: Some(8), usd_per_hour: Some(2.5), ..Limits::default() },
            used: Used { instances: 7, usd_per_hour: 1.0, ..Used::default() },
            ..Standing::default()
        };
        let [instances, gpus, hour, _] = meters(&standing);
        assert_eq!(
            (instances.used.as_str(), instances.of.as_str(), instances.words.as_str()),
            ("7", "of 8", "88 % used, 1 left")
        );
        assert_eq!((gpus.used.as_str(), gpus.reach), ("0", Reach::Free));
        assert_eq!((hour.used.as_str(), hour.of.as_str()), ("$1.00/h", "of $2.50/h"));
    }

    #[test]
    fn what_stands_in_the_fields_is_read() {
        let fields = ["8".to_owned(), " ".to_owned(), "$2.50".to_owned(), "300".to_owned()];
        let limits = read(&fields).unwrap();
        assert_eq!(
            limits,
            Limits { instances: Some(8), gpus: None, usd_per_hour: Some(2.5), usd_per_month: Some(300.0) }
        );
        let again = ALL.map(|(what, ..)| field(&limits, what));
        assert_eq!(again, ["8", "", "2.5", "300"]);
        assert_eq!(read(&again).unwrap(), limits);
    }

    #[test]
    fn what_makes_no_limit_says_so() {
        for (at, text) in
            [(0, "many"), (0, "-1"), (1, "1.5"), (2, "-2"), (2, "NaN"), (3, "inf"), (3, "1,000")]
        {
            let mut fields = [const { String::new() }; 4];
            fields[at] = text.to_owned();
            let (what, why) = read(&fields).unwrap_err();
            assert_eq!(what, ALL[at].0, "{text}");
            assert!(why.contains("nothing for no limit"), "{why}");
        }
    }
}
