//! What who started it sees: the command's own output, and how the build stands. On a terminal that is a line that is
//! written anew, elsewhere a line for each thing that happens.
//!
//! A thread of its own writes, for a terminal that stands still (Ctrl-S, a pipe that nobody reads) must hold up nothing but
//! the command: signals, the host and the clock are heard meanwhile.

use super::clock;
use super::lines::Stream;
use super::stops::Stops;
use std::io::IsTerminal;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Clears the line that the cursor is in.
const CLEAR: &str = "\r\x1b[K";

/// The width that the progress line takes at most.
const WIDTH: usize = 78;

/// Pieces of output that wait to be written; the command waits with the next.
const MOST_OUTPUT: usize = 16;

/// Lines of ours that wait to be written; further ones are left out.
const MOST_SAID: usize = 1000;

/// Who did not read what the command printed may still read what we say.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Standard output and error.
pub(super) struct Screen {
    is_terminal: bool,
    pieces: mpsc::UnboundedSender<Piece>,
    /// Room for what waits to be written: what bounds the channel.
    output: Arc<Semaphore>,
    /// What a command printed was left out, for nobody read on.
    is_unread: AtomicBool,
    said: Arc<Semaphore>,
    standing: Arc<Semaphore>,
}

/// What is to be written, and the room that it takes until then.
struct Piece {
    what: What,
    _room: Option<OwnedSemaphorePermit>,
}

enum What {
    Output(Stream, Vec<u8>),
    Said(String),
    Standing(String),
    /// All is written.
    End(oneshot::Sender<()>),
}

/// How the build stands.
pub(super) struct Standing<'s> {
    pub(super) build: &'s str,
    pub(super) step: &'s str,
    pub(super) elapsed: Duration,
    pub(super) lines: u64,
    pub(super) sent: u64,
    pub(super) away: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        let (pieces, mut waiting) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            let mut writer = Writer::default();
            while let Some(piece) = waiting.blocking_recv() {
                writer.write(piece);
            }
        });
        let room = |most| Arc::new(Semaphore::new(most));
        let is_terminal = std::io::stderr().is_terminal();
        let (output, said, standing) = (room(MOST_OUTPUT), room(MOST_SAID), room(1));
        Self { is_terminal, pieces, output, is_unread: AtomicBool::new(false), said, standing }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Something that the command printed, as it printed it. From `hasty` on nobody waits for who does not read: what
    /// finds no room then is not passed on.
    pub(super) async fn pass(&self, stream: Stream, bytes: &[u8], hasty: &CancellationToken) {
        if bytes.is_empty() {
            return;
        }
        tokio::select! {
            biased;
            Ok(room) = Arc::clone(&self.output).acquire_owned() => {
                self.add(What::Output(stream, bytes.to_vec()), Some(room));
            }
            () = hasty.cancelled() => self.is_unread.store(true, Ordering::Relaxed),
        }
    }

    /// A line of ours.
    pub(super) fn say(&self, text: &str) {
        if let Ok(room) = Arc::clone(&self.said).try_acquire_owned() {
            self.add(What::Said(text.to_owned()), Some(room));
        }
    }

    /// Writes the progress line anew, where there is one, and the one before is written.
    pub(super) fn show(&self, standing: &Standing<'_>) {
        if self.is_terminal
            && let Ok(room) = Arc::clone(&self.standing).try_acquire_owned()
        {
            self.add(What::Standing(standing.line().chars().take(WIDTH).collect()), Some(room));
        }
    }

    /// Returns when all is written, or somebody means it.
    pub(super) async fn close(&self, mut stops: watch::Receiver<Stops>) {
        let (written, all) = oneshot::channel();
        self.add(What::End(written), None);
        let seen = stops.borrow().count;
        tokio::select! {
            _ = all => {}
            () = tokio::time::sleep(LAST_WORDS), if self.is_unread.load(Ordering::Relaxed) => {}
            Ok(_) = stops.wait_for(|stops| stops.count > seen) => {}
        }
    }

    fn add(&self, what: What, room: Option<OwnedSemaphorePermit>) {
        // The writer ends after us.
        let _ = self.pieces.send(Piece { what, _room: room });
    }
}

/// Who writes, and what stands there. Who does not want to read on (`| head`) is no error.
#[derive(Default)]
struct Writer {
    /// A progress line stands there.
    drawn: bool,
    /// The command's last line has no end yet: nothing of ours is put into it.
    mid_line: bool,
}

impl Writer {
    fn write(&mut self, piece: Piece) {
        match piece.what {
            What::Output(stream, bytes) => {
                self.clear();
                let _ = match stream {
                    Stream::Out => write(&mut std::io::stdout().lock(), &bytes),
                    Stream::Err => write(&mut std::io::stderr().lock(), &bytes),
                };
                self.mid_line = bytes.last().is_some_and(|last| *last != b'\n');
            }
            What::Said(text) => {
                self.clear();
                let end = if std::mem::take(&mut self.mid_line) { "\n" } else { "" };
                let _ = write(&mut std::io::stderr().lock(), format!("{end}campanile: {text}\n").as_bytes());
            }
            What::Standing(_) if self.mid_line => {}
            What::Standing(line) => {
                let _ = write(&mut std::io::stderr().lock(), format!("{CLEAR}{line}").as_bytes());
                self.drawn = true;
            }
            What::End(written) => {
                self.clear();
                // Nobody may wait for it any more.
                let _ = written.send(());
            }
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write(&mut std::io::stderr().lock(), CLEAR.as_bytes());
        }
    }
}

impl Standing<'_> {
    fn line(&self) -> String {
        let behind = self.lines.saturating_sub(self.sent);
        let lines = match (self.away, behind) {
            (true, _) => format!("{} lines, the host is away", self.lines),
            (false, 0) => format!("{} lines", self.lines),
            (false, _) => format!("{} lines, {behind} to be sent", self.lines),
        };
        format!("{} · {} · {} · {lines}", self.build, self.step, clock::lasting(self.elapsed))
    }
}

fn write(to: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}
