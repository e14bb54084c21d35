//! An SSH server that is not ours: Debian's sshd, on a port of its own, in a folder of its own.
//!
//! Whoever has one of its [`Key`]s logs in as the user of the tests, and whatever command is asked for, a script is run
//! instead: it makes words of the command as a shell does, records them, and goes on as [`Sshd::behave`] said last. So
//! it can be any server:
//!
//! ```no_run
//! # async fn gerrit() -> anyhow::Result<()> {
//! let sshd = campanile_tests::Sshd::start().await?;
//! sshd.behave(&campanile_tests::gerrit("2.13"));              // or "exec sleep 600", which stalls
//! let known_hosts = sshd.known_hosts_file();                  // for [ssh] known_hosts
//! let key = sshd.key(campanile_tests::Key::Ed25519);          // for identity_file
//! // … a host that sends to 127.0.0.1, sshd.port, as sshd.user …
//! sshd.begun(1).await;                                        // a command was asked for
//! assert_eq!(sshd.commands()[0], ["gerrit", "version"]);      // its words
//! # Ok(()) }
//! ```
//!
//! Nothing of the system's own sshd is touched. Needs root, or a user whose account is not locked.
//! Invariant: its processes, and those of the commands, end with the value.

mod folder;
mod keys;

pub use keys::Key;

use anyhow::Context;
use anyhow::bail;
use anyhow::ensure;
use folder::options;
use folder::prepare;
use keys::make_host_keys;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::sync::watch;

const PROGRAM: &str = "/usr/sbin/sshd";

/// A command that was asked for.
#[derive(Clone, Debug)]
struct Begun {
    at: Instant,
    process: u32,
    /// The session that runs it.
    session: u32,
    words: Vec<String>,
}

/// A running sshd.
pub struct Sshd {
    pub port: u16,
    /// Who logs in.
    pub user: String,
    folder: tempfile::TempDir,
    begun: watch::Receiver<Vec<Begun>>,
    log: watch::Receiver<Vec<String>>,
    child: Mutex<Option<Child>>,
    /// What it is started with.
    options: Vec<String>,
}

