//! The reporters of the pages about Bitbucket, chats and batches, each as it stands there, but for the addresses: what they
//! send about a build that passed and one that failed.

use super::blocks;
use crate::status_push;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedRequest;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;
use std::fmt::Write;

/// A page: the plugin, and its settings that are addresses, with what stands behind the host there.
struct Page {
    plugin: &'static str,
    addresses: &'static [(&'static str, &'static str)],
}

const PAGES: [Page; 6] = [
    Page { plugin: "stash", addresses: &[("base_url", "")] },
    Page { plugin: "bitbucket-server", addresses: &[("base_url", "")] },
    Page { plugin: "bitbucket-server-pr", addresses: &[("base_url", "")] },
    Page { plugin: "bitbucket", addresses: &[("base_url", "/2.0/repositories"), ("oauth_url", "/token")] },
    Page { plugin: "zulip", addresses: &[("endpoint", "/")] },
    Page { plugin: "pushover", addresses: &[("base_url", "/1/messages.json")] },
];

/// The secrets that the pages name.
const SECRETS: [&str; 5] = ["bitbucket", "pushover-app", "pushover-user", "stash", "zulip"];

/// The reporter, which sends to a port here.
fn sends_here(reporter: &str, addresses: &[(&str, &str)], port: u16) -> String {
    let is_address = |line: &&str| addresses.iter().any(|(name, _)| line.starts_with(&format!("{name} =")));
    let lines: Vec<&str> = reporter.lines().filter(|line| !is_address(line)).collect();
    let settings = "[reporter.settings]\n";
    let text = lines.join("\n");
    assert_eq!(text.matches(settings).count(), 1, "{text}");
    let here = |(name, path): &(&str, &str)| format!("{name} = \"http://127.0.0.1:{port}{path}\"\n");
    let here: String = addresses.iter().map(here).collect();
    text.replace(settings, &format!("{settings}{here}")) + "\n"
}

async fn host(page: &Page, reporter: &str) -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    let token = json!({"access_token": "got", "token_type": "bearer", "expires_in": 7200});
    sink.answer_always(Answer::status(201).body(token.to_string()));
    let setup = Setup::default().plugins(&[page.plugin]).allow(format!("127.0.0.1:{}", sink.port()));
    let setup = SECRETS.iter().fold(setup, |setup, name| setup.secret(name, name));
    (setup.toml(&sends_here(reporter, page.addresses, sink.port())).start_acme().await, sink)
}

/// Where it went, who asked, and what it says.
fn shown(request: &ReceivedRequest) -> String {
    let by = request.header("authorization").unwrap_or("nobody");
    let text = request.text();
    let said = match serde_json::from_str::<Value>(&text) {
        Ok(body) => serde_json::to_string_pretty(&body).expect("JSON"),
        Err(_) => text.replace('&', "\n&"),
    };
    // The marker of a comment is another one each time.
    let said = match said.split_once("# (campanile") {
        Some((before, after)) => {
            format!("{before}# (campanile…{}", after.trim_start_matches(|c: char| c.is_alphanumeric()))
        }
        None => said,
    };
    format!("{} {} (by {by})\n{said}", request.method, request.target)
}

/// What a build has from its builder, its change and its worker.
fn properties(results: i64) -> Value {
    json!({
        "branch": ["main", "Build"],
        "workername": ["w1", "Worker"],
        "pullrequesturl": ["https://bitbucket.example.com/projects/P/repos/R/pull-requests/7", "Change"],
        "failures": [results, "Step"],
        "passes": [40, "Step"],
    })
}

#[tokio::test]
async fn reporters_of_the_pages_about_pushes_send_what_they_should() {
    for page in PAGES {
        let text = super::read(&format!("docs/reporters/{}.md", page.plugin));
        let reporters = blocks(&text, "toml");
        assert_eq!(reporters.len(), text.matches("[[reporter]]").count(), "each is a reporter");
        for reporter in reporters {
            let name = reporter.split('"').nth(1).expect("a name");
            let (host, sink) = host(&page, &reporter).await;
            let mut told = String::new();
            for (revision, results) in [("abc123", 0), ("def456", 2)] {
                let before = sink.count();
                let source = acme_source("https://bitbucket.example.com/P/R.git", Some(revision));
                host.acme_build(&[source], properties(results), results).await;
                let _ = writeln!(told, "### The build of {revision} ended with {results}\n");
                for request in &sink.received()[before..] {
                    let _ = writeln!(told, "{}\n", shown(request));
                }
            }
            insta::assert_snapshot!(format!("{}-{name}", page.plugin), told);
            host.stop().await;
        }
    }
}

#[tokio::test]
async fn reporters_of_the_page_about_batches_push_them() {
    let reporters = blocks(&super::read("docs/reporters/status-push.md"), "toml");
    assert_eq!(reporters.len(), 2, "all of them are tried");
    let sink = HttpSink::start(None).await.expect("a server");
    let here = reporters[0].replace("http://example.com", &format!("http://127.0.0.1:{}", sink.port()));
    let setup = Setup::default().plugins(&["status-push", "push_callback"]);
    let host = setup.allow(format!("127.0.0.1:{}", sink.port())).toml(&here).toml(&reporters[1]).start().await;
    host.finished_build("linux", 0).await;
    let told = status_push::arrived(&sink, 10).await;
    assert_eq!(told[&10]["event"], "builderChangedState");
    assert!(sink.received().iter().all(|request| request.target == "/submit"));
    host.rendered().await;
    host.forgotten("print", "packets/").await;
    host.settle().await;
    let mine = host.deliveries().await.into_iter().filter(|delivery| delivery["reporter"] == "print");
    assert_eq!(mine.count(), 0, "it prints");
    host.stop().await;
}
