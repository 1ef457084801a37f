//! The audit log's page, as far as it is pure: what its address says, and how entries read.

use berth_shared::{
    api::{AuditEntry, AuditOutcome, AuditVia},
    time::Timestamp,
};
use berth_texts::t;

use crate::explore::query::encoded;

/// How many entries are asked for at once.
pub const AT_ONCE: u32 = 100;

/// Which entries are wanted: everything that the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Only what this person did.
    pub actor: String,
    /// Only this action, or those that begin with it.
    pub action: String,
    /// Only what was done to this.
    pub target: String,
    /// From this day on, `YYYY-MM-DD` in the reader's zone.
    pub since: String,
    /// Until this day, which counts.
    pub until: String,
}

impl View {
    /// Reads the pairs of an address's query.
    #[must_use]
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut view = Self::default();
        for (key, value) in pairs {
            let value = value.trim().to_owned();
            match key {
                "actor" => view.actor = value,
                "action" => view.action = value,
                "target" => view.target = value,
                "since" if day(&value).is_some() => view.since = value,
                "until" if day(&value).is_some() => view.until = value,
                _ => {}
            }
        }
        view
    }

    /// The query of the address, with its `?`; empty when all is wanted.
    #[must_use]
    pub fn to_query(&self) -> String {
        let pairs = [
            ("actor", &self.actor),
            ("action", &self.action),
            ("target", &self.target),
            ("since", &self.since),
            ("until", &self.until),
        ];
        let pairs: Vec<String> = pairs
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| format!("{key}={}", encoded(value)))
            .collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// What the server is asked for, without `?`. `east`: how far the reader's clock is ahead of UTC, minutes.
    #[must_use]
    pub fn wanted(&self, east: i32) -> String {
        let at = |date: &String, days: i64| {
            let moment = day(date)? + days * 86_400_000 - i64::from(east) * 60_000;
            Some(moment.to_string())
        };
        let named = |value: &String| (!value.is_empty()).then(|| encoded(value));
        let pairs = [
            ("actor", named(&self.actor)),
            ("action", named(&self.action)),
            ("target", named(&self.target)),
            ("since", at(&self.since, 0)),
            // The day itself counts.
            ("until", at(&self.until, 1)),
        ];
        let pairs: Vec<String> =
            pairs.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", value?))).collect();
        pairs.join("&")
    }

    /// Whether nothing is filtered out.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// The beginning of a day in UTC, milliseconds since 1970; `None` for what is no day.
fn day(date: &str) -> Option<i64> {
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, number] = parts.as_slice() else { return None };
    let (year, month, number) =
        (year.parse::<i64>().ok()?, month.parse::<i64>().ok()?, number.parse::<i64>().ok()?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&number) {
        return None;
    }
    // Days since 1970 in the Gregorian calendar, with years that begin in March, so that the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + number - 1 - 719_468;
    let millis = days * 86_400_000;
    // The 31st of a month of 30 days is another day.
    (Timestamp(millis).date() == date).then_some(millis)
}

/// How somebody proved who they are, in a word or two.
#[must_use]
pub fn via(via: AuditVia) -> &'static str {
    match via {
        AuditVia::Session => t!("browser"),
        AuditVia::Token => t!("API token"),
        AuditVia::SshKey => t!("SSH key"),
        AuditVia::Machine => t!("server’s command line"),
        AuditVia::Nothing => t!("not signed in"),
    }
}

/// What became of it: its word, and its tone.
#[must_use]
pub fn outcome(outcome: AuditOutcome) -> (&'static str, Option<&'static str>) {
    match outcome {
        AuditOutcome::Done => (t!("done"), None),
        AuditOutcome::Refused => (t!("refused"), Some("warn")),
        AuditOutcome::Failed => (t!("failed"), Some("danger")),
    }
}

/// From where it came, and by what it was proved.
#[must_use]
pub fn origin(entry: &AuditEntry) -> String {
    match &entry.address {
        Some(address) => format!("{address}, {}", via(entry.via)),
        None => via(entry.via).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written() {
        let pairs = [
            ("actor", " ann "),
            ("action", "run.submit"),
            ("since", "2026-11-01"),
            ("until", "soon"),
            ("x", "y"),
        ];
        let view = View::parse(pairs);
        assert_eq!(view.to_query(), "?actor=ann&action=run.submit&since=2026-11-01");
        assert!(!view.is_open());
        assert_eq!(View::parse([]).to_query(), "");
    }

    #[test]
    fn days_are_those_of_the_reader_and_both_count() {
        let view = View { since: "2026-11-01".into(), until: "2026-11-01".into(), ..View::default() };
        // 1 November 2026, 00:00 at two hours east of UTC.
        let midnight = 1_793_491_200_000_i64 - 2 * 3_600_000;
        assert_eq!(view.wanted(120), format!("since={midnight}&until={}", midnight + 86_400_000));
        assert_eq!(View::default().wanted(0), "");
    }

    #[test]
    fn what_is_no_day_is_none() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2000-02-29"), Some(951_782_400_000));
        for date in
            ["2026-02-29", "2026-11-31", "2026-13-01", "1969-12-31", "26-1-1", "", "2026-1-1", "2026-11-01T"]
        {
            assert_eq!(day(date), None, "{date}");
        }
    }

    #[test]
    fn an_entry_says_where_it_came_from() {
        let mut entry = AuditEntry {
            seq: 1,
            at: Timestamp(0),
            actor: None,
            via: AuditVia::Nothing,
            address: Some("203.0.113.9".into()),
            action: "session.begin".into(),
            target: None,
            outcome: AuditOutcome::Failed,
            detail: None,
            hash: String::new(),
        };
        assert_eq!(origin(&entry), "203.0.113.9, not signed in");
        (entry.address, entry.via) = (None, AuditVia::Machine);
        assert_eq!(origin(&entry), "server’s command line");
    }
}
