//! What must hold of any input. The fuzzer (`fuzz/`) looks for inputs of which it does not hold; a short run of the
//! same is among the tests (`tests/fuzz.rs`), and what the fuzzer once found worth keeping is in `fuzz/corpus`.

mod catalogue;
mod completion;
mod decoder;
mod mutate;
mod reader;
mod resolver;

pub use mutate::Mutator;

use berth_shared::diagnostics::{ByteRange, LineIndex, Range};

/// A property of any input; panics where it does not hold.
pub type Property = fn(&[u8]);

/// Every property, by the name of its fuzz target and of its folder in the corpus.
pub const TARGETS: &[(&str, Property)] = &[
    ("reader", reader::answers),
    ("resolver", resolver::answers),
    ("decoder", decoder::answers),
    ("completion", completion::answers),
    ("catalogue", catalogue::answers),
];

/// The property of this name.
#[must_use]
pub fn target(name: &str) -> Option<Property> {
    TARGETS.iter().find(|(other, _)| *other == name).map(|(_, property)| *property)
}

/// The bytes as text; what is none is cut off.
fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default(),
    }
}

fn assert_inside(text: &str, range: ByteRange, what: &str) {
    assert!(text.get(range.start..range.end).is_some(), "{what}: {range:?} is no range of {text:?}");
}

/// A range of places is one of the text, and its lines and columns are those of its offsets.
fn assert_places(index: &LineIndex<'_>, text: &str, range: Range, what: &str) {
    assert_inside(text, ByteRange::new(range.start.offset, range.end.offset), what);
    for place in [range.start, range.end] {
        assert_eq!(place, index.position(place.offset), "{what} in {text:?}");
    }
}
