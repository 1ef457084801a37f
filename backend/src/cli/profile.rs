//! Flags that choose a profile or stand above it, and the files that profiles come from.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use berth_shared::{
    config::{
        CheckedProfiles, NamedProfile, NoSuchProfile, Profile, SpotPolicy, check_profiles_bytes,
        choose_profile,
    },
    diagnostics::{Diagnostic, render},
    schema,
};

use clap_complete::{ArgValueCandidates, CompletionCandidate};

use super::validate::{read_to_limit, show};

/// Flags about a profile; each stands above what the configuration and the profile say.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Profile")]
pub struct Flags {
    /// Name of a profile in `.dstack/profiles.yml` or `~/.dstack/profiles.yml`; else the default one is used.
    #[arg(long, value_name = "NAME", env = "DSTACK_PROFILE", hide_env_values = true, add = ArgValueCandidates::new(profiles))]
    profile: Option<String>,

    /// The most to pay, in US dollars an hour.
    #[arg(long, value_name = "PRICE", value_parser = price)]
    max_price: Option<f64>,

    /// A backend to consider; may be given several times.
    #[arg(short, long = "backend", value_name = "NAME", value_parser = backend, add = ArgValueCandidates::new(backends))]
    backends: Vec<String>,

    /// A region to consider; may be given several times.
    #[arg(short, long = "region", value_name = "NAME")]
    regions: Vec<String>,

    /// An instance type to consider; may be given several times.
    #[arg(long = "instance-type", value_name = "NAME")]
    instance_types: Vec<String>,

    /// Consider spot instances alone.
    #[arg(long, group = "spot_flags")]
    spot: bool,

    /// Consider on-demand instances alone.
    #[arg(long, group = "spot_flags")]
    on_demand: bool,

    /// Consider both spot and on-demand instances.
    #[arg(long, group = "spot_flags")]
    spot_auto: bool,

    /// Consider `spot`, `on-demand` or both (`auto`).
    #[arg(long, group = "spot_flags", value_name = "POLICY", value_parser = ["spot", "on-demand", "auto"])]
    spot_policy: Option<String>,
}

/// Every backend, for completion.
fn backends() -> Vec<CompletionCandidate> {
    schema::values("backends", schema::Dialect::V0_18).iter().map(CompletionCandidate::new).collect()
}

/// The profiles that can be chosen here, for completion; files that are wrong have none.
fn profiles() -> Vec<CompletionCandidate> {
    let files = folders().into_iter().filter_map(|folder| file(&folder.join(".dstack")).ok().flatten());
    // This folder may be the home.
    let names: std::collections::BTreeSet<_> = files.flatten().map(|profile| profile.name).collect();
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn price(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|&price: &f64| price > 0.0)
        .ok_or_else(|| "a price is a number above 0".to_owned())
}

fn backend(text: &str) -> Result<String, String> {
    let known = schema::values("backends", schema::Dialect::V0_18);
    if known.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(match schema::closest(text, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("known are {}", known.join(", ")),
    })
}

/// Why no profile can be chosen.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProfileError {
    #[error("cannot read `{path}`")]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error(transparent)]
    NoSuch(#[from] NoSuchProfile),
    #[error("`{file}` is invalid")]
    Invalid { file: String, text: String, diagnostics: Vec<Diagnostic> },
}

impl ProfileError {
    /// For a terminal; ends with a line break.
    pub(super) fn render(&self, colour: bool) -> String {
        match self {
            Self::Invalid { file, text, diagnostics } => render(file, text, diagnostics, colour),
            _ => format!("error: {}\n", crate::http::chain(self)),
        }
    }
}

impl Flags {
    /// What the flags themselves say.
    pub(super) fn flags(&self) -> Profile {
        let list = |names: &[String]| (!names.is_empty()).then(|| names.to_vec());
        Profile {
            backends: list(&self.backends),
            regions: list(&self.regions),
            instance_types: list(&self.instance_types),
            max_price: self.max_price,
            spot_policy: match (self.spot, self.on_demand, self.spot_auto, self.spot_policy.as_deref()) {
                (true, ..) | (.., Some("spot")) => Some(SpotPolicy::Spot),
                (_, true, ..) | (.., Some("on-demand")) => Some(SpotPolicy::OnDemand),
                (_, _, true, _) | (.., Some("auto")) => Some(SpotPolicy::Auto),
                _ => None,
            },
            ..Profile::default()
        }
    }

