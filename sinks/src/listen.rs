//! A listener on a port of its own whose connections end with it.

use std::future::Future;
use std::io;
use std::net::Ipv4Addr;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// Serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) port: u16,
    _task: AbortOnDropHandle<()>,
}

pub(crate) async fn listen<F, Fut>(serve: F) -> io::Result<Listening>
where
    F: Fn(TcpStream) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    let task = tokio::spawn(async move {
        // Dropping the set ends the connections.
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            if stream.set_nodelay(true).is_ok() {
                connections.spawn(serve(stream));
            }
            while connections.try_join_next().is_some() {}
        }
    });
    Ok(Listening { port, _task: AbortOnDropHandle::new(task) })
}
