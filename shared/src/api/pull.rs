//! How far the image of a run is.

use serde::{Deserialize, Serialize};

use crate::json::FromJson;

/// An image that is being pulled. `GET /api/v1/runs/NAME/pull`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ImagePull {
    /// Its name.
    pub image: String,
    /// Its layers, in the order in which the engine told of them; none until it has.
    pub layers: Vec<PullLayer>,
}

/// A layer of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PullLayer {
    /// The beginning of its digest.
    pub id: String,
    /// What becomes of it.
    pub state: LayerState,
    /// Bytes that have come, where the engine counts them: Docker does, Podman does not.
    pub current_bytes: u64,
    /// Bytes that there are, as they are sent; 0 = not known.
    pub total_bytes: u64,
}

/// What becomes of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LayerState {
    /// Nothing of it has come, or the engine does not count what comes.
    #[default]
    Waiting,
    /// It comes.
    Downloading,
    /// All of it has come, and is unpacked.
    Unpacking,
    /// It is there.
    Done,
}

impl PullLayer {
    /// How much of it is there, 0 to 1: what has come, and once it is unpacked, all of it.
    #[must_use]
    pub fn share(&self) -> f64 {
        match self.state {
            LayerState::Done => 1.0,
            _ if self.total_bytes == 0 => 0.0,
            _ => (self.current_bytes as f64 / self.total_bytes as f64).min(1.0),
        }
    }
}
