//! A connection that the egress guard opened, plain or with TLS.

use super::deadlines::Clock;
use super::deadlines::Late;
use super::deadlines::Step;
use super::guard::Guard;
use super::guard::GuardError;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;
use std::task::Poll;
use thiserror::Error;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

#[derive(Debug)]
pub(super) enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What is needed to open links.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) guard: Guard,
    pub(super) tls: Arc<ClientConfig>,
}

#[derive(Debug, Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    Guard(#[from] GuardError),
    #[error("TLS with {host}: {source}")]
    Tls { host: String, source: io::Error },
    #[error("TLS with {host}: {late}")]
    Late { host: String, late: Late },
}

impl LinkError {
    /// Whether only the operator can help: no try will succeed until the configuration changes.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self, Self::Guard(guard) if guard.is_closed())
    }
}

impl Network {
    pub(super) async fn plain(&self, host: &str, port: u16, clock: &Clock) -> Result<TcpStream, LinkError> {
        Ok(self.guard.connect(host, port, clock).await?)
    }

    /// Goes over to TLS; the certificate has to be for `host`.
    pub(super) async fn encrypt(&self, stream: TcpStream, host: &str, clock: &Clock) -> Result<Link, LinkError> {
        let wrong = |source| LinkError::Tls { host: host.to_owned(), source };
        let name = ServerName::try_from(host.to_owned()).map_err(|e| wrong(io::Error::other(e)))?;
        let handshake = TlsConnector::from(self.tls.clone()).connect(name, stream);
        let done = clock.within(Step::Tls, handshake).await;
        let stream = done.map_err(|late| LinkError::Late { host: host.to_owned(), late })?.map_err(wrong)?;
        Ok(Link::Tls(Box::new(stream)))
    }
}

impl Link {
    pub(super) fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The address at the other end, if the connection still has one.
    pub(super) fn peer(&self) -> Option<IpAddr> {
        let tcp = match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        };
        tcp.peer_addr().ok().map(|peer| peer.ip())
    }
}

impl AsyncRead for Link {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
