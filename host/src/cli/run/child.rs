//! One command: started in a process group of its own, listened to, and ended when it has to be.
//!
//! Not here: what its end means (`plan`), and what of its output is a line (`lines`).

use super::clock::NEVER;
use super::lines::Lines;
use super::lines::Stream;
use super::recorder::Recorder;
use super::screen::Screen;
use super::stops::Stop;
use super::stops::Stops;
use anyhow::Context;
use nix::sys::signal::Signal;
use nix::sys::signal::killpg;
use nix::unistd::Pid;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What is read of a pipe at once: what it holds.
const PIPE_BYTES: usize = 64 * 1024;

/// After the command has ended, others that it started may hold its output open so long.
const DRAIN: Duration = Duration::from_secs(2);

/// What is to be run, and how long.
pub(super) struct Order {
    pub(super) words: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) reads_input: bool,
    pub(super) stamped: bool,
    /// So long without output.
    pub(super) silence: Option<Duration>,
    pub(super) most: Option<Duration>,
    /// So long after it was asked to end.
    pub(super) grace: Duration,
}

/// How it ended.
#[derive(Clone, Debug)]
pub(super) enum Ended {
    Code(i32),
    Signal(i32),
    NotStarted { code: i32, why: String },
}

/// Why it was ended before its end.
#[derive(Clone, Debug)]
pub(super) enum Cut {
    Stopped(Stop),
    Silent(Duration),
    TooLong(Duration),
}

/// Where what it prints goes.
pub(super) struct Ears {
    pub(super) recorder: Arc<Recorder>,
    pub(super) screen: Arc<Screen>,
}

/// Runs it to its end. Stops beyond the first `seen` end it.
pub(super) async fn run(
    order: &Order,
    ears: &Ears,
    (mut stops, seen): (watch::Receiver<Stops>, u64),
) -> anyhow::Result<(Ended, Option<Cut>)> {
    let mut child = match start(order) {
        Ok(child) => child,
        Err(error) => return Ok((not_started(&error), None)),
    };
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw).context("a child without an id")?;
    let heard = watch::Sender::new(Instant::now());
    let mut pumps = JoinSet::new();
    let stdout = child.stdout.take().context("a child without output")?;
    let stderr = child.stderr.take().context("a child without output")?;
    pumps.spawn(pump(stdout, (Stream::Out, order.stamped), (ears.clone(), heard.clone())));
    pumps.spawn(pump(stderr, (Stream::Err, order.stamped), (ears.clone(), heard.clone())));
    let mut watchman =
        Watchman { group, order, heard: heard.subscribe(), began: Instant::now(), cut: None, kill_at: None };
    let status = watchman.watch(&mut child, &mut stops, seen).await?;
    drain(pumps, ears, (group, watchman.cut.is_some())).await?;
    let ended = match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or(0)),
    };
    Ok((ended, watchman.cut))
}

fn start(order: &Order) -> std::io::Result<Child> {
    let (program, arguments) = order.words.split_first().ok_or(std::io::ErrorKind::InvalidInput)?;
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).current_dir(&order.folder).envs(order.environment.iter().cloned());
    // A group of its own: what is sent to it reaches all that it starts, and Ctrl-C comes through us alone.
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.stdin(if order.reads_input { Stdio::inherit() } else { Stdio::null() });
    command.kill_on_drop(true).spawn()
}

/// As a shell has it: 127 for what is not there, 126 for what is no program.
fn not_started(error: &std::io::Error) -> Ended {
    let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
    Ended::NotStarted { code, why: error.to_string() }
}

/// Waits for the end of the command, and brings it about where that has to be.
struct Watchman<'o> {
    group: Pid,
    order: &'o Order,
    heard: watch::Receiver<Instant>,
    began: Instant,
    cut: Option<Cut>,
    kill_at: Option<Instant>,
}

