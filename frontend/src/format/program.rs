//! What a browser calls itself, for people.

use berth_texts::{t, tf};

/// Marks of programs in their order: many browsers name those that they are like, too, further on.
const PROGRAMS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Marks of systems, likewise: an iPad says that it is like a Mac, Android that it is a Linux.
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// A program and its system, as far as its `User-Agent` tells: `Firefox on Linux`, `curl`, `An unknown program`.
#[must_use]
pub fn program(agent: &str) -> String {
    let named = |marks: &[(&str, &'static str)]| {
        marks.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (named(&PROGRAMS), named(&SYSTEMS)) {
        (Some(program), Some(system)) => tf!("{program} on {system}"),
        (Some(program), None) => program.to_owned(),
        (None, _) => match agent.split(['/', ' ']).next() {
            Some(first) if !first.is_empty() => first.to_owned(),
            _ => t!("An unknown program").to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_by_their_own_name_and_not_by_those_they_are_like() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let like = |system: &str, rest: &str| program(&format!("Mozilla/5.0 ({system}) {webkit} {rest}"));
        assert_eq!(
            like("Windows NT 10.0; Win64; x64", "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"),
            "Edge on Windows"
        );
        assert_eq!(like("X11; Linux x86_64", "HeadlessChrome/126.0.0.0 Safari/537.36"), "Chrome on Linux");
        assert_eq!(like("Linux; Android 14", "Chrome/126.0.0.0 Mobile Safari/537.36"), "Chrome on Android");
        assert_eq!(
            like("Macintosh; Intel Mac OS X 10_15_7", "Version/17.5 Safari/605.1.15"),
            "Safari on macOS"
        );
        assert_eq!(
            program("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
            "Firefox on Linux"
        );
    }

    #[test]
    fn what_is_no_browser_is_called_as_it_calls_itself() {
        assert_eq!(program("curl/8.9.1"), "curl");
        assert_eq!(program("berth"), "berth");
        assert_eq!(program(""), "An unknown program");
    }
}
