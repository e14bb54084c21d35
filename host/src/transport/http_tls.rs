//! TLS of one request or chat connection, where it differs from the usual: the operator's file of authorities, no verification, or a
//! certificate to show. A permit was asked for it.
//!
//! Each kind has connections of its own: one that was made without verification serves no request that wants it.

use super::fill::Filler;
use super::outcome::Sent;
use super::trust::Trust;
use super::trust::TrustError;
use super::trust::Trusted;
use crate::model::Destination;
use crate::model::HttpLogin;
use crate::model::HttpRequest;
use crate::model::TlsVerify;
use rustls::ClientConfig;
use rustls::DigitallySignedStruct;
use rustls::Error;
use rustls::RootCertStore;
use rustls::SignatureScheme;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::danger::ServerCertVerified;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::crypto::verify_tls12_signature;
use rustls::crypto::verify_tls13_signature;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::pki_types::pem::PemObject;
use sha2::Digest;
use sha2::Sha256;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// What a request wants of TLS. Those with the same share their connections.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Look {
    verify: TlsVerify,
    /// When the file of authorities was written: a new one counts from the next request on.
    written: Option<SystemTime>,
    identity: Option<Identity>,
}

/// The text of a certificate and its key, known by its digest.
#[derive(Clone)]
struct Identity {
    digest: [u8; 32],
    pem: Arc<str>,
}

impl Look {
    /// What there is to say of a request without TLS.
    const PLAIN: Self = Self { verify: TlsVerify::Usual, written: None, identity: None };

    pub(super) fn of<'a>(
        request: &'a HttpRequest,
        destination: &Destination,
        filler: &mut Filler<'a>,
    ) -> Result<Self, Sent> {
        let token_url = match &request.login {
            Some(HttpLogin::Oauth(oauth)) => oauth.token_url.as_str(),
            Some(HttpLogin::Basic(_)) | None => "",
        };
        let is_tls = matches!(destination, Destination::HttpOrigin { tls: true, .. });
        if !is_tls && !token_url.starts_with("https:") {
            return Ok(Self::PLAIN);
        }
        let written = match &request.verify {
            TlsVerify::Authorities(file) => std::fs::metadata(file).and_then(|file| file.modified()).ok(),
            TlsVerify::Usual | TlsVerify::Nothing => None,
        };
        let identity = match &request.identity {
            Some(name) => Some(Identity::new(&filler.secret(name).map_err(Sent::failed)?)),
            None => None,
        };
        Ok(Self { verify: request.verify.clone(), written, identity })
    }

    pub(super) fn of_chat(verify: &TlsVerify, identity: Option<&str>) -> Self {
        Self { verify: verify.clone(), written: None, identity: identity.map(Identity::new) }
    }

    pub(super) fn config(&self, usual: &Trusted) -> Result<ClientConfig, TrustError> {
        if let (TlsVerify::Usual, None) = (&self.verify, &self.identity) {
            return Ok((*usual.config).clone());
        }
        let provider = Arc::new(default_provider());
        let builder =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let builder = match &self.verify {
            TlsVerify::Usual => builder.with_root_certificates(usual.roots.clone()),
            TlsVerify::Authorities(file) => builder.with_root_certificates(only(file)?),
            TlsVerify::Nothing => builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))),
        };
        Ok(match &self.identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = identity.read()?;
                builder.with_client_auth_cert(chain, key)?
            }
        })
    }
}

fn only(file: &str) -> Result<Arc<RootCertStore>, TrustError> {
    let mut roots = RootCertStore::empty();
    for certificate in (Trust { extra_ca: Some(PathBuf::from(file)) }).extra_certificates()? {
        roots.add(certificate)?;
    }
    Ok(Arc::new(roots))
}

impl Identity {
    fn new(pem: &str) -> Self {
        Self { digest: Sha256::digest(pem).into(), pem: pem.into() }
    }

    fn read(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TrustError> {
        let pem = self.pem.as_bytes();
        let wrong = |e: rustls::pki_types::pem::Error| TrustError::Identity(e.to_string());
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(wrong)?;
        Ok((chain, PrivateKeyDer::from_pem_slice(pem).map_err(wrong)?))
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Identity {}

impl std::hash::Hash for Identity {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity")
    }
}

/// Believes every certificate. That the server has the key to the one it shows is looked at all the same.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
