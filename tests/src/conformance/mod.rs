//! Our answers in the shape of recorded ones, so that the two can be compared line by line.
//!
//! Each kind of record has a module with `answer`, which turns one record into our answer to it.

pub mod agreement;
pub mod config;
pub mod offers;
pub mod yaml;

use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize};

/// One document to read, as a line of `documents.jsonl` holds it.
#[derive(Clone, Debug, Deserialize)]
pub struct Document {
    /// Its name in the answers.
    pub id: String,
    /// Its text.
    pub yaml: Text,
}

/// A text from JSON, which can hold what no Rust text can: half of a surrogate pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// An ordinary text.
    Valid(String),
    /// One with a lone surrogate: no file in UTF-8 can be read as it, so no reader ever accepts it.
    LoneSurrogate,
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Text;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text::Valid(text.to_owned()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                Ok(String::from_utf8(bytes.to_vec()).map_or(Text::LoneSurrogate, Text::Valid))
            }
        }
        deserializer.deserialize_bytes(Bytes).map_err(D::Error::custom)
    }
}

/// Reads records, one JSON object a line, and writes the answer to each.
///
/// # Errors
/// When a line is no such record, or reading or writing fails; the message names the line.
pub fn answer_all<R, A>(
    input: impl BufRead,
    mut output: impl Write,
    answer: impl Fn(R) -> A,
) -> io::Result<()>
where
    R: for<'de> Deserialize<'de>,
    A: Serialize,
{
    for (number, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        let record = serde_json::from_str(&line)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("line {}: {e}", number + 1)))?;
        serde_json::to_writer(&mut output, &answer(record))?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

/// The folder of recorded answers, which is not part of the repository: `conformance` in the folder
/// that `BERTH_SHARED` names, else in `shared` beside the repository. `None` when there is none.
#[must_use]
pub fn recorded() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?.join("shared");
    let folder = std::env::var_os("BERTH_SHARED").map_or(root, PathBuf::from).join("conformance");
    folder.is_dir().then_some(folder)
}
