//! Reviews in Gerrit, over a real sshd that behaves as Gerrit's does.

mod callbacks;
mod families;
mod reviews;
mod tests;
mod troubles;
mod wire;

use campanile_tests::Key;
use campanile_tests::Setup;
use campanile_tests::Sshd;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use campanile_tests::gerrit;
use serde_json::Value;
use serde_json::json;

/// The commit that is built.
const REVISION: &str = "d34db33f";

/// A server that behaves as this version of Gerrit does.
async fn server(version: &str) -> Sshd {
    let sshd = Sshd::start().await.expect("sshd starts");
    behave(&sshd, version, "");
    sshd
}

/// Behaves so before it behaves as Gerrit does.
fn behave(sshd: &Sshd, version: &str, first: &str) {
    sshd.behave(&format!("{first}\n{}", gerrit(version)));
}

/// A reporter with these settings besides the usual ones.
fn setup(sshd: &Sshd, plugins: &[&str], settings: &str) -> Setup {
    let settings = format!(
        "server = \"127.0.0.1\"\nport = {}\nusername = {:?}\nidentity_file = {:?}\n{settings}",
        sshd.port,
        sshd.user,
        sshd.key(Key::Ed25519)
    );
    let setup = Setup::default().plugins(&["gerrit"]).plugins(plugins).allow(format!("127.0.0.1:{}", sshd.port));
    setup
        .toml(&format!("[ssh]\nknown_hosts = {:?}\n", sshd.known_hosts_file()))
        .reporter("reviews", "gerrit", &settings)
}

async fn host(sshd: &Sshd, plugins: &[&str], settings: &str) -> TestHost {
    setup(sshd, plugins, settings).start_acme().await
}

/// What a build has from an event of Gerrit.
fn properties() -> Value {
    json!({
        "event.change.id": ["I0123", "Change"],
        "event.change.project": ["gp", "Change"],
        "event.change.number": [12345, "Change"],
        "event.patchSet.number": [1, "Change"],
        "event.patchSet.revision": [REVISION, "Change"],
    })
}

/// A build of a change, from the request to the end.
async fn build(host: &TestHost, results: i64) {
    host.acme_build(&[acme_source("ssh://g:29418/gp", Some(REVISION))], properties(), results).await;
}

/// The reviews among the commands that were asked for.
fn reviews(sshd: &Sshd) -> Vec<Vec<String>> {
    sshd.commands().into_iter().filter(|words| words[1] == "review").collect()
}

/// The messages of the reviews, and their votes.
fn said(sshd: &Sshd) -> Vec<(String, Vec<String>)> {
    let after = |words: &[String], option: &str| -> Vec<String> {
        words.windows(2).filter(|pair| pair[0] == option).map(|pair| pair[1].clone()).collect()
    };
    let said = |words: Vec<String>| (after(&words, "--message").concat(), after(&words, "--label"));
    reviews(sshd).into_iter().map(said).collect()
}

/// State and reason of each delivery, of those that are no question about the version.
async fn states(host: &TestHost) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let deliveries = host.deliveries().await;
    let asks = |delivery: &Value| text(&delivery["key"]).starts_with("version of ");
    let deliveries = deliveries.iter().filter(|delivery| !asks(delivery));
    deliveries.map(|delivery| (text(&delivery["state"]), text(&delivery["reason"]))).collect()
}
