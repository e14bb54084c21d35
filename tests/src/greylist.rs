//! A policy server for Postfix that puts recipients off the first time they are named, as greylisting does.

use std::collections::HashSet;
use std::io;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// A running policy server. Ends when it is dropped.
pub struct Greylist {
    port: u16,
    task: JoinHandle<()>,
}

impl Greylist {
    /// Puts off those whose addresses begin so.
    pub async fn start(prefix: &'static str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(async move {
            let mut known = HashSet::new();
            // One smtpd after the other asks: there is one connection at a time to be answered.
            while let Ok((stream, _)) = listener.accept().await {
                let _ = serve(stream, prefix, &mut known).await;
            }
        });
        Ok(Self { port, task })
    }

    /// For `smtpd_recipient_restrictions`.
    pub fn restriction(&self) -> String {
        format!("check_policy_service inet:127.0.0.1:{}", self.port)
    }
}

impl Drop for Greylist {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A request is lines of `name=value` and an empty line; so is the answer.
async fn serve(stream: TcpStream, prefix: &str, known: &mut HashSet<String>) -> io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading).lines();
    let mut recipient = String::new();
    while let Some(line) = lines.next_line().await? {
        if let Some(named) = line.strip_prefix("recipient=") {
            named.clone_into(&mut recipient);
        }
        if line.is_empty() {
            let is_new = recipient.starts_with(prefix) && known.insert(recipient.clone());
            let action = if is_new { "450 4.2.0 greylisted, come back later" } else { "DUNNO" };
            writing.write_all(format!("action={action}\n\n").as_bytes()).await?;
        }
    }
    Ok(())
}
