//! Passwords and tokens in plain text.

use super::context::{At, Cx, Path, quote};
use crate::{
    diagnostics::{ByteRange, Code},
    yaml::{Value, scalar},
};

/// How the tokens of known services begin, and the variable that their tools read.
const TOKENS: &[(&str, &str)] = &[
    ("hf_", "HF_TOKEN"),
    ("ghp_", "GITHUB_TOKEN"),
    ("gho_", "GITHUB_TOKEN"),
    ("github_pat_", "GITHUB_TOKEN"),
    ("glpat-", "GITLAB_TOKEN"),
    ("sk-", "OPENAI_API_KEY"),
    ("AKIA", "AWS_ACCESS_KEY_ID"),
    ("xoxb-", "SLACK_TOKEN"),
    ("dckr_pat_", "DOCKER_TOKEN"),
    ("npm_", "NPM_TOKEN"),
    ("pypi-", "PYPI_TOKEN"),
];

/// The fewest characters of a token after its beginning; all of those above have more.
const SHORTEST: usize = 16;

/// A secret in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Secret<'t> {
    text: &'t str,
    /// What it is: `token` or `password`.
    what: &'static str,
    /// The variable to keep it in.
    variable: &'static str,
}

/// The first token of a known service; where there is none, the first password in an address.
///
/// One pass over the bytes: a command of a long file is looked at with each key stroke.
pub(super) fn find(text: &str) -> Option<Secret<'_>> {
    let bytes = text.as_bytes();
    let mut password = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if of_word(byte) {
            let length = bytes[at..].iter().position(|&b| !of_word(b)).unwrap_or(bytes.len() - at);
            // ASCII at both ends, so these are character boundaries.
            if let Some(found) = token(&text[at..at + length]) {
                return Some(found);
            }
            at += length;
        } else {
            if byte == b':' && password.is_none() {
                password = bytes[at..].strip_prefix(b"://").and_then(|_| password_of(&text[at + 3..]));
            }
            at += 1;
        }
    }
    password
}

fn of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// A whole word that is a token.
fn token(word: &str) -> Option<Secret<'_>> {
    if word.len() < SHORTEST {
        return None;
    }
    TOKENS.iter().find_map(|&(start, variable)| {
        let rest = word.strip_prefix(start)?;
        (rest.len() >= SHORTEST && is_random(rest)).then_some(Secret { text: word, what: "token", variable })
    })
}

/// The password of an address whose scheme stands before `rest`.
fn password_of(rest: &str) -> Option<Secret<'_>> {
    let host = rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).unwrap_or(rest.len());
    let (user, _) = rest[..host].rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    let known = password.len() < 3 || password.starts_with(['$', '{', '<', '*']);
    (!known).then_some(Secret { text: password, what: "password", variable: "PASSWORD" })
}

