//! Certificates that sign themselves.

use std::{fs, sync::Arc};

use berth::http::TlsFiles;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};

use crate::server::Folder;

/// A certificate of this machine's names, in files.
pub(crate) struct Certificate {
    folder: Folder,
    der: CertificateDer<'static>,
}

impl Certificate {
    /// Good now, whatever a test's clock says.
    pub(crate) fn new() -> Self {
        Self::until(2999)
    }

    /// Good to the end of this year.
    pub(crate) fn until(year: i32) -> Self {
        let folder = Folder::new();
        let (pem, key, der) = make(year);
        let certificate = Self { folder, der };
        let files = certificate.files();
        fs::write(files.certificate, pem).expect("the certificate is written");
        fs::write(files.key, key).expect("the key is written");
        certificate
    }

    /// Another one in the same files, which is there at once.
    pub(crate) fn renew(&self) -> Self {
        let new = Self::new();
        let (from, to) = (new.files(), self.files());
        fs::rename(from.key, to.key).expect("the key is moved");
        fs::rename(from.certificate, to.certificate).expect("the certificate is moved");
        new
    }

    pub(crate) fn files(&self) -> TlsFiles {
        TlsFiles { certificate: self.folder.0.join("tls.crt"), key: self.folder.0.join("tls.key") }
    }

    /// What a client has that takes this certificate and no other.
    pub(crate) fn trusted(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

fn make(year: i32) -> (String, String, CertificateDer<'static>) {
    let names = ["127.0.0.1", "localhost"].map(str::to_owned);
    let mut params = CertificateParams::new(names).expect("names");
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 12, 31));
    let key = KeyPair::generate().expect("a key");
    let made = params.self_signed(&key).expect("a certificate");
    (made.pem(), key.serialize_pem(), made.der().clone())
}