    /// Whether any of them says what to look for; a profile's name is no more than a place to look it up.
    pub(super) fn says_something(&self) -> bool {
        self.flags() != Profile::default() || self.profile.as_ref().is_some_and(|name| !name.is_empty())
    }

    /// The profile that is asked for, or the default one, from the folders that hold a `.dstack` folder each: the
    /// repository's, then the user's.
    pub(super) fn choose(&self, folders: &[PathBuf]) -> Result<Option<NamedProfile>, ProfileError> {
        let files = folders
            .iter()
            .filter_map(|folder| file(&folder.join(".dstack")).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        let files: Vec<&[NamedProfile]> = files.iter().map(Vec::as_slice).collect();
        // An empty variable is none.
        let name = self.profile.as_deref().filter(|name| !name.is_empty());
        Ok(choose_profile(&files, name)?.cloned())
    }
}

/// Where profiles are looked for: here, which is the root of the repository, and at home.
pub(super) fn folders() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    std::iter::once(PathBuf::from("")).chain(home).collect()
}

/// The profiles of a folder; none when it has no file of them.
fn file(folder: &Path) -> Result<Option<Vec<NamedProfile>>, ProfileError> {
    for name in ["profiles.yml", "profiles.yaml"] {
        let path = folder.join(name);
        let bytes = match File::open(&path).and_then(|mut file| read_to_limit(&mut file)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(source) => return Err(ProfileError::Read { path: show(&path), source }),
        };
        let CheckedProfiles { profiles, diagnostics } = check_profiles_bytes(&bytes);
        return match profiles {
            Some(profiles) => Ok(Some(profiles)),
            None => Err(ProfileError::Invalid {
                file: show(&path),
                text: String::from_utf8_lossy(&bytes).into_owned(),
                diagnostics,
            }),
        };
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Command {
        #[command(flatten)]
        profile: Flags,
    }

    fn parsed(flags: &[&str]) -> Result<Profile, String> {
        Command::try_parse_from(["berth"].iter().chain(flags))
            .map(|command| command.profile.flags())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn flags_say_what_dstacks_say() {
        assert_eq!(parsed(&[]), Ok(Profile::default()));
        let all = parsed(&[
            "--max-price",
            "2.5",
            "-b",
            "aws",
            "--backend",
            "gcp",
            "-r",
            "eu-west-1",
            "--instance-type",
            "p3.2xlarge",
            "--spot-auto",
        ]);
        assert_eq!(
            all,
            Ok(Profile {
                max_price: Some(2.5),
                backends: Some(vec!["aws".into(), "gcp".into()]),
                regions: Some(vec!["eu-west-1".into()]),
                instance_types: Some(vec!["p3.2xlarge".into()]),
                spot_policy: Some(SpotPolicy::Auto),
                ..Profile::default()
            })
        );
        for (flags, policy) in [
            (&["--spot"][..], SpotPolicy::Spot),
            (&["--on-demand"], SpotPolicy::OnDemand),
            (&["--spot-policy", "auto"], SpotPolicy::Auto),
            (&["--spot-policy", "on-demand"], SpotPolicy::OnDemand),
        ] {
            assert_eq!(parsed(flags).map(|flags| flags.spot_policy), Ok(Some(policy)), "{flags:?}");
        }
    }

    #[test]
    fn wrong_flags_are_told_so() {
        for (flags, said) in [
            (&["--max-price", "0"][..], "above 0"),
            (&["--max-price", "nan"], "above 0"),
            (&["-b", "asw"], "did you mean `aws`?"),
            (&["--spot", "--on-demand"], "cannot be used with"),
        ] {
            let error = parsed(flags).expect_err("it is wrong");
            assert!(error.contains(said), "{error}");
        }
    }
}
