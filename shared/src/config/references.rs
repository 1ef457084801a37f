//! References in a configuration's texts: `${{ secrets.token }}`, `${{ env.NAME }}`. They are left as they are when a text is read, and
//! a server puts the values in their place when an environment begins.

/// What a part of a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'t> {
    /// Itself.
    Text,
    /// A secret's value: `${{ secrets.NAME }}`.
    Secret(&'t str),
    /// A variable's value: `${{ env.NAME }}`.
    Variable(&'t str),
    /// It looks like a reference and is none.
    Unknown,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'t> {
    /// As it is written.
    pub text: &'t str,
    /// What it stands for.
    pub reference: Reference<'t>,
}

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

/// The longest name of a secret, in characters.
pub const SECRET_NAME_LIMIT: usize = 200;

/// Whether a secret may have this name: letters, digits, `_` and `-`, no digit or `-` at its beginning.
#[must_use]
pub fn is_reference_name(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.len() <= SECRET_NAME_LIMIT
        && name.starts_with(first)
        && name.chars().all(|c| first(c) || c.is_ascii_digit() || c == '-')
}

/// The parts of a text, in order; together they are the text.
#[must_use]
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut add = |text, reference| found.push(Part { text, reference });
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let (before, opened) = rest.split_at(at);
        if !before.is_empty() {
            add(before, Reference::Text);
        }
        let Some(end) = opened.find(CLOSE) else {
            add(opened, Reference::Unknown);
            return found;
        };
        let (whole, after) = opened.split_at(end + CLOSE.len());
        let reference = match opened[OPEN.len()..end].trim().split_once('.') {
            Some(("secrets", name)) if is_reference_name(name) => Reference::Secret(name),
            Some(("env", name)) if is_reference_name(name) => Reference::Variable(name),
            _ => Reference::Unknown,
        };
        add(whole, reference);
        rest = after;
    }
    if !rest.is_empty() {
        add(rest, Reference::Text);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(&str, Reference<'_>)> {
        parts(text).into_iter().map(|part| (part.text, part.reference)).collect()
    }

    #[test]
    fn references_are_told_from_text() {
        assert_eq!(told(""), []);
        let plain = "$oauthtoken $$ ${A} {{ b }}";
        assert_eq!(told(plain), [(plain, Reference::Text)]);
        assert_eq!(
            told("a${{ secrets.hub-token }}b${{env.USER_1}}"),
            [
                ("a", Reference::Text),
                ("${{ secrets.hub-token }}", Reference::Secret("hub-token")),
                ("b", Reference::Text),
                ("${{env.USER_1}}", Reference::Variable("USER_1")),
            ]
        );
    }

    #[test]
    fn what_looks_like_a_reference_and_is_none_is_kept_whole() {
        for text in [
            "${{ secrets. }}",
            "${{ run.args }}",
            "${{}}",
            "${{ secrets.1a }}",
            "${{ secrets.a",
            "${{ secrets.a b }}",
        ] {
            assert_eq!(told(text), [(text, Reference::Unknown)], "{text}");
        }
        assert_eq!(
            told("${{ x }}${{ secrets.a }}"),
            [("${{ x }}", Reference::Unknown), ("${{ secrets.a }}", Reference::Secret("a"))]
        );
    }
}
