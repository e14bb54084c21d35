//! A host to be: its folder, its plugins, its configuration.

use crate::TestHost;
use crate::journal;
use campanile::app;
use campanile::app::Tuning;
use campanile::config::Config;
use campanile::config::ConfigError;
use campanile::dispatch::Schedule;
use campanile::transport::ChatTimes;
use campanile::transport::Guard;
use campanile::transport::Secrets;
use campanile::transport::Trust;
use std::fmt::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Where the compiled guests are, unless `CAMPANILE_GUESTS` says otherwise.
const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests/wasm32-wasip2/guest");

/// The compiled guest of that name; cargo writes `http-push` with an underscore.
pub fn plugin_file(name: &str) -> PathBuf {
    let folder = std::env::var_os("CAMPANILE_GUESTS").map_or_else(|| PathBuf::from(GUESTS), PathBuf::from);
    let named = [name.to_owned(), name.replace('-', "_")].map(|name| folder.join(format!("{name}.wasm")));
    let file = named.iter().find(|file| file.is_file()).unwrap_or(&named[0]).clone();
    assert!(file.is_file(), "{} is missing: run the suite by `cargo xtask test`, which builds it", file.display());
    file
}

/// What a host is made of. Its folder can be used by one host after another.
#[derive(Clone)]
pub struct Setup {
    pub(crate) folder: Arc<TempDir>,
    pub(crate) text: String,
    allow: Vec<String>,
    /// Whether `text` is the whole configuration.
    alone: bool,
    network: String,
    tuning: Tuning,
}

impl Default for Setup {
    fn default() -> Self {
        let folder = TempDir::with_prefix("campanile-test-").expect("a temporary folder");
        for name in ["plugins", "secrets"] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder");
        }
        // Retries follow at once, so that no test waits for the clock.
        let soon = Duration::from_millis(100);
        let chat_times = ChatTimes { reenter: soon, ..ChatTimes::USUAL };
        let tuning =
            Tuning { schedule: Schedule { waits: vec![0; 4], before_question: 0 }, chat_times, ..Tuning::default() };
        Self {
            folder: Arc::new(folder),
            text: String::new(),
            allow: Vec::new(),
            alone: false,
            network: String::new(),
            tuning,
        }
    }
}

impl Setup {
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts compiled guests into the plugins directory.
    pub fn plugins(self, names: &[&str]) -> Self {
        for name in names {
            let to = self.folder.path().join("plugins").join(format!("{name}.wasm"));
            std::fs::copy(plugin_file(name), to).expect("a plugin is copied");
        }
        self
    }

    /// Puts a file that may be no plugin at all into the plugins directory.
    pub fn plugin_bytes(self, file: &str, bytes: &[u8]) -> Self {
        std::fs::write(self.folder.path().join("plugins").join(file), bytes).expect("a file is written");
        self
    }

    pub fn secret(self, name: &str, value: &str) -> Self {
        std::fs::write(self.folder.path().join("secrets").join(name), value).expect("a secret is written");
        self
    }

    /// Opens an address of the inside, such as `127.0.0.1:2525`.
    pub fn allow(mut self, address: impl Into<String>) -> Self {
        self.allow.push(address.into());
        self
    }

    /// Adds to `[network]`.
    pub fn network(mut self, line: &str) -> Self {
        self.network.push_str(line);
        self
    }

    /// Transports by themselves: what is open, where secrets are, and a private authority to trust.
    pub fn transport(open: &[&str], secrets: &Path, extra_ca: PathBuf) -> campanile::transport::Setup {
        campanile::transport::Setup {
            guard: Guard::new(open.iter().map(|text| text.parse().expect("an opening"))),
            secrets: Secrets::new(Some(secrets.to_owned())),
            trust: Trust { extra_ca: Some(extra_ca) },
            ..campanile::transport::Setup::default()
        }
    }

