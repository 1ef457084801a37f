//! `berth project`: what a team has together, and who is in it.

use std::{ffi::OsStr, process::ExitCode};

use berth_shared::{
    api::{ChangeSettings, CreateProject, Member, Page, Project, ProjectSettings, Role, SetMember},
    schema::Dialect,
    time::Timestamp,
};
use clap::{Subcommand, ValueEnum};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    client::{Access, complete, part},
    failure::finish,
    words::{Format, ago, json_line, print_list, say, table, visible},
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
    /// Tells the settings of the project (see --project).
    Settings {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Changes settings of the project (see --project); those that are not given stay as they are.
    Set {
        #[command(flatten)]
        given: Given,
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

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Given {
    /// As which release of dstack a text is read that is valid in both, and whose first line names none.
    #[arg(long, value_name = "0.18|0.22", value_parser = dialect)]
    dialect: Option<Dialect>,

    /// Whether configurations may ask for `privileged: true`: a container that may do what its machine may.
    #[arg(long, value_enum, value_name = "yes|no")]
    privileged: Option<YesNo>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum YesNo {
    Yes,
    No,
}

fn dialect(text: &str) -> Result<Dialect, String> {
    Dialect::of(text).ok_or_else(|| {
        let names: Vec<String> = Dialect::ALL.iter().map(|dialect| format!("`{}`", dialect.name())).collect();
        format!("`{text}` is no release of dstack that is read here; there are {}", names.join(" and "))
    })
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
            Action::Settings { format } => {
                let settings: ProjectSettings = client.get("/settings").await?;
                match format {
                    Format::Text => Ok(say!("{}", settings_told(settings))?),
                    Format::Json | Format::Jsonl => Ok(json_line(&mut std::io::stdout().lock(), &settings)?),
                }
            }
            Action::Set { given: Given { dialect, privileged } } => {
                let privileged = privileged.map(|word| word == YesNo::Yes);
                let change = ChangeSettings { dialect: *dialect, privileged };
                let settings: ProjectSettings = client.patch("/settings", &change).await?;
                Ok(say!("{} is set now:\n{}", visible(client.project()), settings_told(settings))?)
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

fn settings_told(settings: ProjectSettings) -> String {
    let rows = [
        ("dialect", settings.dialect.name(), "as what a text is read that is valid in each release"),
        (
            "privileged",
            if settings.privileged { "yes" } else { "no" },
            "whether containers may do what their machine may",
        ),
    ];
    let rows = rows.map(|row| <[&str; 3]>::from(row).map(str::to_owned).to_vec());
    table(&["SETTING", "IS", "WHAT IT SAYS"], &rows).trim_end().to_owned()
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
    fn settings_are_told_with_what_they_say() {
        let settings = ProjectSettings { dialect: Dialect::V0_22, privileged: false };
        insta::assert_snapshot!(settings_told(settings), @r"
        SETTING     IS    WHAT IT SAYS
        dialect     0.22  as what a text is read that is valid in each release
        privileged  no    whether containers may do what their machine may
        ");
        assert_eq!(dialect("0.22"), Ok(Dialect::V0_22));
        assert_eq!(
            dialect("22"),
            Err("`22` is no release of dstack that is read here; there are `0.18` and `0.22`".to_owned())
        );
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
