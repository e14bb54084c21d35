//! A host as a process of its own, which can be killed.

use crate::Setup;
use reqwest::Client;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::Output;
use std::process::Stdio;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::Command;

/// `campanile serve`, running. Killed when it is dropped.
pub struct ProcessHost {
    child: Child,
    pub url: String,
}

impl ProcessHost {
    /// Starts it and returns when it listens.
    pub async fn start(setup: &Setup) -> Self {
        // Its log is the process's own; only the client needs something here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = Command::new(binary())
            .args(["serve", "--config"])
            .arg(setup.write())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("campanile starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let line = lines.next_line().await.expect("a line").expect("the host listens");
        let url = line.strip_prefix("listening on ").expect("the address").to_owned();
        Self { child, url }
    }

    /// The answer to a call that is taken.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let client = Client::builder().no_proxy().build().expect("a client");
        let request = client.post(format!("{}/api/v2/{path}", self.url)).header("content-type", "application/json");
        read(request.body(body.to_string())).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let client = Client::builder().no_proxy().build().expect("a client");
        read(client.get(format!("{}/api/v2/{path}", self.url))).await
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// A line of the kernel's status of the process, such as `VmRSS`, in KiB.
    pub fn status_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a line");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Kills it with SIGKILL: nothing is written, nothing is said.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// Sends SIGTERM and returns its exit code.
    pub async fn terminate(mut self) -> Option<i32> {
        let id = self.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().await.expect("kill runs");
        assert!(sent.success());
        self.child.wait().await.expect("it ends").code()
    }
}

/// How a run of the program ended.
pub struct Ended {
    success: bool,
    /// Its exit code, where it was not killed.
    pub code: Option<i32>,
    /// What it said, whether it succeeded or not.
    pub stdout: String,
    /// What it said of itself.
    pub stderr: String,
}

impl Ended {
    /// What it said; a failure fails the test.
    pub fn succeeds(self) -> String {
        assert!(self.success, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// What it warned of; a failure fails the test.
    pub fn warns(self) -> String {
        assert!(self.success, "{}\n{}", self.stdout, self.stderr);
        self.stderr
    }

    /// What it said where it found a difference, which is a failure without a word of why.
    pub fn differs(self) -> String {
        assert!(!self.success && self.stderr.is_empty(), "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Why it failed; a success fails the test.
    pub fn fails(self) -> String {
        assert!(!self.success, "{}\n{}", self.stdout, self.stderr);
        self.stderr
    }
}

/// Runs the program to its end.
pub async fn campanile(arguments: &[&str]) -> Ended {
    campanile_with(&[], arguments).await
}

/// The same with these variables in its environment.
pub async fn campanile_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    campanile_in(Path::new("."), variables, arguments).await
}

/// The same in a folder.
pub async fn campanile_in(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = Command::new(binary());
    command.args(arguments).envs(variables.iter().copied()).current_dir(folder);
    Ended::of(command.kill_on_drop(true).output().await.expect("campanile runs"))
}

impl Ended {
    pub(crate) fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            success: output.status.success(),
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

async fn read(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).expect("JSON")
}

/// The program: where `cargo xtask test` says, or where cargo puts it.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CAMPANILE_BIN") {
        return PathBuf::from(path);
    }
    let tests = std::env::current_exe().expect("a program");
    let beside = tests.ancestors().nth(2).expect("a folder").join("campanile");
    assert!(beside.is_file(), "{} is missing: run the suite by `cargo xtask test`", beside.display());
    beside
}
