//! What the admins of a project have decided for it: how its texts are read, and what it lets them ask for.

use berth_shared::{
    api::{ChangeSettings, PlanNote, ProjectSettings},
    config::{Configuration, Reading},
    honour,
};

use super::{Service, ServiceError, core::Core, events, service::whole};
use crate::store::{Change, StoreError};

/// How a project's texts are read.
pub(super) async fn reading(core: &Core, project: &str) -> Result<Reading, StoreError> {
    Ok(core.storage.settings(project).await?.reading())
}

/// Why a project does not let a configuration be launched, at this moment; `None` = it does.
///
/// Asked by the plan, by the launch, when a run is placed, and when its environment begins: a run may wait for long, and whoever takes
/// a leave back does not mean from the next launch on.
pub(super) async fn forbidden(
    core: &Core,
    project: &str,
    configuration: &Configuration,
) -> Result<Option<PlanNote>, StoreError> {
    // Most ask for nothing that would have to be allowed: nothing is looked up for them.
    if honour::forbidden(configuration, project, ProjectSettings::default()).is_none() {
        return Ok(None);
    }
    let settings = core.storage.settings(project).await?;
    Ok(honour::forbidden(configuration, project, settings))
}

impl Service {
    /// What the admins of the project have decided for it.
    ///
    /// # Errors
    /// Only [`ServiceError::Unavailable`] and [`ServiceError::Internal`].
    pub async fn settings(&self) -> Result<ProjectSettings, ServiceError> {
        Ok(self.core().storage.settings(self.project()).await?)
    }

    /// Changes settings of the project, and gives what they are then. What runs already goes on, whatever they are.
    ///
    /// # Errors
    /// Only [`ServiceError::Unavailable`] and [`ServiceError::Internal`].
    pub async fn change_settings(
        &self,
        actor: &str,
        change: ChangeSettings,
    ) -> Result<ProjectSettings, ServiceError> {
        let before = self.settings().await?;
        if before.with(change) == before {
            return Ok(before);
        }
        let (service, actor) = (self.clone(), actor.to_owned());
        whole(async move {
            let core = service.core();
            let project = service.project().to_owned();
            let event = events::settings(change, &actor, core.now()).in_project(&project);
            let change =
                Change { settings: vec![(project, change)], events: vec![event], ..Change::default() };
            core.commit(&change).await?;
            service.settings().await
        })
        .await
    }
}
