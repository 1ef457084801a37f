//! The environment on a simulated machine.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_shared::api::{LogChunk, TerminalId, TerminalInfo, TerminalSize, Usage, UsageHistory, UsageSpan};
use tokio::{sync::mpsc, time::sleep};

use super::{
    Ask, Call, CloudApi, CloudError, Reply,
    provider::{error, unexpected},
};
use crate::provider::{
    Attached, ByteStream, Environment, Exec, ExecSpec, JobObservation, JobSpec, ProviderError, TerminalInput,
    TerminalOutput,
};

/// Pieces that wait for whoever reads them.
const QUEUE: usize = 8;
/// How often it is looked whether somebody else has typed into a terminal.
const LOOK: Duration = Duration::from_millis(250);

/// The environment on a simulated machine. Holds nothing: each call is one to the cloud.
pub(super) struct SimulatedEnvironment {
    api: Arc<dyn CloudApi>,
    handle: String,
}

impl SimulatedEnvironment {
    pub(super) fn new(api: Arc<dyn CloudApi>, handle: String) -> Self {
        Self { api, handle }
    }

    async fn ask(&self, ask: Ask) -> Result<Reply, CloudError> {
        self.api.call(Call::Environment { handle: self.handle.clone(), ask }).await
    }

    async fn accepted(&self, ask: Ask) -> Result<(), ProviderError> {
        match self.ask(ask).await.map_err(error)? {
            Reply::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }
}

#[async_trait]
impl Environment for SimulatedEnvironment {
    async fn start(&self, job: &JobSpec) -> Result<(), ProviderError> {
        // Variables and logins may be secret, and nothing would use them.
        let job = Box::new(JobSpec { env: Default::default(), git: None, ..job.clone() });
        self.accepted(Ask::Start { job }).await
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        match self.ask(Ask::Observe).await.map_err(error)? {
            Reply::Job { job } => Ok(job),
            other => Err(unexpected(&other)),
        }
    }

    async fn stop(&self, grace_seconds: u32) -> Result<(), ProviderError> {
        self.accepted(Ask::Stop { grace_seconds }).await
    }

    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        match self.ask(Ask::Logs { after }).await.map_err(error)? {
            Reply::Log { chunk } => Ok(chunk),
            other => Err(unexpected(&other)),
        }
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        match self.ask(Ask::Stats).await.map_err(error)? {
            Reply::Stats { usage } => Ok(usage),
            other => Err(unexpected(&other)),
        }
    }

    async fn usage(&self, span: UsageSpan) -> Result<UsageHistory, ProviderError> {
        match self.ask(Ask::Usage { span }).await.map_err(error)? {
            Reply::Usage { history } => Ok(history),
            other => Err(unexpected(&other)),
        }
    }

    async fn exec(&self, _spec: &ExecSpec) -> Result<Exec, ProviderError> {
        Err(refused("no program can be run on it"))
    }

    async fn dial(&self, _port: u16) -> Result<ByteStream, ProviderError> {
        Err(refused("nothing listens on its ports"))
    }

    async fn open_terminal(&self, id: TerminalId, _size: TerminalSize) -> Result<(), ProviderError> {
        self.accepted(Ask::OpenTerminal { id }).await
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        match self.ask(Ask::Terminals).await.map_err(error)? {
            Reply::Terminals { terminals } => Ok(terminals),
            other => Err(unexpected(&other)),
        }
    }

    async fn attach_terminal(&self, id: TerminalId, after: Option<u64>) -> Result<Attached, ProviderError> {
        let Piece { offset, text, exit_code } =
            read(self.api.as_ref(), &self.handle, id, String::new(), after).await.map_err(error)?;
        let (to, output) = mpsc::channel(QUEUE);
        let (input, typed) = mpsc::channel(QUEUE);
        let attached = Attachment { api: Arc::clone(&self.api), handle: self.handle.clone(), id };
        tokio::spawn(attached.run(Piece { offset, text, exit_code }, to, typed));
        // What is simulated asks nothing of its terminal.
        Ok(Attached { offset, seen: 0, output, input })
    }
}

fn refused(what: &str) -> ProviderError {
    ProviderError::Permanent { message: format!("this machine is simulated: {what}"), source: None }
}

/// What a terminal wrote.
struct Piece {
    offset: u64,
    text: String,
    exit_code: Option<i32>,
}

async fn read(
    api: &dyn CloudApi,
    handle: &str,
    id: TerminalId,
    typed: String,
    after: Option<u64>,
) -> Result<Piece, CloudError> {
    let ask = Ask::Terminal { id, typed, after };
    match api.call(Call::Environment { handle: handle.to_owned(), ask }).await? {
        Reply::Terminal { offset, text, exit_code } => Ok(Piece { offset, text, exit_code }),
        other => Err(CloudError::Internal(unexpected(&other).to_string())),
    }
}

/// Somebody is attached to a terminal.
struct Attachment {
    api: Arc<dyn CloudApi>,
    handle: String,
    id: TerminalId,
}

impl Attachment {
    async fn run(
        self,
        mut piece: Piece,
        to: mpsc::Sender<TerminalOutput>,
        mut typed: mpsc::Receiver<TerminalInput>,
    ) {
        let mut next = piece.offset;
        let mut bytes = Vec::new();
        let mut open = true;
        loop {
            if piece.offset != next {
                // What came in between is kept no longer: attach again.
                return;
            }
            next += piece.text.len() as u64;
            if !piece.text.is_empty()
                && to.send(TerminalOutput::Bytes(piece.text.into_bytes())).await.is_err()
            {
                return;
            }
            if let Some(code) = piece.exit_code {
                let _ = to.send(TerminalOutput::Exited(code)).await;
                return;
            }
            tokio::select! {
                input = typed.recv(), if open => match input {
                    Some(TerminalInput::Bytes(more)) => bytes.extend(more),
                    Some(TerminalInput::Resize(_)) => {}
                    // Who types no more may still be reading.
                    None => open = false,
                },
                () = sleep(LOOK) => {}
                () = to.closed() => return,
            }
            let keys = whole(&mut bytes);
            match read(self.api.as_ref(), &self.handle, self.id, keys, Some(next)).await {
                Ok(read) => piece = read,
                // The machine is gone, or does not answer: attach again.
                Err(_) => return,
            }
        }
    }
}

/// Takes the whole characters out of `bytes`; what is none becomes a replacement character.
fn whole(bytes: &mut Vec<u8>) -> String {
    let cut = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    let rest = bytes.split_off(cut);
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_comes_in_two_pieces_is_typed_once_it_is_whole() {
        let mut bytes = b"a\xc3".to_vec();
        assert_eq!(whole(&mut bytes), "a");
        bytes.push(0xa4);
        assert_eq!(whole(&mut bytes), "ä");
        bytes.extend(b"\xff");
        assert_eq!(whole(&mut bytes), "\u{fffd}");
        assert!(bytes.is_empty());
    }
}