impl Watchman<'_> {
    async fn watch(
        &mut self,
        child: &mut Child,
        stops: &mut watch::Receiver<Stops>,
        mut seen: u64,
    ) -> anyhow::Result<ExitStatus> {
        loop {
            // All are cancel-safe.
            tokio::select! {
                status = child.wait() => return status.context("waiting for the command"),
                told = next_stop(stops, seen) => {
                    seen = told.count;
                    if let Some(stop) = told.last {
                        self.stop(stop);
                    }
                }
                () = tokio::time::sleep_until(self.alarm()) => self.late(),
            }
        }
    }

    /// When to look again.
    fn alarm(&self) -> Instant {
        let of = |limit: Option<Duration>, since: Instant| limit.map_or(since + NEVER, |limit| since + limit);
        let limits = of(self.order.silence, *self.heard.borrow()).min(of(self.order.most, self.began));
        self.kill_at.unwrap_or(limits)
    }

    /// The second signal means it.
    fn stop(&mut self, stop: Stop) {
        let again = matches!(
            (&self.cut, &stop),
            (Some(Cut::Stopped(Stop::Signal(_))), Stop::Signal(_))
                | (Some(Cut::Stopped(Stop::HandBack)), Stop::HandBack)
        );
        match again {
            true => self.send(Signal::SIGKILL),
            false => self.end(Cut::Stopped(stop.clone()), stop.signal()),
        }
    }

    fn late(&mut self) {
        let now = Instant::now();
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_at = Some(now + NEVER);
            return self.send(Signal::SIGKILL);
        }
        let over = |limit: Option<Duration>, since: Instant| limit.filter(|limit| since + *limit <= now);
        let heard = *self.heard.borrow();
        if let Some(silence) = over(self.order.silence, heard) {
            self.end(Cut::Silent(silence), Signal::SIGTERM);
        } else if let Some(most) = over(self.order.most, self.began) {
            self.end(Cut::TooLong(most), Signal::SIGTERM);
        }
    }

    fn end(&mut self, cut: Cut, signal: Signal) {
        self.cut.get_or_insert(cut);
        self.kill_at.get_or_insert(Instant::now() + self.order.grace);
        self.send(signal);
    }

    fn send(&self, signal: Signal) {
        // It may have ended just now.
        let _ = killpg(self.group, signal);
    }
}

/// The next thing that happens.
async fn next_stop(stops: &mut watch::Receiver<Stops>, seen: u64) -> Stops {
    match stops.wait_for(|stops| stops.count > seen).await {
        Ok(stops) => stops.clone(),
        // Nobody is left who could stop anything.
        Err(_) => std::future::pending().await,
    }
}

impl Clone for Ears {
    fn clone(&self) -> Self {
        Self { recorder: Arc::clone(&self.recorder), screen: Arc::clone(&self.screen) }
    }
}

/// Records what comes, and passes it on.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    (stream, stamped): (Stream, bool),
    (ears, heard): (Ears, watch::Sender<Instant>),
) -> anyhow::Result<()> {
    let mut lines = Lines::new(stream, stamped);
    let mut piece = vec![0; PIPE_BYTES];
    loop {
        let read = from.read(&mut piece).await.context("reading what the command prints")?;
        let whole = if read == 0 { lines.last() } else { lines.take(&piece[..read]) };
        // A file and perhaps a terminal: they may take their time.
        tokio::task::block_in_place(|| {
            ears.screen.pass(stream, &piece[..read]);
            if whole.is_empty() { Ok(()) } else { ears.recorder.lines(&whole) }
        })?;
        if read == 0 {
            return Ok(());
        }
        heard.send_replace(Instant::now());
    }
}

/// Hears out what is still in the pipes.
async fn drain(mut pumps: JoinSet<anyhow::Result<()>>, ears: &Ears, (group, cut): (Pid, bool)) -> anyhow::Result<()> {
    let mut patience = Instant::now() + DRAIN;
    let mut killed = false;
    loop {
        match tokio::time::timeout_at(patience, pumps.join_next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(pumped)) => pumped.context("listening to the command")??,
            // Who was to end takes along what it started.
            Err(_) if cut && !killed => {
                let _ = killpg(group, Signal::SIGKILL);
                killed = true;
                patience = Instant::now() + DRAIN;
            }
            Err(_) => {
                pumps.shutdown().await;
                return ears.recorder.note("another process holds its output open: what that prints is not read");
            }
        }
    }
}
