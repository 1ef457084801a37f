//! A language's texts: `texts/en.json`, and what was made from it.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

/// The texts of one language: by [`section_of`] the file they stand in, since one word may need two translations in two
/// places, then by what they are in English.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Catalogue {
    pub(crate) texts: BTreeMap<String, BTreeMap<String, String>>,
}

impl Catalogue {
    /// Reads one; the error says which file and what is wrong with it.
    pub(crate) fn read(path: &Path) -> Result<Catalogue, String> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("BERTH_TEXTS names {}, which cannot be read: {error}", path.display())
        })?;
        serde_json::from_str(&text).map_err(|error| {
            format!("BERTH_TEXTS names {}, which is no catalogue of texts: {error}", path.display())
        })
    }

    /// What `text` is in this language where it stands in `section`. An empty translation is one that is still missing.
    pub(crate) fn get(&self, section: &str, text: &str) -> Option<&str> {
        self.texts.get(section)?.get(text).map(String::as_str).filter(|other| !other.is_empty())
    }
}

/// The section of a source file: its path below `frontend/src`, without `mod.rs` and `.rs`.
pub(crate) fn section_of(file: &str) -> String {
    let file = file.replace('\\', "/");
    let below = file.rsplit_once("frontend/src/").map_or(&*file, |(_, below)| below);
    let below = below.strip_prefix("src/").unwrap_or(below);
    let module = below.strip_suffix(".rs").unwrap_or(below);
    module.strip_suffix("/mod").unwrap_or(module).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_by_its_path_in_the_dashboard() {
        for (file, section) in [
            ("frontend/src/pages/runs/mod.rs", "pages/runs"),
            ("/somewhere/frontend/src/pages/runs/row.rs", "pages/runs/row"),
            ("src/app.rs", "app"),
            ("frontend\\src\\format\\time.rs", "format/time"),
        ] {
            assert_eq!(section_of(file), section);
        }
    }

    #[test]
    fn a_text_is_translated_where_it_stands_and_an_empty_translation_is_none() {
        let catalogue = serde_json::from_str::<Catalogue>(
            r#"{"a": {"Open": "Öffnen", "Close": ""}, "b": {"Open": "Offen"}}"#,
        )
        .expect("a catalogue");
        assert_eq!(catalogue.get("a", "Open"), Some("Öffnen"));
        assert_eq!(catalogue.get("b", "Open"), Some("Offen"));
        assert_eq!(catalogue.get("a", "Close"), None);
        assert_eq!(catalogue.get("c", "Open"), None);
    }

    #[test]
    fn what_is_no_catalogue_is_refused_with_its_path() {
        let folder = std::env::temp_dir().join(format!("berth-texts-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let path = folder.join("xx.json");
        assert!(Catalogue::read(&path).expect_err("nothing there").contains("xx.json, which cannot be read"));
        std::fs::write(&path, "[]").expect("a file");
        assert!(Catalogue::read(&path).expect_err("no texts").contains("xx.json, which is no catalogue"));
        std::fs::remove_dir_all(&folder).expect("gone");
    }
}
