//! The tables `projects` and `members`.

use berth_shared::{
    api::{DEFAULT_POOL, Member, Project, Role},
    policy::Roles,
    time::Timestamp,
};

use super::{AuthStore, Changed, StoreError, on_either, people::told_as, role};

/// The migration of PostgreSQL that knows of projects: servers before it would take each project's for the first one's.
const KNOWS_PROJECTS: i64 = 14;

/// What becomes of servers that know of no projects, once there is something that they would take for everybody's.
const OLD_SERVERS_STOP: &str = "UPDATE installation SET oldest = greatest(oldest, $1)";

/// Does something in one transaction that no other change of people comes between, and sees to it that servers which know of no
/// projects stop.
macro_rules! changing_projects {
    ($store:expr, |$transaction:ident| $work:expr) => {{
        if let $crate::store::Either::Postgres(pool) = &$store.database {
            // Before, and whatever becomes of it: one server too many that stops does no harm.
            let stop = sqlx::query(OLD_SERVERS_STOP).bind(KNOWS_PROJECTS).execute(pool).await;
            stop.map_err($crate::store::postgres_error)?;
        }
        super::changing_people!($store, |$transaction| $work)
    }};
}

type ProjectRow = (String, Option<String>, i64, Option<String>);
type MemberRow = (String, String, Option<String>);

impl AuthStore {
    /// All projects, by name, and what a person is to each beyond what they are to the server.
    pub(in crate::auth) async fn projects(
        &self,
        person: &str,
    ) -> Result<Vec<(Project, Option<Role>)>, StoreError> {
        let sql = "SELECT p.name, p.created_by, p.created_at, m.role FROM projects p \
                   LEFT JOIN members m ON m.project = p.name AND m.person = $1 ORDER BY p.name";
        let rows: Vec<ProjectRow> =
            on_either!(self, reader, |pool| sqlx::query_as(sql).bind(person).fetch_all(pool).await)?;
        let project = |(name, created_by, created_at, stored): ProjectRow| {
            let created_at = Timestamp(created_at);
            let project = Project { name, role: Role::Guest, created_by, created_at };
            (project, stored.as_deref().map(role))
        };
        Ok(rows.into_iter().map(project).collect())
    }

    /// Whether there is a project of this name.
    pub(in crate::auth) async fn has_project(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT name FROM projects WHERE name = $1";
        let found: Option<String> =
            on_either!(self, reader, |pool| sqlx::query_scalar(sql).bind(name).fetch_optional(pool).await)?;
        Ok(found.is_some())
    }

    /// Makes a project with its default pool; `false` = there is one of this name.
    pub(in crate::auth) async fn add_project(
        &self,
        name: &str,
        by: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let added = changing_projects!(self, |transaction| {
            let add = sqlx::query(
                "INSERT INTO projects (name, created_by, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            );
            let add = add.bind(name).bind(by).bind(now.0).execute(&mut *transaction).await?;
            let is_new = add.rows_affected() == 1;
            if is_new {
                let pool = sqlx::query(
                    "INSERT INTO pools (project, name, created_at, is_default) VALUES ($1, $2, $3, $4)",
                );
                let pool = pool.bind(name).bind(DEFAULT_POOL).bind(now.0).bind(true);
                pool.execute(&mut *transaction).await?;
            }
            (is_new, Vec::new())
        });
        Ok(added)
    }

    /// What a person is; `None` = there is no such person, or no longer.
    pub(crate) async fn roles(&self, person: &str, project: &str) -> Result<Option<Roles>, StoreError> {
        let sql = "SELECT u.role, m.role FROM users u \
                   LEFT JOIN members m ON m.person = u.name AND m.project = $2 WHERE u.name = $1";
        let found: Option<(String, Option<String>)> = on_either!(self, reader, |pool| {
            sqlx::query_as(sql).bind(person).bind(project).fetch_optional(pool).await
        })?;
        Ok(found.map(|(server, member)| Roles::new(role(&server), member.as_deref().map(role))))
    }

    /// Who is in a project, by name: whom it has made something, and who is something to the server.
    pub(in crate::auth) async fn members(&self, project: &str) -> Result<Vec<Member>, StoreError> {
        let sql = "SELECT u.name, u.role, m.role FROM users u \
                   LEFT JOIN members m ON m.person = u.name AND m.project = $1 ORDER BY u.name";
        let rows: Vec<MemberRow> =
            on_either!(self, reader, |pool| sqlx::query_as(sql).bind(project).fetch_all(pool).await)?;
        let member = |(person, server, member): MemberRow| {
            let (server_role, member_role) = (role(&server), member.as_deref().map(role));
            let role = Roles::new(server_role, member_role).project;
            (role != Role::Guest).then_some(Member { person, role, member_role, server_role })
        };
        Ok(rows.into_iter().filter_map(member).collect())
    }

    /// Makes a person something to a project, or nothing with `None`. From then on they may do what it allows, and what is open looks
    /// again.
    pub(in crate::auth) async fn set_member(
        &self,
        project: &str,
        person: &str,
        to: Option<Role>,
    ) -> Result<Changed, StoreError> {
        let done = changing_projects!(self, |transaction| {
            let found = sqlx::query_scalar("SELECT name FROM users WHERE name = $1").bind(person);
            let found: Option<String> = found.fetch_optional(&mut *transaction).await?;
            let gone = sqlx::query("DELETE FROM members WHERE project = $1 AND person = $2");
            let gone = gone.bind(project).bind(person).execute(&mut *transaction).await?.rows_affected();
            match (found, to) {
                (None, _) => (Changed::NotFound, Vec::new()),
                (Some(_), None) if gone == 0 => (Changed::NotFound, Vec::new()),
                (Some(_), None) => (Changed::Done, vec![told_as(person)]),
                (Some(_), Some(to)) => {
                    let add = sqlx::query("INSERT INTO members (project, person, role) VALUES ($1, $2, $3)");
                    add.bind(project).bind(person).bind(to.as_str()).execute(&mut *transaction).await?;
                    (Changed::Done, vec![told_as(person)])
                }
            }
        });
        Ok(done)
    }

    /// Sees to it that servers which know of no guests stop before there is one.
    pub(super) async fn before_a_guest(&self) -> Result<(), StoreError> {
        match &self.database {
            crate::store::Either::Sqlite { .. } => Ok(()),
            crate::store::Either::Postgres(pool) => {
                let stop = sqlx::query(OLD_SERVERS_STOP).bind(KNOWS_PROJECTS).execute(pool).await;
                stop.map(drop).map_err(crate::store::postgres_error)
            }
        }
    }
}
