//! TLS of the server's own: a certificate and its key from two files, read anew when they change.

mod validity;

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use berth_shared::time::Timestamp;
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::{net::TcpStream, time::sleep};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::clock::Clock;
use validity::Validity;

/// How often the files are looked at.
pub const LOOK: Duration = Duration::from_secs(10);

/// Where the certificate and its key are, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The server's certificate, and after it those that signed it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{}`, which `{flag}` names", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What names it.
        flag: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It has no certificate.
    #[error("`{}` has no certificate; expected PEM (`-----BEGIN CERTIFICATE-----`): the server's own first, then those that signed it", .0.display())]
    NoCertificate(PathBuf),
    /// It has no key.
    #[error("`{}` has no private key; expected PEM (`-----BEGIN PRIVATE KEY-----`), without a password", .0.display())]
    NoKey(PathBuf),
    /// The key is none that there is a procedure for.
    #[error("the private key in `{}` cannot be used; RSA (2048 bits or more), ECDSA (P-256, P-384) and Ed25519 can", .0.display())]
    UnknownKey(PathBuf),
    /// The certificate is damaged.
    #[error("the certificate in `{}` cannot be read: it is damaged, or none", .0.display())]
    Damaged(PathBuf),
    /// Each of them is fine.
    #[error("the private key in `{}` is not that of the certificate in `{}`", key.display(), certificate.display())]
    Mismatch {
        /// Where the certificate is.
        certificate: PathBuf,
        /// Where the key is.
        key: PathBuf,
    },
    /// The library refuses it.
    #[error("TLS cannot be set up")]
    Setup(#[from] rustls::Error),
}

/// Makes connections private. Clones share the certificate.
#[derive(Clone)]
pub struct Tls {
    files: TlsFiles,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Tls {
    /// With what is in these files. A certificate that browsers will not take for its dates is used all the same; the log says so.
    ///
    /// # Errors
    /// When there is no certificate, no key, or they do not belong together.
    pub fn new(files: TlsFiles, clock: Arc<dyn Clock>) -> Result<Self, TlsError> {
        let current = Arc::new(Current(RwLock::new(read(&files, clock.now())?)));
        let provider = Arc::new(ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&current) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, acceptor: TlsAcceptor::from(Arc::new(config)), clock })
    }

    /// Agrees on TLS with a client.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Looks at the files from time to time and takes what has changed; what cannot be used is said in the log, once, and what was there goes
    /// on. Connections that are open keep the certificate that they began with. Never ends.
    pub async fn follow(self, every: Duration) {
        let mut seen = stamps(&self.files);
        loop {
            sleep(every).await;
            let now = stamps(&self.files);
            if now == seen {
                continue;
            }
            seen = now;
            match read(&self.files, self.clock.now()) {
                Ok(key) => {
                    self.current.set(key);
                    tracing::info!(certificate = %self.files.certificate.display(), "the certificate was read anew");
                }
                Err(error) => {
                    tracing::warn!(error = super::chain(&error), "the certificate stays as it was");
                }
            }
        }
    }
}

/// What clients are shown.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Current {
    fn set(&self, key: Arc<CertifiedKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = key;
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// What tells that a file has changed, also one that was put in the place of another.
type Stamp = Option<(u64, u64, i64, i64)>;

fn stamps(files: &TlsFiles) -> [Stamp; 2] {
    [&files.certificate, &files.key].map(|file| {
        let facts = fs::metadata(file).ok()?;
        Some((facts.ino(), facts.len(), facts.mtime(), facts.mtime_nsec()))
    })
}

fn read(files: &TlsFiles, now: Timestamp) -> Result<Arc<CertifiedKey>, TlsError> {
    let TlsFiles { certificate, key } = files;
    let bytes = contents(certificate, "--tls-cert")?;
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let chain = chain.map_err(|_| TlsError::Damaged(certificate.clone()))?;
    let Some(own) = chain.first() else { return Err(TlsError::NoCertificate(certificate.clone())) };
    let validity = Validity::of(own).ok_or_else(|| TlsError::Damaged(certificate.clone()))?;
    let secret = PrivateKeyDer::from_pem_slice(&contents(key, "--tls-key")?);
    let secret = secret.map_err(|_| TlsError::NoKey(key.clone()))?;
    let secret = ring::sign::any_supported_type(&secret).map_err(|_| TlsError::UnknownKey(key.clone()))?;
    let certified = CertifiedKey::new(chain, secret);
    match certified.keys_match() {
        // A kind of key that does not tell its public half is tried in the first handshake.
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {}
        Err(rustls::Error::InconsistentKeys(_)) => {
            return Err(TlsError::Mismatch { certificate: certificate.clone(), key: key.clone() });
        }
        Err(_) => return Err(TlsError::Damaged(certificate.clone())),
    }
    if let Some(wrong) = validity.wrong_at(now) {
        tracing::warn!(certificate = %certificate.display(), "{wrong}; browsers refuse it");
    }
    Ok(Arc::new(certified))
}

fn contents(file: &Path, flag: &'static str) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|source| TlsError::Read { file: file.to_owned(), flag, source })
}
