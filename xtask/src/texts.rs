//! The dashboard's texts: `frontend/texts`, and a language that nobody speaks.

use std::{collections::BTreeMap, path::PathBuf};

use crate::shell::{Problem, root, target_dir};

/// The tag of the language that is English in disguise, as such languages are called elsewhere.
pub(crate) const PRETENDED: &str = "en-XA";

/// The catalogue of a language.
///
/// # Errors
/// There is none.
pub(crate) fn catalogue(language: &str) -> Result<PathBuf, Problem> {
    let path = root().join("frontend/texts").join(format!("{language}.json"));
    if path.is_file() {
        return Ok(path);
    }
    Err(Problem::new(format!(
        "there is no translation for `{language}`: copy frontend/texts/en.json to frontend/texts/{language}.json and \
         translate its values"
    )))
}

/// Makes the catalogue of [`PRETENDED`], in which every text is told from one that was not looked up.
pub(crate) fn pretend() -> Result<PathBuf, Problem> {
    let failed = |error: String| Problem::new(format!("the texts for {PRETENDED} cannot be made: {error}"));
    let english = std::fs::read_to_string(catalogue("en")?).map_err(|error| failed(error.to_string()))?;
    let mut texts: BTreeMap<String, BTreeMap<String, String>> =
        serde_json::from_str(&english).map_err(|error| failed(error.to_string()))?;
    for text in texts.values_mut().flat_map(BTreeMap::values_mut) {
        *text = disguised(text);
    }
    let path = target_dir().join("texts").join(format!("{PRETENDED}.json"));
    let json = serde_json::to_string(&texts).map_err(|error| failed(error.to_string()))?;
    std::fs::create_dir_all(target_dir().join("texts"))
        .and_then(|()| std::fs::write(&path, json))
        .map_err(|error| failed(error.to_string()))?;
    Ok(path)
}

/// The text between brackets that nothing else uses, and with strange letters where it is neither markup nor the place of
/// a value. Blanks around it stay outside.
fn disguised(text: &str) -> String {
    let core = text.trim();
    let (before, after) = text.split_once(core).unwrap_or_default();
    let mut strange = String::new();
    let mut inside = false;
    for letter in core.chars() {
        match letter {
            '{' | '<' | '&' | '`' if !inside => inside = true,
            '}' | '>' | ';' | '`' if inside => inside = false,
            _ => {}
        }
        strange.push(if inside { letter } else { accented(letter) });
    }
    format!("{before}⟦{strange}⟧{after}")
}

fn accented(letter: char) -> char {
    match letter {
        'a' => 'à',
        'e' => 'é',
        'i' => 'ï',
        'o' => 'ö',
        'u' => 'ü',
        'A' => 'À',
        'E' => 'É',
        'O' => 'Ö',
        letter => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguised_text_keeps_its_values_its_markup_and_the_blanks_around_it() {
        assert_eq!(disguised("Stop {name:.1}?"), "⟦Stöp {name:.1}?⟧");
        assert_eq!(disguised(" so far "), " ⟦sö fàr⟧ ");
        assert_eq!(
            disguised("<span class=\"sr\">old: </span>{age}"),
            "⟦<span class=\"sr\">öld: </span>{age}⟧"
        );
        assert_eq!(disguised("Run `berth attach`"), "⟦Rün `berth attach`⟧");
    }
}
