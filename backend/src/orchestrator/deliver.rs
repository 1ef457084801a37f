//! Brings the code of a run to the environment that waits for it.

use std::{io, sync::Arc, time::Duration};

use berth_shared::api::{CodeArchive, RunCode};
use futures_util::stream;
use tokio::time::timeout;

use super::{core::Core, machine::Failure};
use crate::{
    failpoint,
    provider::{CodeStream, Environment},
    store::{Storage, Whole},
};

/// How long it may take, below what one pass may: then it is begun again.
const LIMIT: Duration = Duration::from_secs(200);

/// Sends the archive of a run from where it is kept.
pub(super) async fn deliver(
    core: &Core,
    whole: &Whole,
    environment: &dyn Environment,
) -> Result<(), Failure> {
    let run = &whole.run.run;
    let Some(archive) = run.code.as_ref().and_then(RunCode::archive) else {
        return Err(Failure::Permanent("its environment waits for code, and it has none".to_owned()));
    };
    let there = core.storage.code().needed(&run.owner, &archive.sha256, core.now()).await;
    match there {
        Ok(Some(_)) => {}
        Ok(None) => {
            return Err(Failure::Permanent(
                "its code is kept no more; launch it again from where the code is".to_owned(),
            ));
        }
        Err(error) => return Err(Failure::Temporary(format!("its code cannot be read: {error}"))),
    }
    failpoint::reach(&["call", "deliver", "before"]);
    let pieces = pieces(Arc::clone(&core.storage), run.owner.clone(), archive);
    let brought = timeout(LIMIT, environment.deliver(whole.job.id, pieces)).await;
    failpoint::reach(&["call", "deliver", "after"]);
    match brought {
        Ok(brought) => brought.map_err(Failure::from),
        Err(_) => {
            Err(Failure::Temporary(format!("its code could not be brought within {} s", LIMIT.as_secs())))
        }
    }
}

/// The pieces of an archive, one after the other.
fn pieces(storage: Arc<dyn Storage>, owner: String, archive: &CodeArchive) -> CodeStream {
    let sha256 = archive.sha256.clone();
    Box::pin(stream::try_unfold(0_u32, move |number| {
        let (storage, owner, sha256) = (Arc::clone(&storage), owner.clone(), sha256.clone());
        async move {
            let piece = storage.code().piece(&owner, &sha256, number).await.map_err(io::Error::other)?;
            Ok(piece.map(|piece| (piece, number + 1)))
        }
    }))
}
