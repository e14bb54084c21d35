//! A chat server with services that is not ours: Debian's InspIRCd with Anope, which know accounts, for logins by SASL and
//! NickServ.
//!
//! Invariant: its processes end with the value.

use anyhow::Context;
use rcgen::CertifiedKey;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Child;

const PROGRAMS: [(&str, &str); 2] = [("/usr/sbin/inspircd", "inspircd"), ("/usr/sbin/anope", "anope")];

/// What the services need of the server.
const MODULES: &str = "ssl_gnutls cap ircv3 ircv3_accounttag sasl services_account sslinfo spanningtree namesx hidechans \
    chghost chgident globops cban svshold rline regex_glob topiclock";

/// Services for accounts, and nothing else. Each line is a block.
const SERVICES: &str = r#"
serverinfo { name = "services.example.test"; description = "services"; pid = "services.pid"; motd = "services.motd"; }
module { name = "inspircd3"; use_server_side_mlock = no; use_server_side_topiclock = no; }
networkinfo { networkname = "Test"; nicklen = 20; userlen = 10; hostlen = 64; chanlen = 32; modelistsize = 100; vhost_chars = "abcdefghijklmnopqrstuvwxyz.-"; }
options { casemap = "ascii"; passlen = 32; seed = 9866235; strictpasswords = no; badpasslimit = 5; updatetimeout = 5m; expiretimeout = 30m; readtimeout = 5s; warningtimeout = 4h; timeoutcheck = 3s; retrywait = 1s; hideprivilegedcommands = no; }
service { nick = "NickServ"; user = "services"; host = "services.host"; gecos = "Nickname Registration Service"; }
module { name = "nickserv"; client = "NickServ"; defaults = ""; forceemail = no; minpasslen = 4; regdelay = 0; expire = 21d; killquick = 20s; kill = 60s; confirmemailchanges = no; }
module { name = "ns_register"; registration = "none"; nickregdelay = 0s; }
command { service = "NickServ"; name = "REGISTER"; command = "nickserv/register"; }
module { name = "ns_identify"; }
command { service = "NickServ"; name = "IDENTIFY"; command = "nickserv/identify"; }
module { name = "ns_recover"; restoreonrecover = no; }
command { service = "NickServ"; name = "GHOST"; command = "nickserv/recover"; }
module { name = "ns_cert"; max = 5; }
command { service = "NickServ"; name = "CERT"; command = "nickserv/cert"; }
module { name = "m_sasl"; }
module { name = "db_flatfile"; database = "anope.db"; keepbackups = 0; fork = no; }
module { name = "enc_sha256"; }
mail { usemail = no; }
"#;

/// A running server with its services.
pub struct IrcWithServices {
    pub port: u16,
    pub tls_port: u16,
    /// The certificate of `localhost`, by itself an authority.
    pub ca_pem: String,
    _folder: tempfile::TempDir,
    _processes: [Child; 2],
}

impl IrcWithServices {
    /// Starts both, and waits until they know each other.
    pub async fn start() -> anyhow::Result<Self> {
        for (program, package) in PROGRAMS {
            assert!(Path::new(program).exists(), "{program} is missing: apt-get install {package}");
        }
        let folder = tempfile::tempdir()?;
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        std::fs::write(folder.path().join("cert.pem"), cert.pem())?;
        std::fs::write(folder.path().join("key.pem"), signing_key.serialize_pem())?;
        let ports = [free_port()?, free_port()?, free_port()?];
        let here = folder.path().display().to_string();
        std::fs::write(folder.path().join("inspircd.conf"), server_conf(&here, ports))?;
        let uplink = format!(
            "uplink {{ host = \"127.0.0.1\"; ipv6 = no; ssl = no; port = {}; password = \"pw\"; }}\n",
            ports[2]
        );
        std::fs::write(folder.path().join("services.conf"), uplink + SERVICES.trim_start())?;
        std::fs::write(folder.path().join("services.motd"), "")?;
        let conf = format!("{here}/inspircd.conf");
        let arguments = ["--config", &conf, "--nofork", "--nopid", "--runasroot"];
        let server = run(PROGRAMS[0].0, &arguments, "is now running").await?;
        let arguments = ["--confdir", "--dbdir", "--logdir"].map(|name| format!("{name}={here}"));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(["--nofork", MODULES_OF_ANOPE]).collect();
        let services = run(PROGRAMS[1].0, &arguments, "services.example.test (services) is done syncing").await?;
        let [port, tls_port, _] = ports;
        Ok(Self { port, tls_port, ca_pem: cert.pem(), _folder: folder, _processes: [server, services] })
    }
}

const MODULES_OF_ANOPE: &str = "--modulesdir=/usr/lib/anope";

/// Starts a program, and waits until it says so.
async fn run(program: &str, arguments: &[&str], wanted: &str) -> anyhow::Result<Child> {
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("starting {program}"))?;
    let mut log = BufReader::new(child.stdout.take().context("it has no output")?).lines();
    let mut said = String::new();
    loop {
        let line = log.next_line().await?.with_context(|| format!("{program} does not start: {said}"))?;
        if line.contains(wanted) {
            break;
        }
        said.push_str(&line);
        said.push('\n');
    }
    // Nobody would read on, and it must not block on that.
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    Ok(child)
}

fn server_conf(here: &str, [port, tls_port, services]: [u16; 3]) -> String {
    let modules: String = MODULES.split_whitespace().map(|name| format!("<module name=\"{name}\">\n")).collect();
    format!(
        "<server name=\"irc.example.test\" description=\"test\" network=\"Test\" id=\"1AA\">\n\
         <admin name=\"a\" nick=\"a\" email=\"a@example.org\">\n\
         <bind address=\"127.0.0.1\" port=\"{port}\" type=\"clients\">\n\
         <bind address=\"127.0.0.1\" port=\"{tls_port}\" type=\"clients\" sslprofile=\"here\">\n\
         <bind address=\"127.0.0.1\" port=\"{services}\" type=\"servers\">\n\
         <sslprofile name=\"here\" provider=\"gnutls\" certfile=\"cert.pem\" keyfile=\"key.pem\" \
         requestclientcert=\"yes\" hash=\"sha256\">\n\
         <connect name=\"main\" allow=\"*\" timeout=\"30\" pingfreq=\"60\" limit=\"1000\" localmax=\"1000\" \
         globalmax=\"1000\" maxconnwarn=\"no\" useident=\"no\" resolvehostnames=\"no\" threshold=\"100\" \
         commandrate=\"100000\" fakelag=\"no\" hardsendq=\"10M\" softsendq=\"8K\" recvq=\"64K\" maxchans=\"2000\">\n\
         <sasl target=\"services.example.test\" requiressl=\"no\">\n<sslinfo welcomemsg=\"no\">\n\
         <link name=\"services.example.test\" ipaddr=\"127.0.0.1\" port=\"1\" allowmask=\"127.0.0.0/8\" \
         sendpass=\"pw\" recvpass=\"pw\">\n<uline server=\"services.example.test\" silent=\"yes\">\n\
         <log method=\"file\" type=\"*\" level=\"default\" target=\"inspircd.log\">\n\
         <path configdir=\"{here}\" datadir=\"{here}\" logdir=\"{here}\" moduledir=\"/usr/lib/inspircd/modules\" \
         runtimedir=\"{here}\">\n<options casemapping=\"ascii\" defaultmodes=\"nt\">\n<limits maxnick=\"20\">\n{modules}"
    )
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
