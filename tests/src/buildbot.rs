//! A CI system that is not ours: a Buildbot master from PyPI, with a worker in its process, that runs real builds and
//! posts what it does.
//!
//! Invariant: its process ends with the value.

use anyhow::Context;
use anyhow::bail;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;

/// A master that is not up after this will not be.
const PATIENCE: Duration = Duration::from_secs(60);

/// What every configuration begins with. `{port}` is where the master listens.
const FRAME: &str = r#"from buildbot.plugins import *
c = BuildmasterConfig = {}
c['workers'] = [worker.LocalWorker("w1")]
c['protocols'] = {'null': {}}
c['www'] = dict(port="tcp:{port}:interface=127.0.0.1", change_hook_dialects={'base': True})
c['buildbotURL'] = "http://127.0.0.1:{port}/"
c['title'] = "Acme CI"
c['db'] = {'db_url': "sqlite:///state.sqlite"}
c['buildbotNetUsageData'] = None
"#;

const TAC: &str = "from twisted.application import service
from buildbot.master import BuildMaster
application = service.Application('buildmaster')
BuildMaster('.', 'master.cfg').setServiceParent(application)
";

/// A running master.
pub struct Buildbot {
    pub port: u16,
    /// What it and its builds write goes here.
    folder: tempfile::TempDir,
    _process: Child,
}

impl Buildbot {
    /// Starts a master with builders, schedulers and services as `configuration` says, in Python.
    pub async fn start(configuration: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let frame = FRAME.replace("{port}", &port.to_string());
        std::fs::write(folder.path().join("master.cfg"), format!("{frame}{configuration}"))?;
        std::fs::write(folder.path().join("buildbot.tac"), TAC)?;
        let upgraded = python(folder.path(), "buildbot", &["upgrade-master", "."])?.output().await?;
        if !upgraded.status.success() {
            bail!("the configuration is wrong: {}", String::from_utf8_lossy(&upgraded.stdout));
        }
        let mut process = python(folder.path(), "twistd", &["--pidfile=", "-ny", "buildbot.tac"])?.spawn()?;
        let stdout = process.stdout.take().context("twistd has no output")?;
        let mut log = BufReader::new(stdout).lines();
        let running = async {
            let mut said = String::new();
            while let Some(line) = log.next_line().await? {
                if line.contains("BuildMaster is running") {
                    return Ok(());
                }
                said.push_str(&line);
                said.push('\n');
            }
            bail!("Buildbot does not start: {said}")
        };
        tokio::time::timeout(PATIENCE, running).await.context("Buildbot does not start")??;
        // Nobody would read on, and it must not block on that.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Ok(Self { port, folder, _process: process })
    }

    /// Tells the master of a change.
    pub async fn change(&self, fields: &[(&str, &str)]) {
        let url = format!("http://127.0.0.1:{}/change_hook/base", self.port);
        let url = reqwest::Url::parse_with_params(&url, fields).expect("an address");
        let client = reqwest::Client::builder().no_proxy().build().expect("an HTTP client");
        let answer = client.post(url).send().await.expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Where the master and its builds are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// A script of the packages, in the master's folder.
fn python(folder: &Path, script: &str, arguments: &[&str]) -> anyhow::Result<Command> {
    let packages = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/buildbot"));
    if !packages.is_dir() {
        bail!("Buildbot is missing: run the suite by `cargo xtask test`, which fetches it");
    }
    let mut command = Command::new("python3");
    command
        .arg(packages.join("bin").join(script))
        .args(arguments)
        .current_dir(folder)
        .env("PYTHONPATH", packages)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    Ok(command)
}
