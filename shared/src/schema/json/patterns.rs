//! The forms of texts, as regular expressions of ECMA-262 that other engines read as well.
//!
//! They take a little more than dstack does (any character beyond ASCII may be a digit or a blank, a blank
//! may stand anywhere in a range), never less.

/// A digit of any script.
const DIGIT: &str = r"[^\x00-/:-\x7f]";
/// Blanks of any script, perhaps none.
const BLANKS: &str = r"[^\x00-\x08\x0e-\x1f!-\x7f]*";
/// What may follow a digit of a number in a range: digits, `_`, blanks.
const MORE: &str = r"[^\x00-\x08\x0e-\x1f!-/:-^`-\x7f]*";
/// A letter of any script.
const LETTER: &str = r"[^\x00-@\[-`{-\x7f]";

/// Digits with `_` between two of them.
fn digits() -> String {
    format!("{DIGIT}(?:_?{DIGIT})*")
}

/// What Python's `int()` takes.
fn int() -> String {
    format!("{BLANKS}[+-]?{}{BLANKS}", digits())
}

/// `inf`, `infinity` and `nan` in any case, with blanks inside where `blank` has some.
fn words(words: &[&str], blank: &str) -> String {
    let word = |word: &&str| {
        let letters: Vec<_> = word.chars().map(|c| format!("[{c}{}]", c.to_ascii_uppercase())).collect();
        letters.join(blank)
    };
    words.iter().map(word).collect::<Vec<_>>().join("|")
}

/// One side of a range of whole numbers, blanks and all.
fn int_side() -> String {
    format!("{BLANKS}[+-]? *{DIGIT}{MORE}")
}

/// One side of a range of sizes.
fn size_side() -> String {
    let number = format!(r"(?:{DIGIT}{MORE}(?:\.{MORE})?|\. *{DIGIT}{MORE})(?:[eE] *[+-]? *{DIGIT}{MORE})?");
    let unit = "(?:[tTgGmM] *[bB] *)?";
    format!("{BLANKS}[+-]? *(?:{number}|(?:{}){MORE}){unit}", words(&["infinity", "inf", "nan"], " *"))
}

/// A value, or a range with at least one side.
fn range(side: &str) -> String {
    format!(r"(?:{side}(?:\.\.(?:{side}|{BLANKS}))?|{BLANKS}\.\.{side})")
}

fn whole(pattern: &str) -> String {
    format!("^(?:{pattern})$")
}

pub(super) fn integer() -> String {
    whole(&int())
}

pub(super) fn integer_range() -> String {
    whole(&range(&int_side()))
}

pub(super) fn size() -> String {
    whole(&size_side())
}

pub(super) fn size_range() -> String {
    whole(&range(&size_side()))
}

/// A range of sizes none of which is written as less than 50 GB.
pub(super) fn disk() -> String {
    let number = r"0*(?:[0-4]?[0-9](?:\.[0-9]*)?|\.[0-9]+)";
    let small = format!(" *(?:{number} *(?:[gG] *[bB] *)?|0*[0-9]{{1,4}}(?:\\.[0-9]*)? *[mM] *[bB] *)");
    format!(r"^(?!{small}(?:\.\.|$))(?!.*\.\.{small}$)(?:{})$", range(&size_side()))
}

/// A number above 0.
pub(super) fn price() -> String {
    let (digits, inf) = (digits(), words(&["infinity", "inf"], ""));
    whole(&format!(
        r"{BLANKS}[+]?(?:(?:{digits}(?:\.(?:{digits})?)?|\.{digits})(?:[eE][+-]?{digits})?|{inf}){BLANKS}"
    ))
}

/// Whole seconds, or digits with a unit; `off` when that is taken.
pub(super) fn duration(or_off: bool) -> String {
    let off = if or_off { "off|" } else { "" };
    whole(&format!(r"{off}{}|{DIGIT}+ *[smhdw]\n?", int()))
}

/// Names, a memory and a count, parted by colons.
pub(super) fn gpu() -> String {
    gpu_of(&int_side())
}

