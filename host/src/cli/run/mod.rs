//! `campanile run`: a build from any shell, and with `--follow` an engine for one builder.
//!
//! What happens is written into a spool (`recorder`, `journal`, `shelf`) before anybody is told; a `sender` tells it the
//! host, in its order, through the host's absences. So no command waits for the network.
//!
//! Not here: any rule of the data API. The host is talked to over HTTP alone.

mod about;
mod build;
mod calls;
mod child;
mod clock;
mod delivery;
mod engine;
mod environment;
mod events;
mod folder;
mod follow;
mod git;
mod group;
mod host;
mod journal;
mod leftovers;
mod lines;
mod logs;
mod once;
mod orders;
mod plan;
mod private;
mod progress;
mod pump;
mod recorder;
mod requests;
mod screen;
mod sender;
mod shelf;
mod spool;
mod stops;
mod taken;

use super::client::Server;
use about::About;
use anyhow::Context;
use anyhow::ensure;
use build::Manner;
use clap::Args;
use host::Host;
use plan::Plan;
use screen::Screen;
use spool::Moved;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use stops::Stops;
use tokio::sync::watch;

/// What we end with when it is us who failed, and not the command: the code that `env` and containers take.
const OUR_FAULT: u8 = 125;

/// The longest name of a worker, in characters.
const LONGEST_WORKER: usize = 50;

#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    server: Server,
    /// The builder that the build is of
    #[arg(long, value_name = "NAME", required_unless_present = "resume")]
    builder: Option<String>,
    #[command(flatten)]
    about: About,
    /// What the step is called; otherwise as its program
    #[arg(long, value_name = "NAME", conflicts_with = "file")]
    step: Option<String>,
    /// Steps in TOML or YAML
    #[arg(long, value_name = "FILE", conflicts_with_all = ["command", "warnings"])]
    file: Option<PathBuf>,
    /// An exit code that means warnings; may be said again
    #[arg(long = "warnings-exit-code", value_name = "CODE")]
    warnings: Vec<u8>,
    /// Where what is to be told waits while the host is away: then the command runs nevertheless
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
    /// So much of a build's logs is kept for the host, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    spool_mib: u64,
    /// Run nothing: deliver what waits in the spool, and end what was interrupted
    #[arg(long, requires = "spool", conflicts_with_all = ["follow", "command", "file", "builder"])]
    resume: bool,
    /// With --resume: once more what the host refused
    #[arg(long, requires = "resume")]
    refused: bool,
    /// The host of the spool has another address now
    #[arg(long, requires = "spool")]
    moved: bool,
    /// Stay, and run what is asked of the builder, one request after the other
    #[arg(long)]
    follow: bool,
    /// The name of this worker; otherwise that of the machine
    #[arg(long, value_name = "NAME")]
    worker: Option<String>,
    /// Put the time in front of each line of the log
    #[arg(long)]
    timestamps: bool,
    /// So long a command that was asked to end may take, in seconds; then it is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,
    /// A host that does not answer a call within so many seconds is away
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    answer_within: u64,
    /// So long the host is waited for when all has been run, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// The command and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
}

/// Runs it; ends as the command did.
pub(super) async fn run(run: Run) -> ExitCode {
    let screen = Arc::new(Screen::new());
    let stops = watch::Sender::new(Stops::default());
    let ended = match (run.resume, run.follow) {
        (true, _) => once::resume(&run, &screen, &stops).await,
        (false, true) => follow::follow(&run, &screen, &stops).await,
        (false, false) => once::run(&run, &screen, &stops).await,
    };
    let code = ended.map_or_else(
        |error| {
            screen.say(&format!("{error:#}"));
            OUR_FAULT
        },
        |code| u8::try_from(code).unwrap_or(OUR_FAULT),
    );
    screen.close(stops.subscribe()).await;
    ExitCode::from(code)
}

impl Run {
    fn host(&self) -> anyhow::Result<Host> {
        Host::new(&self.server, Duration::from_secs(self.answer_within).min(clock::NEVER))
    }

    fn moved(&self) -> Moved {
        if self.moved { Moved::Yes } else { Moved::No }
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        match &self.file {
            Some(file) => Plan::read(file),
            None => Plan::of(self.step.clone(), self.command.clone(), &self.warnings),
        }
    }

    fn builder(&self) -> anyhow::Result<&str> {
        let builder = self.builder.as_deref().context("--builder says for which builder")?;
        ensure!(!builder.is_empty(), "--builder is empty");
        Ok(builder)
    }

    /// An identifier, as workers have them.
    fn worker(&self) -> anyhow::Result<String> {
        if let Some(worker) = &self.worker {
            ensure!(
                crate::model::is_identifier(worker, LONGEST_WORKER),
                "--worker {worker:?} is no identifier: letters, digits, '.', _ and -, at most {LONGEST_WORKER}, no digit or dot first"
            );
            return Ok(worker.clone());
        }
        let name = nix::unistd::gethostname().context("asking for the machine's name; say --worker")?;
        let plain = |c: char| if c.is_ascii_alphanumeric() || ".-_".contains(c) { c } else { '_' };
        let name: String = name.to_string_lossy().chars().map(plain).take(LONGEST_WORKER - 1).collect();
        let is_fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || "-_".contains(c));
        Ok(if is_fine { name } else { format!("_{name}") })
    }

    fn manner(&self) -> Manner {
        Manner {
            // A terminal belongs to who sits there: a command in a group of its own could not read it.
            reads_input: !self.follow && !std::io::stdin().is_terminal(),
            stamped: self.timestamps,
            grace: Duration::from_secs(self.grace).min(clock::NEVER),
        }
    }

    fn room(&self) -> u64 {
        self.spool_mib.saturating_mul(1024 * 1024)
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.patience).min(clock::NEVER)
    }
}

/// Where builds wait of which nobody said where: a private folder of who runs it.
fn state_folder() -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = variable("XDG_STATE_HOME").or_else(|| Some(variable("HOME")?.join(".local/state")));
    let state = state.context("neither HOME nor XDG_STATE_HOME names a folder: say by --spool where builds wait")?;
    Ok(state.join("campanile"))
}
