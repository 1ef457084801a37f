//! People's code in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use berth_shared::{api::RunCode, time::Timestamp};
use uuid::Uuid;

use super::{MemoryStore, State};
use crate::store::{StoreError, code::CodeStore};

/// An archive, whole or not.
#[derive(Debug)]
pub(super) struct StoredCode {
    owner: String,
    sha256: String,
    size: Option<u64>,
    used_at: Timestamp,
    pieces: BTreeMap<u32, Vec<u8>>,
}

impl State {
    fn whole_code(&mut self, owner: &str, sha256: &str) -> Option<&mut StoredCode> {
        let wanted =
            |code: &&mut StoredCode| code.size.is_some() && code.owner == owner && code.sha256 == sha256;
        self.code.values_mut().find(wanted)
    }
}

#[async_trait]
impl CodeStore for MemoryStore {
    async fn begin(&self, upload: Uuid, owner: &str, sha256: &str, now: Timestamp) -> Result<(), StoreError> {
        let code = StoredCode {
            owner: owner.to_owned(),
            sha256: sha256.to_owned(),
            size: None,
            used_at: now,
            pieces: BTreeMap::new(),
        };
        self.call(|state| drop(state.code.insert(upload, code))).await
    }

    async fn append(&self, upload: Uuid, number: u32, bytes: &[u8]) -> Result<(), StoreError> {
        let append = |state: &mut State| {
            if let Some(code) = state.code.get_mut(&upload) {
                code.pieces.insert(number, bytes.to_vec());
            }
        };
        self.call(append).await
    }

    async fn complete(&self, upload: Uuid, size: u64, now: Timestamp) -> Result<(), StoreError> {
        let complete = |state: &mut State| {
            let Some(code) = state.code.get(&upload) else { return };
            let (owner, sha256) = (code.owner.clone(), code.sha256.clone());
            if state.whole_code(&owner, &sha256).is_some() {
                state.code.remove(&upload);
            } else if let Some(code) = state.code.get_mut(&upload) {
                (code.size, code.used_at) = (Some(size), now);
            }
        };
        self.call(complete).await
    }

    async fn abandon(&self, upload: Uuid) -> Result<(), StoreError> {
        self.call(|state| state.code.retain(|id, code| *id != upload || code.size.is_some())).await
    }

    async fn needed(&self, owner: &str, sha256: &str, now: Timestamp) -> Result<Option<u64>, StoreError> {
        let needed = |state: &mut State| {
            let code = state.whole_code(owner, sha256)?;
            code.used_at = code.used_at.max(now);
            code.size
        };
        self.call(needed).await
    }

    async fn piece(&self, owner: &str, sha256: &str, number: u32) -> Result<Option<Vec<u8>>, StoreError> {
        self.call(|state| state.whole_code(owner, sha256)?.pieces.get(&number).cloned()).await
    }

    async fn forget(&self, unused: Timestamp, begun: Timestamp) -> Result<u64, StoreError> {
        let forget = |state: &mut State| {
            let needed: Vec<(String, String)> = state
                .active_runs
                .iter()
                .filter_map(|(_, id)| state.runs.get(*id))
                .filter_map(|row| {
                    let archive = row.run.code.as_ref().and_then(RunCode::archive)?;
                    Some((row.run.owner.clone(), archive.sha256.clone()))
                })
                .collect();
            let before = state.code.len();
            state.code.retain(|_, code| match code.size {
                None => code.used_at >= begun,
                Some(_) => {
                    code.used_at >= unused
                        || needed.iter().any(|(owner, sha256)| *owner == code.owner && *sha256 == code.sha256)
                }
            });
            (before - state.code.len()) as u64
        };
        self.call(forget).await
    }
}
