//! A connection to an SSH host, through others where need be.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use russh::{
    ChannelMsg,
    client::{self, AuthResult, Handle},
    keys::{
        HashAlg, PrivateKey, PublicKey, PublicKeyOrCertificate,
        agent::{AgentIdentity, client::AgentClient},
        key::PrivateKeyWithHashAlg,
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::Address;
use crate::provider::ByteStream;

/// How long each of a connection's steps may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A host that says nothing is asked whether it is there, and given up after so many questions without an answer.
const KEEPALIVE: Duration = Duration::from_secs(5);
const KEEPALIVES: usize = 3;

/// The most that is read of what a command prints, bytes.
const LONGEST_OUTPUT: usize = 256 * 1024;

/// Keys of hosts, by `HOST:PORT`, in OpenSSH's form.
pub(super) type Pins = BTreeMap<String, String>;

/// How to get to a host.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) address: Address,
    pub(super) jumps: Vec<Address>,
    pub(super) credentials: Credentials,
}

/// What the server proves itself with.
#[derive(Clone)]
pub(super) enum Credentials {
    /// A private key.
    Key(Arc<PrivateKey>),
    /// Whatever the agent at this socket holds; `None` = the server has no agent.
    Agent(Option<PathBuf>),
}

impl std::fmt::Debug for Credentials {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key",
            Self::Agent(_) => "Agent",
        })
    }
}

/// Why a host cannot be reached; says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing answers.
    #[error("{place} cannot be reached: {why}")]
    Unreachable {
        /// `HOST:PORT`
        place: String,
        /// In the system's words.
        why: String,
    },
    /// It is another one than before.
    #[error(
        "{place} shows another key than before ({found}; it had {pinned}): another machine may pretend to be it. If it was \
         set up anew, remove it and add it again"
    )]
    OtherKey {
        /// `HOST:PORT`
        place: String,
        /// The fingerprint that it had.
        pinned: String,
        /// The fingerprint that it shows.
        found: String,
    },
    /// The key is not taken.
    #[error("{address} does not let the server in: {why}")]
    Refused {
        /// Who was refused where.
        address: Address,
        /// What to do.
        why: String,
    },
    /// It talks something else, or hangs up.
    #[error("{place} answers and no connection comes about: {why}")]
    Broken {
        /// `HOST:PORT`
        place: String,
        /// In the protocol's words.
        why: String,
    },
}

/// A connection that is up.
pub(super) struct Session {
    /// The last one is the host's; those before carry it.
    handles: Vec<Handle<Check>>,
}

/// What a command did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ran {
    pub(super) status: Option<u32>,
    pub(super) out: String,
    pub(super) err: String,
}

/// Looks at the key that a host shows.
struct Check {
    /// The key that it had.
    pinned: Option<PublicKey>,
    seen: Arc<Mutex<Option<PublicKey>>>,
}

impl client::Handler for Check {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let key = match shown {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.clone(),
            PublicKeyOrCertificate::Certificate(certificate) => certificate.public_key().clone().into(),
        };
        let known = self.pinned.as_ref().is_none_or(|pinned| pinned.key_data() == key.key_data());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(key);
        Ok(known)
    }
}

/// The fingerprint of a key in OpenSSH's form.
pub(super) fn fingerprint(key: &str) -> String {
    PublicKey::from_openssh(key).map(|key| told(&key)).unwrap_or_default()
}

