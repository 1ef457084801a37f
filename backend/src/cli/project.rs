//! `berth project`: what a team has together, and who is in it.

use std::{ffi::OsStr, process::ExitCode};

use berth_shared::{
    api::{CreateProject, Member, Page, Project, Role, SetMember},
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    client::{Access, complete, part},
    failure::finish,
    words::{Format, ago, print_list, say, table, visible},
};
use crate::clock::{Clock, SystemClock};

/// Arguments of `berth project`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Lists the projects that you may see.
    #[command(visible_alias = "ls")]
    List {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Makes a project.
    Create {
        /// Its name: 2 to 13 lower-case letters, digits and `-`.
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Lists who is in the project (see --project).
    Members {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Puts somebody into the project (see --project), or changes what they may do in it.
    Add {
        /// Their name.
        #[arg(value_name = "PERSON")]
        person: String,

        /// Viewer, member, manager or admin.
        #[arg(value_name = "ROLE", default_value_t)]
        role: Role,
    },
    /// Takes somebody out of the project (see --project).
    #[command(visible_alias = "rm")]
    Remove {
        /// Their name.
        #[arg(value_name = "PERSON", add = ArgValueCompleter::new(complete_members))]
        person: String,
    },
}

/// Lists and makes projects, and changes who is in one.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let client = match &args.action {
            // Who named a project that is not there finds out here which ones are.
            Action::List { .. } | Action::Create { .. } => args.access.server()?,
            _ => args.access.client()?,
        };
        match &args.action {
            Action::List { format } => {
                let projects = client.get::<Page<Project>>("/projects").await?.items;
                Ok(print_list(*format, "projects", &projects, |all| listed(all, SystemClock.now()))?)
            }
            Action::Create { name } => {
                let project: Project =
                    client.post("/projects", &CreateProject { name: name.clone() }).await?;
                Ok(say!(
                    "Project {} created; `berth project add PERSON --project {0}` puts people into it",
                    visible(&project.name)
                )?)
            }
            Action::Members { format } => {
                let members = client.get::<Page<Member>>("/members").await?.items;
                Ok(print_list(*format, "members", &members, members_listed)?)
            }
            Action::Add { person, role } => {
                let path = format!("/members/{}", part(person));
                let member: Member = client.put(&path, &SetMember { role: *role }).await?;
                let (person, project) = (visible(&member.person), visible(client.project()));
                Ok(say!("{person} is {} in {project} now", member.role)?)
            }
            Action::Remove { person } => {
                client.delete(&format!("/members/{}", part(person))).await?;
                let project = visible(client.project());
                Ok(say!("Took {} out of {project}; what they launched goes on", visible(person))?)
            }
        }
    })
}

fn listed(projects: &[Project], now: Timestamp) -> String {
    let row = |project: &Project| {
        vec![visible(&project.name), project.role.to_string(), ago(project.created_at, now)]
    };
    table(&["NAME", "YOU ARE", "MADE"], &projects.iter().map(row).collect::<Vec<_>>())
}

fn members_listed(members: &[Member]) -> String {
    let row = |member: &Member| {
        let by = if member.member_role == Some(member.role) { "the project" } else { "the server" };
        vec![visible(&member.person), member.role.to_string(), by.to_owned()]
    };
    table(&["NAME", "ROLE", "GIVEN BY"], &members.iter().map(row).collect::<Vec<_>>())
}

fn complete_members(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Member>("/members", |member| member.person, current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_are_listed_with_what_one_is_to_them() {
        let project = |name: &str, role| Project {
            name: name.to_owned(),
            role,
            created_by: None,
            created_at: Timestamp(0),
        };
        let projects = [project("main", Role::Viewer), project("vision", Role::Admin)];
        insta::assert_snapshot!(listed(&projects, Timestamp(120_000)), @r"
        NAME    YOU ARE  MADE
        main    viewer   2 min ago
        vision  admin    2 min ago
        ");
    }

    #[test]
    fn members_are_listed_with_who_has_made_them_so() {
        let member = |person: &str, role, member_role| Member {
            person: person.to_owned(),
            role,
            member_role,
            server_role: Role::Admin,
        };
        let members = [member("ann", Role::Admin, None), member("bob", Role::Member, Some(Role::Member))];
        insta::assert_snapshot!(members_listed(&members), @r"
        NAME  ROLE    GIVEN BY
        ann   admin   the server
        bob   member  the project
        ");
    }
}
