//! What a demo host needs: a temporary folder with plugins, a configuration and a database.

use crate::config::Config;
use anyhow::Context;
use anyhow::bail;
use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use tempfile::TempDir;

/// The default message, as text: the screen shows no HTML.
const PLAIN: &str = "{template_type = \"plain\"}";

/// Where plugins lie next to an installed `campanile`.
const SHELVES: [&str; 2] = ["plugins", "examples"];

/// The plugins that the demo plays with, where they are there. Others would only make it start later.
const PLAYED: [&str; 2] = ["mail.wasm", "short.wasm"];

/// Gone with this value.
pub(super) struct Stage {
    folder: TempDir,
}

impl Stage {
    /// Gathers the plugins of `shelves` and writes the configuration: two reporters that mail to this port.
    pub(super) fn set(shelves: &[PathBuf], port: u16) -> anyhow::Result<Self> {
        let stage = Self { folder: TempDir::with_prefix("campanile-demo-").context("making a temporary folder")? };
        let plugins = stage.path("plugins");
        fs::create_dir(&plugins).with_context(|| format!("making {}", plugins.display()))?;
        for shelf in shelves_or_own(shelves)? {
            copy_played(&shelf, &plugins)?;
        }
        if !plugins.join("mail.wasm").is_file() {
            bail!("there is no mail.wasm to show; say by --plugins where the plugins are, or run `cargo xtask demo`");
        }
        let text = stage.configuration(port);
        fs::write(stage.configuration_file(), text).context("writing the configuration")?;
        Ok(stage)
    }

    pub(super) fn configuration_file(&self) -> PathBuf {
        self.path("campanile.toml")
    }

    pub(super) fn load(&self) -> anyhow::Result<Config> {
        Config::load(&self.configuration_file()).context("reading the demo's configuration")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configuration(&self, port: u16) -> String {
        let store = quoted(&self.path("campanile.db").to_string_lossy());
        let plugins = quoted(&self.path("plugins").to_string_lossy());
        // The example formatter is not part of every installation.
        let short = self.path("plugins/short.wasm").is_file();
        let formatter = if short { "\"short\"" } else { PLAIN };
        format!(
            r#"[server]
listen = "127.0.0.1:0"
url = "https://ci.example.org/"
title = "Example CI"
drain_ms = 5000

[store]
path = {store}

[plugins]
directory = {plugins}

# Loopback is closed to reporters unless it is opened.
[network]
allow = ["127.0.0.1:{port}"]

# Bad news, to those who asked for them.
[[reporter]]
name = "failures"
plugin = "mail"

[reporter.settings]
fromaddr = "ci@example.org"
relayhost = "127.0.0.1"
smtpPort = {port}
mode = ["failing", "problem", "warnings"]
sendToInterestedUsers = false
extraRecipients = ["builds@example.org"]
messageFormatter = {PLAIN}

# Every build, in one line, to a telephone.
[[reporter]]
name = "everyone"
plugin = "mail"

[reporter.settings]
fromaddr = "ci@example.org"
relayhost = "127.0.0.1"
smtpPort = {port}
mode = ["passing", "failing", "warnings", "exception", "cancelled"]
sendToInterestedUsers = false
extraRecipients = ["everyone@example.org"]
messageFormatter = {formatter}
"#
        )
    }
}

/// The folders that were named, or those next to the executable.
fn shelves_or_own(shelves: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    if !shelves.is_empty() {
        return Ok(shelves.to_vec());
    }
    let binary = env::current_exe().context("looking for the plugins next to the executable")?;
    let folder = binary.parent().context("the executable lies in no folder")?;
    Ok(SHELVES.iter().map(|shelf| folder.join(shelf)).filter(|shelf| shelf.is_dir()).collect())
}

fn copy_played(from: &Path, to: &Path) -> anyhow::Result<()> {
    for file in PLAYED.map(|name| from.join(name)).iter().filter(|file| file.is_file()) {
        let name = file.file_name().context("a file has a name")?;
        fs::copy(file, to.join(name)).with_context(|| format!("copying {}", file.display()))?;
    }
    Ok(())
}

/// As TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
