//! What who started it sees: the command's own output, and how the build stands. On a terminal that is a line that is
//! written anew, elsewhere a line for each thing that happens.

use super::clock;
use super::lines::Stream;
use std::io::IsTerminal;
use std::io::Write;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;

/// Clears the line that the cursor is in.
const CLEAR: &str = "\r\x1b[K";

/// The width that the progress line takes at most.
const WIDTH: usize = 78;

/// Standard output and error.
pub(super) struct Screen {
    is_terminal: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// A progress line stands there.
    drawn: bool,
    /// The command's last line has no end yet: nothing of ours is put into it.
    mid_line: bool,
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
        let is_terminal = std::io::stderr().is_terminal();
        Self { is_terminal, state: Mutex::default() }
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Something that the command printed, as it printed it. Who does not want to read on (`| head`) is no error.
    pub(super) fn pass(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.state();
        self.clear(&mut state);
        let _ = match stream {
            Stream::Out => write(&mut std::io::stdout().lock(), bytes),
            Stream::Err => write(&mut std::io::stderr().lock(), bytes),
        };
        state.mid_line = bytes.last().is_some_and(|last| *last != b'\n');
    }

    /// A line of ours.
    pub(super) fn say(&self, text: &str) {
        let mut state = self.state();
        self.clear(&mut state);
        let end = if state.mid_line { "\n" } else { "" };
        state.mid_line = false;
        let _ = write(&mut std::io::stderr().lock(), format!("{end}campanile: {text}\n").as_bytes());
    }

    /// Writes the progress line anew, where there is one.
    pub(super) fn show(&self, standing: &Standing<'_>) {
        let mut state = self.state();
        if !self.is_terminal || state.mid_line {
            return;
        }
        let line: String = standing.line().chars().take(WIDTH).collect();
        let _ = write(&mut std::io::stderr().lock(), format!("{CLEAR}{line}").as_bytes());
        state.drawn = true;
    }

    fn clear(&self, state: &mut State) {
        if std::mem::take(&mut state.drawn) {
            let _ = write(&mut std::io::stderr().lock(), CLEAR.as_bytes());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut state = std::mem::take(&mut *self.state());
        self.clear(&mut state);
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
