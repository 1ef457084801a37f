//! What admins of projects have decided for them, as it is kept.

use berth_shared::{api::ProjectSettings, schema::Dialect};

use super::StoreError;

/// A row of the table `project_settings`: dialect and whether privileged containers are allowed. Without one all is as from the start.
pub(super) fn read(row: Option<(String, bool)>) -> Result<ProjectSettings, StoreError> {
    let Some((dialect, privileged)) = row else { return Ok(ProjectSettings::default()) };
    // To read texts as another release than was decided would be worse than to read none.
    let dialect = Dialect::of(&dialect).ok_or_else(|| StoreError::Corrupt {
        what: "setting of a project",
        cause: format!("this version does not read dstack `{dialect}`"),
    })?;
    Ok(ProjectSettings { dialect, privileged })
}
