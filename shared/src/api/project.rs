//! Projects: what a team has together, apart from what other teams have.

use serde::{Deserialize, Serialize};

use super::Role;
use crate::{config::Reading, json::FromJson, schema::Dialect, time::Timestamp};

/// The project that is there from the start.
pub const DEFAULT_PROJECT: &str = "main";

/// The longest name of a project, characters: with a port and the name of a run it makes a part of a host name, which has 63.
pub const PROJECT_NAME_LIMIT: usize = 13;

/// The project of what an older version has written down.
pub(super) fn default_project() -> String {
    DEFAULT_PROJECT.to_owned()
}

/// Whether a text can be a project's name: 2 to 13 lower-case letters, digits and `-`, beginning with a letter, ending with none of `-`,
/// and no two `-` in a row.
#[must_use]
pub fn is_project_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (2..=PROJECT_NAME_LIMIT).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(known)
        && !name.ends_with('-')
        && !name.contains("--")
}

/// What the paths of a project's pages begin with, before its name.
const PAGES: &str = "/p/";

/// Where a page of the dashboard is for a project: `/runs/fox` in the first one, `/p/vision/runs/fox` in another.
#[must_use]
pub fn page_of(project: &str, page: &str) -> String {
    if project == DEFAULT_PROJECT { page.to_owned() } else { format!("{PAGES}{project}{page}") }
}

/// The project whose page has this path, and the page: [`page_of`] the other way.
#[must_use]
pub fn project_of(path: &str) -> (&str, &str) {
    let named = path.strip_prefix(PAGES).map(|rest| rest.split_at(rest.find('/').unwrap_or(rest.len())));
    match named {
        Some((project, page)) if is_project_name(project) && project != DEFAULT_PROJECT => (project, page),
        _ => (DEFAULT_PROJECT, path),
    }
}

/// The name that SSH has for a run of a project: `fox` in the first one, `vision.fox` in another.
#[must_use]
pub fn ssh_name_of(project: &str, run: &str) -> String {
    if project == DEFAULT_PROJECT { run.to_owned() } else { format!("{project}.{run}") }
}

/// What a command says besides to be about a project, after a space: nothing for the first one, ` --project vision` for another.
#[must_use]
pub fn flag_of(project: &str) -> String {
    if project == DEFAULT_PROJECT { String::new() } else { format!(" --project {project}") }
}

/// Where an endpoint is for a project: `/api/v1/runs` in the first one, `/api/v1/projects/vision/runs` in another. Anything else stays
/// what it is.
#[must_use]
pub fn endpoint_of(project: &str, path: &str) -> String {
    match path.strip_prefix("/api/v1/") {
        Some(rest) if project != DEFAULT_PROJECT => format!("/api/v1/projects/{project}/{rest}"),
        _ => path.to_owned(),
    }
}

/// A project. `GET /api/v1/projects`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Project {
    /// Its name: 2 to 13 lower-case letters, digits and `-`, beginning with a letter, not ending with `-`, and no two `-` in a row.
    pub name: String,
    /// What whoever asks is to it.
    pub role: Role,
    /// Who made it; absent = it was there from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a project. `POST /api/v1/projects`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    /// 2 to 13 lower-case letters, digits and `-`, beginning with a letter, ending with none of `-`, and no two `-` in a row.
    pub name: String,
}

/// What a person is to a project. `GET /api/v1/members`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    /// Their name.
    pub person: String,
    /// What they may do in the project: the greater of the other two.
    pub role: Role,
    /// What the project made them; absent = nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_role: Option<Role>,
    /// What they are to the server, and so to every project at least.
    pub server_role: Role,
}

/// Makes a person a member of a project, or another one than before. `PUT /api/v1/members/{name}`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetMember {
    /// What they are to be to the project; not `guest`.
    pub role: Role,
}

