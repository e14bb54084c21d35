//! Connections for mail: opened by the egress guard, plain or with TLS, in the form that lettre takes.

use super::deadlines::Clock;
use super::deadlines::Step;
use super::guard::Guard;
use super::smtp_reply::Trouble;
use super::trust::Trusted;
use lettre::transport::smtp::client::AsyncTokioStream;
use lettre::transport::smtp::client::CertificateStore;
use lettre::transport::smtp::client::TlsParameters;
use rustls::pki_types::ServerName;
use std::fmt::Debug;
use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

pub(super) type Encrypted = TlsStream<TcpStream>;

/// The first byte of TLS, and of no command.
const HANDSHAKE: u8 = 0x16;

/// What is needed to open links.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) guard: Guard,
    pub(super) trusted: Trusted,
}

/// A stream below lettre.
///
/// Until TLS begins it hands out a byte at a time, so that lettre's buffer holds nothing when it does: lettre would
/// go on with what came in clear, which an attacker may have put there, as if it had come over TLS. What follows an
/// answer stays here, and the handshake trips over it.
#[derive(Debug)]
pub(super) struct Link<S> {
    stream: S,
    peer: SocketAddr,
    wary: bool,
}

impl Network {
    /// TLS from the first byte on; the certificate has to be for `host`.
    pub(super) async fn encrypt(&self, tcp: TcpStream, host: &str, clock: &Clock) -> Result<Encrypted, Trouble> {
        let wrong = |why: &dyn Display| Trouble::Tls { host: host.to_owned(), why: why.to_string() };
        let name = ServerName::try_from(host.to_owned()).map_err(|e| wrong(&e))?;
        let handshake = TlsConnector::from(self.trusted.config.clone()).connect(name, tcp);
        clock.within(Step::Tls, handshake).await.map_err(|late| wrong(&late))?.map_err(|e| wrong(&e))
    }

    /// The same trust in lettre's terms, for STARTTLS: it takes certificates, not a configuration.
    pub(super) fn tls_parameters(&self, host: &str) -> Result<TlsParameters, Trouble> {
        let builder = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::None);
        let certificates = self.trusted.certificates.iter().cloned();
        let built = certificates.fold(builder, |builder, one| builder.add_root_certificate(one)).build_rustls();
        built.map_err(|e| Trouble::Tls { host: host.to_owned(), why: e.to_string() })
    }
}

impl<S> Link<S> {
    pub(super) fn new(stream: S, peer: SocketAddr, wary: bool) -> Self {
        Self { stream, peer, wary }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Link<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.wary {
            return Pin::new(&mut this.stream).poll_read(cx, buf);
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte[..buf.remaining().min(1)]);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut one))?;
        buf.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Link<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.wary &= buf.first() != Some(&HANDSHAKE);
        Pin::new(&mut this.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + Debug> AsyncTokioStream for Link<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
