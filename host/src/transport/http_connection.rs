//! One HTTP/1.1 connection: its task ends with it.

use super::deadlines::Clock;
use super::link::Link;
use super::link::LinkError;
use super::link::Network;
use super::pool::Idle;
use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

/// Headers of an answer, all together.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

pub(super) struct Connection {
    pub(super) sender: SendRequest<Full<Bytes>>,
    _task: AbortOnDropHandle<()>,
}

impl Connection {
    pub(super) async fn open(network: &Network, to: &Origin, clock: &Clock) -> Result<Self, LinkError> {
        let tcp = network.plain(&to.host, to.port, clock).await?;
        let link = if to.tls { network.encrypt(tcp, &to.host, clock).await? } else { Link::Plain(tcp) };
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEADER_BYTES);
        let shaken = builder.handshake(TokioIo::new(link)).await;
        let (sender, connection) = shaken.map_err(|e| LinkError::Http { host: to.host.clone(), source: e })?;
        let task = tokio::spawn(async move {
            // What goes wrong is told to who waits for the answer.
            let _ = connection.await;
        });
        Ok(Self { sender, _task: AbortOnDropHandle::new(task) })
    }
}

impl Idle for Connection {
    fn is_usable(&mut self) -> bool {
        self.sender.is_ready()
    }

    async fn leave(self) {}
}
