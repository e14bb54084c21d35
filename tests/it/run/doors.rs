//! A way to the host on which answers get lost: what was asked for is done, and nobody hears of it.

use std::sync::Arc;
use std::sync::Mutex;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::task::JoinSet;

/// What happens behind a lost answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    GoesOn,
    /// Nobody is there any more.
    Shuts,
}

/// The way. It shuts with the value.
pub(super) struct Door {
    pub(super) url: String,
    lost: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Door {
    /// Opens one at this address to the host. The answer to the first request with these words gets lost.
    pub(super) async fn open(url: &str, host: &str, words: &'static str, then: Then) -> Self {
        Self::on(TcpListener::bind(url.trim_start_matches("http://")).await.expect("a port"), host, words, then)
    }

    /// The same where callers wait already.
    pub(super) fn on(listener: TcpListener, host: &str, words: &'static str, then: Then) -> Self {
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (tell, lost) = watch::channel(false);
        let armed = Arc::new(Mutex::new(Some(words)));
        let task = tokio::spawn(serve(listener, host.trim_start_matches("http://").to_owned(), (armed, tell), then));
        Self { url, lost, task }
    }

    /// Returns when an answer got lost.
    pub(super) async fn loses(&self) {
        self.lost.clone().wait_for(|lost| *lost).await.expect("the door stands");
    }
}

/// The words, while their answer did not get lost.
type Armed = (Arc<Mutex<Option<&'static str>>>, watch::Sender<bool>);

async fn serve(listener: TcpListener, host: String, (armed, lost): Armed, then: Then) {
    let mut ways = JoinSet::new();
    loop {
        let mut shut = lost.subscribe();
        tokio::select! {
            came = listener.accept() => {
                let (from, _) = came.expect("a connection");
                ways.spawn(pass(from, host.clone(), (Arc::clone(&armed), lost.clone())));
            }
            Ok(_) = shut.wait_for(|lost| *lost), if then == Then::Shuts => return,
        }
    }
}

/// Carries both ways until one of them ends, or an answer gets lost.
async fn pass(mut from: TcpStream, host: String, armed: Armed) {
    let Ok(mut to) = TcpStream::connect(host).await else { return };
    let (mut asks, mut hears) = from.split();
    let (mut answers, mut is_told) = to.split();
    let (mut asked, mut said) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        tokio::select! {
            piece = read(&mut asks) => {
                let Some(piece) = piece else { return };
                asked.extend_from_slice(&piece);
                if is_told.write_all(&piece).await.is_err() {
                    return;
                }
            }
            read = answers.read(&mut said) => {
                let Some(read) = read.ok().filter(|read| *read > 0) else { return };
                if loses(&armed, &asked) {
                    return;
                }
                asked.clear();
                if hears.write_all(&said[..read]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut piece = vec![0; 1 << 16];
    let read = from.read(&mut piece).await.ok().filter(|read| *read > 0)?;
    piece.truncate(read);
    Some(piece)
}

/// Whether this answer gets lost: the first to a request with the words.
fn loses((words, lost): &Armed, asked: &[u8]) -> bool {
    let mut words = words.lock().expect("nobody panics");
    let has_them = |words: &&str| asked.windows(words.len()).any(|piece| piece == words.as_bytes());
    let loses = words.take_if(|words| has_them(words)).is_some();
    if loses {
        lost.send_replace(true);
    }
    loses
}
