//! What is said of a terminal.

use berth_texts::{t, tf};

/// How a shell ended, by its code: 0-255, where 128 + N says signal N.
#[must_use]
pub fn ending(code: i32) -> String {
    match code {
        0 => t!("The shell has ended.").to_owned(),
        129..=192 => {
            let signal = code - 128;
            let name = SIGNALS.iter().find(|(number, _)| *number == signal);
            let name = name.map_or_else(String::new, |(_, name)| format!(" ({name})"));
            tf!("The shell was ended by signal {signal}{name}, exit code {code}.")
        }
        code => tf!("The shell has ended with exit code {code}."),
    }
}

/// Those that end shells, as Linux numbers them on every machine that Berth knows.
const SIGNALS: [(i32, &str); 12] = [
    (1, "SIGHUP"),
    (2, "SIGINT"),
    (3, "SIGQUIT"),
    (4, "SIGILL"),
    (6, "SIGABRT"),
    (7, "SIGBUS"),
    (8, "SIGFPE"),
    (9, "SIGKILL"),
    (11, "SIGSEGV"),
    (13, "SIGPIPE"),
    (14, "SIGALRM"),
    (15, "SIGTERM"),
];

/// Where a search has got to: `at` is the number of the place that was gone to, from 0 on, or negative when there are more than are counted.
#[must_use]
pub fn found(at: i32, count: u32) -> String {
    match (at, count) {
        (_, 0) => t!("Not found").to_owned(),
        (..0, count) => format!("{}+", crate::format::grouped(u64::from(count))),
        (at, count) => tf!("{} of {count}", at + 1),
    }
}

/// What is asked before lines are pasted that a program would run one by one.
#[must_use]
pub fn many_lines(count: u32) -> String {
    tf!(
        "Paste {} lines? What runs here takes each of them as it comes.",
        crate::format::grouped(u64::from(count))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_shell_is_told_with_its_code_and_signal() {
        assert_eq!(ending(0), "The shell has ended.");
        assert_eq!(ending(3), "The shell has ended with exit code 3.");
        assert_eq!(ending(137), "The shell was ended by signal 9 (SIGKILL), exit code 137.");
        assert_eq!(ending(162), "The shell was ended by signal 34, exit code 162.");
        assert_eq!(ending(255), "The shell has ended with exit code 255.");
    }

    #[test]
    fn a_search_says_where_it_is_and_of_how_many() {
        assert_eq!(found(-1, 0), "Not found");
        assert_eq!(found(0, 1), "1 of 1");
        assert_eq!(found(2, 12), "3 of 12");
        assert_eq!(found(-1, 1000), "1,000+");
    }
}
