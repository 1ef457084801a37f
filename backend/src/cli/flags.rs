//! Values of flags that several commands take.

use berth_shared::{
    config::{self, Configuration, check_in},
    diagnostics::{Diagnostic, Severity},
    schema::Dialect,
};

/// What is needed when nothing is written.
pub(super) const EMPTY: &str = "type: dev-environment\nide: vscode\n";

/// Flags about the machine, read as the same fields of a file are; each stands above the file.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Resources")]
pub(super) struct Resources {
    /// GPUs, as `resources.gpu` of a file: `A100`, `24GB..`, `A100:80GB:2`.
    #[arg(long, value_name = "SPEC")]
    pub(super) gpu: Option<String>,

    /// vCPUs, as `resources.cpu`: `4`, `4..8`.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) cpu: Option<String>,

    /// RAM, as `resources.memory`: `16GB`, `16GB..64GB`.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) memory: Option<String>,

    /// Disk, as `resources.disk`: `200GB..`.
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) disk: Option<String>,
}

impl Resources {
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("gpu", &self.gpu), ("cpu", &self.cpu), ("memory", &self.memory), ("disk", &self.disk)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// A flag whose value is none.
#[derive(Debug, thiserror::Error)]
#[error("`--{flag} {}`: {}", .value.escape_debug(), said(.diagnostics))]
pub(super) struct WrongFlag {
    flag: &'static str,
    value: String,
    diagnostics: Vec<Diagnostic>,
}

/// Reads a flag of [`Resources`] as a field of a file of the dialect: the same reader, the same words when it is wrong.
pub(super) fn resource(
    flag: &'static str,
    value: &str,
    dialect: Dialect,
) -> Result<config::Resources, WrongFlag> {
    // What JSON writes in quotes YAML reads as the same text.
    let quoted = serde_json::Value::from(value).to_string();
    let checked = check_in(&format!("{EMPTY}resources: {{{flag}: {quoted}}}\n"), dialect, None);
    match checked.configuration {
        Some(configuration) => Ok(configuration.resources),
        None => Err(WrongFlag { flag, value: value.to_owned(), diagnostics: checked.diagnostics }),
    }
}

/// Reads a value as the field of a configuration: the same reader, the same words when it is wrong.
pub(super) fn field(name: &str, value: &str) -> Result<Configuration, String> {
    // What JSON writes in quotes YAML reads as the same text.
    let quoted = serde_json::Value::from(value).to_string();
    let checked = berth_shared::check(&format!("{EMPTY}{name}: {quoted}\n"));
    checked.configuration.ok_or_else(|| said(&checked.diagnostics))
}

/// What is wrong, and what to do about it, in a line each.
fn said(diagnostics: &[Diagnostic]) -> String {
    let one = |d: &Diagnostic| match &d.help {
        Some(help) => format!("{}; {help}", d.message),
        None => d.message.clone(),
    };
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error);
    errors.map(one).collect::<Vec<_>>().join("; ")
}

/// A duration of a configuration: `90m`, `2h`, `3600`; in seconds.
pub(super) fn seconds(text: &str) -> Result<i64, String> {
    let seconds = field("termination_idle_time", text)?.termination_idle_time.unwrap_or_default();
    if seconds < 0 { Err("a duration is not below 0".to_owned()) } else { Ok(seconds) }
}

/// A duration or `off`, as a configuration keeps `max_duration`.
pub(super) fn seconds_or_off(text: &str) -> Result<String, String> {
    Ok(field("max_duration", text)?.max_duration.unwrap_or_else(|| "off".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_a_file_has_them() {
        assert_eq!(seconds("90m"), Ok(5400));
        assert_eq!(seconds("3600"), Ok(3600));
        assert_eq!(seconds_or_off("off").as_deref(), Ok("off"));
        assert_eq!(seconds_or_off("2h").as_deref(), Ok("7200"));
        insta::assert_snapshot!(seconds("1h30m").unwrap_err(), @"expected a duration, got the text `1h30m`; write a whole number with one of the units `s`, `m`, `h`, `d`, `w`, such as `90m`");
        assert!(seconds("-5").is_err());
    }
}
