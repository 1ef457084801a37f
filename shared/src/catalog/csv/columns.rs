//! The columns of a file by name, and the fields of a line.

use std::str::FromStr;

use super::MAX_NAME;
use crate::config::Arch;

/// The first line.
pub(super) struct Header(Vec<String>);

impl Header {
    pub(super) fn new(record: &csv::ByteRecord) -> Self {
        let name = |field: &[u8]| String::from_utf8_lossy(field).trim().to_ascii_lowercase();
        let names: Vec<String> = record.iter().map(name).collect();
        Self(if names.iter().all(String::is_empty) { Vec::new() } else { names })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Where the column of this name is.
    pub(super) fn place(&self, name: &'static str) -> Option<Column> {
        self.0.iter().position(|column| column == name).map(|at| Column { at, name })
    }

    /// Those of the names that are missing.
    pub(super) fn missing(&self, names: &[&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.place(name).is_none()).collect()
    }
}

/// A column that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    at: usize,
    name: &'static str,
}

/// The fields of a line. What is wrong with one is told in words.
pub(super) struct Fields<'a> {
    record: &'a csv::ByteRecord,
    expected: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(record: &'a csv::ByteRecord, expected: usize) -> Self {
        Self { record, expected }
    }

    /// Whether the line has as many fields as the first one.
    pub(super) fn complete(&self) -> Result<(), String> {
        let found = self.record.len();
        if found == self.expected {
            return Ok(());
        }
        Err(format!("{found} fields instead of {}", self.expected))
    }

    /// The text of a field, `None` when it is empty.
    pub(super) fn text(&self, column: Column) -> Result<Option<&'a str>, String> {
        let bytes = self.record.get(column.at).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", column.name))?.trim();
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A name of something, which must be there.
    pub(super) fn name(&self, column: Column) -> Result<&'a str, String> {
        let text = self.text(column)?.ok_or_else(|| format!("`{}` is empty", column.name))?;
        checked_name(text, column.name)
    }

    /// A name of something, where a file has such a column and a value in it.
    pub(super) fn optional_name(&self, column: Option<Column>) -> Result<Option<&'a str>, String> {
        let Some(column) = column else { return Ok(None) };
        self.text(column)?.map(|text| checked_name(text, column.name)).transpose()
    }

    /// A value that must be there.
    pub(super) fn value<T: FromStr>(&self, column: Column, wanted: &str) -> Result<T, String> {
        self.optional(Some(column), wanted)?.ok_or_else(|| format!("`{}` is empty", column.name))
    }

    /// A value, where a file has such a column and something in it.
    pub(super) fn optional<T: FromStr>(
        &self,
        column: Option<Column>,
        wanted: &str,
    ) -> Result<Option<T>, String> {
        let Some(column) = column else { return Ok(None) };
        let Some(text) = self.text(column)? else { return Ok(None) };
        let wrong = |_| format!("`{}` is `{}`, which is not {wanted}", column.name, short(text));
        text.parse().map(Some).map_err(wrong)
    }

    /// `true` or `false`, whatever the case.
    pub(super) fn flag(&self, column: Column) -> Result<bool, String> {
        match self.text(column)? {
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => {
                Err(format!("`{}` is `{}`, which is neither true nor false", column.name, short(text)))
            }
            None => Err(format!("`{}` is empty", column.name)),
        }
    }

    /// A price in US dollars an hour.
    pub(super) fn price(&self, column: Column) -> Result<f64, String> {
        let price: f64 = self.value(column, "a number")?;
        // What the packed file can hold.
        if price.is_finite() && price.abs() > 9e9 {
            return Err(format!("`{}` is beyond 9 billion dollars an hour", column.name));
        }
        Ok(price)
    }
}

/// The architecture of a machine's CPU, where a file has such a column and a value in it.
pub(super) fn arch(fields: &Fields<'_>, column: Option<Column>) -> Result<Option<Arch>, String> {
    let read = |text| {
        Arch::of(text).ok_or_else(|| format!("`cpu_arch` is `{}`; known are `x86` and `arm`", short(text)))
    };
    fields.optional_name(column)?.map(read).transpose()
}

fn checked_name<'a>(text: &'a str, column: &str) -> Result<&'a str, String> {
    if text.len() > MAX_NAME {
        return Err(format!("`{column}` is longer than {MAX_NAME} bytes"));
    }
    if text.chars().any(char::is_control) {
        return Err(format!("`{column}` has characters in it that cannot be shown"));
    }
    Ok(text)
}

/// A value for a message.
pub(super) fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).map(|c| if c.is_control() { '?' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