    /// Adds a reporter, its settings as the inside of a TOML table.
    pub fn reporter(self, name: &str, plugin: &str, settings: &str) -> Self {
        self.toml(&format!("[[reporter]]\nname = \"{name}\"\nplugin = \"{plugin}\"\n[reporter.settings]\n{settings}\n"))
    }

    /// A reporter that does what its settings say, towards a server on loopback.
    pub fn scripted(port: u16, settings: &str) -> Self {
        let settings = format!("url = \"http://127.0.0.1:{port}\"\n{settings}");
        let setup = Self::default().plugins(&["scripted"]).allow(format!("127.0.0.1:{port}"));
        setup.reporter("script", "scripted", &settings)
    }

    /// A reporter that talks in a chat on loopback, by `chat` of the scripted plugin.
    pub fn chat(self, name: &str, port: u16, settings: &str) -> Self {
        let settings = format!("[reporter.settings.chat]\nserver = \"127.0.0.1:{port}\"\n{settings}");
        self.plugins(&["scripted"]).allow(format!("127.0.0.1:{port}")).reporter(name, "scripted", &settings)
    }

    /// A mail reporter that sends to a server on loopback.
    pub fn mail(self, name: &str, port: u16, settings: &str) -> Self {
        let settings = format!(
            "fromaddr = \"ci@example.org\"\nrelayhost = \"127.0.0.1\"\nsmtpPort = {port}\n\
             extraRecipients = [\"builds@example.org\"]\nsendToInterestedUsers = false\n{settings}"
        );
        self.plugins(&["mail"]).allow(format!("127.0.0.1:{port}")).reporter(name, "mail", &settings)
    }

    /// Adds to the configuration.
    pub fn toml(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// The whole configuration, as a document has it.
    pub fn alone(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self.alone = true;
        self
    }

    /// Writes the configuration into a file, and returns its path.
    pub fn write(&self) -> String {
        let file = self.folder.path().join("campanile.toml");
        std::fs::write(&file, self.text()).expect("the configuration is written");
        file.display().to_string()
    }

    /// Replaces a part of the configuration.
    pub fn edit(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{from} stands in the configuration");
        self.text = self.text.replace(from, to);
        self
    }

    pub fn schedule(mut self, waits_ms: &[i64]) -> Self {
        self.tuning.schedule.waits = waits_ms.to_vec();
        self
    }

    /// Turns what the configuration does not.
    pub fn tuned(mut self, tune: impl FnOnce(&mut Tuning)) -> Self {
        tune(&mut self.tuning);
        self
    }

    /// The configuration as a file would have it.
    pub fn text(&self) -> String {
        let mut text = self.text.clone();
        if self.alone {
            return text;
        }
        let allow: Vec<String> = self.allow.iter().map(|address| format!("{address:?}")).collect();
        let _ = write!(text, "\n[network]\nallow = [{}]\n{}\n", allow.join(", "), self.network);
        if !text.contains("[server]") {
            text.push_str(
                "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\ntitle = \"Example CI\"\n",
            );
        }
        text
    }

    pub fn config(&self) -> Result<Config, ConfigError> {
        let mut config = Config::parse(&self.text(), self.folder.path())?;
        // Compiled once for all tests, not once for each.
        config.plugins.cache.get_or_insert_with(|| std::env::temp_dir().join("campanile-test-hosts"));
        Ok(config)
    }

    /// Starts the host, or says why it does not start.
    pub async fn try_start(&self) -> anyhow::Result<TestHost> {
        journal::listen();
        let config = self.config()?;
        let running = app::start_tuned(config, self.tuning.clone()).await?;
        Ok(TestHost::new(self.clone(), running))
    }

    pub async fn start(&self) -> TestHost {
        self.try_start().await.expect("the host starts")
    }

    /// Why it does not start.
    pub async fn refused(&self) -> String {
        match self.try_start().await {
            Ok(_) => panic!("the host started"),
            Err(error) => format!("{error:#}"),
        }
    }
}
