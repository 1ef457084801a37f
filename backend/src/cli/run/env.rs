//! Values of variables: given by `-e`, or by the environment of whoever launches.

use std::collections::BTreeMap;

use berth_shared::config::{Configuration, EnvValue};

use crate::cli::failure::Failure;

/// A variable that was given: `NAME=VALUE`, or `NAME` for the environment's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    name: String,
    value: Option<String>,
}

/// Reads the value of `-e`.
pub(super) fn parse(text: &str) -> Result<Given, String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (text, None),
    };
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !valid {
        return Err("expected `NAME=VALUE`, or `NAME` for the value it has here".to_owned());
    }
    if value.as_ref().is_some_and(|value| value.contains('\n')) {
        return Err("a value has one line".to_owned());
    }
    Ok(Given { name: name.to_owned(), value })
}

/// The given variables with their values; of one that is given twice the last counts.
pub(super) fn given(
    flags: &[Given],
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Vec<(String, String)>, Failure> {
    let mut values = BTreeMap::new();
    for Given { name, value } in flags {
        let value =
            value.clone().or_else(|| environment(name)).ok_or_else(|| unset(std::slice::from_ref(name)))?;
        values.insert(name.clone(), value);
    }
    Ok(values.into_iter().collect())
}

/// The values of all variables that the configuration asks for: those given, else the environment's.
pub(super) fn asked(
    configuration: &Configuration,
    mut given: BTreeMap<String, String>,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut missing = Vec::new();
    for value in configuration.env.values() {
        let EnvValue::FromSubmitter { key } = value else { continue };
        if given.contains_key(key) {
            continue;
        }
        match environment(key) {
            Some(value) => _ = given.insert(key.clone(), value),
            None => missing.push(key.clone()),
        }
    }
    if missing.is_empty() { Ok(given) } else { Err(unset(&missing)) }
}

fn unset(names: &[String]) -> Failure {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let (verb, example) = (if names.len() == 1 { "is" } else { "are" }, &names[0]);
    Failure::No(format!(
        "{} {verb} not set in your environment; export {verb_object}, or give a value with `-e {example}=VALUE`",
        quoted.join(", "),
        verb_object = if names.len() == 1 { "it" } else { "them" },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        (name == "HERE").then(|| "from here".to_owned())
    }

    #[test]
    fn variables_are_given_by_value_or_by_name() {
        let flags: Vec<_> = ["A=1", "B=", "C=x=y", "HERE", "A=2"]
            .iter()
            .map(|text| parse(text).expect("a variable"))
            .collect();
        let values = given(&flags, &environment).expect("all are set");
        let values: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(values, ["A=2", "B=", "C=x=y", "HERE=from here"]);
        for wrong in ["", "=x", "1A=x", "A-B=x", "A=x\ny"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_asked_for_comes_from_the_environment_or_is_told_missing() {
        let text = "type: dev-environment\nide: vscode\nenv:\n  - HERE\n  - GIVEN\n  - NOWHERE\n  - GONE\n  - LIT=1\n";
        let configuration = berth_shared::check(text).configuration.expect("valid");
        let given = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect();
        let values = asked(&configuration, given(&["GIVEN", "NOWHERE", "GONE"]), &environment).expect("all");
        assert_eq!(values["HERE"], "from here");
        let error = asked(&configuration, given(&["GIVEN"]), &environment).unwrap_err().to_string();
        insta::assert_snapshot!(error, @"`GONE`, `NOWHERE` are not set in your environment; export them, or give a value with `-e GONE=VALUE`");
    }
}
