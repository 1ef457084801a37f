//! Moments in the reader's own time zone.

use berth_shared::time::Timestamp;
use berth_texts::t;
use js_sys::Date;
use wasm_bindgen::JsValue;

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

fn date(at: Timestamp) -> Date {
    Date::new(&JsValue::from_f64(at.0 as f64))
}

/// The time of day to the second: `10:51:20`.
#[must_use]
pub fn clock_seconds(at: Timestamp) -> String {
    let date = date(at);
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}

/// The time of day to the millisecond: `10:51:20.007`.
#[must_use]
pub fn clock_millis(at: Timestamp) -> String {
    format!("{}.{:03}", clock_seconds(at), at.0.rem_euclid(1000))
}

/// The time of day, with the date unless that is today's: `18:51`, `21 Nov 18:51`.
#[must_use]
pub fn clock_when(at: Timestamp, now: Timestamp) -> String {
    let (date, today) = (date(at), date(now));
    let time = format!("{:02}:{:02}", date.get_hours(), date.get_minutes());
    let day = |date: &Date| (date.get_full_year(), date.get_month(), date.get_date());
    if day(&date) == day(&today) {
        return time;
    }
    let month = MONTHS.get(date.get_month() as usize).copied().unwrap_or_default();
    format!("{} {month} {time}", date.get_date())
}

/// Date, time and zone in full, for the pointer that rests on a moment.
#[must_use]
pub fn exact(at: Timestamp) -> String {
    let date = date(at);
    let west = date.get_timezone_offset() as i64;
    let (sign, zone) = if west <= 0 { ('+', -west) } else { ('-', west) };
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02} {sign}{:02}:{:02}",
        date.get_full_year(),
        date.get_month() + 1,
        date.get_date(),
        date.get_hours(),
        date.get_minutes(),
        date.get_seconds(),
        zone / 60,
        zone % 60,
    )
}

/// The same for programs, in UTC: `2026-11-27T10:51:20.007Z`.
#[must_use]
pub fn machine_readable(at: Timestamp) -> String {
    String::from(date(at).to_iso_string())
}