/// `xxxxxxxxxxxx` and `your-token-here` are no secrets.
fn is_random(text: &str) -> bool {
    let mut seen: Vec<u8> = text.bytes().collect();
    crate::order::sort(&mut seen);
    seen.dedup();
    seen.len() >= 8 && text.bytes().any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// A text that may hold a secret, such as a command.
pub(super) fn text(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let text = super::scalars::text(cx, at)?;
    if let Some(secret) = find(&text) {
        report(cx, at, secret);
    }
    Some(text)
}

fn report(cx: &mut Cx<'_>, at: At<'_>, secret: Secret<'_>) {
    let Secret { text, what, variable } = secret;
    let node = cx.doc.node(at.node).range;
    let source = cx.text.get(node.start..node.end).unwrap_or_default();
    let places: Vec<_> = source
        .match_indices(text)
        .map(|(i, _)| ByteRange::new(node.start + i, node.start + i + text.len()))
        .collect();
    let spot = places.first().copied().unwrap_or_else(|| at.spot());
    let command = at.path.is_within("init") || at.path.is_within("setup");
    let variable_added = if command && !places.is_empty() { add_variable(cx, variable) } else { None };
    let draft =
        cx.sink.report(Code::PlainSecret, at.path.to_string(), spot, format!("a {what} is in plain text"));
    if command {
        draft.help(format!(
            "name `{variable}` in `env` to be asked for it at launch, and write `${variable}` here"
        ));
    } else {
        draft.help("keep it out of the file: credentials for an image belong in `registry_auth`");
    }
    if let Some(added) = variable_added {
        let edits = places.into_iter().map(|place| (place, format!("${variable}"))).chain(added).collect();
        draft.offer_edits(format!("ask for `{variable}` at launch"), edits);
    }
}

/// The edit that names a variable in `env`, so that it is asked for: the outer `None` when there is no
/// telling how, the inner one when it is named already.
fn add_variable(cx: &Cx<'_>, name: &str) -> Option<Option<(ByteRange, String)>> {
    let Value::Map(entries) = &cx.doc.node(cx.doc.root?).value else { return None };
    let env =
        entries.iter().rev().find(|e| matches!(&cx.doc.node(e.key).value, Value::Str(key) if key == "env"));
    let eol = cx.line_break();
    let Some(env) = env else {
        let first = entries.first()?.key_range.start;
        let line_starts = first == 0 || cx.text[..first].ends_with(['\n', '\r']);
        return line_starts.then(|| Some((ByteRange::new(first, first), format!("env: [{name}]{eol}"))));
    };
    let node = cx.doc.node(env.value);
    if env.merged || node.range != env.value_range {
        return None;
    }
    match &node.value {
        Value::Seq(items) => {
            let named = |text: &str| {
                text == name || text.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
            };
            if items
                .iter()
                .any(|&(item, _)| matches!(&cx.doc.node(item).value, Value::Str(text) if named(text)))
            {
                return Some(None);
            }
            let &(_, first) = items.first()?;
            if cx.text[node.range.start..].starts_with('[') {
                let at = ByteRange::new(first.start, first.start);
                // An anchor or a tag may stand before the item.
                return cx.text[node.range.start + 1..first.start]
                    .trim()
                    .is_empty()
                    .then(|| Some((at, format!("{name}, "))));
            }
            let dash = cx.text[..first.start].strip_suffix("- ")?.len();
            let line = cx.text[..dash].rfind(['\n', '\r']).map_or(0, |i| i + 1);
            let indent = &cx.text[line..dash];
            let blank = indent.bytes().all(|b| b == b' ');
            blank.then(|| Some((ByteRange::new(dash, dash), format!("- {name}{eol}{indent}"))))
        }
        Value::Map(variables) => {
            let first = variables.first()?;
            if variables.iter().any(|e| matches!(&cx.doc.node(e.key).value, Value::Str(key) if key == name)) {
                return Some(None);
            }
            cx.addition(first.key_range, first.value_range, &format!("{name}: {{key: {name}}}")).map(Some)
        }
        _ => None,
    }
}

/// Whether a variable of this name surely holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "ACCESS_KEY", "PRIVATE_KEY"].iter().any(
        |word| {
            let name = name.as_bytes();
            name.len()
                .checked_sub(word.len())
                .is_some_and(|at| name[at..].eq_ignore_ascii_case(word.as_bytes()))
        },
    )
}

/// Hints at a variable whose value looks like a secret, by its name or by itself.
pub(super) fn variable(cx: &mut Cx<'_>, at: At<'_>, name: &str, value: &str) {
    // References and paths are no secrets.
    let named = is_secret_name(name) && value.len() >= 4 && !value.starts_with(['$', '/', '<']);
    if !named && find(value).is_none() {
        return;
    }
    let in_place = cx.is_in_place(at);
    let (instead, fixable) = match at.path {
        Path::Index(..) => (name.to_owned(), in_place),
        _ => (format!("{{key: {}}}", scalar(name)), cx.is_bare(at)),
    };
    let draft = cx.report(Code::PlainSecret, at, format!("{} is in plain text", quote(name)));
    draft.help(format!("write `{instead}` to be asked for it at launch"));
    if fixable {
        draft.offer("ask for it at launch", at.range, instead);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_passwords_in_addresses_are_found() {
        for (text, secret) in [
            ("é=hf_AbCdEfGhIjKlMnOpQrSté", "hf_AbCdEfGhIjKlMnOpQrSt"),
            ("a://u:pa55w@x hf_AbCdEfGhIjKlMnOpQrSt", "hf_AbCdEfGhIjKlMnOpQrSt"),
            ("a://é:b c://u:pa55wé@x", "pa55wé"),
            ("huggingface-cli login --token hf_AbCdEfGhIjKlMnOpQrSt", "hf_AbCdEfGhIjKlMnOpQrSt"),
            ("git clone https://me:s3cret@github.com/a/b", "s3cret"),
            ("export X='ghp_0123456789abcdefABCDEF'", "ghp_0123456789abcdefABCDEF"),
            ("postgres://u:pa55w@db:5432/x", "pa55w"),
        ] {
            assert_eq!(find(text).map(|secret| secret.text), Some(secret), "{text}");
        }
        for text in [
            "hf_xxxxxxxxxxxxxxxxxxxxxxxx",
            "pip install hf_transfer",
            "task-runner sk-learn-something-long",
            "https://github.com/a/b@v1:2",
            "https://me:$TOKEN@github.com",
            "git@github.com:a/b",
            "http://localhost:8080",
            "hf_your-token-goes-here-please",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
