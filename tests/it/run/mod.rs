//! `campanile run`: builds from a shell, and an engine for a builder.

mod away;
mod builds;
mod doors;
mod engines;
mod follow;
mod full;
mod leftovers;
mod plans;
mod shows;
mod spools;
mod stops;
mod wrong;

use campanile_tests::Ended;
use campanile_tests::ProcessHost;
use campanile_tests::Program;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::campanile_in;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// What does not come within this time does not come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a shell stands: a folder for its work, and one for what it keeps.
struct Shell {
    folder: TempDir,
    state: TempDir,
    url: String,
}

impl Shell {
    fn at(url: &str) -> Self {
        let folder = || TempDir::with_prefix("campanile-run-").expect("a folder");
        Self { folder: folder(), state: folder(), url: url.to_owned() }
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("a file");
        self.path(name)
    }

    fn variables(&self) -> [(&str, &str); 2] {
        [("CAMPANILE_SERVER", &self.url), ("XDG_STATE_HOME", self.state.path().to_str().expect("a path"))]
    }

    /// Runs `campanile run` with these arguments.
    async fn run(&self, arguments: &[&str]) -> Ended {
        campanile_in(self.folder.path(), &self.variables(), &[&["run"], arguments].concat()).await
    }

    /// Starts it.
    fn start(&self, arguments: &[&str]) -> Program {
        Program::start(self.folder.path(), &self.variables(), &[&["run"], arguments].concat())
    }

    /// Runs a line of the shell as a build of `linux`.
    async fn sh(&self, line: &str) -> Ended {
        self.run(&["--builder", "linux", "--", "sh", "-c", line]).await
    }

    /// A pipe by which a command waits for the test.
    async fn gate(&self, name: &str) -> String {
        let path = self.path(name);
        let made = tokio::process::Command::new("mkfifo").arg(&path).status().await.expect("mkfifo runs");
        assert!(made.success());
        path
    }

    /// Nothing is kept of what was told.
    fn is_clean(&self) -> bool {
        let kept = std::fs::read_dir(self.state.path().join("campanile"));
        kept.into_iter().flatten().count() == 0
    }
}

/// Returns when a resource is as it is wanted.
async fn until(host: &TestHost, path: &str, wanted: impl Fn(&Value) -> bool) {
    let mut bell = host.bell();
    let reached = tokio::time::timeout(PATIENCE, async {
        while !wanted(&host.get(path).await) {
            bell.changed().await.expect("the bell hangs");
        }
    });
    let reached = reached.await;
    assert!(reached.is_ok(), "{path} stays {}", host.get(path).await);
}

/// Lets a command on that waits at the gate.
async fn open(gate: &str) {
    let gate = gate.to_owned();
    tokio::task::spawn_blocking(move || std::fs::write(gate, "on\n").expect("a pipe")).await.expect("it is written");
}

/// Hosts in this process, and in one of their own.
trait Reads {
    async fn read(&self, path: &str) -> Value;

    async fn build(&self, id: i64) -> Value {
        self.read(&format!("builds/{id}?property=*")).await["builds"][0].take()
    }

    async fn steps(&self, build: i64) -> Vec<Value> {
        self.read(&format!("builds/{build}/steps")).await["steps"].as_array().expect("a list").clone()
    }

    /// The lines of a log.
    async fn lines(&self, log: i64) -> Vec<String> {
        let found = self.read(&format!("logs/{log}/contents")).await;
        let text = found["logchunks"][0]["content"].as_str().expect("a text").to_owned();
        text.lines().map(str::to_owned).collect()
    }

    /// What one of the streams of a log holds.
    async fn stream(&self, log: i64, mark: char) -> Vec<String> {
        let lines = self.lines(log).await;
        lines.iter().filter_map(|line| line.strip_prefix(mark)).map(str::to_owned).collect()
    }
}

impl Reads for TestHost {
    async fn read(&self, path: &str) -> Value {
        self.get(path).await
    }
}

impl Reads for ProcessHost {
    async fn read(&self, path: &str) -> Value {
        self.get(path).await
    }
}

/// A port where nobody listens.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).expect("a port").port()
}

/// A token with these scopes, in a file.
async fn token(setup: &Setup, shell: &Shell, scopes: &str) -> String {
    let config = setup.write();
    let name = scopes.replace(',', "-");
    let made = campanile_tests::campanile(&["token", "create", &name, "--scope", scopes, "--config", &config]).await;
    shell.write(&format!("{name}.token"), &made.succeeds())
}

/// A host that keeps its port when it is started again.
fn lasting() -> (Setup, String) {
    let port = free_port();
    let server = format!("[server]\nlisten = \"127.0.0.1:{port}\"\nurl = \"https://ci.example.org/\"\n");
    (Setup::default().toml(&server), format!("http://127.0.0.1:{port}"))
}

/// Runs git in a folder.
async fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = tokio::process::Command::new("git");
    git.arg("-C").arg(folder).args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]).args(arguments);
    let output = git.output().await.expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
