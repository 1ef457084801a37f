//! `.dstack/profiles.yml`: values for configurations that do not say otherwise (dstack 0.18, `spec` §5).

use serde::Serialize;

use super::{
    Profile,
    context::{At, Cx, Path},
    effects,
    fields::{PROFILE, PROFILES_FILE},
    load::{self, What},
    profile, scalars,
};
use crate::{
    diagnostics::{ByteRange, Code, Diagnostic, Severity},
    schema::{self, Dialect},
};

/// A profile by its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamedProfile {
    /// What `--profile` takes.
    pub name: String,
    /// Whether it is used when no profile is named.
    pub default: bool,
    /// What it says.
    #[serde(flatten)]
    pub profile: Profile,
}

/// What [`check_profiles`] found.
#[derive(Clone, Debug, Default)]
pub struct CheckedProfiles {
    /// The profiles, in the order of the file; `None` when there is an error.
    pub profiles: Option<Vec<NamedProfile>>,
    /// Everything there is to say, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl CheckedProfiles {
    /// Whether the text is a valid file of profiles.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

const FILE: What = What {
    missing: "there are no profiles here",
    help: "a file of profiles begins with `profiles:`",
    start: &["profiles:", "- name: default", "  default: true"],
};

/// Reads a file of profiles and says everything there is to say about it. Never panics, whatever the text.
#[must_use]
pub fn check_profiles(text: &str) -> CheckedProfiles {
    let (profiles, diagnostics) = load::text(text, Dialect::V0_18, &FILE, file);
    CheckedProfiles { profiles, diagnostics }
}

/// As [`check_profiles`], for bytes that may not be text.
#[must_use]
pub fn check_profiles_bytes(bytes: &[u8]) -> CheckedProfiles {
    let (profiles, diagnostics) = load::bytes(bytes, Dialect::V0_18, &FILE, file);
    CheckedProfiles { profiles, diagnostics }
}

/// There is no profile of that name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such profile: `{name}`{}", self.did_you_mean())]
pub struct NoSuchProfile {
    /// The name that was asked for.
    pub name: String,
    /// The name that is nearest to it.
    pub closest: Option<String>,
}

impl NoSuchProfile {
    fn did_you_mean(&self) -> String {
        self.closest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
    }
}

/// The profile of this name, from the first file that has it; without a name, the first that is a
/// default, file by file, if there is one.
///
/// `files` holds the repository's profiles first, then those of the user.
///
/// # Errors
/// When a name is given and no file has it.
pub fn choose_profile<'p>(
    files: &[&'p [NamedProfile]],
    name: Option<&str>,
) -> Result<Option<&'p NamedProfile>, NoSuchProfile> {
    let mut all = files.iter().flat_map(|file| file.iter());
    let Some(name) = name else { return Ok(all.find(|profile| profile.default)) };
    all.clone().find(|profile| profile.name == name).map(Some).ok_or_else(|| NoSuchProfile {
        name: name.to_owned(),
        closest: schema::closest(name, all.map(|profile| profile.name.as_str())).map(str::to_owned),
    })
}

fn file(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<NamedProfile>> {
    let fields = cx.object(at, PROFILES_FILE)?;
    let profiles = fields.required(cx, at.path, "profiles", |cx, at| {
        let mut seen = Vec::new();
        let profiles = scalars::list(cx, at, |cx, at| named(cx, at, &mut seen));
        overshadowed(cx, at.path, &seen);
        profiles
    })?;
    Some(profiles)
}

/// A profile as it is written: its name, and where it says to be the default.
struct Seen {
    index: usize,
    name: Option<(String, ByteRange)>,
    default: Option<ByteRange>,
}

fn named(cx: &mut Cx<'_>, at: At<'_>, seen: &mut Vec<Seen>) -> Option<NamedProfile> {
    let errors = cx.sink.errors();
    let fields = cx.object(at, PROFILE)?;
    let path = at.path;
    let name = fields.required(cx, path, "name", scalars::text);
    let default = fields.default(cx, path, "default", false, scalars::boolean);
    let profile = profile::profile(cx, path, &fields);
    let index = match path {
        Path::Index(_, index) => *index,
        _ => 0,
    };
    let place =
        |key: &str| fields.entry(key).map(|(key, value)| if value.start < value.end { value } else { key });
    seen.push(Seen {
        index,
        name: name.clone().zip(place("name")),
        default: place("default").filter(|_| default == Some(true)),
    });
    let profile = profile?;
    if cx.sink.errors() == errors {
        effects::warn_of_profile(cx, path, &fields, &profile, false);
    }
    Some(NamedProfile { name: name?, default: default?, profile })
}

/// Warns about profiles that can never be chosen, and defaults that never are.
fn overshadowed(cx: &mut Cx<'_>, list: &Path<'_>, seen: &[Seen]) {
    let mut names = std::collections::BTreeMap::new();
    let mut default = None;
    for Seen { index, name, default: says_default } in seen {
        let profile = Path::Index(list, *index);
        if let Some((name, place)) = name {
            let first = *names.entry(name.as_str()).or_insert(*place);
            if first != *place {
                cx.sink
                    .report(
                        Code::DuplicateProfile,
                        Path::Key(&profile, "name").to_string(),
                        *place,
                        format!("another profile is called {} already", super::context::quote(name)),
                    )
                    .help("the first one of a name is used: give this one another name, or remove it")
                    .related(first, "this one is used");
            }
        }
        if let Some(place) = says_default {
            let first = *default.get_or_insert(*place);
            if first != *place {
                cx.sink
                    .report(
                        Code::SeveralDefaults,
                        Path::Key(&profile, "default").to_string(),
                        *place,
                        "another profile is the default already".to_owned(),
                    )
                    .help("the first one counts: leave `default` out here")
                    .related(first, "this one counts")
                    .offer("write `false`", *place, "false");
            }
        }
    }
}
