//! Which certificates are believed: the machine's roots, and the operator's own authorities.
//!
//! Not here: servers that are looked at in another way, which is for requests that were granted it (`http_tls`).

use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// What TLS trusts besides the machine's roots.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// A file of certificates (PEM) of private authorities.
    pub extra_ca: Option<PathBuf>,
}

/// The one configuration of TLS.
#[derive(Clone, Debug)]
pub(super) struct Trusted {
    pub(super) config: Arc<ClientConfig>,
    pub(super) roots: Arc<RootCertStore>,
}

#[derive(Debug, Error)]
pub enum TrustError {
    #[error("reading certificates from {path}: {why}", path = path.display())]
    File { path: PathBuf, why: String },
    #[error("reading certificates from {path}: none in it; expected -----BEGIN CERTIFICATE-----", path = path.display())]
    Empty { path: PathBuf },
    #[error(
        "reading the certificate to show and its key: {0}; expected both as PEM, -----BEGIN CERTIFICATE----- and \
             -----BEGIN PRIVATE KEY-----"
    )]
    Identity(String),
    #[error("setting up TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl Trust {
    /// One configuration for all transports: sessions are resumed, the roots are read once.
    pub(super) fn load(&self) -> Result<Trusted, TrustError> {
        let mut roots = RootCertStore::empty();
        // A machine may have odd certificates, or none at all: then only what needs them fails.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        for certificate in self.extra_certificates()? {
            roots.add(certificate)?;
        }
        let roots = Arc::new(roots);
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(Arc::clone(&roots))
            .with_no_client_auth();
        Ok(Trusted { config: Arc::new(config), roots })
    }

    pub(super) fn extra_certificates(&self) -> Result<Vec<CertificateDer<'static>>, TrustError> {
        let Some(path) = &self.extra_ca else { return Ok(Vec::new()) };
        let wrong = |e: rustls::pki_types::pem::Error| TrustError::File { path: path.clone(), why: e.to_string() };
        let certificates: Vec<_> =
            CertificateDer::pem_file_iter(path).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)?;
        match certificates.is_empty() {
            true => Err(TrustError::Empty { path: path.clone() }),
            false => Ok(certificates),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        let said = |path: &PathBuf| Trust { extra_ca: Some(path.clone()) }.load().unwrap_err().to_string();
        assert!(said(&path).starts_with("reading certificates from "));
        std::fs::write(&path, "hello").unwrap();
        assert!(said(&path).ends_with("expected -----BEGIN CERTIFICATE-----"));
    }
}
