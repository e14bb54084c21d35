//! The command line: one file a subcommand.

mod build_of;
mod client;
mod delivery;
mod demo;
mod plugin;
mod replay;
mod reporter;
mod run;
mod serve;
mod step;
mod token;

use clap::Parser;
use clap::Subcommand;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// A line on standard output. Who does not want to read on (`| head`) is no error.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
use say;

/// A host for CI notifications: reporters are sandboxed WebAssembly components
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the host
    Serve(serve::Serve),
    /// Check a configuration, its plugins and their settings, and start nothing
    Check(serve::Check),
    /// Play a recorded day of CI into a host of its own, and show every message that goes out
    Demo(demo::Demo),
    /// Make, test and look at plugins
    #[command(subcommand)]
    Plugin(plugin::Plugin),
    /// Try reporters
    #[command(subcommand)]
    Reporter(reporter::Reporter),
    /// Look at deliveries, and send one again
    #[command(subcommand)]
    Delivery(delivery::Delivery),
    /// Run a command as a build, or all that is asked of a builder
    Run(Box<run::Run>),
    /// Make a step of a build
    #[command(subcommand)]
    Step(step::Step),
    /// Make, list and revoke the tokens by which callers come in
    #[command(subcommand)]
    Token(token::Token),
}

/// Reads the arguments and does what they say.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("campanile: the runtime does not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    // A second start in one process finds it installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ended = runtime.block_on(run(cli.command));
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| {
        eprintln!("campanile: {error:#}");
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => {
            log("info");
            serve::run(&serve).await
        }
        Command::Check(check) => {
            log("warn");
            serve::check(&check).await
        }
        Command::Demo(flags) => {
            // That a demo has no tokens is no news.
            log("warn,campanile::app::listening=error");
            demo::run(&flags).await
        }
        Command::Plugin(plugin) => {
            log("error");
            plugin::run(&plugin).await
        }
        Command::Reporter(reporter) => {
            log("error");
            reporter::run(&reporter).await
        }
        Command::Delivery(delivery) => {
            log("error");
            delivery::run(&delivery).await
        }
        Command::Run(flags) => {
            log("error");
            Ok(run::run(*flags).await)
        }
        Command::Step(step) => {
            log("error");
            step::run(&step).await
        }
        Command::Token(token) => {
            log("error");
            token::run(token).await
        }
    }
}

/// To standard error; `RUST_LOG` says what else is wanted.
fn log(level: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
