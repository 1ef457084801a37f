//! What configurations name and do not hold: `${{ secrets.NAME }}` in `registry_auth` and in values of `env`, and `${{ env.NAME }}` in
//! `registry_auth`. A plan says what is not there; the values are put in when an environment begins.

use std::collections::BTreeMap;

use berth_shared::{
    api::{PlanNote, RunCode, Secret},
    config::{
        Configuration, EnvValue,
        references::{Part, Reference, parts},
    },
};

use super::{core::Core, machine::Failure};
use crate::{provider::JobSpec, secrets::OpenSecretError, store::StoreError};

/// Values by names.
type Values = BTreeMap<String, String>;

/// A text that may name something.
struct Place<'c> {
    path: &'static str,
    text: &'c str,
    /// Whether variables can be named, and what names nothing is a mistake. In `env` a text is its author's own, but for secrets.
    strict: bool,
}

fn places(configuration: &Configuration) -> impl Iterator<Item = Place<'_>> {
    let auth = configuration.registry_auth.iter().flat_map(|auth| {
        [("registry_auth.username", &auth.username), ("registry_auth.password", &auth.password)]
            .map(|(path, text)| Place { path, text, strict: true })
    });
    let env = configuration.env.values().filter_map(|value| match value {
        EnvValue::Literal(text) => Some(Place { path: "env", text, strict: false }),
        EnvValue::FromSubmitter { .. } => None,
    });
    auth.chain(env)
}

/// Names of the secrets that a configuration asks for.
fn secrets_of(configuration: &Configuration) -> Vec<&str> {
    places(configuration)
        .flat_map(|place| parts(place.text))
        .filter_map(|part| if let Reference::Secret(name) = part.reference { Some(name) } else { None })
        .collect()
}

/// What a configuration names and is not there in a project, each once.
///
/// # Errors
/// When it cannot be told which secrets there are.
pub(super) async fn missing(
    core: &Core,
    project: &str,
    configuration: &Configuration,
) -> Result<Vec<PlanNote>, StoreError> {
    let there = if secrets_of(configuration).is_empty() {
        Vec::new()
    } else {
        core.secrets.of(project).list().await.map_err(|away| StoreError::Unavailable(away.0))?
    };
    Ok(not_there(configuration, &there))
}

