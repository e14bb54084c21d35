//! The reporters of the page about Gerrit, each as it stands there, but for the server: the commands that arrive there about
//! builds that passed and failed.

use super::blocks;
use campanile_tests::Key;
use campanile_tests::Setup;
use campanile_tests::Sshd;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use campanile_tests::gerrit;
use serde_json::json;
use std::fmt::Write;

/// The reporter, whose server is here.
fn reviews_here(reporter: &str, sshd: &Sshd) -> String {
    let (server, username) = ("server = \"gerrit.example.com\"\n", "username = \"buildbot\"\n");
    assert_eq!((reporter.matches(server).count(), reporter.matches(username).count()), (1, 1), "{reporter}");
    let here = format!("server = \"127.0.0.1\"\nport = {}\n", sshd.port);
    reporter.replace(server, &here).replace(username, &format!("username = {:?}\n", sshd.user))
}

async fn host(sshd: &Sshd, reporter: &str) -> TestHost {
    let key = std::fs::read_to_string(sshd.key(Key::Ed25519)).expect("a key");
    let setup = Setup::default().plugins(&["gerrit", "gerrit_callbacks"]).secret("gerrit", &key);
    let setup = setup.allow(format!("127.0.0.1:{}", sshd.port));
    let known = format!("[ssh]\nknown_hosts = {:?}\n", sshd.known_hosts_file());
    setup.toml(&known).toml(&reviews_here(reporter, sshd)).start_acme().await
}

#[tokio::test]
async fn reporters_of_the_page_about_gerrit_review_as_they_should() {
    let page = super::read("docs/reporters/gerrit.md");
    let reporters = blocks(&page, "toml");
    assert_eq!(reporters.len(), page.matches("[[reporter]]").count(), "each is a reporter");
    for reporter in reporters {
        let name = reporter.split('"').nth(1).expect("a name");
        let sshd = Sshd::start().await.expect("sshd starts");
        sshd.behave(&gerrit("3.9.1"));
        let host = host(&sshd, &reporter).await;
        for (revision, results) in [("abc123", 0), ("def456", 2)] {
            let properties = json!({
                "event.change.id": ["I0123", "Change"],
                "event.change.project": ["gp", "Change"],
                "event.patchSet.revision": [revision, "Change"],
            });
            let source = acme_source("ssh://gerrit.example.com:29418/gp", Some(revision));
            host.acme_build(&[source], properties, results).await;
        }
        let mut told = String::new();
        for line in sshd.lines() {
            let _ = writeln!(told, "{line}");
        }
        insta::assert_snapshot!(format!("gerrit-{name}"), told);
        host.stop().await;
    }
}
