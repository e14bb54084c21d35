//! `campanile plugin list | inspect | new | test | replay`.

mod answer;
mod cache;
mod difference;
mod fixture;
mod new;
mod request;
mod stage;
mod story;
mod templates;
mod test;

use super::client::Server;
use super::replay;
use super::say;
use crate::plugin::Plugins;
use crate::plugin::Runtime;
use crate::plugin::RuntimeConfig;
use anyhow::bail;
use clap::Subcommand;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// The plugins of a running host, and those that could not be loaded
    List {
        #[command(flatten)]
        server: Server,
    },
    /// Tell an event of the store to a reporter once more, and show what differs from what was sent; nothing is sent
    Replay(replay::Replay),
    /// What a plugin is, what it imports, and its settings
    Inspect {
        /// A component, such as plugins/mail.wasm
        file: PathBuf,
    },
    /// Make a folder with a plugin to begin with, which builds with one command and has tests
    New(new::New),
    /// Run the fixtures of a plugin: given this, it answers that
    Test(test::Test),
}

pub(super) async fn run(plugin: &Plugin) -> anyhow::Result<ExitCode> {
    match plugin {
        Plugin::List { server } => list(&server.get("plugins", &[]).await?),
        Plugin::Replay(flags) => return replay::run(flags).await,
        Plugin::Inspect { file } => inspect(file).await?,
        Plugin::New(flags) => return new::run(flags),
        Plugin::Test(flags) => return test::run(flags).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn list(found: &Value) {
    let none = Vec::new();
    say!("{:<20} {:<8} {:<18} {:<9} SUMMARY", "NAME", "STATE", "WORLD", "VERSION");
    for plugin in found["plugins"].as_array().unwrap_or(&none) {
        let text = |key: &str| plugin[key].as_str().unwrap_or_default();
        let about = if text("state") == "loaded" {
            text("summary").to_owned()
        } else {
            format!("{}; {}", text("reason"), text("remedy"))
        };
        say!("{:<20} {:<8} {:<18} {:<9} {about}", text("name"), text("state"), text("world"), text("version"));
    }
}

async fn inspect(file: &Path) -> anyhow::Result<()> {
    let runtime = Runtime::new(RuntimeConfig::default())?;
    let plugins = Plugins::load_files(&runtime, &[file.to_owned()]).await;
    if let Some(broken) = plugins.broken().first() {
        bail!("{}: {}; {}", broken.file.display(), broken.reason, broken.remedy);
    }
    for plugin in plugins.iter() {
        let descriptor = &plugin.descriptor;
        say!("{} {}: {}", plugin.name, descriptor.version, descriptor.summary);
        say!("world    {}", plugin.kind.world());
        say!("sha256   {}", plugin.digest);
        say!("imports  {}", plugin.imports.join("\n         "));
        say!("settings {}", serde_json::to_string_pretty(plugin.schema.json())?);
    }
    Ok(())
}