fn not_there(configuration: &Configuration, secrets: &[Secret]) -> Vec<PlanNote> {
    let mut notes = Vec::new();
    for Place { path, text, strict } in places(configuration) {
        for Part { text, reference } in parts(text) {
            let (code, message) = match reference {
                Reference::Secret(name) if !secrets.iter().any(|secret| secret.name == name) => (
                    "no-such-secret",
                    format!("there is no secret `{name}`: `berth secret set {name}` makes it"),
                ),
                Reference::Variable(name) if strict && !configuration.env.contains_key(name) => (
                    "no-such-variable",
                    format!("`env` has no variable `{name}`: add it there, or write the value itself"),
                ),
                Reference::Unknown if strict => (
                    "no-such-reference",
                    format!(
                        "`{text}` names nothing: write `${{{{ secrets.NAME }}}}` or `${{{{ env.NAME }}}}`"
                    ),
                ),
                _ => continue,
            };
            let note = PlanNote { code: code.to_owned(), path: path.to_owned(), message };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// Puts a project's values into what an environment is asked to do, and what a clone of its code is let in by.
///
/// # Errors
/// When one is not there, or cannot be read.
pub(super) async fn put(
    core: &Core,
    project: &str,
    configuration: &Configuration,
    job: &mut JobSpec,
) -> Result<(), Failure> {
    let kept = core.secrets.of(project);
    if let Some(RunCode::Git(source)) = &job.code {
        job.git = kept.git_access(source).await.map_err(|error| not_read(&error))?;
    }
    let secrets = kept.values(&secrets_of(configuration)).await.map_err(|error| not_read(&error))?;
    put_in(configuration, &secrets, job)
}

fn not_read(error: &OpenSecretError) -> Failure {
    match error {
        OpenSecretError::Sealed { .. } => Failure::Permanent(error.to_string()),
        OpenSecretError::Away(_) => Failure::Temporary(format!("the secrets cannot be read: {error}")),
    }
}

fn put_in(configuration: &Configuration, secrets: &Values, job: &mut JobSpec) -> Result<(), Failure> {
    for (name, value) in &mut job.env {
        // What the submitter gave is a value, whatever it looks like.
        if let Some(EnvValue::Literal(text)) = configuration.env.get(name) {
            *value = resolved(text, secrets, None)?;
        }
    }
    if let Some(auth) = &mut job.container.registry_auth {
        for text in [&mut auth.username, &mut auth.password] {
            *text = resolved(text, secrets, Some(&job.env))?;
        }
    }
    Ok(())
}

fn resolved(text: &str, secrets: &Values, variables: Option<&Values>) -> Result<String, Failure> {
    let value = |Part { text, reference }| {
        match (reference, variables) {
        (Reference::Secret(name), _) => secrets.get(name).map(String::as_str).ok_or_else(|| {
            Failure::Permanent(format!(
                "there is no secret `{name}` any more: `berth secret set {name}` makes it; then launch it again"
            ))
        }),
        (Reference::Variable(name), Some(variables)) => {
            variables.get(name).map(String::as_str).ok_or_else(|| {
                Failure::Permanent(format!("`env` has no variable `{name}`"))
            })
        }
        _ => Ok(text),
    }
    };
    parts(text).into_iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use berth_shared::{api::JobId, time::Timestamp};

    use super::*;
    use crate::orchestrator::placement::container_spec;

    fn read(text: &str) -> Configuration {
        let checked = berth_shared::check(&format!("type: dev-environment\nide: vscode\n{text}"));
        checked.configuration.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
    }

    const TEXT: &str = "image: a\nregistry_auth:\n  username: $oauthtoken\n  password: a-${{ secrets.hub }}-${{ env.KEY }}\n\
        env:\n- KEY=k${{ secrets.hub }}\n- OTHER=${{ env.KEY }} ${{ run.args }} $$\n- GIVEN\n";

    #[test]
    fn what_is_named_and_not_there_is_told_once() {
        let told = |text: &str, secrets: &[&str]| {
            let secret = |name: &&str| Secret {
                name: (*name).to_owned(),
                set_by: "ann".to_owned(),
                set_at: Timestamp(0),
            };
            let there: Vec<Secret> = secrets.iter().map(secret).collect();
            let notes = not_there(&read(text), &there);
            let lines = notes.iter().map(|note| format!("{} [{}] {}", note.code, note.path, note.message));
            lines.collect::<Vec<_>>().join("\n")
        };
        assert_eq!(told(TEXT, &["hub"]), "");
        insta::assert_snapshot!(told(TEXT, &[]), @r"
        no-such-secret [registry_auth.password] there is no secret `hub`: `berth secret set hub` makes it
        no-such-secret [env] there is no secret `hub`: `berth secret set hub` makes it
        ");
        let text =
            "image: a\nregistry_auth: {username: '${{ env.NAME }}', password: '${{ hub }}${{ hub }}'}\n";
        insta::assert_snapshot!(told(text, &[]), @r"
        no-such-variable [registry_auth.username] `env` has no variable `NAME`: add it there, or write the value itself
        no-such-reference [registry_auth.password] `${{ hub }}` names nothing: write `${{ secrets.NAME }}` or `${{ env.NAME }}`
        ");
    }

    #[test]
    fn values_come_in_the_places_that_name_them_and_nowhere_else() {
        let values = |pairs: &[(&str, &str)]| -> Values {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let configuration = read(TEXT);
        let mut job = JobSpec {
            id: JobId(uuid::Uuid::nil()),
            turn: 1,
            run_name: "a".to_owned(),
            home_dir: "/root".to_owned(),
            working_dir: None,
            shell: None,
            python: None,
            env: values(&[("KEY", ""), ("OTHER", ""), ("GIVEN", "${{ secrets.hub }}")]),
            setup: Vec::new(),
            init: Vec::new(),
            shm_bytes: None,
            container: container_spec(&configuration, "main"),
            code: None,
            git: None,
            welcome: Vec::new(),
        };
        put_in(&configuration, &values(&[("hub", "${{ env.KEY }}")]), &mut job).expect("all are there");
        assert_eq!(
            job.env,
            values(&[
                ("KEY", "k${{ env.KEY }}"),
                ("OTHER", "${{ env.KEY }} ${{ run.args }} $$"),
                ("GIVEN", "${{ secrets.hub }}"),
            ])
        );
        let auth = job.container.registry_auth.clone().expect("credentials");
        assert_eq!(auth.username, "$oauthtoken");
        assert_eq!(auth.password, "a-${{ env.KEY }}-k${{ env.KEY }}", "a value is never read for references");
        let failure = put_in(&configuration, &Values::new(), &mut job).expect_err("it is gone");
        assert_eq!(
            failure.message(),
            "there is no secret `hub` any more: `berth secret set hub` makes it; then launch it again"
        );
    }
}
