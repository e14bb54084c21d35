//! The configuration: one small struct a concern, every problem told at once.
//!
//! Not here: what the settings of a reporter mean (its plugin says), and whether the files it names are there.

mod http_step;
mod network;
mod problems;
mod reporter;
mod secrets;
mod server;
mod ssh;
mod store;
mod www;

pub use http_step::HttpStep;
pub use network::Network;
pub use problems::ConfigError;
pub use reporter::From;
pub use reporter::Reporter;
pub use secrets::Secrets;
pub use server::Server;
pub use ssh::Ssh;
pub use store::Plugins;
pub use store::Store;
pub use www::Www;

use problems::Reading;
use std::path::Path;

/// A configuration file as far as it reads. Paths are relative to the file's folder.
///
/// What is wrong with it stands in `problems`, so that a start can say all that is wrong at once, also what only the
/// plugins know. With problems nothing is started.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub server: Server,
    pub store: Store,
    pub plugins: Plugins,
    pub secrets: Secrets,
    pub network: Network,
    pub ssh: Ssh,
    pub www: Www,
    pub http_steps: Vec<HttpStep>,
    pub reporters: Vec<Reporter>,
    /// Each with its key path in front.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads a file. What is no TOML is refused, everything else that is wrong is noted.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let refused = |problem| ConfigError { path: Some(path.to_owned()), problems: vec![problem] };
        let text = std::fs::read_to_string(path)
            .map_err(|error| refused(format!("it cannot be read: {error}; name the file with --config")))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self::parse(&text, folder).map_err(|error| ConfigError { path: Some(path.to_owned()), ..error })
    }

    /// Reads a text; `folder` is what paths in it start from.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| ConfigError { path: None, problems: vec![error.to_string()] })?;
        let mut reading = Reading::new(table);
        let reporters = reading.list("reporter");
        reporter::check_names(&reporters, &mut reading);
        let mut config = Self {
            server: reading.section("server"),
            store: reading.section("store"),
            plugins: reading.section("plugins"),
            secrets: reading.section("secrets"),
            network: reading.section("network"),
            ssh: reading.section("ssh"),
            www: reading.section("www"),
            http_steps: reading.list("http_step").into_iter().map(|(_, entry)| entry).collect(),
            reporters: reporters.into_iter().map(|(_, reporter)| reporter).collect(),
            problems: Vec::new(),
        };
        server::check(&config.server, &mut reading);
        config.problems = reading.finish();
        config.store.path = folder.join(&config.store.path);
        config.plugins.directory = folder.join(&config.plugins.directory);
        config.plugins.cache = config.plugins.cache.map(|path| folder.join(path));
        config.secrets.directory = folder.join(&config.secrets.directory);
        config.www.directory = config.www.directory.map(|path| folder.join(path));
        config.network.extra_ca = config.network.extra_ca.map(|path| folder.join(path));
        config.ssh.known_hosts = config.ssh.known_hosts.map(|path| folder.join(path));
        config.ssh.identity = config.ssh.identity.map(|path| folder.join(path));
        Ok(config)
    }
}

#[cfg(test)]
mod tests;
