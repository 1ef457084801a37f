//! The keys of a key file: the one that seals, those before it, which open still, and one that is to follow.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey};

use super::KEY;

/// How many keys a file may have: each is tried until one opens.
const MOST: usize = 10;

/// Before a key that opens already and is to seal once every server has it.
const NEXT: &str = "next ";

/// A key file's keys as they stand in it, in Base64.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyTexts {
    /// The one that seals: the first line.
    pub(crate) seals: String,
    /// Those that open what was sealed before: a line each.
    pub(crate) old: Vec<String>,
    /// The one that is to seal: a line that begins with `next`.
    pub(crate) next: Option<String>,
}

impl fmt::Debug for KeyTexts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTexts").field("old", &self.old.len()).finish_non_exhaustive()
    }
}

impl KeyTexts {
    /// Reads a file's text; `None` when it is none of keys.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut all = Self { seals: String::new(), old: Vec::new(), next: None };
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() > MOST {
            return None;
        }
        for line in lines {
            match line.strip_prefix(NEXT) {
                Some(_) if all.next.is_some() => return None,
                Some(next) => all.next = Some(next.trim().to_owned()),
                None if all.seals.is_empty() => all.seals = line.to_owned(),
                None => all.old.push(line.to_owned()),
            }
        }
        let is_key = |text: &String| key(text).is_some();
        let fits = is_key(&all.seals) && all.old.iter().all(is_key) && all.next.iter().all(is_key);
        fits.then_some(all)
    }

    /// As it stands in a file.
    pub(crate) fn text(&self) -> String {
        let next = self.next.iter().map(|next| format!("{NEXT}{next}\n"));
        let plain = std::iter::once(&self.seals).chain(&self.old).map(|key| format!("{key}\n"));
        plain.chain(next).collect()
    }

    /// The key that seals, and the others.
    pub(super) fn keys(&self) -> Option<Keys> {
        let others = self.old.iter().chain(&self.next).map(|text| key(text)).collect::<Option<_>>()?;
        Some(Keys { seals: key(&self.seals)?, others })
    }
}

/// Keys that can be used.
pub(super) struct Keys {
    pub(super) seals: LessSafeKey,
    pub(super) others: Vec<LessSafeKey>,
}

fn key(text: &str) -> Option<LessSafeKey> {
    let bytes: [u8; KEY] = STANDARD.decode(text).ok()?.try_into().ok()?;
    Some(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &bytes).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(byte: u8) -> String {
        STANDARD.encode([byte; KEY])
    }

    #[test]
    fn a_file_of_several_keys_is_read_as_it_is_written() {
        let all = KeyTexts { seals: text(1), old: vec![text(2), text(3)], next: Some(text(4)) };
        assert_eq!(KeyTexts::parse(&all.text()), Some(all));
        let one = KeyTexts::parse(&format!("\n {} \r\n", text(1))).expect("one key");
        assert_eq!((one.seals, one.old, one.next), (text(1), Vec::new(), None));
    }

    #[test]
    fn what_is_no_file_of_keys_is_refused() {
        let many = text(1) + "\n";
        for wrong in [
            String::new(),
            "short".to_owned(),
            format!("next {}", text(1)),
            format!("{}\nshort", text(1)),
            format!("{}\nnext {}\nnext {}", text(1), text(2), text(3)),
            many.repeat(MOST + 1),
        ] {
            assert_eq!(KeyTexts::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn keys_are_not_shown_by_debug() {
        let all = KeyTexts { seals: text(1), old: Vec::new(), next: None };
        assert!(!format!("{all:?}").contains(&text(1)));
    }
}
