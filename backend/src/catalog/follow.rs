//! Takes up what `berth catalog` puts into the data directory of a running server.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval};

use super::{Catalogues, Published, file};

/// How often the file is looked at. Its state is all that is asked for, so this costs nothing.
const EVERY: Duration = Duration::from_secs(2);

/// Follows the file of a data directory for ever, from the state `known` on.
pub async fn follow(catalogues: Catalogues, directory: PathBuf, mut known: Option<file::Stamp>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looked = {
            let directory = directory.clone();
            // Reading takes a few milliseconds, and a network's file system its time.
            tokio::task::spawn_blocking(move || look(&directory, known)).await
        };
        let Ok(Some((stamp, next))) = looked else { continue };
        known = stamp;
        if let Some(next) = next
            && next.version() != catalogues.current().version()
        {
            tracing::info!(
                version = next.version(),
                offers = next.info().offers,
                "a new catalogue is in use"
            );
            catalogues.publish(next.compress());
        }
    }
}

/// What is there now, when that is not what is known; no catalogue when it cannot be used.
fn look(directory: &Path, known: Option<file::Stamp>) -> Option<(Option<file::Stamp>, Option<Published>)> {
    let stamp = file::stamp(directory);
    if stamp == known {
        return None;
    }
    match file::read(directory) {
        Ok(Some(next)) => Some((stamp, Some(next))),
        Ok(None) => Some((stamp, Published::built_in().ok())),
        Err(error) => {
            tracing::warn!(
                error = crate::http::chain(&error),
                "the new catalogue cannot be used; the one before it stays in use"
            );
            Some((stamp, None))
        }
    }
}
