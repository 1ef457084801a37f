//! The SSH gateway: `ssh RUN@host -p PORT`, `PROJECT.RUN@host` in another project than the first, with the keys of the person's account. The environment needs no SSH server of its own:
//! programs, files and ports go by what every environment gives.

mod channel;
pub mod host_key;
mod listen;
mod pace;
mod ports;
mod program;
mod visitor;

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use berth_shared::api::{AuditOutcome, AuditVia, Role, RunId, SshGateway};
use russh::{
    MethodKind, MethodSet, SshId,
    keys::{PrivateKey, ssh_key},
    server,
};
use tokio::{
    net::TcpStream,
    sync::{Semaphore, watch},
    time::{Instant, sleep, sleep_until, timeout},
};

pub use listen::ListenOn;

use super::door::Door;
use crate::{
    audit::{Audit, Draft},
    auth::AuthStore,
    control::{Control, RefusedKind},
    orchestrator::ServiceError,
    provider::Environment,
};
use pace::{Pace, Paced};
use visitor::{Account, Tried, Visitor};

/// How long a client may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many connections may be there at once that have not said who they are.
const STRANGERS: usize = 64;

/// How often something is said when nothing else is, so that no network on the way forgets the connection.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How often it is looked whether the run that somebody came to is one in which it matters that they are there.
const LOOK: Duration = Duration::from_secs(60);

/// How many keys a client may try.
const ATTEMPTS: usize = 20;

/// The room that a client is given on each channel, bytes.
const WINDOW: u32 = 2 << 20;

/// What the gateway is made of.
pub struct Parts {
    /// The rest of the server.
    pub control: Arc<dyn Control>,
    /// Whose keys are whose.
    pub accounts: AuthStore,
    /// Who did what.
    pub audit: Audit,
    /// By which clients know the server again.
    pub host_key: PrivateKey,
    /// Turns true when the server is to stop; connections are closed then.
    pub stopping: watch::Receiver<bool>,
}

struct Inner {
    control: Arc<dyn Control>,
    accounts: AuthStore,
    audit: Audit,
    stopping: watch::Receiver<bool>,
}

impl Inner {
    /// What a run works in, for somebody who may work in it.
    ///
    /// # Errors
    /// Why there is none, for people.
    async fn environment(
        &self,
        account: Option<&Account>,
        run: &str,
    ) -> Result<Arc<dyn Environment>, String> {
        let (control, id) = self.run(account, run).await?;
        control.environment(id).await.map_err(|refused| refused.message)
    }

    /// A run that somebody may work in, and who knows more of it.
    ///
    /// # Errors
    /// Why there is none, for people.
    async fn run(&self, account: Option<&Account>, run: &str) -> Result<(Arc<dyn Control>, RunId), String> {
        let (project, run) = super::parts(run);
        let control = Arc::clone(&self.control).of(project);
        let Some(account) = account else { return Err(format!("you may not work in the run `{run}`")) };
        let roles = self.accounts.roles(&account.user, project).await.map_err(|error| {
            tracing::warn!(error = crate::http::chain(&error), "cannot look a person up");
            "the server cannot look up who you are just now; try again".to_owned()
        })?;
        let role = roles.ok_or_else(|| format!("the account `{}` is gone", account.user))?.project;
        let detail = control.run(run).await.map_err(|refused| refused.message);
        // Who is in no such project is told what they would be told if there were no such run.
        if role == Role::Guest {
            let nothing = ServiceError::RunNotFound(run.to_owned()).to_string();
            return Err(detail.err().unwrap_or(nothing));
        }
        let detail = detail?;
        super::may_work_in(&account.user, role, &detail.run)?;
        Ok((control, detail.run.id))
    }

    /// Somebody is in the run that they came to, for as long as they are connected. Never ends.
    async fn attend(&self, account: &Account) -> Infallible {
        loop {
            // The name may be another run's by then.
            let look = Instant::now() + LOOK;
            if let Ok((control, run)) = self.run(Some(account), &account.run).await {
                while Instant::now() < look
                    && let Some(again) = control.seen(run).await
                {
                    sleep(again).await;
                }
            }
            sleep_until(look).await;
        }
    }

