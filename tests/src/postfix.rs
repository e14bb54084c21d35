//! A mail server that is not ours: Debian's Postfix, on ports of its own, in a folder of its own.
//!
//! It delivers whatever is for `example.org` into one folder, takes one login (over TLS), and writes its log to a
//! pipe, by which we learn of each delivery without polling. Nothing of the system's own mail is touched.
//!
//! Needs root, as Postfix does. Invariant: its processes end with the value.

use anyhow::Context;
use anyhow::bail;
use rcgen::CertifiedKey;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStdout;

const PROGRAMS: [(&str, &str); 2] = [("/usr/sbin/postfix", "postfix"), ("/usr/sbin/saslpasswd2", "sasl2-bin")];

/// A running Postfix.
pub struct RealSmtp {
    /// Plain and STARTTLS.
    pub port: u16,
    /// TLS from the start.
    pub tls_port: u16,
    /// The certificate of `localhost`, by itself an authority.
    pub ca_pem: String,
    pub user: String,
    pub password: String,
    log: Lines<BufReader<ChildStdout>>,
    delivered: usize,
    shell: Child,
    folder: tempfile::TempDir,
}

impl RealSmtp {
    /// Starts it and waits until it listens.
    pub async fn start() -> anyhow::Result<Self> {
        Self::restricted("").await
    }

