//! A chat server that is not ours: Debian's ngircd, on ports of its own, in a folder of its own.
//!
//! Invariant: its process ends with the value.

use anyhow::Context;
use rcgen::CertifiedKey;
use std::fmt::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;

const PROGRAM: &str = "/usr/sbin/ngircd";

/// Tries to have two ports for itself.
const MOST_TRIES: usize = 4;

/// What it is to be like.
#[derive(Clone, Debug, Default)]
pub struct IrcOptions {
    /// Who connects has to know it.
    pub password: Option<String>,
    /// Channels that are there from the start, with their keys.
    pub keyed: Vec<(String, String)>,
    /// More of its configuration.
    pub more: String,
    /// Its name among servers.
    pub name: Option<String>,
}

/// A running ngircd.
pub struct RealIrc {
    pub port: u16,
    pub tls_port: u16,
    /// The certificate of `localhost`, by itself an authority.
    pub ca_pem: String,
    options: IrcOptions,
    folder: tempfile::TempDir,
    process: Option<Child>,
}

impl RealIrc {
    /// Starts it and waits until it listens.
    pub async fn start(options: IrcOptions) -> anyhow::Result<Self> {
        assert!(Path::new(PROGRAM).exists(), "{PROGRAM} is missing: apt-get install ngircd");
        let folder = tempfile::tempdir()?;
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        std::fs::write(folder.path().join("cert.pem"), cert.pem())?;
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem())?;
        let mut server = Self { port: 0, tls_port: 0, ca_pem: cert.pem(), options, folder, process: None };
        let mut tries = 0;
        loop {
            (server.port, server.tls_port, tries) = (free_port()?, free_port()?, tries + 1);
            match server.start_again().await {
                // Somebody else took a port that was free a moment ago.
                Err(_) if tries < MOST_TRIES => {}
                started => return started.map(|()| server),
            }
        }
    }

    /// Starts it once more, after `kill`, on the same port.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        let file = self.folder.path().join("ngircd.conf");
        std::fs::write(&file, self.configuration())?;
        let mut child = tokio::process::Command::new(PROGRAM)
            .args(["-n", "-f", &file.display().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("starting ngircd")?;
        let stdout = child.stdout.take().context("ngircd has no output")?;
        let mut log = BufReader::new(stdout).lines();
        let mut said = String::new();
        loop {
            let line = log.next_line().await?.with_context(|| format!("ngircd does not start: {said}"))?;
            if line.contains("Now listening") && line.contains(&self.port.to_string()) {
                break;
            }
            anyhow::ensure!(!line.contains("Can't bind"), "ngircd has no port: {line}");
            said.push_str(&line);
            said.push('\n');
        }
        // Nobody would read on, and it must not block on that.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        self.process = Some(child);
        Ok(())
    }

    /// Ends it as if the machine had lost power.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().await?;
        }
        Ok(())
    }

    /// Holds it, so that it neither reads nor writes, or lets it go on.
    pub fn pause(&self, held: bool) {
        let id = self.process.as_ref().and_then(Child::id).expect("it runs").to_string();
        let signal = if held { "-STOP" } else { "-CONT" };
        let status = std::process::Command::new("/bin/kill").args([signal, &id]).status();
        assert!(status.is_ok_and(|status| status.success()), "kill {signal} {id}");
    }

    fn configuration(&self) -> String {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let name = self.options.name.as_deref().unwrap_or("irc.example.test");
        let password = self.options.password.as_ref().map(|word| format!("Password = {word}\n")).unwrap_or_default();
        let mut text = format!(
            "[Global]\nName = {name}\nInfo = test\nListen = 127.0.0.1\nPorts = {port}\n{password}MotdPhrase = hello\n\
             ServerUID = 0\nServerGID = 0\n\
             [Limits]\nMaxConnectionsIP = 0\nMaxJoins = 0\nMaxNickLength = 20\nConnectRetry = 1\nMaxPenaltyTime = 0\n\
             [Options]\nDNS = no\nIdent = no\nPAM = no\nOperCanUseMode = yes\n\
             [SSL]\nCertFile = {cert}\nKeyFile = {key}\nPorts = {tls}\n\
             [Operator]\nName = god\nPassword = god\n",
            port = self.port,
            tls = self.tls_port,
            cert = path("cert.pem"),
            key = path("key.pem"),
        );
        for (channel, key) in &self.options.keyed {
            let _ = write!(text, "[Channel]\nName = {channel}\nModes = k\nKey = {key}\n");
        }
        text + &self.options.more
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