    /// They are there no more.
    async fn left(&self, account: &Account) {
        if let Ok((control, run)) = self.run(Some(account), &account.run).await {
            control.left(run).await;
        }
    }

    /// Writes down that somebody came in, and whether they may do anything there.
    async fn came_in(&self, account: &Account, peer: IpAddr) {
        let (project, run) = super::parts(&account.run);
        let (outcome, why) = match Arc::clone(&self.control).of(project).run(run).await {
            Err(refused) if refused.kind == RefusedKind::NotFound => {
                (AuditOutcome::Failed, Some("no run has this name".to_owned()))
            }
            Err(_) => (AuditOutcome::Failed, Some("the run could not be looked up".to_owned())),
            Ok(detail) => match self.accounts.roles(&account.user, project).await {
                Ok(Some(roles)) => match super::may_work_in(&account.user, roles.project, &detail.run) {
                    Ok(()) => (AuditOutcome::Done, None),
                    Err(why) => (AuditOutcome::Refused, Some(why)),
                },
                Ok(None) => (AuditOutcome::Refused, Some("the account is gone".to_owned())),
                Err(_) => (AuditOutcome::Failed, Some("the account could not be looked up".to_owned())),
            },
        };
        let detail =
            [Some(account.fingerprint.clone()), why].into_iter().flatten().collect::<Vec<_>>().join("; ");
        let draft = Draft::of_a_stranger(peer, "ssh.login", self.audit.now());
        self.audit
            .record(Draft {
                actor: Some(account.user.clone()),
                via: AuditVia::SshKey,
                target: Some(account.run.clone()),
                outcome,
                detail: Some(detail),
                ..draft
            })
            .await;
    }

    /// Writes down that somebody had no key that is known, if they had any.
    async fn stayed_out(&self, tried: Tried, peer: IpAddr) {
        let Tried { run, fingerprint: Some(fingerprint), keys } = tried else { return };
        let more = if keys > 1 { format!(" and {} more", keys - 1) } else { String::new() };
        let detail = Some(format!("nobody has the key {fingerprint}{more}"));
        let draft = Draft::of_a_stranger(peer, "ssh.login", self.audit.now());
        self.audit.record_stranger(Draft { target: Some(run), detail, ..draft }).await;
    }

    /// Resolves when somebody may no longer work in the run that they are connected to.
    async fn barred(&self, account: &Account) {
        let mut changes = self.accounts.person_changes(&account.user);
        let (project, run) = super::parts(&account.run);
        let control = Arc::clone(&self.control).of(project);
        loop {
            changes.next().await;
            // What cannot be looked up now says nothing against them, and without a run there is nothing to work in.
            let may = match self.accounts.roles(&account.user, project).await {
                Ok(None) => false,
                Ok(Some(roles)) => match control.run(run).await {
                    Ok(detail) => super::may_work_in(&account.user, roles.project, &detail.run).is_ok(),
                    Err(_) => true,
                },
                Err(_) => true,
            };
            if !may {
                return;
            }
        }
    }
}

/// What is told about the gateway at an address.
///
/// # Errors
/// When the key has no text.
pub fn told(address: SocketAddr, host_key: &PrivateKey) -> Result<SshGateway, ssh_key::Error> {
    let host = (!address.ip().is_unspecified()).then(|| address.ip().to_string());
    let public = ssh_key::PublicKey::new(host_key.public_key().key_data().clone(), "");
    Ok(SshGateway { host, port: address.port(), host_key: public.to_openssh()? })
}

