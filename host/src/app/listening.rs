//! Where the host listens: where it was told to, once somebody needs a token to come in; on loopback until then.

use anyhow::Context;
use std::net::IpAddr;
use std::net::Ipv4Addr;
use std::net::Ipv6Addr;
use std::net::SocketAddr;
use tokio::net::TcpListener;

pub(super) async fn listen(wanted: SocketAddr, has_tokens: bool) -> anyhow::Result<TcpListener> {
    let address = if has_tokens { wanted } else { on_loopback(wanted) };
    if !has_tokens {
        tracing::warn!(
            %address,
            "there are no tokens yet: the host listens on loopback only, and whoever reaches it there may do everything; make the first by `campanile token create`"
        );
    }
    if address != wanted {
        tracing::warn!(%wanted, %address, "[server] listen is taken up at the first start with a token");
    }
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address} ([server] listen): is another host running?"))
}

fn on_loopback(wanted: SocketAddr) -> SocketAddr {
    let ip = match wanted.ip() {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(ip, wanted.port())
}
