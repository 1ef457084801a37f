//! `berth pool add`

use berth_shared::{
    api::{AddInstance, Instance, Plan, PlanRequest},
    config::Profile,
    diagnostics::render,
    schema::Dialect,
};
use clap_complete::ArgValueCompleter;

use super::pools::{check, complete_pools, default, known};
use crate::cli::{
    ask,
    client::{Client, part},
    failure::Failure,
    flags::{EMPTY, Resources, resource},
    profile,
    run::{LaunchFlags, merge, show},
    words::{duration, say, visible},
};

/// How long an added instance is kept when nobody says: three days.
const IDLE_SECONDS: i64 = 3 * 86_400;

/// Arguments of `berth pool add`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which pool; else the default one.
    #[arg(value_name = "POOL", add = ArgValueCompleter::new(complete_pools))]
    to: Option<String>,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,

    /// How many offers to show before asking.
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_offers: usize,

    #[command(flatten)]
    resources: Resources,

    #[command(flatten)]
    flags: LaunchFlags,
}

/// Adds an instance that nobody waits for; a profile and flags say which.
pub(super) async fn add(args: &Args, client: &Client) -> Result<(), Failure> {
    let text = text(&args.resources, args.flags.flags(), below(args)?)?;
    let checked = berth_shared::check(&text);
    let Some(configuration) = checked.configuration else {
        eprint!("{}", render("flags", &text, &checked.diagnostics, false));
        return Err(Failure::Said(1));
    };
    let pool = match args.to.as_ref().or(configuration.pool_name.as_ref()) {
        Some(name) => {
            check(client, name).await?;
            name.clone()
        }
        None => default(client).await?,
    };
    let plan: Plan =
        client.post("/plan", &PlanRequest { configuration: text.clone(), preview: None }).await?;
    let kept = configuration.termination_idle_time.unwrap_or(IDLE_SECONDS);
    say!(" Pool name              {}", visible(&pool))?;
    say!(" Min resources          {}", show::requirements(&configuration))?;
    say!(" Termination idle time  {}\n", duration(kept))?;
    let offers = show::offers_alone(&plan, &configuration, args.max_offers);
    say!("{}", offers.trim_end())?;
    if plan.offers.is_empty() {
        eprint!("{}", show::refusals(&plan));
    }
    if !args.yes {
        say!()?;
        ask::or_refuse("berth pool add", "Continue?")?;
    }
    let body = AddInstance { configuration: text, agreed_price: show::offered(&plan) };
    let added: Result<Instance, _> = client.post(&format!("/pools/{}/instances", part(&pool)), &body).await;
    match added {
        Ok(instance) => {
            Ok(say!("{} is asked for; berth pool ps -w shows how it comes up", visible(&instance.name))?)
        }
        Err(error) => Err(known(client, &pool, error).await),
    }
}

fn below(args: &Args) -> Result<Profile, Failure> {
    let chosen = args.flags.choose(&profile::folders()).map_err(|error| {
        eprint!("{}", error.render(false));
        Failure::Said(2)
    })?;
    Ok(chosen.map(|chosen| chosen.profile).unwrap_or_default())
}

/// The text of what is asked for.
fn text(resources: &Resources, flags: Profile, profile: Profile) -> Result<String, Failure> {
    // Written as that release has it, however the project reads what says nothing.
    let mut text = format!("# dstack: {}\n{EMPTY}", Dialect::V0_18.name());
    let mut fields = String::new();
    for (field, value) in resources.fields() {
        resource(field, value, Dialect::V0_18).map_err(|error| Failure::Usage(error.to_string()))?;
        // What JSON writes in quotes YAML reads as the same text.
        fields.push_str(&format!("  {field}: {}\n", serde_json::Value::from(value)));
    }
    if !fields.is_empty() {
        text.push_str("resources:\n");
        text.push_str(&fields);
    }
    let profile =
        Profile { termination_idle_time: profile.termination_idle_time.or(Some(IDLE_SECONDS)), ..profile };
    let Some(configuration) = berth_shared::check(&text).configuration else { return Ok(text) };
    let merged = merge::merge(&text, Dialect::V0_18, &configuration, flags, profile, &[]);
    Ok(merged.map_err(|error| Failure::No(error.to_string()))?.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_alone_say_what_is_added() {
        let resources =
            Resources { gpu: Some("A100:80GB".into()), cpu: Some("8..".into()), ..Resources::default() };
        let flags = Profile { max_price: Some(4.0), ..Profile::default() };
        insta::assert_snapshot!(text(&resources, flags, Profile::default()).expect("valid"), @r#"
        # dstack: 0.18
        type: dev-environment
        ide: vscode
        resources:
          gpu: "A100:80GB"
          cpu: "8.."
        max_price: 4
        termination_idle_time: 3d
        "#);
    }
}
