//! `campanile demo`: a host, a mail server of its own, and a recorded day of CI between them.
//!
//! Nothing is faked but the mail server's mailbox: the updates go over HTTP, the reporters are the components that a
//! real host runs, and the mails go over SMTP. All of it lives in a temporary folder and on loopback.

mod api;
mod letter;
mod pace;
mod player;
mod postman;
mod recording;
mod screen;
mod stage;
mod stopwatch;
mod story;
mod summary;

use crate::app;
use crate::app::Running;
use anyhow::Context;
use anyhow::bail;
use api::Api;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use clap::Args;
use pace::Pace;
use player::Player;
use postman::Postman;
use recording::Recording;
use screen::Screen;
use stage::Stage;
use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use stopwatch::Stopwatch;
use summary::Summary;
use tokio::signal::ctrl_c;
use tokio::time::Instant;
use tokio::time::timeout;
use tokio::time::timeout_at;

/// Until all is delivered: with `--once` from the start, else after the last call.
const DEADLINE: Duration = Duration::from_secs(45);

/// With `--once` the whole takes no longer, whatever goes wrong.
const LONGEST: Duration = Duration::from_secs(55);

/// What a shell shows for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

#[derive(Args)]
pub(crate) struct Demo {
    /// Do it briskly and end: exit code 0 when all was delivered
    #[arg(long)]
    once: bool,
    /// Leave the server up and say where it listens, until Ctrl-C
    #[arg(long, conflicts_with = "once")]
    keep: bool,
    /// Play so many times as fast
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = positive)]
    pace: f64,
    /// Where plugins lie [default: next to the executable]
    #[arg(long, value_name = "FOLDER")]
    plugins: Vec<PathBuf>,
    /// The recording to play [default: the one within]
    #[arg(long, value_name = "FILE")]
    recorded: Option<PathBuf>,
}

impl Demo {
    fn pace(&self) -> Pace {
        let longest_pause = if self.once { Duration::from_millis(250) } else { Duration::from_secs(1) };
        Pace { longest_pause, factor: self.pace }
    }
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "a number above 0 is needed".to_owned())
}

/// Runs the demo to its end, or until Ctrl-C.
pub(crate) async fn run(flags: &Demo) -> anyhow::Result<ExitCode> {
    if !flags.once {
        return perform(flags).await;
    }
    match timeout(LONGEST, perform(flags)).await {
        Ok(ended) => ended,
        Err(_) => bail!("the demo did not end within {} s", LONGEST.as_secs()),
    }
}

async fn perform(flags: &Demo) -> anyhow::Result<ExitCode> {
    let recording = Recording::open(flags.recorded.as_deref())?;
    let sink = SmtpSink::start(SmtpOptions::default()).await.context("starting the demo's mail server")?;
    let stage = Stage::set(&flags.plugins, sink.port())?;
    let running = app::start(stage.load()?).await?;
    let ended = tokio::select! {
        // First: with --keep it waits for Ctrl-C too, and then has a better answer.
        biased;
        shown = show(flags, &recording, &sink, &running) => shown,
        pressed = ctrl_c() => pressed.map(|()| INTERRUPTED.into()).context("waiting for Ctrl-C"),
    };
    running.stop().await?;
    ended
}

async fn show(flags: &Demo, recording: &Recording, sink: &SmtpSink, running: &Running) -> anyhow::Result<ExitCode> {
    let deadline = flags.once.then(|| Instant::now() + DEADLINE);
    let screen = Screen::new();
    let api = Api::new(format!("http://{}", running.address))?;
    screen.say(&format!("{}: {} calls to {}\n", recording.title, recording.calls.len(), api.url));

    let player = Player { api: &api, screen: &screen };
    let mut postman = Postman::new(sink, &screen);
    let stopwatch = tokio::select! {
        played = play(&player, recording, (flags.pace(), deadline), running) => played?,
        never = postman.wait() => never,
    };
    postman.empty_box();

    let deliveries = api.deliveries().await?;
    let slowest = stopwatch.slowest(&deliveries, &sink.received());
    let (calls, events, mails) = (recording.calls.len(), api.events().await?, postman.shown);
    let summary = Summary { calls, events, mails, deliveries, slowest };
    screen.say(&format!("\n{summary}"));
    if flags.keep {
        screen.say(&invitation(&api.url));
        tokio::select! {
            pressed = ctrl_c() => pressed.context("waiting for Ctrl-C")?,
            never = postman.wait() => never,
        }
    }
    Ok(if summary.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn play(
    player: &Player<'_>,
    recording: &Recording,
    (pace, deadline): (Pace, Option<Instant>),
    running: &Running,
) -> anyhow::Result<Stopwatch> {
    let stopwatch = player.play(recording, pace).await?;
    let deadline = deadline.unwrap_or_else(|| Instant::now() + DEADLINE);
    // What is late shows in the summary by its state.
    if timeout_at(deadline, running.settled()).await.is_err() {
        player.screen.say("\nnot everything is settled, and the time is up");
    }
    Ok(stopwatch)
}

fn invitation(url: &str) -> String {
    let program = env::args().next().unwrap_or_else(|| "campanile".to_owned());
    format!(
        "The host is up at {url} until Ctrl-C; what it mails is shown here. Look around from another terminal:\n\n  \
         export CAMPANILE_SERVER={url}\n  \
         {program} delivery list\n  \
         {program} delivery show 1\n  \
         {program} run --builder linux -- sh -c 'echo the rope is torn; exit 1'    # a build of yours\n\n  \
         curl {url}/api/v2/builders\n  \
         curl {url}/api/v2/builds/3/steps\n  \
         curl {url}/api/v2/reporters\n  \
         curl {url}/api/v2/health\n"
    )
}
