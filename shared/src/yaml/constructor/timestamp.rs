//! Dates and times (yaml.org/type/timestamp.html).

/// The parts of a timestamp as far as they decide whether it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::yaml) struct Timestamp {
    year: u32,
    month: u32,
    day: u32,
    /// Hour, minute and second; `None` for a mere date.
    pub(in crate::yaml) time: Option<(u32, u32, u32)>,
    /// Distance from UTC in minutes, whichever direction.
    offset: u32,
}

/// Reads along a text.
struct Cursor<'a>(&'a str);

impl Cursor<'_> {
    /// A number of `least` to `most` digits, as many as there are.
    fn digits(&mut self, least: usize, most: usize) -> Option<u32> {
        let count = self.0.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        digits.parse().ok()
    }

    /// Steps over `c` if it comes.
    fn eat(&mut self, c: char) -> bool {
        match self.0.strip_prefix(c) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn blanks(&mut self) -> bool {
        let rest = self.0.trim_start_matches([' ', '\t']);
        let any = rest.len() < self.0.len();
        self.0 = rest;
        any
    }
}

impl Timestamp {
    /// Reads the form only; whether there is such a day says [`Self::exists`].
    pub(in crate::yaml) fn parse(text: &str) -> Option<Self> {
        let mut at = Cursor(text.strip_suffix('\n').unwrap_or(text));
        let year = at.digits(4, 4)?;
        let month = at.eat('-').then(|| at.digits(1, 2))??;
        let day = at.eat('-').then(|| at.digits(1, 2))??;
        let date = Self { year, month, day, time: None, offset: 0 };
        if at.0.is_empty() {
            return Some(date);
        }
        if !(at.eat('T') || at.eat('t') || at.blanks()) {
            return None;
        }
        let hour = at.digits(1, 2)?;
        let minute = at.eat(':').then(|| at.digits(2, 2))??;
        let second = at.eat(':').then(|| at.digits(2, 2))??;
        if at.eat('.') {
            at.0 = at.0.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        let time = Some((hour, minute, second));
        if at.0.is_empty() {
            return Some(Self { time, ..date });
        }
        at.blanks();
        let mut offset = 0;
        if !at.eat('Z') {
            if !(at.eat('+') || at.eat('-')) {
                return None;
            }
            offset = at.digits(1, 2)? * 60;
            if at.eat(':') {
                offset += at.digits(2, 2)?;
            }
        }
        at.0.is_empty().then_some(Self { time, offset, ..date })
    }

    /// Whether there is such a day and time: in the years 1 to 9999, less than a day from UTC.
    pub(in crate::yaml) fn exists(&self) -> bool {
        let leap =
            self.year.is_multiple_of(4) && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        let days = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        let (hour, minute, second) = self.time.unwrap_or_default();
        self.year > 0
            && (1..=days).contains(&self.day)
            && hour < 24
            && minute < 60
            && second < 60
            && self.offset < 24 * 60
    }
}
