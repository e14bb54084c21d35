//! The program, running beside a test: what it prints is read while it runs, and it is sent signals.

use crate::process::Ended;
use crate::process::binary;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::ChildStdout;
use tokio::process::Command;

/// What does not come within this time fails the test.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `campanile`. Killed when it is dropped.
pub struct Program {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
    said: String,
}

impl Program {
    /// Starts it in a folder, with these variables.
    pub fn start(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(binary());
        command.args(arguments).envs(variables.iter().copied()).current_dir(folder);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("campanile starts");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let stderr = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        Self { child, stdout, stderr, said: String::new() }
    }

    /// Returns when it has printed this line.
    pub async fn prints(&mut self, line: &str) {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stdout.next_line()).await;
            let next = next.unwrap_or_else(|_| panic!("{line:?} is not printed: {}", self.said));
            if next.expect("a line").unwrap_or_else(|| panic!("it ends without {line:?}: {}", self.said)) == line {
                return;
            }
        }
    }

    /// The next line that it prints.
    pub async fn any_line(&mut self) -> String {
        self.stdout.next_line().await.expect("a line").expect("it runs")
    }

    /// Returns a line of its own with this in it.
    pub async fn says(&mut self, part: &str) -> String {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.stderr.next_line()).await;
            let next = next.unwrap_or_else(|_| panic!("{part:?} is not said: {}", self.said));
            let next = next.expect("a line").unwrap_or_else(|| panic!("it ends without {part:?}: {}", self.said));
            self.said += &format!("{next}\n");
            if next.contains(part) {
                return next;
            }
        }
    }

    /// Sends a signal, such as `INT`.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().await.expect("kill runs");
        assert!(sent.success());
    }

    /// Kills it with SIGKILL.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it is killed");
    }

    /// Waits for its end; what it printed before is not in it.
    pub async fn ends(self) -> Ended {
        let Self { mut child, mut stdout, mut stderr, said } = self;
        let rest = async {
            let (mut out, mut err) = (String::new(), said);
            let read_out = async {
                while let Ok(Some(line)) = stdout.next_line().await {
                    out += &format!("{line}\n")
                }
            };
            let read_err = async {
                while let Ok(Some(line)) = stderr.next_line().await {
                    err += &format!("{line}\n")
                }
            };
            tokio::join!(read_out, read_err);
            let status = child.wait().await.expect("it ends");
            Ended::of(std::process::Output { status, stdout: out.into(), stderr: err.into() })
        };
        tokio::time::timeout(PATIENCE, rest).await.expect("it ends in time")
    }
}
