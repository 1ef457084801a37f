//! HTML as text, so that the browser reads from it the tree that was written down.

/// Elements without an end (HTML, 13.1.2).
pub(super) fn is_void(tag: &str) -> bool {
    matches!(
        tag,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Elements that mean something in `<svg>` alone.
pub(super) fn is_svg(tag: &str) -> bool {
    matches!(
        tag,
        "circle"
            | "clipPath"
            | "defs"
            | "ellipse"
            | "g"
            | "line"
            | "linearGradient"
            | "mask"
            | "path"
            | "pattern"
            | "polygon"
            | "polyline"
            | "rect"
            | "stop"
            | "symbol"
            | "text"
            | "tspan"
            | "use"
    )
}

/// Text between tags.
pub(super) fn text_into(html: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            other => html.push(other),
        }
    }
}

/// An attribute with its value.
pub(super) fn attribute_into(html: &mut String, key: &str, value: &str) {
    html.push(' ');
    html.push_str(key);
    if value.is_empty() {
        return;
    }
    let bare = value.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:".contains(letter));
    html.push('=');
    if bare {
        html.push_str(value);
        return;
    }
    html.push('"');
    for letter in value.chars() {
        match letter {
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            other => html.push(other),
        }
    }
    html.push('"');
}

/// Why the browser would not put an element into another, though both are written so (HTML, 13.2.6).
pub(super) fn misplaced(outer: &str, inner: &str) -> Option<String> {
    const BLOCKS: [&str; 30] = [
        "address",
        "article",
        "aside",
        "blockquote",
        "details",
        "dialog",
        "div",
        "dl",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "search",
        "section",
        "table",
        "ul",
    ];
    let wrong = match outer {
        "p" => BLOCKS.contains(&inner),
        "table" => !matches!(inner, "caption" | "colgroup" | "thead" | "tbody" | "tfoot"),
        "thead" | "tbody" | "tfoot" => inner != "tr",
        "tr" => !matches!(inner, "td" | "th"),
        "select" => !matches!(inner, "option" | "optgroup" | "hr"),
        "option" => true,
        _ => inner == outer && matches!(inner, "a" | "button" | "form"),
    };
    wrong.then(|| format!("the browser does not leave `<{inner}>` in `<{outer}>` where it reads HTML; use another element, or put what belongs between them there"))
}
