//! What a command prints: recorded as lines, and passed on.

use super::lines::Lines;
use super::lines::Stream;
use super::recorder::Recorder;
use super::screen::Screen;
use anyhow::Context;
use std::sync::Arc;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What is read of a pipe at once: what it holds.
const PIPE_BYTES: usize = 64 * 1024;

/// Where what it prints goes. Cheap to clone.
#[derive(Clone)]
pub(super) struct Ears {
    pub(super) recorder: Arc<Recorder>,
    pub(super) screen: Arc<Screen>,
    /// Nobody waits any more for who does not read what it prints.
    pub(super) hasty: CancellationToken,
}

/// When something was heard, and until when one listens: not known while the command runs.
type Times<'t> = (&'t watch::Sender<Instant>, &'t watch::Sender<Option<Instant>>);

/// Reads to the end of the stream; `true` when others hold it open after the command's end, who are not heard.
pub(super) fn run(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    (stream, stamped): (Stream, bool),
    (ears, (heard, until)): (&Ears, Times<'_>),
) -> impl Future<Output = anyhow::Result<bool>> + Send + 'static {
    let (ears, heard, until) = (ears.clone(), heard.clone(), until.subscribe());
    async move {
        let mut lines = Lines::new(stream, stamped);
        let mut piece = vec![0; PIPE_BYTES];
        // What the command itself wrote is in the pipe when it ends.
        let mut late = PIPE_BYTES;
        loop {
            let (read, is_held) = tokio::select! {
                biased;
                read = from.read(&mut piece) => (read.context("reading what the command prints")?, false),
                () = over(until.clone()) => (0, true),
            };
            let whole = if read == 0 { lines.last() } else { lines.take(&piece[..read]) };
            if !whole.is_empty() {
                // A file: it may take its time.
                tokio::task::block_in_place(|| ears.recorder.lines(&whole));
            }
            ears.screen.pass(stream, &piece[..read], &ears.hasty).await;
            if read == 0 {
                return Ok(is_held);
            }
            heard.send_replace(Instant::now());
            if is_past(&until) {
                late = late.saturating_sub(read);
            }
            if late == 0 {
                let last = lines.last();
                tokio::task::block_in_place(|| ears.recorder.lines(&last));
                return Ok(true);
            }
        }
    }
}

/// Returns when nobody is to be heard any more.
async fn over(mut until: watch::Receiver<Option<Instant>>) {
    if let Ok(Some(until)) = until.wait_for(Option::is_some).await.map(|until| *until) {
        tokio::time::sleep_until(until).await;
    }
}

fn is_past(until: &watch::Receiver<Option<Instant>>) -> bool {
    until.borrow().is_some_and(|until| until <= Instant::now())
}