impl Sshd {
    /// Starts it and waits until it listens. It answers each command with success, and says nothing.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(&["ForceCommand"]).await
    }

    /// One that runs what it is asked to, by the user's shell.
    pub async fn obedient() -> anyhow::Result<Self> {
        Self::start_with(&[]).await
    }

    async fn start_with(forced: &[&str]) -> anyhow::Result<Self> {
        assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is missing: apt-get install openssh-server");
        let folder = tempfile::Builder::new().prefix("campanile-sshd-").tempdir()?;
        prepare(folder.path())?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let user = said(Command::new("/usr/bin/id").arg("-un"))?;
        let mut options = options(folder.path(), port);
        options.extend(forced.iter().map(|option| format!("{option}=/bin/sh {0}/script {0}", folder.path().display())));
        let (tell, begun) = watch::channel(Vec::new());
        let pipe = pipe::OpenOptions::new().read_write(true).open_receiver(folder.path().join("begun"))?;
        tokio::spawn(listen(pipe, folder.path().join("words"), tell));
        let (_, log) = watch::channel(Vec::new());
        let mut sshd = Self { port, user, folder, begun, log, child: Mutex::new(None), options };
        sshd.restart().await?;
        Ok(sshd)
    }

    /// Starts it again after [`Self::stop`], on the same port and with the same keys.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        let mut child = tokio::process::Command::new(PROGRAM)
            .args(["-D", "-e", "-f", "/dev/null"])
            .args(self.options.iter().flat_map(|option| ["-o", option]))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting sshd")?;
        let lines = child.stderr.take().context("sshd has no log")?;
        let (tell, log) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut lines = BufReader::new(lines).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                tell.send_modify(|log: &mut Vec<String>| log.push(line));
            }
        });
        self.log = log;
        *self.child.get_mut().unwrap_or_else(PoisonError::into_inner) = Some(child);
        self.logged("Server listening", 1).await.map(|_| ())
    }

    /// Ends it with all its connections, as a machine that goes down.
    pub async fn stop(&self) {
        let child = self.child.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.kill_sessions();
        if let Some(mut child) = child {
            let _ = child.kill().await;
        }
    }

    /// What the script does after it has recorded its words, which stand in `"$@"`: a piece of a shell script, from now on.
    pub fn behave(&self, script: &str) {
        let (file, new) = (self.folder.path().join("behaviour"), self.folder.path().join("behaviour.new"));
        fs::write(&new, script).expect("the behaviour is written");
        fs::rename(new, file).expect("the behaviour is in its place");
    }

    /// Its folder, in which a behaviour may keep files: `$folder`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The words of all commands so far, in the order in which they began.
    pub fn commands(&self) -> Vec<Vec<String>> {
        self.record().iter().map(|process| words(&self.folder().join("words").join(process))).collect()
    }

    /// The same, each as the line that came, byte for byte.
    pub fn lines(&self) -> Vec<String> {
        let line = |process: &String| fs::read_to_string(self.folder().join("raw").join(process));
        self.record().iter().map(|process| line(process).expect("a line that is recorded")).collect()
    }

    /// The processes of all commands so far.
    fn record(&self) -> Vec<String> {
        // The bell may still be on its way when a command has ended; the record is not.
        let record = fs::read_to_string(self.folder().join("record")).unwrap_or_default();
        record.lines().map(str::to_owned).collect()
    }

    /// How many commands began.
    pub fn count(&self) -> usize {
        self.begun.borrow().len()
    }

    /// Waits until so many commands began in all, and returns their words.
    pub async fn begun(&self, count: usize) -> Vec<Vec<String>> {
        let mut begun = self.begun.clone();
        let enough = begun.wait_for(|begun| begun.len() >= count).await.expect("the pipe stays open");
        enough.iter().map(|begun| begun.words.clone()).collect()
    }

    /// When it was heard of each command, and its words, in the order in which they were heard of.
    pub fn arrivals(&self) -> Vec<(Instant, Vec<String>)> {
        self.begun.borrow().iter().map(|begun| (begun.at, begun.words.clone())).collect()
    }

    /// Waits until its log has so many lines with these words, and returns them all.
    pub async fn logged(&self, wanted: &str, count: usize) -> anyhow::Result<Vec<String>> {
        let mut log = self.log.clone();
        let enough = |log: &Vec<String>| log.iter().filter(|line| line.contains(wanted)).count() >= count;
        match log.wait_for(enough).await {
            Ok(log) => Ok(log.clone()),
            Err(_) => bail!("sshd ended without saying {wanted:?}: {:#?}", self.log.borrow()),
        }
    }

    /// How many logged in so far, counted when so many sessions began.
    pub async fn logins(&self, sessions: usize) -> anyhow::Result<usize> {
        let log = self.logged("Starting session", sessions).await?;
        Ok(log.iter().filter(|line| line.contains("Accepted publickey")).count())
    }

    /// Kills the processes that hold the connections of commands, and the commands.
    pub fn kill_sessions(&self) {
        let begun = self.begun.borrow().clone();
        begun.iter().for_each(|begun| [begun.session, begun.process].into_iter().for_each(|id| self.kill(id)));
    }

    /// The file with a private key.
    pub fn key(&self, key: Key) -> PathBuf {
        self.folder.path().join(key.file())
    }

    /// A line of known hosts: its name there, and a host key (`ed25519`, `ecdsa` or `rsa`).
    pub fn known_host(&self, kind: &str) -> String {
        format!("[127.0.0.1]:{} {}", self.port, self.host_key(kind))
    }

    /// A file of known hosts with its key.
    pub fn known_hosts_file(&self) -> PathBuf {
        let file = self.folder.path().join("known_hosts");
        fs::write(&file, self.known_host("ed25519")).expect("the file is written");
        file
    }

    /// The public half of a host key, kind and base64.
    pub fn host_key(&self, kind: &str) -> String {
        let text = fs::read_to_string(self.folder.path().join(format!("host_{kind}.pub"))).expect("a public key");
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ") + "\n"
    }

    /// Makes other host keys, which count from the next connection on.
    pub fn change_host_keys(&self) -> anyhow::Result<()> {
        make_host_keys(self.folder.path())
    }

    /// A process of a command that is still ours: its number may be somebody else's by now.
    fn kill(&self, process: u32) {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let folder = self.folder.path().display().to_string();
        let has = |bytes: &[u8], text: &str| String::from_utf8_lossy(bytes).contains(text);
        let ours = has(&line, "sshd: ") || has(&line, &folder) || has(&environment, "SSH_ORIGINAL_COMMAND");
        if ours {
            quiet(Command::new("/bin/kill").args(["-KILL", &process.to_string()]));
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill_sessions();
    }
}

/// The words of a command, as they were recorded.
fn words(file: &Path) -> Vec<String> {
    let text = fs::read(file).unwrap_or_default();
    let words = text.split_inclusive(|&byte| byte == 0).map(|word| &word[..word.len() - 1]);
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// Hears of commands as they begin.
async fn listen(pipe: pipe::Receiver, words: PathBuf, tell: watch::Sender<Vec<Begun>>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut numbers = line.split_whitespace().map_while(|number| number.parse::<u32>().ok());
        let (Some(process), Some(session)) = (numbers.next(), numbers.next()) else { continue };
        let words = self::words(&words.join(process.to_string()));
        let begun = Begun { at: Instant::now(), process, session, words };
        tell.send_modify(|all: &mut Vec<Begun>| all.push(begun));
        if tell.is_closed() {
            return;
        }
    }
}

fn said(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("starting {command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn quiet(command: &mut Command) {
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}
