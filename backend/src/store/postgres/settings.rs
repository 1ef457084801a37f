//! What admins of projects have decided for them.

use berth_shared::api::{ChangeSettings, ProjectSettings};
use sqlx::{PgConnection, PgPool};

use super::{commit::Failed, store_error};
use crate::store::{Change, StoreError, settings};

/// The migration that knows of settings: servers before it would read texts, and refuse runs, as if nothing were set.
const KNOWS_SETTINGS: i64 = 17;

/// Those of a project.
pub(super) async fn of(pool: &PgPool, project: &str) -> Result<ProjectSettings, StoreError> {
    let row: Option<(String, bool)> =
        sqlx::query_as("SELECT dialect, privileged FROM project_settings WHERE project = $1")
            .bind(project)
            .fetch_optional(pool)
            .await
            .map_err(store_error)?;
    settings::read(row)
}

/// Has servers stop that do not know this migration.
pub(super) async fn stop_before(connection: &mut PgConnection, migration: i64) -> Result<(), Failed> {
    let stop = sqlx::query("UPDATE installation SET oldest = greatest(oldest, $1)");
    stop.bind(migration).execute(connection).await?;
    Ok(())
}

/// What a change says of them: each by itself, so that two who change different ones do not undo each other's.
pub(super) async fn write(connection: &mut PgConnection, change: &Change) -> Result<(), Failed> {
    for (project, change) in &change.settings {
        let ChangeSettings { dialect, privileged } = change;
        let from_the_start = ProjectSettings::default();
        sqlx::query(
            "INSERT INTO project_settings (project, dialect, privileged)
             VALUES ($1, coalesce($2, $4), coalesce($3, $5))
             ON CONFLICT (project) DO UPDATE SET
                 dialect = coalesce($2, project_settings.dialect),
                 privileged = coalesce($3, project_settings.privileged)",
        )
        .bind(project)
        .bind(dialect.map(|dialect| dialect.name()))
        .bind(*privileged)
        .bind(from_the_start.dialect.name())
        .bind(from_the_start.privileged)
        .execute(&mut *connection)
        .await?;
        // They neither know what is set nor what is told of it.
        stop_before(connection, KNOWS_SETTINGS).await?;
    }
    Ok(())
}
