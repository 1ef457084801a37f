//! Moments at which a debug build can be told to die, for tests: `BERTH_FAILPOINT=call.create.after#2` has the process
//! kill itself with SIGKILL right after the second call that creates a machine.
//!
//! A point is named by words with dots between them; without `#` the first time counts. The points are `call.WHAT.before`
//! and `.after` for each call to a provider (`plan`, `create`, `observe`, `terminate`, `list`, `remove-copies`,
//! `environment`, `start`, `deliver`, `observe-job`, `stop`, `keep`, `logs`), `commit`, `lease` (its `.after` only when something was
//! leased), `release`, `join` and `beat`, each with `.before` and `.after`, and `leave.before`. The `.after` of one is
//! before anybody knows how it went. Of the start there are `open`, `accounts` and `ready`, each with `.before` and
//! `.after`. Of `berth secret rotate-key` there are `rotate-key.key.after` (the new key is in the file), `rotate-key.seal.after` (all is sealed
//! anew) and `rotate-key.drop.before`. `transaction` is each transaction of SQLite that is about to be written, whoever makes it: migrations, accounts
//! and leases, too.
//!
//! `BERTH_FAILPOINT_LOG=FILE` has each point that is come to written down there, a line each, a commit with what it
//! writes: a test that is to leave none out finds them so.
//!
//! A release build has nothing of this: no variable is read and nothing is counted.

/// The variable that names the point.
#[cfg(debug_assertions)]
const VARIABLE: &str = "BERTH_FAILPOINT";

/// The variable that names the file.
#[cfg(debug_assertions)]
const LOG: &str = "BERTH_FAILPOINT_LOG";

/// The process has come to this point, at which it does this.
pub(crate) fn reach_with(words: &[&str], what: impl Fn() -> String) {
    #[cfg(debug_assertions)]
    come_to(words, what);
    #[cfg(not(debug_assertions))]
    let _ = (words, what);
}

/// The process has come to this point.
#[cfg(debug_assertions)]
pub(crate) fn reach(words: &[&str]) {
    come_to(words, String::new);
}

#[cfg(debug_assertions)]
fn come_to(words: &[&str], what: impl Fn() -> String) {
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };
    static ARMED: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static REACHED: AtomicU64 = AtomicU64::new(0);
    note(words, what);
    let armed = ARMED.get_or_init(|| std::env::var(VARIABLE).ok().as_deref().and_then(parse));
    let Some((name, time)) = armed else { return };
    if is(name, words) && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == *time {
        die();
    }
}

/// The process has come to this point.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub(crate) fn reach(_words: &[&str]) {}

/// Whether anybody wants to know of points.
pub(crate) fn wanted() -> bool {
    #[cfg(debug_assertions)]
    return [VARIABLE, LOG].iter().any(|name| std::env::var_os(name).is_some());
    #[cfg(not(debug_assertions))]
    false
}

/// Writes the point down, where somebody wants that.
#[cfg(debug_assertions)]
fn note(words: &[&str], what: impl Fn() -> String) {
    use std::{fs::File, io::Write as _, sync::OnceLock};
    static FILE: OnceLock<Option<File>> = OnceLock::new();
    let file =
        FILE.get_or_init(|| File::options().create(true).append(true).open(std::env::var_os(LOG)?).ok());
    if let Some(mut file) = file.as_ref() {
        // In one piece: several threads write.
        let line = format!("{} {}", words.join("."), what());
        let _ = file.write_all(format!("{}\n", line.trim_end()).as_bytes());
    }
}

/// As the kernel or an operator would: nothing is written, nobody is told, no destructor runs.
#[cfg(debug_assertions)]
fn die() {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    let _ = kill(Pid::this(), Signal::SIGKILL);
    // Other threads may have a moment left; this one does nothing more.
    loop {
        std::thread::park();
    }
}

/// `NAME#TIME`; `None` when it is neither.
#[cfg(debug_assertions)]
fn parse(text: &str) -> Option<(String, u64)> {
    let (name, time) = text.split_once('#').unwrap_or((text, "1"));
    let time = time.parse().ok().filter(|time| *time > 0)?;
    (!name.is_empty()).then(|| (name.to_owned(), time))
}

/// Whether these words with dots between them are the name.
#[cfg(debug_assertions)]
fn is(name: &str, words: &[&str]) -> bool {
    name.split('.').eq(words.iter().copied())
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_name_and_which_time() {
        assert_eq!(parse("commit.before#7"), Some(("commit.before".to_owned(), 7)));
        assert_eq!(parse("call.create.after"), Some(("call.create.after".to_owned(), 1)));
        for wrong in ["", "#3", "commit.before#", "commit.before#0", "commit.before#x"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert!(is("call.create.after", &["call", "create", "after"]));
        assert!(!is("call.create.after", &["call", "create"]));
        assert!(!is("call.create", &["call", "create", "after"]));
    }

    #[test]
    fn a_process_that_was_not_told_to_die_goes_on() {
        reach(&["commit", "before"]);
        reach(&["commit", "after"]);
    }
}
