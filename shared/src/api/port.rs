//! Ports of a run.

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// The ports that a run's configuration names. `GET /api/v1/runs/NAME/ports`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunPorts {
    /// In the order of the configuration.
    pub ports: Vec<RunPort>,
    /// Why no port has a preview at an address that leads there from where the dashboard is seen, and what to do; absent where each has
    /// one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_previews: Option<String>,
}

/// A port of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunPort {
    /// The port in the environment, 1 to 65535.
    pub port: u16,
    /// The port of one's own machine that `berth attach` forwards to it, 1 to 65535; `None` = any that is free.
    pub local_port: Option<u16>,
    /// Whether something listens on it now; `None` while the run does not run, or its environment does not say.
    pub listening: Option<bool>,
    /// The address of its preview; `GET /api/v1/runs/NAME/ports/PORT/open` leads there and lets in.
    pub preview: Option<String>,
}
