//! A text without its secrets, for a link that anybody may open.

use serde::Serialize;

use super::{
    cursor::Step,
    outline::{Kind, Outline},
};
use crate::{config::is_secret_name, diagnostics::ByteRange};

/// A text to share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shared {
    /// The text, with secrets replaced by a way to be asked for them.
    pub text: String,
    /// What was left out, such as `env.HF_TOKEN` or `registry_auth.password`; in the order of the text.
    pub left_out: Vec<String>,
}

/// Tokens that are known by how they begin, and how long they are at least.
const TOKENS: &[(&str, usize)] = &[
    ("hf_", 20),
    ("ghp_", 20),
    ("gho_", 20),
    ("ghs_", 20),
    ("github_pat_", 20),
    ("glpat-", 20),
    ("sk-", 20),
    ("xoxb-", 20),
    ("xoxp-", 20),
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 30),
    ("dckr_pat_", 20),
    ("wandb_v1_", 20),
    ("eyJ", 40),
];

/// What stands in the place of a secret that has no other form.
const GONE: &str = "***";

/// Whether a value may be a secret, going by its variable's name. References to secrets are none.
fn is_secret(name: &str, value: &str) -> bool {
    is_secret_name(name) && !value.is_empty() && !value.starts_with(['$', '<', '{']) && value != GONE
}

/// Leaves secrets out of a text, which may be unfinished or wrong: values of variables that are named like secrets,
/// the password of `registry_auth`, and tokens that are known by how they begin, in comments and commands too.
///
/// A secret that looks like nothing of that kind stays: this is a safeguard, not a promise.
#[must_use]
pub fn without_secrets(text: &str) -> Shared {
    let outline = Outline::new(text, 0);
    let mut edits: Vec<(ByteRange, String, String)> = Vec::new();
    for (ix, node) in outline.nodes.iter().enumerate() {
        if !matches!(node.kind, Kind::Scalar(_)) {
            continue;
        }
        let path = outline.path(ix);
        let written = outline.bare(node.range);
        let instead = match path.0[..] {
            [Step::Key("registry_auth"), Step::Key("password")]
                if !written.is_empty() && !written.contains("${{") =>
            {
                "\"${{ secrets.registry_password }}\"".to_owned()
            }
            [Step::Key("env"), Step::Key(name)] if is_secret(name, written) => format!("{{key: {name}}}"),
            [Step::Key("env"), Step::Item(_)] => match written.split_once('=') {
                Some((name, value)) if is_secret(name, value) => {
                    edits.push((node.range, name.trim().to_owned(), format!("env.{}", name.trim())));
                    continue;
                }
                _ => continue,
            },
            _ => continue,
        };
        edits.push((node.range, instead, path.to_string()));
    }
    loose(text, &mut edits);
    crate::order::sort_by_key(&mut edits, |(range, ..)| (range.start, range.end));
    let (mut out, mut left_out, mut at) = (String::with_capacity(text.len()), Vec::new(), 0);
    for (range, instead, path) in edits {
        // What is inside of something that goes goes with it.
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&instead);
        at = range.end;
        if !left_out.contains(&path) {
            left_out.push(path);
        }
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Shared { text: out, left_out }
}

/// Secrets anywhere: `NAME=value` with such a name, and known tokens.
fn loose(text: &str, edits: &mut Vec<(ByteRange, String, String)>) {
    let mut line = 1;
    let mut at = 0;
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | ')' | '}' | ']' | '&' | '|')
    };
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let word = rest.find(|c: char| !(named(c) || c == '-')).unwrap_or(rest.len());
        if word == 0 {
            let c = rest.chars().next().unwrap_or('\n');
            line += usize::from(c == '\n');
            at += c.len_utf8();
            continue;
        }
        let name = &rest[..word];
        if TOKENS.iter().any(|(start, least)| name.starts_with(start) && word >= *least) {
            let end = rest.find(ends).unwrap_or(rest.len());
            edits.push((ByteRange::new(at, at + end), GONE.to_owned(), format!("a token in line {line}")));
            at += end;
            continue;
        }
        at += word;
        let after = &rest[word..];
        if let Some(value) = after.strip_prefix('=').filter(|_| !name.contains('-')) {
            let quoted = value.strip_prefix(['"', '\'']);
            let skip = 1 + usize::from(quoted.is_some());
            let value = quoted.unwrap_or(value);
            let end = value.find(ends).unwrap_or(value.len());
            if is_secret(name, &value[..end]) {
                let start = at + skip;
                edits.push((ByteRange::new(start, start + end), GONE.to_owned(), name.to_owned()));
                at = start + end;
            }
        }
    }
}
