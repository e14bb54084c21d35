//! One build: its steps one after the other, and what their ends make of it.

use super::child;
use super::child::Cut;
use super::child::Ended;
use super::clock;
use super::journal::What;
use super::plan::Plan;
use super::plan::Step;
use super::progress::Progress;
use super::pump::Ears;
use super::recorder::Recorder;
use super::screen::Screen;
use super::sender::Sent;
use super::stops;
use super::stops::Stop;
use super::stops::Stops;
use crate::cli::build_of;
use crate::model::Results;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The longest reason that stands in a state, in characters.
const LONGEST_REASON: usize = 500;

/// What a shell adds to the number of a signal.
const BY_SIGNAL: i32 = 128;

/// What we end with when the build is bad, and the exit code of no command says so.
const FAILED: i32 = 1;

/// SIGTERM, which ends what is ordered to stop.
const SIGTERM: i32 = nix::sys::signal::Signal::SIGTERM as i32;

/// All that a build needs.
pub(super) struct Job {
    pub(super) plan: Plan,
    pub(super) builder: String,
    pub(super) recorder: Arc<Recorder>,
    pub(super) screen: Arc<Screen>,
    pub(super) stops: watch::Receiver<Stops>,
    pub(super) sent: watch::Receiver<Sent>,
    /// Where steps are run that say nothing else.
    pub(super) folder: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) manner: Manner,
}

/// How commands are run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    pub(super) reads_input: bool,
    pub(super) stamped: bool,
    pub(super) grace: Duration,
}

/// How a build ended.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) results: Results,
    /// What we end with.
    pub(super) code: i32,
    pub(super) text: String,
}

/// How a step ended.
struct StepEnd {
    results: Results,
    code: i32,
    text: String,
    stopped: Option<String>,
}

impl Job {
    /// Runs it, and records its end.
    pub(super) async fn run(&self) -> anyhow::Result<Verdict> {
        let progress = Progress::start(&self.screen, (&self.builder, self.sent.clone()), &self.recorder);
        let mut build = Build { results: Results::Success, code: 0, words: Vec::new(), ended: false, stopped: None };
        for (index, step) in self.plan.steps.iter().enumerate() {
            let stops = self.stops.borrow().clone();
            build.look(&stops);
            if build.ended && !step.always_run {
                continue;
            }
            progress.step(&step.name);
            let end = self.step((index, step), stops.count).await?;
            self.screen.say(&format!("{}: {}", step.name, end.text));
            build.take(step, end);
        }
        let verdict = build.verdict();
        self.recorder.add(What::End { results: verdict.results, text: verdict.text.clone() });
        Ok(verdict)
    }

    async fn step(&self, (index, step): (usize, &Step), seen: u64) -> anyhow::Result<StepEnd> {
        let began = Instant::now();
        let order = self.order(step);
        self.recorder.begin_step(index, &step.name);
        let limit =
            order.silence.map_or("no timeout".to_owned(), |limit| format!("timeout {} secs", limit.as_secs_f64()));
        let (shown, folder) = (step.command.shown(), order.folder.display());
        self.recorder.note(&format!("{shown}\n in dir {folder} ({limit})\n started at {}", clock::stamp()));
        let (recorder, screen) = (Arc::clone(&self.recorder), Arc::clone(&self.screen));
        let ears = Ears { recorder, screen, hasty: CancellationToken::new() };
        let (ended, cut) = child::run(&order, &ears, (self.stops.clone(), seen)).await?;
        let end = judge(step, (&ended, cut.as_ref()));
        let elapsed = began.elapsed();
        let how = match &ended {
            Ended::Code(code) => format!("program finished with exit code {code}"),
            Ended::Signal(number) => format!("program killed by {}", stops::name(*number)),
            Ended::NotStarted { why, .. } => format!("program did not start: {why}"),
        };
        let why = cut.as_ref().map(|cut| format!("\n{}", cut.why())).unwrap_or_default();
        let seconds = elapsed.as_secs_f64();
        self.recorder.note(&format!("{how}{why}\nelapsedTime={seconds:.6}\n ended at {}", clock::stamp()));
        self.recorder.end_step(index, (end.results, end.text.clone()));
        Ok(end)
    }

