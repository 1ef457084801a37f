//! Projects, and who is in them.

use berth_shared::{
    api::{Member, PROJECT_NAME_LIMIT, Project, Role, is_project_name},
    policy::Roles,
};

use super::{Auth, Caller, store::Changed};
use crate::store::StoreError;

/// Why nothing was done to a project.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// No name that a project can have.
    #[error(
        "a project's name has 2 to {PROJECT_NAME_LIMIT} lower-case letters, digits and `-`; it begins with a letter, ends with no `-`, and has no two `-` in a row"
    )]
    Name,
    /// There is one.
    #[error("there is a project `{0}` already; choose another name")]
    Taken(String),
    /// Nobody has this name, or is in the project.
    #[error("nobody here is called `{0}`")]
    NotFound(String),
    /// To take somebody out is something else.
    #[error("`guest` is what somebody is who is not in the project; take them out instead")]
    Guest,
    /// The store failed.
    #[error("cannot look the project up")]
    Store(#[from] StoreError),
}

impl Auth {
    /// The projects that somebody may see, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn projects(&self, caller: &Caller) -> Result<Vec<Project>, StoreError> {
        let all = self.store.projects(&caller.user).await?.into_iter();
        let own = all.map(|(project, member)| {
            // What they prove it by may let them do less than they may.
            let roles = Roles::new(caller.server_role, member).at_most(caller.limit);
            Project { role: roles.project, ..project }
        });
        Ok(own.filter(|project| project.role > Role::Guest).collect())
    }

    /// The names of all projects.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn project_names(&self) -> Result<Vec<String>, StoreError> {
        // What nobody is to them does not matter.
        Ok(self.store.projects("").await?.into_iter().map(|(project, _)| project.name).collect())
    }

    /// Whether there is a project of this name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_project(&self, name: &str) -> Result<bool, StoreError> {
        self.store.has_project(name).await
    }

    /// Makes a project.
    ///
    /// # Errors
    /// See [`ProjectError`].
    pub async fn create_project(&self, name: &str, by: &Caller) -> Result<Project, ProjectError> {
        if !is_project_name(name) {
            return Err(ProjectError::Name);
        }
        let now = self.clock.now();
        if !self.store.add_project(name, &by.user, now).await? {
            return Err(ProjectError::Taken(name.to_owned()));
        }
        Ok(Project {
            name: name.to_owned(),
            role: by.server_role,
            created_by: Some(by.user.clone()),
            created_at: now,
        })
    }

    /// Who is in a project, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn members(&self, project: &str) -> Result<Vec<Member>, StoreError> {
        self.store.members(project).await
    }

    /// Makes somebody something to a project.
    ///
    /// # Errors
    /// See [`ProjectError`].
    pub async fn set_member(&self, project: &str, person: &str, role: Role) -> Result<Member, ProjectError> {
        if role == Role::Guest {
            return Err(ProjectError::Guest);
        }
        let not_found = || ProjectError::NotFound(person.to_owned());
        if self.store.set_member(project, person, Some(role)).await? != Changed::Done {
            return Err(not_found());
        }
        let members = self.members(project).await?;
        members.into_iter().find(|member| member.person == person).ok_or_else(not_found)
    }

    /// Takes somebody out of a project; whether the project had made them something.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_member(&self, project: &str, person: &str) -> Result<bool, StoreError> {
        Ok(self.store.set_member(project, person, None).await? == Changed::Done)
    }
}
