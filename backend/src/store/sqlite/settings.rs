//! What admins of projects have decided for them.

use berth_shared::api::{ChangeSettings, ProjectSettings};
use sqlx::{SqliteConnection, SqlitePool};

use crate::store::{Change, CommitError, StoreError, settings};

/// Those of a project.
pub(super) async fn of(pool: &SqlitePool, project: &str) -> Result<ProjectSettings, StoreError> {
    let row: Option<(String, bool)> =
        sqlx::query_as("SELECT dialect, privileged FROM project_settings WHERE project = ?")
            .bind(project)
            .fetch_optional(pool)
            .await?;
    settings::read(row)
}

/// What a change says of them: each by itself, so that two who change different ones do not undo each other's.
pub(super) async fn write(connection: &mut SqliteConnection, change: &Change) -> Result<(), CommitError> {
    for (project, ChangeSettings { dialect, privileged }) in &change.settings {
        let from_the_start = ProjectSettings::default();
        sqlx::query(
            "INSERT INTO project_settings (project, dialect, privileged) VALUES (?1, coalesce(?2, ?4), coalesce(?3, ?5))
             ON CONFLICT (project) DO UPDATE SET dialect = coalesce(?2, dialect), privileged = coalesce(?3, privileged)",
        )
        .bind(project)
        .bind(dialect.map(|dialect| dialect.name()))
        .bind(*privileged)
        .bind(from_the_start.dialect.name())
        .bind(from_the_start.privileged)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
