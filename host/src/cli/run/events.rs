//! Follows events of the host, through its absences. What is told is a ring: who is rung looks what there is.

use super::host::Host;
use super::host::Trouble;
use reqwest::Response;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The host says something every 15 seconds; one that is silent for so long is gone.
const SILENCE: Duration = Duration::from_secs(45);

/// The waits before the next tries to listen; the last one again and again.
const WAITS_MS: [u64; 5] = [100, 500, 1000, 2000, 5000];

/// Rings when the stream stands, once more each time that it stands again, and for each event. Ends with the value.
pub(super) struct Rings {
    pub(super) bell: Arc<Notify>,
    /// Why nothing is heard, and will not be.
    pub(super) not_allowed: watch::Receiver<Option<String>>,
    task: JoinHandle<()>,
}

impl Rings {
    pub(super) fn of(host: &Host, path: String) -> Self {
        let bell = Arc::new(Notify::new());
        let (tell, not_allowed) = watch::channel(None);
        let task = tokio::spawn(follow(host.clone(), path, (Arc::clone(&bell), tell)));
        Self { bell, not_allowed, task }
    }
}

impl Drop for Rings {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(host: Host, path: String, (bell, not_allowed): (Arc<Notify>, watch::Sender<Option<String>>)) {
    let mut tries = 0;
    loop {
        match host.listen(&path).await {
            Ok(stream) => {
                tries = 0;
                hear(stream, &bell).await;
            }
            Err(Trouble::NotAllowed(why)) => {
                not_allowed.send_replace(Some(why));
            }
            Err(trouble @ (Trouble::Away { .. } | Trouble::Refused { .. })) => {
                tracing::debug!(%trouble, path, "no events are heard");
            }
        }
        tokio::time::sleep(Duration::from_millis(WAITS_MS[tries])).await;
        tries = (tries + 1).min(WAITS_MS.len() - 1);
    }
}

/// Until the stream ends. Signs of life are comments, which ring nobody.
async fn hear(mut stream: Response, bell: &Notify) {
    let mut begins_line = true;
    let mut line = Vec::new();
    while let Ok(Ok(Some(piece))) = tokio::time::timeout(SILENCE, stream.chunk()).await {
        for &byte in &piece {
            if byte == b'\n' {
                // The handshake is an event as well: the stream stands.
                if line.starts_with(b"event:") {
                    bell.notify_one();
                }
                line.clear();
                begins_line = true;
            } else if begins_line {
                line.push(byte);
                begins_line = line.len() < "event:".len();
            }
        }
    }
}
