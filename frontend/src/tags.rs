//! Searches as they are typed: words, and the tags that something must have (`tag:team`, `tag:team=vision`).

use std::{borrow::Cow, collections::BTreeMap};

use crate::format::lowered;

/// What a search for a tag begins with.
const MARK: &str = "tag:";

/// A search: each of its words, and each of its tags, must be found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// In small letters.
    words: Vec<String>,
    tags: Vec<Wanted>,
}

/// A tag that must be there, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    /// Its name; empty = any.
    key: String,
    /// Its whole value; `None` = any.
    value: Option<String>,
}

impl Search {
    /// Reads what was typed. Blanks end a word, but for those between quotes: `tag:note="two words"`. A value that is not
    /// typed yet (`tag:team=`) is any; that a tag says nothing at all is `tag:team=""`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut search = Self::default();
        for word in words(text) {
            let word = lowered(word);
            let Some(tag) = word.strip_prefix(MARK) else {
                search.words.extend(Some(word.replace('"', "")).filter(|word| !word.is_empty()));
                continue;
            };
            let (key, value) = match tag.split_once('=') {
                Some((key, "")) => (key, None),
                Some((key, value)) => (key, Some(plain(&value.replace('"', "")).into_owned())),
                None => (tag, None),
            };
            search.tags.push(Wanted { key: key.replace('"', ""), value });
        }
        search
    }

    /// Whether something is found by its words, in small letters, and its tags.
    #[must_use]
    pub fn accepts(&self, words: &str, tags: &BTreeMap<String, String>) -> bool {
        self.words.iter().all(|word| words.contains(word))
            && self.tags.iter().all(|wanted| tags.iter().any(|(key, value)| wanted.is(key, value)))
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.tags.is_empty()
    }
}

impl Wanted {
    fn is(&self, key: &str, value: &str) -> bool {
        (self.key.is_empty() || self.key == lowered(key))
            && self.value.as_ref().is_none_or(|wanted| *wanted == lowered(&plain(value)))
    }
}

/// The words of a text; what stands between quotes is of one word.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quoted) = (None, false);
    for (at, letter) in text.char_indices() {
        quoted ^= letter == '"';
        if letter.is_whitespace() && !quoted {
            words.extend(start.take().map(|start| &text[start..at]));
        } else {
            start = start.or(Some(at));
        }
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

/// A value without blanks at its ends and with one wherever there are several: addresses keep no more of them.
fn plain(value: &str) -> Cow<'_, str> {
    let is_plain = value.trim() == value
        && !value.contains(|letter: char| letter.is_whitespace() && letter != ' ')
        && !value.contains("  ");
    if is_plain {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// What is typed to find a tag: `tag:team=vision`, `tag:note="two words"`.
#[must_use]
pub fn term(key: &str, value: &str) -> String {
    let value = plain(value);
    if value.is_empty() || value.contains(' ') {
        format!("{MARK}{key}=\"{value}\"")
    } else {
        format!("{MARK}{key}={value}")
    }
}

/// A search in which a tag is looked for, too. Another value of the same tag gives way: nothing has both.
#[must_use]
pub fn with(text: &str, key: &str, value: &str) -> String {
    let of_key = format!("{MARK}{}=", lowered(key));
    let kept = words(text).into_iter().filter(|word| !lowered(word).starts_with(&of_key));
    let mut all: Vec<&str> = kept.collect();
    let term = term(key, value);
    all.push(&term);
    all.join(" ")
}

/// What a search by words alone finds of tags, in small letters: `team=vision night=yes`.
#[must_use]
pub fn hay(tags: &BTreeMap<String, String>) -> String {
    tags.iter().map(|(key, value)| lowered(&format!("{key}={value}"))).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tags(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_search_has_words_and_tags() {
        let tags = tags(&[("team", "Vision"), ("note", "two  words\n"), ("url", "a=b:c"), ("empty", "")]);
        for (text, found) in [
            ("", true),
            ("  ", true),
            ("fox", true),
            ("FOX ann", true),
            ("owl", false),
            ("tag:", true),
            ("tag:team", true),
            ("tag:TEAM", true),
            ("tag:tea", false),
            ("tag:team=", true),
            ("tag:team=vision", true),
            ("tag:team=Vision fox", true),
            ("tag:team=vision owl", false),
            ("tag:team=vis", false),
            ("tag:team=vision-2", false),
            ("tag:=vision", true),
            ("tag:note=\"two words\"", true),
            ("tag:note=two words", false),
            ("tag:note=\"two", false),
            ("tag:url=a=b:c", true),
            ("tag:empty=\"\"", true),
            ("tag:team=\"\"", false),
            ("tag:team tag:night", false),
            ("\"", true),
            ("\"fox ann\"", true),
            ("\"ann fox\"", false),
        ] {
            assert_eq!(Search::parse(text).accepts("swift-fox ann running", &tags), found, "{text}");
        }
        assert!(!Search::parse("tag:").accepts("swift-fox", &BTreeMap::new()), "it has none");
        assert!(Search::parse(" ").is_empty() && !Search::parse("tag:a").is_empty());
    }

    #[test]
    fn a_tag_is_added_to_a_search_once() {
        assert_eq!(with("", "team", "vision"), "tag:team=vision");
        assert_eq!(with("fox  ", "team", "vision"), "fox tag:team=vision");
        assert_eq!(with("fox tag:Team=audio ann", "team", "vision"), "fox ann tag:team=vision");
        assert_eq!(
            with("tag:team tag:night=yes", "team", "vision"),
            "tag:team tag:night=yes tag:team=vision"
        );
        assert_eq!(with("tag:note=\"a b\" fox", "note", "c d"), "fox tag:note=\"c d\"");
        assert_eq!(with("", "note", " "), "tag:note=\"\"");
    }

    #[test]
    fn words_alone_find_tags() {
        let hay = hay(&tags(&[("team", "Vision"), ("night", "yes")]));
        assert_eq!(hay, "night=yes team=vision");
        assert!(Search::parse("vision").accepts(&hay, &BTreeMap::new()));
    }

    proptest! {
        #[test]
        fn what_is_typed_for_a_tag_finds_it(key in "[A-Za-z0-9_-]{1,8}", value in "[A-Za-z0-9_ .:/=+@-]{0,12}\n?", text in "[a-z \"]{0,8}") {
            let tags = tags(&[(&key, &value)]);
            prop_assert!(Search::parse(&term(&key, &value)).accepts("", &tags));
            // As an address keeps it.
            let kept = with("fox", &key, &value).split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(Search::parse(&kept).accepts("fox", &tags));
            prop_assert_eq!(with(&with("fox", &key, &value), &key, &value), with("fox", &key, &value));
            let _ = Search::parse(&with(&text, &key, &value));
        }
    }
}