/// What the admins of a project have decided for it. `GET /api/v1/settings`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProjectSettings {
    /// As which release of dstack a text is read that is valid in both, and whose first line names none.
    #[serde(default)]
    pub dialect: Dialect,
    /// Whether `privileged: true` may be had: a container that may do what its machine may.
    #[serde(default)]
    pub privileged: bool,
}

impl ProjectSettings {
    /// How the project's texts are read.
    #[must_use]
    pub const fn reading(self) -> Reading {
        Reading::auto(self.dialect)
    }

    /// The same with a change.
    #[must_use]
    pub fn with(self, change: ChangeSettings) -> Self {
        Self {
            dialect: change.dialect.unwrap_or(self.dialect),
            privileged: change.privileged.unwrap_or(self.privileged),
        }
    }
}

/// Changes settings of a project; what is left out stays as it is. `PATCH /api/v1/settings`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeSettings {
    /// As which release of dstack a text is read that is valid in both, and whose first line names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// Whether `privileged: true` may be had. What runs goes on, whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
}

impl ChangeSettings {
    /// What it sets, in a clause: "texts that say nothing else are read as dstack 0.22, privileged containers are allowed".
    #[must_use]
    pub fn told(self) -> String {
        let dialect = self
            .dialect
            .map(|dialect| format!("texts that say nothing else are read as dstack {}", dialect.name()));
        let privileged = self.privileged.map(|allowed| {
            let word = if allowed { "allowed" } else { "not allowed" };
            format!("privileged containers are {word}")
        });
        dialect.into_iter().chain(privileged).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_settings_leaves_alone_what_it_does_not_name() {
        let settings = ProjectSettings::default();
        assert_eq!((settings.dialect, settings.privileged), (Dialect::V0_18, false));
        let newer = ChangeSettings { dialect: Some(Dialect::V0_22), privileged: None };
        let open = ChangeSettings { dialect: None, privileged: Some(true) };
        let both = settings.with(newer).with(open);
        assert_eq!(both, ProjectSettings { dialect: Dialect::V0_22, privileged: true });
        assert_eq!(both.with(ChangeSettings::default()), both);
        assert_eq!(newer.told(), "texts that say nothing else are read as dstack 0.22");
        assert_eq!(open.told(), "privileged containers are allowed");
        // What an older server has written knows nothing of either.
        assert_eq!(serde_json::from_str::<ProjectSettings>("{}").ok(), Some(ProjectSettings::default()));
    }

    #[test]
    fn addresses_of_the_first_project_stay_as_they_were() {
        assert_eq!(page_of("main", "/runs/fox"), "/runs/fox");
        assert_eq!(page_of("vision", "/"), "/p/vision/");
        assert_eq!(project_of("/runs/fox"), ("main", "/runs/fox"));
        assert_eq!(project_of("/p/vision/runs/fox"), ("vision", "/runs/fox"));
        assert_eq!(project_of("/p/vision"), ("vision", ""));
        // No project's: the first one's pages, which say that there is no such.
        for path in ["/p/", "/p/main/runs", "/p/Vision/runs", "/px/vision"] {
            assert_eq!(project_of(path), ("main", path));
        }
        assert_eq!(endpoint_of("main", "/api/v1/runs"), "/api/v1/runs");
        assert_eq!(
            endpoint_of("vision", "/api/v1/runs?active=true"),
            "/api/v1/projects/vision/runs?active=true"
        );
        assert_eq!(endpoint_of("vision", "/catalog/offers"), "/catalog/offers");
        assert_eq!((flag_of("main").as_str(), flag_of("vision").as_str()), ("", " --project vision"));
    }

    #[test]
    fn a_projects_name_can_be_a_part_of_a_host_name() {
        for name in [DEFAULT_PROJECT, "vision", "nlp-2", "a1"] {
            assert!(is_project_name(name), "{name}");
        }
        let long = "a".repeat(PROJECT_NAME_LIMIT + 1);
        for name in ["", "a", "1a", "-a", "a-", "a--b", "Ann", "a b", "a.b", "ä1", &long] {
            assert!(!is_project_name(name), "{name}");
        }
    }
}
