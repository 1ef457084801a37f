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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{BUILT_IN, file::Turn};

    /// A folder that goes with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("berth-follow-{:032x}", rand::random::<u128>())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn only_a_whole_file_that_is_another_one_is_taken_up() {
        let folder = Folder::new();
        let turn = Turn::take(&folder.0).expect("a directory");
        assert!(look(&folder.0, None).is_none(), "there is nothing yet");

        turn.write(BUILT_IN).expect("written");
        let (stamp, next) = look(&folder.0, None).expect("it is seen");
        assert_eq!(next.expect("it is whole").info().offers, 170_249);
        assert!(look(&folder.0, stamp).is_none(), "it is known");

        // As if somebody had copied it by hand and been cut off.
        std::fs::write(file::path(&folder.0), &BUILT_IN[..1000]).expect("written");
        let (damaged, next) = look(&folder.0, stamp).expect("it is seen");
        assert!(next.is_none(), "it is not whole");
        assert!(look(&folder.0, damaged).is_none(), "it is complained about once");

        assert!(turn.remove().expect("removed"));
        let (gone, next) = look(&folder.0, damaged).expect("it is seen");
        assert_eq!(
            (gone, next.map(|next| next.info().origin)),
            (None, Some(berth_shared::api::CatalogOrigin::BuiltIn))
        );
    }

    #[test]
    fn what_a_writer_left_behind_that_was_killed_is_no_trouble() {
        let folder = Folder::new();
        let turn = Turn::take(&folder.0).expect("a directory");
        std::fs::write(folder.0.join("catalog.bin.new"), b"half of").expect("written");
        assert!(look(&folder.0, None).is_none());
        turn.write(BUILT_IN).expect("written");
        assert!(look(&folder.0, None).is_some_and(|(_, next)| next.is_some()));
        assert!(!folder.0.join("catalog.bin.new").exists());
        assert!(Turn::take(&folder.0).is_err(), "one writer at a time");
        drop(turn);
        assert!(Turn::take(&folder.0).is_ok());
    }
}
