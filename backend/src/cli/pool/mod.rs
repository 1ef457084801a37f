//! `berth pool`: instances that outlive a run and wait for the next one.

mod add;
mod hosts;
mod instances;
mod orphans;
mod pools;
mod ps;

use std::process::ExitCode;

use clap::Subcommand;

use super::{client::Access, failure::finish};

/// Arguments of `berth pool`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists the pools.
    List(pools::ListArgs),
    /// Makes a pool.
    Create(pools::NameArgs),
    /// Removes a pool.
    Delete(pools::DeleteArgs),
    /// Makes a pool the one that runs use which name none.
    SetDefault(pools::NameArgs),
    /// Lists the instances of a pool.
    Ps(ps::Args),
    /// Adds an instance to a pool, without a run.
    Add(Box<add::Args>),
    /// Removes an instance.
    Rm(instances::RemoveArgs),
    /// Keeps an idle instance longer than it would stay by itself.
    Keep(instances::KeepArgs),
    /// Adds a machine of your own, which the server reaches by SSH.
    AddSsh(hosts::AddArgs),
    /// Lists the machines that are reached by SSH.
    Hosts(hosts::ListArgs),
    /// Removes a machine that is reached by SSH; nothing is removed from it.
    RmSsh(hosts::RemoveArgs),
    /// Lists what providers have and nobody here has asked for; keeps or removes one.
    Orphans(orphans::Args),
}

/// Looks after pools and their instances; lists the pools when nothing is said.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let client = args.access.client()?;
        match &args.action {
            None => pools::list(&pools::ListArgs::default(), &client).await,
            Some(Action::List(args)) => pools::list(args, &client).await,
            Some(Action::Create(args)) => pools::create(args, &client).await,
            Some(Action::Delete(args)) => pools::delete(args, &client).await,
            Some(Action::SetDefault(args)) => pools::set_default(args, &client).await,
            Some(Action::Ps(args)) => ps::ps(args, &client).await,
            Some(Action::Add(args)) => add::add(args, &client).await,
            Some(Action::Rm(args)) => instances::remove(args, &client).await,
            Some(Action::Keep(args)) => instances::keep(args, &client).await,
            Some(Action::AddSsh(args)) => hosts::add(args, &client).await,
            Some(Action::Hosts(args)) => hosts::list(args, &client).await,
            Some(Action::RmSsh(args)) => hosts::remove(args, &client).await,
            Some(Action::Orphans(args)) => orphans::orphans(args, &client).await,
        }
    })
}