fn gpu_of(count: &str) -> String {
    let name = format!("{BLANKS}{LETTER}[^:,]*(?:, *[^:, ][^:,]*)*");
    // What holds a letter is no count.
    let memory = format!("(?=[^:]*{LETTER}){}", range(&size_side()));
    let token = format!("(?:{name}|{memory}|{})", range(count));
    format!("^{token}(?::{token})*$")
}

/// Two whole numbers parted by a dot.
pub(super) fn compute_capability() -> String {
    whole(&format!(r"{}\.{}", int(), int()))
}

pub(super) fn boolean() -> String {
    whole(&words(&["1", "0", "on", "off", "t", "f", "true", "false", "y", "n", "yes", "no"], ""))
}

/// `NAME=value`, or `NAME` alone.
pub(super) fn variable() -> String {
    whole(r"[a-zA-Z_][a-zA-Z0-9_]*(?:=[^\n]*)?\n?")
}

/// A number, `local:container` or `*:container`.
pub(super) fn port() -> String {
    whole(&format!(r"{}|(?:\*|[0-9]+):[0-9]+\n?", int()))
}

// What dstack 0.22 reads otherwise.

/// What its library takes for a whole number in text: with zeros behind a dot, too.
pub(super) fn strict_integer() -> String {
    whole(&format!("{BLANKS}[+-]?{}(?:\\.(?:_?0)+)?{BLANKS}", digits()))
}

/// A [`strict_integer`], or a range of them.
pub(super) fn strict_integer_range() -> String {
    whole(&range(&strict_int_side()))
}

/// As [`gpu`], with counts as its library takes them; a vendor looks as a name does.
pub(super) fn strict_gpu() -> String {
    gpu_of(&strict_int_side())
}

fn strict_int_side() -> String {
    format!(r"{}(?:\. *0[0_ ]*{BLANKS})?", int_side())
}

/// What its library takes for a number.
pub(super) fn float() -> String {
    let (digits, words) = (digits(), words(&["infinity", "inf", "nan"], ""));
    whole(&format!(
        r"{BLANKS}[+-]?(?:(?:{digits}(?:\.(?:{digits})?)?|\.{digits})(?:_?[eE][+-]?_?{digits})?|{words}){BLANKS}"
    ))
}

/// A [`float`] above 0.
pub(super) fn strict_price() -> String {
    let (digits, inf) = (digits(), words(&["infinity", "inf"], ""));
    whole(&format!(
        r"{BLANKS}[+]?(?:(?:{digits}(?:\.(?:{digits})?)?|\.{digits})(?:_?[eE][+-]?_?{digits})?|{inf}){BLANKS}"
    ))
}

/// One of these words in any case.
pub(super) fn any_case(all: &[&str]) -> String {
    whole(&words(all, ""))
}

/// A count of vCPUs, an architecture, or both, parted by a colon.
pub(super) fn cpu() -> String {
    let side = strict_int_side();
    let token = format!(
        r"(?: *{DIGIT}(?:{DIGIT}| )*|{side}\.\.(?:{side}|{BLANKS})|{BLANKS}\.\.{side}|(?: *(?:{}) *))",
        words(&["x86", "arm"], " *")
    );
    format!("^{token}(?::{token})?$")
}

/// `NAME=value`, or `NAME` alone; no line break behind it.
pub(super) fn strict_variable() -> String {
    whole(r"[a-zA-Z_][a-zA-Z0-9_]*(?:=[^\n]*)?")
}

/// A number, `local:container` or `*:container`, without blanks and signs.
pub(super) fn strict_port() -> String {
    whole(&format!(r"(?:(?:\*|{DIGIT}+):)?{DIGIT}+\n?"))
}

/// `sh`, `bash` or an absolute path.
pub(super) fn shell() -> String {
    r"^(?:sh$|bash$|/)".to_owned()
}

/// The name of a tag.
pub(super) fn tag_name() -> String {
    whole(r"[-_a-zA-Z0-9]{1,60}\n?")
}

/// The value of a tag.
pub(super) fn tag() -> String {
    whole(r"[-a-zA-Z0-9 .:/=_+@]{0,256}\n?")
}
