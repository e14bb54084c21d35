//! Connections for mail and chats: opened by the egress guard, and encrypted by the one configuration of TLS.

use super::deadlines::Clock;
use super::deadlines::Step;
use super::guard::Guard;
use super::smtp_reply::Trouble;
use super::trust::Trusted;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::fmt::Display;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(super) type Encrypted = TlsStream<TcpStream>;

/// What is needed to open links.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) guard: Guard,
    pub(super) trusted: Trusted,
}

impl Network {
    /// TLS from here on; the certificate has to be for `host`.
    pub(super) async fn encrypt(&self, tcp: TcpStream, host: &str, clock: &Clock) -> Result<Encrypted, Trouble> {
        self.encrypt_with(self.trusted.config.clone(), tcp, (host, clock)).await
    }

    /// The same by another configuration of TLS.
    pub(super) async fn encrypt_with(
        &self,
        config: Arc<ClientConfig>,
        tcp: TcpStream,
        (host, clock): (&str, &Clock),
    ) -> Result<Encrypted, Trouble> {
        let wrong = |why: &dyn Display| Trouble::Tls { host: host.to_owned(), why: why.to_string() };
        let name = ServerName::try_from(host.to_owned()).map_err(|e| wrong(&e))?;
        let handshake = TlsConnector::from(config).connect(name, tcp);
        clock.within(Step::Tls, handshake).await.map_err(|late| wrong(&late))?.map_err(|e| wrong(&e))
    }
}
