//! The text that is launched: the author's, with what flags and a profile say written into it, so that whoever looks at
//! the run later sees what was run.

use std::collections::BTreeMap;

use berth_shared::{
    config::{
        Configuration, EnvValue, Profile, Reading, RetryPolicy, TerminationPolicy, append, check_in, set,
    },
    schema::Dialect,
};

use crate::cli::words::duration;

/// What is launched.
#[derive(Debug)]
pub(in crate::cli) struct Merged {
    /// The text.
    pub(in crate::cli) text: String,
    /// What it means.
    pub(in crate::cli) configuration: Configuration,
    /// Values that were given for variables; they are not in the text.
    pub(in crate::cli) variables: BTreeMap<String, String>,
    /// The fields that were written into it.
    pub(in crate::cli) changed: Vec<&'static str>,
}

/// A field that cannot be written into the text.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "cannot write `{field}: {value}` into this configuration without changing what else it says (an anchor or a merge key \
     may be in the way); write it into the file yourself"
)]
pub(in crate::cli) struct CannotSet {
    field: String,
    value: String,
}

/// Puts flags above the configuration, the profile below it, and variables into its `env`. `default` is as which release the server reads
/// a text that says nothing else.
///
/// # Errors
/// When a field cannot be written without changing something else.
pub(in crate::cli) fn merge(
    text: &str,
    default: Dialect,
    configuration: &Configuration,
    flags: Profile,
    profile: Profile,
    given: &[(String, String)],
) -> Result<Merged, CannotSet> {
    let fields = flags.or(configuration.profile()).or(profile);
    let mut wanted = configuration.clone().with_profile(fields);
    let fields = wanted.profile();
    let mut after = text.to_owned();
    let mut changed = Vec::new();
    for (field, value) in differing(configuration.dialect(), &configuration.profile(), &fields) {
        let set = set(&after, field, &value);
        after = set.ok_or_else(|| CannotSet { field: field.to_owned(), value: value.clone() })?;
        changed.push(field);
    }
    let variables = variables(&mut after, default, &mut wanted, given)?;
    if configuration.env != wanted.env {
        changed.push("env");
    }
    let read = if after == text { Some(configuration.clone()) } else { read(&after, default) };
    // What is sent must mean what was asked for, to the letter.
    match read {
        Some(read) if same(&read, &wanted) => {
            Ok(Merged { text: after, configuration: wanted, variables, changed })
        }
        _ => {
            let field = changed.first().copied().unwrap_or("env").to_owned();
            Err(CannotSet { field, value: "…".to_owned() })
        }
    }
}

/// As the server reads it.
fn read(text: &str, default: Dialect) -> Option<Configuration> {
    check_in(text, Reading::auto(default), None).configuration
}

/// Not-a-numbers are the same here.
fn same(a: &Configuration, b: &Configuration) -> bool {
    serde_json::to_value(a).ok() == serde_json::to_value(b).ok()
}

/// The fields that are to be written, as YAML that may stand inside of brackets, by the names that a release has for them.
fn differing(dialect: Dialect, before: &Profile, after: &Profile) -> Vec<(&'static str, String)> {
    let is_newer = dialect == Dialect::V0_22;
    let mut fields = Vec::new();
    let mut field = |name, changed: bool, value: Option<String>| {
        if let Some(value) = value.filter(|_| changed) {
            fields.push((name, value));
        }
    };
    let list = |names: &Option<Vec<String>>| {
        names
            .as_ref()
            .map(|names| format!("[{}]", names.iter().map(|name| plain(name)).collect::<Vec<_>>().join(", ")))
    };
    let (b, a) = (before, after);
    field("backends", b.backends != a.backends, list(&a.backends));
    field("regions", b.regions != a.regions, list(&a.regions));
    field("instance_types", b.instance_types != a.instance_types, list(&a.instance_types));
    field(
        "spot_policy",
        b.spot_policy != a.spot_policy,
        a.spot_policy.map(|policy| policy.name().to_owned()),
    );
    if is_newer {
        field("retry", b.retry_policy != a.retry_policy, a.retry_policy.map(newer_retry));
    } else {
        field("retry_policy", b.retry_policy != a.retry_policy, a.retry_policy.map(retry));
    }
    field("max_duration", b.max_duration != a.max_duration, a.max_duration.as_deref().map(or_off));
    field("max_price", b.max_price != a.max_price, a.max_price.map(price));
    let one = |name: &Option<String>| {
        let name = name.as_deref().map(plain);
        if is_newer { name.map(|name| format!("[{name}]")) } else { name }
    };
    let (pool, instance) = if is_newer { ("fleets", "instances") } else { ("pool_name", "instance_name") };
    field(pool, b.pool_name != a.pool_name, one(&a.pool_name));
    field(instance, b.instance_name != a.instance_name, one(&a.instance_name));
    field(
        "creation_policy",
        b.creation_policy != a.creation_policy,
        a.creation_policy.map(|policy| policy.name().to_owned()),
    );
    if is_newer {
        let (policy, time) = (b.termination_policy, b.termination_idle_time);
        let changed = (policy, time) != (a.termination_policy, a.termination_idle_time);
        let kept = a.termination_policy == Some(TerminationPolicy::DontDestroy);
        let value = if kept { Some("off".to_owned()) } else { a.termination_idle_time.map(duration) };
        field("idle_duration", changed, value);
        return fields;
    }
    field(
        "termination_policy",
        b.termination_policy != a.termination_policy,
        a.termination_policy.map(|policy| policy.name().to_owned()),
    );
    field(
        "termination_idle_time",
        b.termination_idle_time != a.termination_idle_time,
        a.termination_idle_time.map(duration),
    );
    fields
}

