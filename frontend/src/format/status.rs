//! Statuses for people: a word and a shape each.

use berth_texts::t;

/// The shape that stands for a status's word on the wire.
#[must_use]
pub fn status_glyph(status: &str) -> &'static str {
    match status {
        "submitted" | "pending" => "submitted",
        "provisioning" | "pulling" => "provisioning",
        "running" | "busy" => "running",
        "idle" => "idle",
        "terminating" => "terminating",
        "failed" => "failed",
        "done" => "done",
        "interrupted" => "interrupted",
        _ => "stopped",
    }
}

/// A status's word on the wire as people read it.
#[must_use]
pub fn status_word(status: &str) -> String {
    let word = match status {
        "submitted" => t!("submitted"),
        "pending" => t!("pending"),
        "provisioning" => t!("provisioning"),
        "pulling" => t!("preparing"),
        "running" => t!("running"),
        "busy" => t!("busy"),
        "idle" => t!("idle"),
        "terminating" => t!("stopping"),
        "terminated" | "aborted" | "stopped" => t!("stopped"),
        "interrupted" => t!("interrupted"),
        "failed" => t!("failed"),
        "done" => t!("done"),
        other => other,
    };
    capitalised(word)
}

/// The text with its first letter large. What is no letter at its beginning stays as it is.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (first, rest) = text.split_at(first);
    large(first) + rest
}

/// By the browser, which knows all alphabets: a table of them would be one of the larger things in the page's code.
#[cfg(target_arch = "wasm32")]
fn large(letter: &str) -> String {
    js_sys::JsString::from(letter).to_upper_case().into()
}

#[cfg(not(target_arch = "wasm32"))]
fn large(letter: &str) -> String {
    letter.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_words() {
        assert_eq!(status_word("terminated"), "Stopped");
        assert_eq!(status_word("pulling"), "Preparing");
        assert_eq!(status_word("running"), "Running");
        assert_eq!(capitalised("`x` is"), "`x` is");
        assert_eq!(capitalised("österreich"), "Österreich");
        assert_eq!(capitalised(""), "");
    }
}
