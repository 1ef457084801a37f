//! JSON that keeps its order, so that an editor lists keys as the reference does.

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// Written as it is.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

/// An object.
pub(super) fn object<const N: usize>(entries: [(&str, Json); N]) -> Json {
    Json::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

impl Json {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(super) fn number(n: u32) -> Self {
        Self::Number(n.to_string())
    }

    pub(super) fn texts(texts: &[&str]) -> Self {
        Self::List(texts.iter().copied().map(Self::text).collect())
    }

    /// Appends the value, indented by two blanks a level; what is short stays on a line.
    pub(super) fn write(&self, out: &mut String, level: usize) {
        let line = |out: &mut String, level: usize| {
            out.push('\n');
            out.extend(std::iter::repeat_n("  ", level));
        };
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Number(n) => out.push_str(n),
            Self::Text(text) => quote(out, text),
            Self::List(items) => {
                let short = items.iter().all(|item| !matches!(item, Self::List(_) | Self::Map(_)));
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    match short {
                        true if i > 0 => out.push(' '),
                        true => {}
                        false => line(out, level + 1),
                    }
                    item.write(out, level + 1);
                }
                if !short {
                    line(out, level);
                }
                out.push(']');
            }
            Self::Map(entries) if entries.is_empty() => out.push_str("{}"),
            Self::Map(entries) => {
                out.push('{');
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        out.push(',');
                    }
                    line(out, level + 1);
                    quote(out, key);
                    out.push_str(": ");
                    value.write(out, level + 1);
                }
                line(out, level);
                out.push('}');
            }
        }
    }
}

fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}