fn told(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

impl Session {
    /// Connects; hosts in `pins` have to show those keys, others any. Gives the keys of all hosts on the way, too.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub(super) async fn connect(route: &Route, pins: &Pins) -> Result<(Self, Pins), ConnectError> {
        let config = Arc::new(client::Config {
            keepalive_interval: Some(KEEPALIVE),
            keepalive_max: KEEPALIVES,
            nodelay: true,
            ..client::Config::default()
        });
        let mut handles: Vec<Handle<Check>> = Vec::new();
        let mut found = Pins::new();
        for address in route.jumps.iter().chain([&route.address]) {
            let stream = reach(handles.last(), address).await?;
            let (mut handle, key) = shake(&config, address, stream, pins.get(&address.place())).await?;
            found.insert(address.place(), key);
            let proved = timeout(PATIENCE, prove(&mut handle, address, &route.credentials)).await;
            proved.unwrap_or_else(|_| Err(refused(address, "it does not say whether it takes the key")))?;
            handles.push(handle);
        }
        Ok((Self { handles }, found))
    }

    fn host(&self) -> Option<&Handle<Check>> {
        self.handles.last()
    }

    /// Whether it is over.
    pub(super) fn is_closed(&self) -> bool {
        self.handles.iter().any(Handle::is_closed)
    }

    /// A connection to a Unix socket there.
    pub(super) async fn socket(&self, path: &str) -> Result<ByteStream, String> {
        let host = self.host().ok_or("there is no connection")?;
        let opened = timeout(PATIENCE, host.channel_open_direct_streamlocal(path)).await;
        match opened {
            Ok(Ok(channel)) => Ok(Box::pin(channel.into_stream())),
            Ok(Err(russh::Error::ChannelOpenFailure(reason))) => {
                Err(format!("it does not open `{path}` ({reason:?})"))
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }

    /// Has a shell there carry a script out, whichever shell the account has.
    pub(super) async fn run(&self, script: &str, limit: Duration) -> Result<Ran, String> {
        let work = async {
            let host = self.host().ok_or(russh::Error::Disconnect)?;
            let mut channel = host.channel_open_session().await?;
            channel.exec(true, "sh -s").await?;
            channel.data_bytes(script.as_bytes().to_vec()).await?;
            channel.eof().await?;
            let (mut ran, mut out, mut err) = (Ran::default(), Vec::new(), Vec::new());
            while let Some(message) = channel.wait().await {
                match message {
                    ChannelMsg::Data { data } if out.len() < LONGEST_OUTPUT => out.extend_from_slice(&data),
                    ChannelMsg::ExtendedData { data, .. } if err.len() < LONGEST_OUTPUT => {
                        err.extend_from_slice(&data)
                    }
                    ChannelMsg::ExitStatus { exit_status } => ran.status = Some(exit_status),
                    ChannelMsg::Failure => return Err(russh::Error::RequestDenied),
                    _ => {}
                }
            }
            ran.out = String::from_utf8_lossy(&out).into_owned();
            ran.err = String::from_utf8_lossy(&err).into_owned();
            Ok(ran)
        };
        match timeout(limit, work).await {
            Ok(ran) => ran.map_err(|error: russh::Error| error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

/// A stream to a host: from here, or from the one before it.
async fn reach(before: Option<&Handle<Check>>, address: &Address) -> Result<ByteStream, ConnectError> {
    let place = address.place();
    let unreachable = |why: String| ConnectError::Unreachable { place: place.clone(), why };
    let reached = timeout(PATIENCE, async {
        match before {
            None => {
                let stream = TcpStream::connect((address.host.as_str(), address.port)).await;
                let stream = stream.map_err(|error| unreachable(error.to_string()))?;
                let _ = stream.set_nodelay(true);
                Ok(Box::pin(stream) as ByteStream)
            }
            Some(handle) => {
                let port = u32::from(address.port);
                let channel =
                    handle.channel_open_direct_tcpip(address.host.as_str(), port, "127.0.0.1", 0).await;
                let channel =
                    channel.map_err(|error| unreachable(format!("the host before it says: {error}")))?;
                Ok(Box::pin(channel.into_stream()) as ByteStream)
            }
        }
    });
    reached.await.unwrap_or_else(|_| Err(unreachable("no answer in time".to_owned())))
}

/// The beginning of a connection: each side shows its key. Gives the host's.
async fn shake(
    config: &Arc<client::Config>,
    address: &Address,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    pinned: Option<&String>,
) -> Result<(Handle<Check>, String), ConnectError> {
    let place = address.place();
    let pinned = pinned.and_then(|key| PublicKey::from_openssh(key).ok());
    let seen = Arc::new(Mutex::new(None));
    let check = Check { pinned: pinned.clone(), seen: Arc::clone(&seen) };
    let connected = timeout(PATIENCE, client::connect_stream(Arc::clone(config), stream, check)).await;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let (Some(pinned), Some(seen)) = (&pinned, &seen)
        && pinned.key_data() != seen.key_data()
    {
        return Err(ConnectError::OtherKey { place, pinned: told(pinned), found: told(seen) });
    }
    let broken = |why: String| ConnectError::Broken { place: place.clone(), why };
    let handle = connected
        .map_err(|_| broken("no answer in time".to_owned()))?
        .map_err(|error| broken(error.to_string()))?;
    let key = seen.and_then(|key| PublicKey::new(key.key_data().clone(), "").to_openssh().ok());
    Ok((handle, key.ok_or_else(|| broken("it shows no key".to_owned()))?))
}

fn refused(address: &Address, why: &str) -> ConnectError {
    ConnectError::Refused { address: address.clone(), why: why.to_owned() }
}

/// Shows who the server is.
async fn prove(
    handle: &mut Handle<Check>,
    address: &Address,
    credentials: &Credentials,
) -> Result<(), ConnectError> {
    let failed = |error: String| ConnectError::Broken { place: address.place(), why: error };
    let hash = |found: Result<Option<Option<HashAlg>>, russh::Error>| found.ok().flatten().flatten();
    match credentials {
        Credentials::Key(key) => {
            let hash = hash(handle.best_supported_rsa_hash().await);
            let shown = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            let answer = handle.authenticate_publickey(&address.user, shown).await;
            if answer.map_err(|error| failed(error.to_string()))?.success() {
                return Ok(());
            }
            let public = key.public_key().to_openssh().unwrap_or_default();
            Err(refused(address, &format!("add this line to `~/.ssh/authorized_keys` there: {public}")))
        }
        Credentials::Agent(None) => {
            let why = "the server has no SSH agent (`SSH_AUTH_SOCK`): give a key with the host, or start the server with one";
            Err(refused(address, why))
        }
        Credentials::Agent(Some(socket)) => {
            let agent = AgentClient::connect_uds(socket).await;
            let mut agent = agent.map_err(|error| {
                refused(address, &format!("the server's SSH agent does not answer: {error}"))
            })?;
            let identities = agent.request_identities().await.unwrap_or_default();
            let hash = hash(handle.best_supported_rsa_hash().await);
            let count = identities.len();
            for identity in identities {
                let AgentIdentity::PublicKey { key, .. } = identity else { continue };
                let hash = key.algorithm().is_rsa().then_some(hash).flatten();
                match handle.authenticate_publickey_with(&address.user, key, hash, &mut agent).await {
                    Ok(AuthResult::Success) => return Ok(()),
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, "the SSH agent does not sign"),
                }
            }
            let why = format!(
                "none of the {count} keys of the server's SSH agent is taken: add one to `~/.ssh/authorized_keys` there"
            );
            Err(refused(address, &why))
        }
    }
}
