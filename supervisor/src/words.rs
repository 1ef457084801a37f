//! Quantities for people.

/// A size with the largest binary unit that leaves at least 1: `1.9 GiB`, `512 MiB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{} {}", number(value), UNITS[unit])
}

/// A number with one decimal at most, and none when it is whole: `1.9`, `24`.
#[must_use]
pub fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), ToOwned::to_owned)
}

/// The first line of a command, cut to fit a line on a page.
#[must_use]
pub fn title(command: &str) -> String {
    const LONGEST: usize = 80;
    let mut lines = command.trim().lines();
    let first = lines.next().unwrap_or_default().trim_end();
    let more = lines.next().is_some() || first.chars().count() > LONGEST;
    let cut: String = first.chars().take(LONGEST).collect();
    if more { format!("{} …", cut.trim_end()) } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        let told: Vec<String> = [0, 1023, 1 << 20, 1536 << 20, 100 << 40].map(bytes).into();
        assert_eq!(told, ["0 bytes", "1023 bytes", "1 MiB", "1.5 GiB", "100 TiB"]);
    }

    #[test]
    fn a_command_of_several_lines_is_told_by_its_first() {
        assert_eq!(title("  pip install x\n"), "pip install x");
        assert_eq!(title("for x in 1; do\n  echo\ndone"), "for x in 1; do …");
        assert_eq!(title(&"x".repeat(100)), format!("{} …", "x".repeat(80)));
    }
}
