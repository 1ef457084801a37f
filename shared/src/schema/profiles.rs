//! The keys of `.dstack/profiles.yml`: a table of its own beside [`super::FIELDS`], of which a profile holds a part.

use super::{Dialect, Field, Kind, fields, fields::f};

/// What stands in a file of profiles, but for the keys that a profile shares with a configuration.
pub const PROFILE_FIELDS: &[Field] = &[
    f(
        "profiles",
        Kind::List,
        "The profiles: sets of values for configurations that do not say otherwise.",
        "[{name: cheap, max_price: 1}]",
    )
    .required(),
    f("profiles[].name", Kind::Text, "The name that `--profile` takes.", "cheap").required(),
    f("profiles[].default", Kind::Boolean, "Whether it is used when no profile is named.", "true")
        .default("false"),
];

/// The keys of a configuration that a profile may hold, too (dstack 0.18's `ProfileParams`).
pub const PROFILE_KEYS: &[&str] = &[
    "backends",
    "regions",
    "instance_types",
    "spot_policy",
    "retry_policy",
    "max_duration",
    "max_price",
    "pool_name",
    "instance_name",
    "creation_policy",
    "termination_policy",
    "termination_idle_time",
];

/// The keys of one profile, in the order of the reference.
pub fn profile_keys() -> impl Iterator<Item = &'static Field> + Clone {
    let own = PROFILE_FIELDS.iter().filter(|field| field.parent() == "profiles[]");
    own.chain(fields(Dialect::V0_18).filter(|field| PROFILE_KEYS.contains(&field.path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_a_profile_is_a_field() {
        assert_eq!(profile_keys().count(), 2 + PROFILE_KEYS.len());
    }
}
