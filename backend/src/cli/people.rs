//! `berth people`: who has an account, and what they may do.

use std::{ffi::OsStr, process::ExitCode};

use berth_shared::{
    api::{AddPerson, ChangePerson, Invitation, Page, Person, Role},
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    client::{Access, Client, complete, part},
    failure::{Failure, finish},
    login_link,
    words::{Format, ago, left, print_list, say, table, visible},
};
use crate::clock::{Clock, SystemClock};

/// Arguments of `berth people`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists everybody who has an account.
    #[command(visible_alias = "ls")]
    List {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Makes an account and prints a link, by which its owner comes in once.
    Add {
        /// Their name: lower-case letters, digits, `-`, `_` and `.`.
        #[arg(value_name = "NAME")]
        name: String,

        /// What they may do: viewer, member, manager or admin.
        #[arg(value_name = "ROLE", default_value_t)]
        role: Role,
    },
    /// Changes what somebody may do, from now on.
    Role {
        /// Their name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_people))]
        name: String,

        /// Viewer, member, manager or admin.
        #[arg(value_name = "ROLE")]
        role: Role,
    },
    /// Prints a new link for somebody who has forgotten the password; earlier ones work no longer.
    Link {
        /// Their name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_people))]
        name: String,
    },
    /// Removes an account. What its owner launched goes on.
    #[command(visible_alias = "rm")]
    Remove {
        /// Their name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_people))]
        name: String,
    },
}

/// Lists, invites, changes and removes people.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let client = args.access.client()?;
        match &args.action {
            Action::List { format } => {
                let people = client.get::<Page<Person>>("/people").await?.items;
                Ok(print_list(*format, "people", &people, |people| listed(people, SystemClock.now()))?)
            }
            Action::Add { name, role } => {
                let invited = client.post("/people", &AddPerson { name: name.clone(), role: *role }).await?;
                tell(&client, &invited)
            }
            Action::Role { name, role } => {
                let path = format!("/people/{}", part(name));
                let person: Person = client.patch(&path, &ChangePerson { role: *role }).await?;
                Ok(say!("{} is {} now", visible(&person.name), person.role)?)
            }
            Action::Link { name } => {
                let path = format!("/people/{}/link", part(name));
                tell(&client, &client.post(&path, &()).await?)
            }
            Action::Remove { name } => {
                client.delete(&format!("/people/{}", part(name))).await?;
                Ok(say!("Removed {}; what they launched goes on", visible(name))?)
            }
        }
    })
}

/// The link on standard output, and what it is on standard error, so that a script gets the link alone.
fn tell(client: &Client, invited: &Invitation) -> Result<(), Failure> {
    let Person { name, role, .. } = &invited.person;
    let seconds = invited.expires_at.millis_since(SystemClock.now()) / 1000;
    eprintln!("{} ({role}) comes in by this link, once, within {}:", visible(name), left(seconds.max(0)));
    Ok(say!("{}", login_link::link(client.server(), &visible(&invited.token)))?)
}

fn listed(people: &[Person], now: Timestamp) -> String {
    let row = |person: &Person| {
        vec![
            visible(&person.name),
            person.role.to_string(),
            if person.has_password { "password" } else { "links" }.to_owned(),
            person.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, now)),
        ]
    };
    table(&["NAME", "ROLE", "SIGNS IN BY", "SEEN"], &people.iter().map(row).collect::<Vec<_>>())
}

fn complete_people(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Person>("/people", |person| person.name, current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_listed_with_what_they_may_and_when_they_were_there() {
        let person = |name: &str, role, has_password, last_seen_at: Option<i64>| Person {
            name: name.to_owned(),
            role,
            created_at: Timestamp(0),
            has_password,
            last_seen_at: last_seen_at.map(Timestamp),
        };
        let people =
            [person("admin", Role::Admin, true, Some(60_000)), person("ann", Role::Viewer, false, None)];
        insta::assert_snapshot!(listed(&people, Timestamp(120_000)), @r"
        NAME   ROLE    SIGNS IN BY  SEEN
        admin  admin   password     1 min ago
        ann    viewer  links        never
        ");
    }
}
