//! The reporters of the pages about forges, each as it stands there, but for the forge's address: what they send about a
//! build that passed and one that failed.

use super::blocks;
use campanile_sinks::Answer;
use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedRequest;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;
use std::fmt::Write;

/// The pages, and a repository of the kind that each is about.
const PAGES: [(&str, &str); 4] = [
    ("github", "https://github.com/o/r.git"),
    ("github-comment", "https://github.com/o/r.git"),
    ("gitlab", "https://gitlab.com/o/r.git"),
    ("gerrit-verify", "ssh://gerrit.example.com:29418/r"),
];

/// The reporter, whose forge is here.
fn told_here(reporter: &str, port: u16) -> String {
    let lines: Vec<&str> = reporter.lines().filter(|line| !line.starts_with("baseURL")).collect();
    let settings = "[reporter.settings]\n";
    let text = lines.join("\n");
    assert_eq!(text.matches(settings).count(), 1, "{text}");
    text.replace(settings, &format!("{settings}baseURL = \"http://127.0.0.1:{port}\"\n")) + "\n"
}

async fn host(plugin: &str, reporter: &str) -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer_always(Answer::status(201).body(r#"{"id":77}"#));
    let setup = Setup::default().plugins(&[plugin]).allow(format!("127.0.0.1:{}", sink.port()));
    let setup =
        ["github", "githubAPIToken", "gitlab", "gerrit"].iter().fold(setup, |setup, name| setup.secret(name, name));
    (setup.toml(&told_here(reporter, sink.port())).start_acme().await, sink)
}

/// What a build has from its builder, its change and its worker.
fn properties() -> Value {
    json!({
        "branch": ["main", "Build"],
        "workername": ["w1", "Worker"],
        "github_repo_owner": ["buildbot", "Builder"],
        "github_repo_name": ["bbtools", "Builder"],
        "event.change.number": [4321, "Change"],
        "event.patchSet.number": [2, "Change"],
    })
}

/// Where it went, who asked, and what it says.
fn shown(request: &ReceivedRequest) -> String {
    let by = ["authorization", "private-token"].into_iter().find_map(|name| request.header(name)).unwrap_or_default();
    let mut body: Value = serde_json::from_str(&request.text()).unwrap_or_default();
    // The marker of a comment is another one each time.
    if let Some((said, _)) = body["body"].as_str().and_then(|said| said.split_once("<!-- campanile")) {
        body["body"] = json!(format!("{said}<!-- campanile… -->"));
    }
    format!("{} {} ({by})\n{}", request.method, request.target, serde_json::to_string_pretty(&body).expect("JSON"))
}

#[tokio::test]
async fn reporters_of_the_pages_about_forges_send_what_they_should() {
    for (plugin, repository) in PAGES {
        let page = super::read(&format!("docs/reporters/{plugin}.md"));
        let reporters = blocks(&page, "toml");
        assert_eq!(reporters.len(), page.matches("[[reporter]]").count(), "each is a reporter");
        for reporter in reporters {
            let name = reporter.split('"').nth(1).expect("a name");
            let (host, sink) = host(plugin, &reporter).await;
            let mut told = String::new();
            for (revision, results) in [("abc123", 0), ("def456", 2)] {
                let before = sink.count();
                let mut source = acme_source(repository, Some(revision));
                if plugin == "github-comment" {
                    source["branch"] = json!("refs/pull/7/head");
                }
                host.acme_build(&[source], properties(), results).await;
                let _ = writeln!(told, "### The build of {revision} ended with {results}\n");
                for request in &sink.received()[before..] {
                    let _ = writeln!(told, "{}\n", shown(request));
                }
            }
            insta::assert_snapshot!(format!("{plugin}-{name}"), told);
            host.stop().await;
        }
    }
}
