//! One connection: who it is, and what they ask for.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use russh::{
    Channel, ChannelId, MethodKind, MethodSet, Pty,
    keys::PublicKey,
    server::{self, Auth, ChannelOpenHandle, Msg, PublicKeyOffer, Response, Session, VerifiedPublicKey},
};
use tokio::{sync::watch, task::AbortHandle};

use super::{
    Inner,
    channel::{self, Incoming, Outgoing, terminal_size},
    pace::Pace,
    ports,
    program::{self, Asked, Wishes},
};
use crate::auth::fingerprint;

/// The most channels that a connection may have at once: sessions, and connections to ports.
const CHANNELS: usize = 256;

/// The most ports that a connection may have listened on.
const LISTENERS: usize = 32;

/// What is shown to whoever has no key that is known, where their client shows it.
const NO_KEY: &str = "Berth knows none of the SSH keys that were offered. `berth key add` adds yours; passwords are not used here.";

/// Who came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    /// Their name.
    pub(super) user: String,
    /// The key that proved it.
    pub(super) fingerprint: String,
    /// The run that they came to, as [`crate::access::parts`] reads it.
    pub(super) run: String,
}

/// What somebody tried to come in by, in vain.
#[derive(Clone, Debug, Default)]
pub(super) struct Tried {
    /// The run that they came to.
    pub(super) run: String,
    /// The first key.
    pub(super) fingerprint: Option<String>,
    /// How many keys.
    pub(super) keys: u32,
}

/// One connection.
pub(super) struct Visitor {
    gateway: Arc<Inner>,
    pace: Arc<Pace>,
    /// Who it is, once that is known.
    account: watch::Sender<Option<Account>>,
    /// Keys that are nobody's.
    tried: watch::Sender<Tried>,
    /// The run that it is to: the user's name as SSH has it.
    run: String,
    /// Sessions whose program is not named yet.
    sessions: HashMap<ChannelId, Waiting>,
    /// Listeners in the environment, by address and port as the client knows them.
    listeners: HashMap<(String, u32), AbortHandle>,
    /// Counts the channels.
    open: Arc<()>,
}

struct Waiting {
    from: Incoming,
    to: Outgoing,
    wishes: Wishes,
    counted: Arc<()>,
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.listeners.values().for_each(AbortHandle::abort);
    }
}

impl Visitor {
    pub(super) fn new(
        gateway: Arc<Inner>,
        pace: Arc<Pace>,
        account: watch::Sender<Option<Account>>,
        tried: watch::Sender<Tried>,
    ) -> Self {
        Self {
            gateway,
            pace,
            account,
            tried,
            run: String::new(),
            sessions: HashMap::new(),
            listeners: HashMap::new(),
            open: Arc::default(),
        }
    }

    /// Who has this key.
    async fn owner(&self, key: &PublicKey, run: &str) -> Option<Account> {
        let fingerprint = fingerprint(key);
        match self.gateway.accounts.ssh_key_owner(&fingerprint).await {
            Ok(Some(user)) => Some(Account { user, fingerprint, run: run.to_owned() }),
            Ok(None) => {
                self.tried.send_modify(|tried| {
                    tried.run = run.to_owned();
                    tried.fingerprint.get_or_insert(fingerprint);
                    tried.keys = tried.keys.saturating_add(1);
                });
                None
            }
            Err(error) => {
                tracing::warn!(error = crate::http::chain(&error), "cannot look an SSH key up");
                None
            }
        }
    }

    fn is_crowded(&self) -> bool {
        Arc::strong_count(&self.open) > CHANNELS
    }

    /// Starts what a session asks for.
    fn begin(
        &mut self,
        id: ChannelId,
        asked: Result<Asked, &'static str>,
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let Some(Waiting { from, to, wishes, counted }) = self.sessions.remove(&id) else {
            return session.channel_failure(id);
        };
        session.channel_success(id)?;
        let (gateway, run, handle) = (Arc::clone(&self.gateway), self.run.clone(), session.handle());
        let account = self.account.borrow().clone();
        tokio::spawn(async move {
            let terminal = wishes.has_terminal();
            let closed = from.closed.clone();
            let work = async {
                let asked = match asked {
                    Ok(asked) => asked,
                    Err(why) => return program::refuse(&to, why, terminal).await,
                };
                match gateway.environment(account.as_ref(), &run).await {
                    Ok(environment) => {
                        program::run(environment, wishes.program(asked), from, to, handle).await
                    }
                    Err(why) => program::refuse(&to, &why, terminal).await,
                }
            };
            tokio::select! {
                () = work => {}
                () = closed.cancelled() => {}
            }
            drop(counted);
        });
        Ok(())
    }
}