/// Takes connections until the server is to stop.
pub async fn serve(door: Door, parts: Parts) {
    let config = Arc::new(config(parts.host_key));
    let gateway = Arc::new(Inner {
        control: parts.control,
        accounts: parts.accounts,
        audit: parts.audit,
        stopping: parts.stopping.clone(),
    });
    let strangers = Arc::new(Semaphore::new(STRANGERS));
    let mut stopping = parts.stopping;
    loop {
        let accepted = tokio::select! {
            accepted = door.accept() => accepted,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Beyond the bound they are closed at once, rather than left to wait behind those who say nothing.
                if let Ok(stranger) = Arc::clone(&strangers).try_acquire_owned() {
                    let (config, gateway) = (Arc::clone(&config), Arc::clone(&gateway));
                    tokio::spawn(async move {
                        let from = peer.ip().to_canonical();
                        if let Err(error) = converse(config, gateway, stream, from, stranger).await {
                            tracing::debug!(%peer, %error, "SSH connection ended");
                        }
                    });
                }
            }
            // Out of descriptors: some will be free again.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

fn config(host_key: PrivateKey) -> server::Config {
    server::Config {
        server_id: SshId::Standard(concat!("SSH-2.0-Berth_", env!("CARGO_PKG_VERSION")).into()),
        methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::KeyboardInteractive][..]),
        // What is looked up is no secret: the digest of a public key.
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: ATTEMPTS,
        keys: vec![host_key],
        window_size: WINDOW,
        inactivity_timeout: None,
        keepalive_interval: Some(KEEPALIVE),
        // A client that is not read for a while, because it sends more than is taken, is not dead: its machine's own answers tell.
        keepalive_max: 0,
        nodelay: true,
        ..server::Config::default()
    }
}

async fn converse(
    config: Arc<server::Config>,
    gateway: Arc<Inner>,
    stream: TcpStream,
    from: IpAddr,
    stranger: tokio::sync::OwnedSemaphorePermit,
) -> Result<(), russh::Error> {
    let _ = stream.set_nodelay(true);
    let _ = keep_alive(&stream);
    let (known, mut account) = watch::channel(None::<Account>);
    let pace = Arc::<Pace>::default();
    let tried = watch::Sender::new(Tried::default());
    let visitor = Visitor::new(Arc::clone(&gateway), Arc::clone(&pace), known, tried.clone());
    let mut stopping = gateway.stopping.clone();
    let begun = timeout(PATIENCE, server::run_stream(config, Paced::new(stream, pace), visitor));
    let mut session = begun.await.map_err(|_| russh::Error::ConnectionTimeout)??;
    let handle = session.handle();
    let close = async |why: &str| {
        let told = handle.disconnect(russh::Disconnect::ByApplication, why.to_owned(), String::new());
        let _ = timeout(Duration::from_secs(1), told).await;
    };
    let account = {
        let said = timeout(PATIENCE, async {
            account.wait_for(Option::is_some).await.ok().and_then(|said| said.clone())
        });
        tokio::select! {
            ended = &mut session => {
                let tried = tried.borrow().clone();
                gateway.stayed_out(tried, from).await;
                return ended;
            }
            said = said => said.ok().flatten(),
        }
    };
    let Some(account) = account else {
        close("nobody said who it is").await;
        let tried = tried.borrow().clone();
        gateway.stayed_out(tried, from).await;
        return Ok(());
    };
    drop(stranger);
    gateway.came_in(&account, from).await;
    let removed = gateway.accounts.ssh_key_removed(account.fingerprint.clone());
    let end = tokio::select! {
        ended = &mut session => Err(ended),
        _ = stopping.wait_for(|stopping| *stopping) => Ok("the server is stopping; environments live on"),
        () = removed => Ok("the key was removed from the account"),
        () = gateway.barred(&account) => Ok("you may not work in this run any more; ask an admin"),
        never = gateway.attend(&account) => match never {},
    };
    gateway.left(&account).await;
    match end {
        Ok(why) => close(why).await,
        Err(ended) => return ended,
    }
    // What was said is on its way; a client that takes it no more is left behind.
    let _ = timeout(Duration::from_secs(1), session).await;
    Ok(())
}

/// Has the machine find out when the other one is gone.
fn keep_alive(stream: &TcpStream) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    setsockopt(stream, sockopt::KeepAlive, &true)?;
    setsockopt(stream, sockopt::TcpKeepIdle, &60)?;
    setsockopt(stream, sockopt::TcpKeepInterval, &15)?;
    setsockopt(stream, sockopt::TcpKeepCount, &4)?;
    Ok(())
}