    fn order(&self, step: &Step) -> child::Order {
        let seconds = |seconds: f64| (seconds > 0.0).then(|| Duration::from_secs_f64(seconds).min(clock::NEVER));
        let mut environment = self.environment.clone();
        if let Some(build) = self.sent.borrow().build {
            environment.push((build_of::BUILD.to_owned(), build.to_string()));
        }
        environment.push((build_of::STEP.to_owned(), step.name.clone()));
        environment.extend(step.env.iter().map(|(name, value)| (name.clone(), value.clone())));
        child::Order {
            words: step.command.words(),
            folder: if step.workdir.as_os_str().is_empty() {
                self.folder.clone()
            } else {
                self.folder.join(&step.workdir)
            },
            environment,
            reads_input: self.manner.reads_input,
            stamped: self.manner.stamped,
            silence: seconds(step.timeout),
            most: seconds(step.max_time),
            grace: self.manner.grace,
        }
    }
}

/// A build so far.
struct Build {
    results: Results,
    code: i32,
    /// The steps that did not end well.
    words: Vec<String>,
    /// Only steps that always run are left.
    ended: bool,
    stopped: Option<String>,
}

impl Build {
    /// Stops between two steps.
    fn look(&mut self, stops: &Stops) {
        if let Some(stop) = stops.last.as_ref().filter(|_| self.stopped.is_none()) {
            self.results = stop.results();
            (self.ended, self.stopped) = (true, Some(stop.why()));
            if self.code == 0 {
                self.code = by(stop);
            }
        }
    }

    fn take(&mut self, step: &Step, end: StepEnd) {
        let (counts, halts) = step.counts(end.results);
        let worst = self.results.worse(counts);
        let is_bad = !matches!(counts, Results::Success | Results::Skipped);
        if is_bad && self.code == 0 {
            self.code = end.code;
        }
        if is_bad {
            self.words.push(step.name.clone());
        }
        self.results = worst;
        self.ended |= halts;
        self.stopped = self.stopped.take().or(end.stopped);
    }

    fn verdict(self) -> Verdict {
        let words = self.words.join(" ");
        let text = match (self.results, &self.stopped) {
            (Results::Cancelled | Results::Retry, Some(reason)) => format!("{} ({reason})", self.results.name()),
            (Results::Success | Results::Skipped, _) => "build successful".to_owned(),
            (Results::Failure, _) => format!("failed {words}"),
            (results, _) => format!("{} {words}", results.name()),
        };
        let is_bad = !matches!(self.results, Results::Success | Results::Warnings | Results::Skipped);
        // A step may fail with exit code 0, by `decodeRC` or `flunkOnWarnings`.
        let code = if is_bad && self.code == 0 { FAILED } else { self.code };
        Verdict { results: self.results, code, text: short(&text) }
    }
}

/// What the end of a command means.
fn judge(step: &Step, (ended, cut): (&Ended, Option<&Cut>)) -> StepEnd {
    let code = match ended {
        Ended::Code(code) | Ended::NotStarted { code, .. } => *code,
        Ended::Signal(number) => BY_SIGNAL + number,
    };
    if let Some(Cut::Stopped(stop)) = cut {
        let reason = stop.why();
        let code = if code == 0 { by(stop) } else { code };
        let results = stop.results();
        let text = short(&format!("{} ({reason})", results.name()));
        return StepEnd { results, code, text, stopped: Some(reason) };
    }
    let results = match (ended, cut) {
        (Ended::Code(code), None) => step.decode(*code),
        _ => Results::Failure,
    };
    let code = if cut.is_some() && code == 0 { BY_SIGNAL + SIGTERM } else { code };
    let how = match (ended, cut) {
        (_, Some(cut)) => cut.why(),
        (Ended::Code(0), _) => "finished".to_owned(),
        (Ended::Code(code), _) => format!("exit code {code}"),
        (Ended::Signal(number), _) => format!("killed by {}", stops::name(*number)),
        (Ended::NotStarted { why, .. }, _) => format!("did not start: {why}"),
    };
    let text = if results == Results::Success { how } else { format!("{how} ({})", results.name()) };
    StepEnd { results, code, text: short(&text), stopped: None }
}

impl Cut {
    fn why(&self) -> String {
        match self {
            Self::Stopped(Stop::Signal(number)) => format!("stopped by {}", stops::name(*number)),
            Self::Stopped(Stop::Order(reason)) => format!("stopped: {}", short(reason)),
            Self::Stopped(Stop::HandBack) => "handed back".to_owned(),
            Self::Silent(limit) => format!("no output for {}, timed out", clock::lasting(*limit)),
            Self::TooLong(limit) => format!("longer than {}, timed out", clock::lasting(*limit)),
        }
    }
}

/// What we end with when this ended the command.
fn by(stop: &Stop) -> i32 {
    match stop {
        Stop::Signal(number) => BY_SIGNAL + number,
        Stop::Order(_) | Stop::HandBack => BY_SIGNAL + SIGTERM,
    }
}

/// A reason as a state holds it.
pub(super) fn short(text: &str) -> String {
    text.chars().take(LONGEST_REASON).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
