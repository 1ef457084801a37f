//! What the attributes of types, variants and fields say.

use syn::{Attribute, ExprPath, LitStr, Result, meta::ParseNestedMeta};

/// How words are made of variants' names.
#[derive(Clone, Copy, Default)]
pub(crate) enum Case {
    /// `OnHold`.
    #[default]
    AsIs,
    /// `onhold`.
    Lower,
    /// `on_hold` or `on-hold`.
    Parted(char),
}

impl Case {
    fn named(name: &LitStr) -> Result<Self> {
        match name.value().as_str() {
            "lowercase" => Ok(Self::Lower),
            "snake_case" => Ok(Self::Parted('_')),
            "kebab-case" => Ok(Self::Parted('-')),
            _ => Err(syn::Error::new(name.span(), "not known here: lowercase, snake_case or kebab-case")),
        }
    }

    pub(crate) fn word(self, name: &str) -> String {
        match self {
            Self::AsIs => name.to_owned(),
            Self::Lower => name.to_ascii_lowercase(),
            Self::Parted(between) => {
                let mut word = String::new();
                for letter in name.chars() {
                    if letter.is_ascii_uppercase() && !word.is_empty() {
                        word.push(between);
                    }
                    word.push(letter.to_ascii_lowercase());
                }
                word
            }
        }
    }
}

/// What is said of a type.
#[derive(Default)]
pub(crate) struct OfType {
    pub(crate) case: Case,
    /// The field that says which variant it is.
    pub(crate) tag: Option<String>,
}

impl OfType {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut of = Self::default();
        each(attributes, |key, meta| {
            match key {
                "rename_all" => of.case = Case::named(&meta.value()?.parse()?)?,
                "tag" => of.tag = Some(meta.value()?.parse::<LitStr>()?.value()),
                "transparent" | "deny_unknown_fields" => {}
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(of)
    }
}

/// What a field is where the JSON has none.
#[derive(Default)]
pub(crate) enum Absent {
    /// An error, unless its type says otherwise, as `Option` does.
    #[default]
    Error,
    /// Its type's default.
    Default,
    /// What a function gives.
    By(ExprPath),
    /// Its type's default, and even where the JSON has one.
    Always,
}

/// What is said of a field or a variant.
#[derive(Default)]
pub(crate) struct Named {
    pub(crate) name: Option<String>,
    pub(crate) absent: Absent,
}

impl Named {
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self> {
        let mut of = Self::default();
        each(attributes, |key, meta| {
            match key {
                "rename" => of.name = Some(meta.value()?.parse::<LitStr>()?.value()),
                "default" if meta.input.peek(syn::Token![=]) => {
                    of.absent = Absent::By(meta.value()?.parse::<LitStr>()?.parse()?);
                }
                "default" => of.absent = Absent::Default,
                "skip" | "skip_deserializing" => of.absent = Absent::Always,
                "skip_serializing_if" => drop(meta.value()?.parse::<LitStr>()?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(of)
    }
}

/// Calls for each thing that `serde` or `json` says; what is not known is an error.
fn each(
    attributes: &[Attribute],
    mut heed: impl FnMut(&str, &ParseNestedMeta<'_>) -> Result<bool>,
) -> Result<()> {
    for attribute in attributes {
        if !attribute.path().is_ident("serde") && !attribute.path().is_ident("json") {
            continue;
        }
        attribute.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match heed(&key, &meta) {
                Ok(true) => Ok(()),
                Ok(false) => Err(meta.error("FromJson does not know this")),
                Err(error) => Err(error),
            }
        })?;
    }
    Ok(())
}
