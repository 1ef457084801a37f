//! Reading of what the server sends, as little code as can be.
//!
//! What serde derives is quick and weighs some three hundred bytes a field, a fifth of all code that a page once waited for. Here JSON
//! is read as a tree first, and each field by a call or two. `#[derive(FromJson)]` goes by the same attributes as serde, and a test
//! reads an example of each body of the API both ways.

mod tree;
mod values;

use std::fmt;

pub use berth_shared_derive::FromJson;
pub use tree::Json;

/// What can be read from a tree of JSON.
pub trait FromJson: Sized {
    /// Reads it, and takes what it needs out of the tree.
    ///
    /// # Errors
    /// What the tree has in its place instead.
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable>;

    /// What it is where there is nothing; `None`: it must be there.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

/// Reads a text.
///
/// # Errors
/// What is wrong with the text, or what it has in place of what was asked for.
pub fn from_text<T: FromJson>(text: &str) -> Result<T, Unreadable> {
    T::from_json(&mut Json::read(text)?)
}

/// Why something could not be read, and where: `items[2].price: not a number`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(Box<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    /// `items[2].price`, empty for the whole.
    path: String,
    what: String,
}

impl Unreadable {
    #[cold]
    pub(crate) fn new(what: &str) -> Self {
        Self(Box::new(Place { path: String::new(), what: what.to_owned() }))
    }

    /// That there is no such word.
    #[cold]
    pub(crate) fn word(word: &str) -> Self {
        Self::new(&["`", word, "` is not known"].concat())
    }

    /// The same, seen from what holds it by this step.
    #[cold]
    fn inside(mut self, step: &str) -> Self {
        let dot = if self.0.path.is_empty() || self.0.path.starts_with('[') { "" } else { "." };
        self.0.path = [step, dot, &self.0.path].concat();
        self
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { path, what } = &*self.0;
        if !path.is_empty() {
            f.write_str(path)?;
            f.write_str(": ")?;
        }
        f.write_str(what)
    }
}

impl std::error::Error for Unreadable {}

/// That it is an object.
pub(crate) fn object(json: &Json<'_>) -> Result<(), Unreadable> {
    if matches!(json, Json::Object(_)) { Ok(()) } else { Err(Unreadable::new("not an object")) }
}

/// Reads a field.
#[inline(never)]
pub(crate) fn field<T: FromJson>(json: &mut Json<'_>, name: &str) -> Result<T, Unreadable> {
    match json.get(name) {
        Some(value) => T::from_json(value).map_err(|error| error.inside(name)),
        None => T::absent().ok_or_else(|| missing(name)),
    }
}

#[cold]
fn missing(name: &str) -> Unreadable {
    Unreadable::new("missing").inside(name)
}

/// Reads a field that may be absent.
#[inline(never)]
pub(crate) fn field_if_there<T: FromJson>(json: &mut Json<'_>, name: &str) -> Result<Option<T>, Unreadable> {
    json.get(name).map(|value| T::from_json(value).map_err(|error| error.inside(name))).transpose()
}

/// Reads a field that is its type's default where it is absent.
#[inline(never)]
pub(crate) fn field_or_default<T: FromJson + Default>(
    json: &mut Json<'_>,
    name: &str,
) -> Result<T, Unreadable> {
    field_if_there(json, name).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
