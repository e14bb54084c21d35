//! One command: started in a process group of its own, listened to, and ended when it has to be.
//!
//! Not here: what its end means (`plan`), and what of its output is a line (`lines`).

use super::clock::NEVER;
use super::group::Group;
use super::lines::Stream;
use super::pump;
use super::pump::Ears;
use super::stops::Stop;
use super::stops::Stops;
use anyhow::Context;
use nix::sys::signal::Signal;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

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
    let mut group = Group::of(&child).context("a child without an id")?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (heard, ended) = (watch::Sender::new(Instant::now()), watch::Sender::new(None));
    let mut pumps = JoinSet::new();
    let taps = (ears, (&heard, &ended));
    pumps.spawn(pump::run(stdout.context("a child without output")?, (Stream::Out, order.stamped), taps));
    pumps.spawn(pump::run(stderr.context("a child without output")?, (Stream::Err, order.stamped), taps));
    let (heard, began) = (heard.subscribe(), Instant::now());
    let mut watchman = Watchman { group: &group, order, heard, began, cut: None, kill_at: None, patient_until: None };
    let status = watchman.watch(&mut child, &mut stops, seen).await?;
    let (cut, patient_until) = (watchman.cut, watchman.patient_until);
    match patient_until {
        Some(until) => group.ends(until, stops.clone()).await,
        None => group.let_go(),
    }
    let until = Instant::now() + DRAIN;
    ended.send_replace(Some(until));
    // Who was ended has no reader who takes his time.
    drain((pumps, ears), stops, cut.as_ref().map_or(until + NEVER, |_| until)).await?;
    let ended = match (status.code(), status.signal()) {
        (Some(code), _) => Ended::Code(code),
        (None, signal) => Ended::Signal(signal.unwrap_or(0)),
    };
    Ok((ended, cut))
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
    group: &'o Group,
    order: &'o Order,
    heard: watch::Receiver<Instant>,
    began: Instant,
    cut: Option<Cut>,
    kill_at: Option<Instant>,
    /// Who was asked to end has this time.
    patient_until: Option<Instant>,
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
            true => self.group.send(Signal::SIGKILL),
            false => self.end(Cut::Stopped(stop.clone()), stop.signal()),
        }
    }

    fn late(&mut self) {
        let now = Instant::now();
        if self.kill_at.is_some_and(|at| at <= now) {
            self.kill_at = Some(now + NEVER);
            return self.group.send(Signal::SIGKILL);
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
        let until = *self.patient_until.get_or_insert(Instant::now() + self.order.grace);
        self.kill_at.get_or_insert(until);
        self.group.send(signal);
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

/// Hears out what is still in the pipes. After that time, or at a stop, nobody waits for who reads of ours.
async fn drain(
    (mut pumps, ears): (JoinSet<anyhow::Result<bool>>, &Ears),
    mut stops: watch::Receiver<Stops>,
    until: Instant,
) -> anyhow::Result<()> {
    let seen = stops.borrow().count;
    let hasty = async {
        tokio::select! {
            _ = next_stop(&mut stops, seen) => {}
            () = tokio::time::sleep_until(until) => {}
        }
        ears.hasty.cancel();
        std::future::pending::<()>().await;
    };
    let heard = async {
        let mut is_held = false;
        while let Some(pumped) = pumps.join_next().await {
            is_held |= pumped.context("listening to the command")??;
        }
        anyhow::Ok(is_held)
    };
    let is_held = tokio::select! {
        heard = heard => heard?,
        () = hasty => false,
    };
    if is_held {
        ears.recorder.note("another process holds its output open: what that prints is not read");
    }
    Ok(())
}