fn retry(policy: RetryPolicy) -> String {
    match policy.duration {
        Some(seconds) => format!("{{retry: {}, duration: {}}}", policy.retry, duration(seconds)),
        None => format!("{{retry: {}}}", policy.retry),
    }
}

fn newer_retry(policy: RetryPolicy) -> String {
    match policy.duration {
        Some(seconds) => format!("{{duration: {}}}", duration(seconds)),
        None => policy.retry.to_string(),
    }
}

fn or_off(seconds: &str) -> String {
    match seconds.parse() {
        Ok(seconds) => duration(seconds),
        Err(_) => "\"off\"".to_owned(),
    }
}

fn price(price: f64) -> String {
    if price.is_infinite() { ".inf".to_owned() } else { format!("{price}") }
}

/// A name as YAML: in quotes where it might be read as something else.
fn plain(name: &str) -> String {
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        && !matches!(
            name.to_ascii_lowercase().as_str(),
            "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
        );
    // What JSON writes in quotes YAML reads as the same text.
    if word { name.to_owned() } else { serde_json::Value::from(name).to_string() }
}

/// Makes variables of the text ones that are asked for at the launch, and gives their values.
fn variables(
    text: &mut String,
    default: Dialect,
    wanted: &mut Configuration,
    given: &[(String, String)],
) -> Result<BTreeMap<String, String>, CannotSet> {
    let mut values = BTreeMap::new();
    for (name, value) in given {
        let asked = EnvValue::FromSubmitter { key: name.clone() };
        match wanted.env.get(name) {
            Some(EnvValue::Literal(written)) if written == value => continue,
            Some(written) if *written == asked => {}
            written => {
                let replaces = written.is_some();
                let first = wanted.env.is_empty();
                wanted.env.insert(name.clone(), asked);
                let means = |after: &String| {
                    read(after, default).is_some_and(|configuration| configuration.env == wanted.env)
                };
                *text = ask_for(text, name, (first, replaces), &wanted.env, means)
                    .ok_or_else(|| CannotSet { field: "env".to_owned(), value: name.clone() })?;
            }
        }
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

/// The text with the variable `name` without a value in its `env`, whichever form that has; the first that `means` what it should.
fn ask_for(
    text: &str,
    name: &str,
    (first, replaces): (bool, bool),
    env: &BTreeMap<String, EnvValue>,
    means: impl Fn(&String) -> bool,
) -> Option<String> {
    let whole = || {
        let items: Vec<String> = env.iter().map(|(name, value)| item(name, value)).collect::<Option<_>>()?;
        set(text, "env", &format!("[{}]", items.join(", ")))
    };
    let in_mapping = || set(text, &format!("env.{name}"), &format!("{{key: {name}}}"));
    let in_list = || append(text, "env", name);
    let found = if first {
        None
    } else {
        in_mapping().filter(&means).or_else(|| if replaces { None } else { in_list().filter(&means) })
    };
    found.or_else(|| whole().filter(means))
}

/// A variable as an item of a list; `None` when a list cannot say it.
fn item(name: &str, value: &EnvValue) -> Option<String> {
    match value {
        EnvValue::FromSubmitter { key } if key == name => Some(plain(name)),
        EnvValue::FromSubmitter { .. } => None,
        EnvValue::Literal(value) => Some(serde_json::Value::from(format!("{name}={value}")).to_string()),
    }
}

#[cfg(test)]
mod tests;
