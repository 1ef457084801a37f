//! The log of a container that has ended: read from its file system, once, into a folder of the server's.

use std::{io, path::Path};

use berth_shared::api::{InstanceId, LogChunk};
use bollard::query_parameters::DownloadFromContainerOptionsBuilder;
use futures_util::TryStreamExt;
use tokio::io::AsyncWriteExt;

use super::{Inner, recipe, words};
use crate::{logs, provider::ProviderError, supervisor};

/// Where the log is in a container.
const LOGS: &str = "/.berth/logs";

impl Inner {
    /// A piece of the log that an ended container left.
    pub(super) async fn left_logs(&self, id: InstanceId, after: u64) -> Result<LogChunk, ProviderError> {
        let folder = self.scratch.join(id.to_string());
        let fetched = folder.join("logs");
        if !fetched.is_dir() {
            self.fetch(id, &folder).await?;
        }
        let read = move || {
            let chunk = logs::read(&fetched, after, logs::CHUNK_BYTES)?;
            // Nobody writes it any more.
            let complete =
                chunk.lines.is_empty() || logs::read(&fetched, chunk.next_offset, 1)?.lines.is_empty();
            Ok(LogChunk { complete, ..chunk })
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other).flatten().map_err(disk)
    }

    async fn fetch(&self, id: InstanceId, folder: &Path) -> Result<(), ProviderError> {
        supervisor::private_dir(folder).map_err(disk)?;
        let archive = folder.join("logs.tar");
        let options = DownloadFromContainerOptionsBuilder::default().path(LOGS).build();
        let mut bytes = self.engine.docker.download_from_container(&recipe::name(id), Some(options));
        let mut file = tokio::fs::File::create(&archive).await.map_err(disk)?;
        loop {
            match bytes.try_next().await {
                Ok(Some(piece)) => file.write_all(&piece).await.map_err(disk)?,
                Ok(None) => break,
                // It ended before it began to write one.
                Err(error) if words::is_gone(&error) => break,
                Err(error) => return Err(self.engine.error("the container's log cannot be read", &error)),
            }
        }
        file.flush().await.map_err(disk)?;
        let folder = folder.to_owned();
        let unpack = move || {
            let unpacked = folder.join("unpacked");
            supervisor::private_dir(&unpacked.join("logs"))?;
            let mut tar = tar::Archive::new(std::fs::File::open(&archive)?);
            for entry in tar.entries()? {
                let mut entry = entry?;
                let name = entry.path()?.file_name().map(ToOwned::to_owned);
                // Whatever the environment put there: plain files by their last names, and nothing else.
                if let (true, Some(name)) = (entry.header().entry_type().is_file(), name) {
                    let mut to = std::fs::File::create(unpacked.join("logs").join(name))?;
                    io::copy(&mut entry, &mut to)?;
                }
            }
            std::fs::remove_file(&archive)?;
            std::fs::rename(unpacked.join("logs"), folder.join("logs"))
        };
        tokio::task::spawn_blocking(unpack).await.map_err(io::Error::other).flatten().map_err(disk)
    }
}

fn disk(error: io::Error) -> ProviderError {
    ProviderError::Temporary {
        message: "the container's log cannot be read".to_owned(),
        source: Some(Box::new(error)),
    }
}