impl server::Handler for Visitor {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(if self.owner(offer.public_key, user).await.is_some() { Auth::Accept } else { Auth::reject() })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        let Some(account) = self.owner(key.public_key, user).await else { return Ok(Auth::reject()) };
        self.run = user.to_owned();
        tracing::info!(user = account.user, run = user, key = account.fingerprint, "SSH connection");
        self.account.send_replace(Some(account));
        Ok(Auth::Accept)
    }

    /// Lets nobody in: it is the one way to tell a person why.
    async fn auth_keyboard_interactive<'a>(
        &'a mut self,
        _: &str,
        _: &str,
        response: Option<Response<'a>>,
    ) -> Result<Auth, Self::Error> {
        Ok(match response {
            None => Auth::Partial {
                name: Cow::Borrowed(""),
                instructions: Cow::Borrowed(NO_KEY),
                prompts: Cow::Borrowed(&[]),
            },
            Some(_) => Auth::Reject {
                proceed_with_methods: Some(MethodSet::from(&[MethodKind::PublicKey][..])),
                partial_success: false,
            },
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.is_crowded() {
            reply.reject(russh::ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        let id = channel.id();
        let (from, to) = channel::take_apart(channel, &self.pace);
        self.sessions
            .insert(id, Waiting { from, to, wishes: Wishes::default(), counted: Arc::clone(&self.open) });
        reply.accept().await;
        Ok(())
    }

    async fn channel_close(&mut self, channel: ChannelId, _: &mut Session) -> Result<(), Self::Error> {
        self.sessions.remove(&channel);
        Ok(())
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        if self.is_crowded() {
            reply.reject(russh::ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        }
        if !ports::is_here(host, crate::access::parts(&self.run).1) {
            let reason = format!(
                "Berth forwards to ports of the environment itself, such as localhost:{port}, and not to `{host}`"
            );
            ports::refuse(reply, ports::PROHIBITED, reason).await;
            return Ok(());
        }
        let port = match u16::try_from(port) {
            Ok(port @ 1..) => port,
            _ => {
                ports::refuse(reply, ports::CONNECT_FAILED, format!("there is no port {port}")).await;
                return Ok(());
            }
        };
        let (gateway, run) = (Arc::clone(&self.gateway), self.run.clone());
        let account = self.account.borrow().clone();
        let (counted, pace) = (Arc::clone(&self.open), Arc::clone(&self.pace));
        tokio::spawn(async move {
            match gateway.environment(account.as_ref(), &run).await {
                Ok(environment) => {
                    let (from, to) = channel::take_apart(channel, &pace);
                    ports::dial(environment, port, reply, from, to).await;
                }
                Err(why) => ports::refuse(reply, ports::CONNECT_FAILED, why).await,
            }
            drop(counted);
        });
        Ok(())
    }

    async fn channel_open_direct_streamlocal(
        &mut self,
        _: Channel<Msg>,
        _: &str,
        reply: ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), Self::Error> {
        ports::refuse(
            reply,
            ports::PROHIBITED,
            "Berth forwards TCP ports, and no sockets in files".to_owned(),
        )
        .await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        term: &str,
        cols: u32,
        rows: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.sessions.get_mut(&channel) {
            Some(waiting) => {
                waiting.wishes.terminal(term, terminal_size(cols, rows));
                session.channel_success(channel)
            }
            None => session.channel_failure(channel),
        }
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let set = self.sessions.get_mut(&channel).is_some_and(|waiting| waiting.wishes.set(name, value));
        if set { session.channel_success(channel) } else { session.channel_failure(channel) }
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        self.begin(channel, Ok(Asked::Shell), session)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        data: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let asked = match std::str::from_utf8(data) {
            Ok(command) if !command.contains('\0') => Ok(Asked::Command(command.to_owned())),
            _ => Err("the command is not text in UTF-8"),
        };
        self.begin(channel, asked, session)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match name {
            "sftp" => self.begin(channel, Ok(Asked::Files), session),
            _ => session.channel_failure(channel),
        }
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn agent_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<bool, Self::Error> {
        session.channel_failure(channel)?;
        Ok(false)
    }

    async fn tcpip_forward(
        &mut self,
        address: &str,
        port: &mut u32,
        session: &mut Session,
    ) -> Result<bool, Self::Error> {
        self.listeners.retain(|_, listener| !listener.is_finished());
        let Ok(asked) = u16::try_from(*port) else { return Ok(false) };
        if self.listeners.len() >= LISTENERS {
            return Ok(false);
        }
        let account = self.account.borrow().clone();
        let Ok(environment) = self.gateway.environment(account.as_ref(), &self.run).await else {
            return Ok(false);
        };
        let listening =
            ports::listen(&*environment, address.to_owned(), asked, session.handle(), Arc::clone(&self.pace));
        match tokio::time::timeout(super::PATIENCE, listening).await {
            Ok(Ok((bound, carry))) => {
                let task = tokio::spawn(carry);
                *port = u32::from(bound);
                self.listeners.insert((address.to_owned(), *port), task.abort_handle());
                Ok(true)
            }
            Ok(Err(why)) => {
                tracing::debug!(run = self.run, port = asked, why, "no listener in the environment");
                Ok(false)
            }
            Err(_) => Ok(false),
        }
    }

    async fn cancel_tcpip_forward(
        &mut self,
        address: &str,
        port: u32,
        _: &mut Session,
    ) -> Result<bool, Self::Error> {
        let listener = self.listeners.remove(&(address.to_owned(), port));
        if let Some(listener) = &listener {
            listener.abort();
        }
        Ok(listener.is_some())
    }
}