    /// The same with another restriction of recipients.
    pub async fn restricted(restriction: &str) -> anyhow::Result<Self> {
        for (program, package) in PROGRAMS {
            assert!(Path::new(program).exists(), "{program} is missing: apt-get install {package} libsasl2-modules");
        }
        let folder = tempfile::tempdir()?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let ports = [free_port()?, free_port()?];
        let ca_pem = write_certificate(folder.path())?;
        let (user, password) = ("ci@example.org".to_owned(), "pass word".to_owned());
        write_login(folder.path(), &password)?;
        write_configuration(folder.path(), ports, restriction)?;
        let mut shell = tokio::process::Command::new("/usr/sbin/postfix")
            .args(["-c", &path(folder.path(), "etc"), "start-fg"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own, by which it can be ended.
            .process_group(0)
            .spawn()
            .context("starting postfix")?;
        let stdout = shell.stdout.take().context("postfix has no output")?;
        let log = BufReader::new(stdout).lines();
        let [port, tls_port] = ports;
        let mut postfix = Self { port, tls_port, ca_pem, user, password, log, delivered: 0, shell, folder };
        postfix.until("daemon started").await?;
        Ok(postfix)
    }

    /// Waits until so many mails were delivered in all, and returns them, in no certain order.
    pub async fn mails(&mut self, count: usize) -> anyhow::Result<Vec<String>> {
        while self.delivered < count {
            self.until("status=sent").await?;
            self.delivered += 1;
        }
        let mut mails = Vec::new();
        for entry in fs::read_dir(self.folder.path().join("mail/box/new"))? {
            mails.push(fs::read_to_string(entry?.path())?);
        }
        Ok(mails)
    }

    async fn until(&mut self, wanted: &str) -> anyhow::Result<()> {
        let mut said = String::new();
        while let Some(line) = self.log.next_line().await? {
            if line.contains(wanted) {
                return Ok(());
            }
            said.push_str(&line);
            said.push('\n');
        }
        bail!("postfix ended without saying {wanted:?}: {said}")
    }
}

impl Drop for RealSmtp {
    fn drop(&mut self) {
        // The master leads a group of its own; its number stands in a file, which `abort` takes away.
        let number = fs::read_to_string(self.folder.path().join("queue/pid/master.pid"));
        let quiet = |command: &mut Command| {
            let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        };
        quiet(Command::new("/usr/sbin/postfix").args(["-c", &path(self.folder.path(), "etc"), "abort"]));
        // Whoever is slow to end ends at once; a group that is gone is no error.
        let groups = [number.ok(), self.shell.id().map(|id| id.to_string())];
        for group in groups.iter().flatten() {
            quiet(Command::new("/bin/kill").args(["-KILL", "--", &format!("-{}", group.trim())]));
        }
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

fn write_certificate(folder: &Path) -> anyhow::Result<String> {
    let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    fs::write(folder.join("cert.pem"), cert.pem())?;
    let key = folder.join("key.pem");
    fs::write(&key, signing_key.serialize_pem())?;
    fs::set_permissions(key, fs::Permissions::from_mode(0o600))?;
    Ok(cert.pem())
}

/// The login `ci@example.org`, in a file that the mail server may read.
fn write_login(folder: &Path, password: &str) -> anyhow::Result<()> {
    use std::io::Write;
    let database = folder.join("sasldb2");
    let mut child = Command::new("/usr/sbin/saslpasswd2")
        .args(["-p", "-c", "-f", &database.display().to_string(), "-u", "example.org", "ci"])
        .stdin(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("saslpasswd2 has no input")?.write_all(password.as_bytes())?;
    if !child.wait()?.success() {
        bail!("saslpasswd2 failed");
    }
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644))?;
    fs::create_dir_all(folder.join("etc/sasl"))?;
    let settings = format!(
        "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {}\nmech_list: PLAIN LOGIN\n",
        database.display()
    );
    Ok(fs::write(folder.join("etc/sasl/smtpd.conf"), settings)?)
}

fn write_configuration(folder: &Path, ports: [u16; 2], restriction: &str) -> anyhow::Result<()> {
    for (name, owner) in [("etc", None), ("queue", None), ("data", Some("postfix")), ("mail", Some("postfix"))] {
        let directory: PathBuf = folder.join(name);
        fs::create_dir_all(&directory)?;
        if let Some(owner) = owner {
            let status = Command::new("/bin/chown").arg(owner).arg(&directory).status()?;
            anyhow::ensure!(status.success(), "chown {owner} {}", directory.display());
        }
    }
    fs::write(folder.join("etc/main.cf"), main_cf(folder, restriction)?)?;
    Ok(fs::write(folder.join("etc/master.cf"), master_cf(ports))?)
}

fn main_cf(folder: &Path, restriction: &str) -> anyhow::Result<String> {
    let id = |flag: &str| -> anyhow::Result<String> {
        let output = Command::new("/usr/bin/id").args([flag, "postfix"]).output()?;
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    };
    Ok(format!(
        "compatibility_level = 3.6\n\
         queue_directory = {queue}\ndata_directory = {data}\nmaillog_file = /dev/stdout\n\
         inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = localhost\nmydestination =\n\
         mynetworks = 127.0.0.0/8\n\
         virtual_mailbox_domains = example.org\nvirtual_mailbox_base = {mail}\n\
         virtual_mailbox_maps = static:box/\nvirtual_minimum_uid = 1\n\
         virtual_uid_maps = static:{uid}\nvirtual_gid_maps = static:{gid}\n\
         smtpd_tls_cert_file = {cert}\nsmtpd_tls_key_file = {key}\nsmtpd_tls_security_level = may\n\
         smtpd_tls_auth_only = yes\nsmtpd_sasl_auth_enable = yes\ncyrus_sasl_config_path = {sasl}\n\
         smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination\n\
         smtpd_recipient_restrictions = check_recipient_access inline:{{ {{ gone@example.org = 550 5.1.1 no such user }} \
         {{ full@example.org = 450 4.2.2 mailbox full }} }} {restriction}\n",
        queue = path(folder, "queue"),
        data = path(folder, "data"),
        mail = path(folder, "mail"),
        uid = id("-u")?,
        gid = id("-g")?,
        cert = path(folder, "cert.pem"),
        key = path(folder, "key.pem"),
        sasl = path(folder, "etc/sasl"),
    ))
}

fn master_cf([port, tls_port]: [u16; 2]) -> String {
    let smtpd = "inet n - n - - smtpd";
    format!(
        "127.0.0.1:{port} {smtpd}\n\
         127.0.0.1:{tls_port} {smtpd}\n  -o smtpd_tls_wrappermode=yes -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n\
         postlog unix-dgram n - n - 1 postlogd\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
         error unix - - n - - error\nretry unix - - n - - error\ndiscard unix - - n - - discard\n\
         virtual unix - n n - - virtual\nanvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\n\
         proxymap unix - - n - - proxymap\nflush unix n - n 1000? 0 flush\nshowq unix n - n - - showq\n"
    )
}
