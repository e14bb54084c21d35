//! `campanile serve` and `campanile check`.

use super::say;
use crate::app;
use crate::app::Well;
use crate::config::Config;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

#[derive(Args)]
pub(crate) struct Serve {
    /// The configuration
    #[arg(long, short, value_name = "FILE", default_value = "campanile.toml", env = "CAMPANILE_CONFIG")]
    config: PathBuf,
}

#[derive(Args)]
pub(crate) struct Check {
    /// The configuration
    #[arg(long, short, value_name = "FILE", default_value = "campanile.toml", env = "CAMPANILE_CONFIG")]
    config: PathBuf,
}

/// Runs until SIGTERM or Ctrl-C, then drains; a second one ends it at once.
pub(super) async fn run(flags: &Serve) -> anyhow::Result<ExitCode> {
    let config = Config::load(&flags.config)?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut running = app::start(config).await?;
    say!("listening on http://{}", running.address);
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("listening for Ctrl-C")?,
        () = running.failed() => anyhow::bail!("the host can take no more updates; the log says why"),
    }
    tracing::info!("stopping: what is under way may end; once more ends it at once");
    tokio::select! {
        stopped = running.stop() => stopped?,
        _ = terminate.recv() => return Ok(ExitCode::FAILURE),
        _ = tokio::signal::ctrl_c() => return Ok(ExitCode::FAILURE),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn check(flags: &Check) -> anyhow::Result<ExitCode> {
    let config = Config::load(&flags.config)?;
    let Well { reporters, hooks } = app::check(&config).await?;
    say!("{} is well: {} reporters", flags.config.display(), reporters.len());
    for reporter in reporters {
        say!("  {reporter}");
    }
    for hook in hooks {
        say!("  change hook {hook}");
    }
    Ok(ExitCode::SUCCESS)
}
