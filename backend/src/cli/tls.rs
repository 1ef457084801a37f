//! `--tls-cert` and `--tls-key`

use std::{path::PathBuf, sync::Arc};

use crate::{
    clock::Clock,
    http::{Tls, TlsError, TlsFiles},
};

/// Where a server finds what it needs to speak TLS itself.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct TlsArgs {
    /// Speaks HTTPS with the certificate in this file (PEM: the server's own first, then those that signed it). Read anew when it changes.
    #[arg(long, value_name = "FILE", env = "BERTH_TLS_CERT", requires = "tls_key")]
    tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM, without a password).
    #[arg(long, value_name = "FILE", env = "BERTH_TLS_KEY", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// TLS, where it is asked for.
    ///
    /// # Errors
    /// When the files cannot be used.
    pub(super) fn open(&self, clock: Arc<dyn Clock>) -> Result<Option<Tls>, TlsError> {
        let files = self.tls_cert.clone().zip(self.tls_key.clone());
        files.map(|(certificate, key)| Tls::new(TlsFiles { certificate, key }, clock)).transpose()
    }
}
