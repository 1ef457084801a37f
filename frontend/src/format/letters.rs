//! Large and small letters.
//!
//! By the browser, which knows all alphabets: tables of them would be among the larger things in the page's code.

/// The text with its first letter large. What is no letter at its beginning stays as it is.
#[must_use]
pub fn capitalised(text: &str) -> String {
    let first = text.chars().next().map_or(0, char::len_utf8);
    let (first, rest) = text.split_at(first);
    large(first) + rest
}

/// The text in small letters.
#[must_use]
pub fn lowered(text: &str) -> String {
    // Most texts, and without a way out of the wasm.
    if text.is_ascii() { text.to_ascii_lowercase() } else { small(text) }
}

#[cfg(target_arch = "wasm32")]
fn large(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

#[cfg(not(target_arch = "wasm32"))]
fn large(text: &str) -> String {
    text.to_uppercase()
}

#[cfg(target_arch = "wasm32")]
fn small(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

#[cfg(not(target_arch = "wasm32"))]
fn small(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_letter_becomes_large_in_any_alphabet() {
        assert_eq!(capitalised("`x` is"), "`x` is");
        assert_eq!(capitalised("österreich"), "Österreich");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn all_letters_become_small_in_any_alphabet() {
        assert_eq!(lowered("A100 on AWS"), "a100 on aws");
        assert_eq!(lowered("ÖSTERREICH Ωμ"), "österreich ωμ");
        assert_eq!(lowered(""), "");
    }
}
