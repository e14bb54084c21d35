//! The examples of the documents are true: configurations are accepted, code stands in a crate that is tested, calls
//! are taken.

mod mails;
mod posts;
mod pushes;
mod reviews;
mod runs;
mod sessions;
mod statuses;
mod tables;
mod tutorial;

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use serde_json::Value;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::io::BufReader;
use tokio::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents that have examples.
const DOCUMENTS: &[&str] = &[
    "docs/access.md",
    "README.md",
    "docs/configuration.md",
    "docs/data-api.md",
    "docs/deliveries.md",
    "docs/formatters.md",
    "docs/live.md",
    "docs/logs.md",
    "docs/plugins.md",
    "docs/reporters/bitbucket-server-pr.md",
    "docs/reporters/bitbucket-server.md",
    "docs/reporters/bitbucket.md",
    "docs/reporters/gerrit-verify.md",
    "docs/reporters/gerrit.md",
    "docs/reporters/github-comment.md",
    "docs/reporters/github.md",
    "docs/reporters/gitlab.md",
    "docs/reporters/http-push.md",
    "docs/reporters/irc.md",
    "docs/reporters/mail.md",
    "docs/reporters/pushover.md",
    "docs/reporters/stash.md",
    "docs/reporters/status-push.md",
    "docs/reporters/zulip.md",
    "examples/build-json-javascript/README.md",
    "examples/build-json-python/README.md",
    "examples/build-json/README.md",
    "examples/gerrit-callbacks/README.md",
    "examples/gerrit-callbacks-javascript/README.md",
    "examples/gerrit-callbacks-python/README.md",
    "examples/html-formatter/README.md",
    "examples/html-formatter-javascript/README.md",
    "examples/html-formatter-python/README.md",
    "examples/lookup/README.md",
    "examples/push-callback/README.md",
    "examples/same-branch/README.md",
    "examples/short-formatter/README.md",
    "examples/short-formatter-javascript/README.md",
    "examples/short-formatter-python/README.md",
];

/// The plugins that configurations of documents name.
const PLUGINS: &[&str] = &[
    "bitbucket",
    "bitbucket-server",
    "bitbucket-server-pr",
    "build-json-javascript",
    "build-json-python",
    "build_json",
    "gerrit",
    "gerrit-callbacks-javascript",
    "gerrit-callbacks-python",
    "gerrit-verify",
    "gerrit_callbacks",
    "github",
    "github-comment",
    "gitlab",
    "html",
    "html-javascript",
    "html-python",
    "http-push",
    "irc",
    "mail",
    "people",
    "push_callback",
    "pushover",
    "same_branch",
    "short",
    "short-javascript",
    "short-python",
    "stash",
    "status-push",
    "zulip",
];

/// The secrets that configurations of documents name.
const SECRETS: &[&str] = &[
    "bitbucket",
    "chat-token",
    "dashboard-password",
    "gerrit",
    "github",
    "githubAPIToken",
    "gitlab",
    "hook",
    "nickserv",
    "pushover-app",
    "pushover-user",
    "relay-password",
    "stash",
    "submit-password",
    "zulip",
];

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| rest.split("```").next()).map(str::to_owned).collect()
}

#[tokio::test]
async fn configurations_are_accepted() {
    let mut tried = 0;
    for document in DOCUMENTS {
        for block in blocks(&read(document), "toml").into_iter().filter(|block| !block.contains("[package]")) {
            // Where the plugins lie is up to the reader; the relay's address is not asked for at a check.
            let block = block.replace("target/dist/plugins", "plugins").replace("127.0.0.1:8010", "127.0.0.1:0");
            let named = |plugin: &&&str| block.contains(&format!("\"{plugin}\""));
            let plugins: Vec<&str> = PLUGINS.iter().filter(named).copied().collect();
            let setup = SECRETS.iter().fold(Setup::default(), |setup, name| setup.secret(name, "x"));
            let setup = setup.plugins(&plugins).alone(&block);
            let pages = setup.folder().join("pages/buildbot_www/static");
            std::fs::create_dir_all(&pages).expect("a folder");
            std::fs::write(pages.join("index.html"), "").expect("a page");
            let config = setup.config().expect("it reads");
            let checked = campanile::app::check(&config).await;
            assert!(checked.is_ok(), "{document}: {:#}\n{block}", checked.expect_err("it is refused"));
            tried += 1;
        }
    }
    assert!(tried >= 4, "{tried} configurations were found");
}

#[test]
fn rust_examples_stand_in_a_crate_that_is_built_and_tested() {
    let crates = ["build-json", "gerrit-callbacks", "ping", "short-formatter", "lookup"]
        .map(|name| read(&format!("examples/{name}/src/lib.rs")))
        .concat();
    let plain = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n");
    let crates = plain(&crates);
    for document in ["README.md", "docs/plugins.md", "docs/reporters/http-push.md"] {
        let found = blocks(&read(document), "rust");
        assert!(!found.is_empty(), "{document} has examples");
        for block in found {
            assert!(crates.contains(&plain(&block)), "{document}: this stands in no crate:\n{block}");
        }
    }
}

#[test]
fn the_format_fn_in_python_stands_in_a_plugin_that_is_built_and_tested() {
    let blocks = blocks(&read("docs/reporters/http-push.md"), "python");
    let found: Vec<&String> = blocks.iter().filter(|block| block.starts_with("class Formatting")).collect();
    let source = read("examples/build-json-python/formatter.py");
    assert!(found.len() == 1 && source.contains(found[0].as_str()), "{found:?}");
}

#[tokio::test]
async fn calls_of_the_readme_are_taken() {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let readme = read("README.md");
    let mut configuration = blocks(&readme, "toml").remove(0);
    for (written, here) in [
        ("target/dist/plugins", "plugins"),
        ("127.0.0.1:8010", "127.0.0.1:0"),
        ("10.0.0.25:25", &format!("127.0.0.1:{}", sink.port())),
        ("\"mail.example.org\"", &format!("\"127.0.0.1\"\nsmtpPort = {}", sink.port())),
    ] {
        assert!(configuration.contains(written), "{written} stands in it");
        configuration = configuration.replacen(written, here, 1);
    }
    let host = Setup::default().plugins(&["mail"]).alone(&configuration).start().await;
    let call = readme.split("/api/v2/updates --json '").nth(1).and_then(|rest| rest.split('\'').next());
    let call: Value = serde_json::from_str(call.expect("a call")).expect("JSON");
    let (status, body) = host.post("updates", &call).await;
    assert!(status.is_success(), "{body}");
    assert_eq!(body["results"].as_array().map(Vec::len), call.as_array().map(Vec::len));
    host.settle().await;
    let mails = sink.received();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].recipients == ["builds@example.org"] && mails[0].text().contains("failed tests"), "{mails:?}");
}

/// The calls of a document and what they print, in order.
fn calls(text: &str) -> Vec<(String, Value)> {
    let blocks = blocks(text, "console");
    let calls = blocks.iter().flat_map(|block| block.split("\n\n"));
    calls
        .map(|call| {
            let call = call.trim().strip_prefix("$ ").expect("a call begins with $");
            // The output is JSON, and stands on a line of its own; so do the lines of a call that are indented.
            let end = call.match_indices("\n{").map(|(at, _)| at).next().expect("something is printed");
            let printed =
                serde_json::from_str(&call[end..]).unwrap_or_else(|error| panic!("{error}: {}", &call[end..]));
            (call[..end].to_owned(), printed)
        })
        .collect()
}

/// All times as one: they are those of the run.
fn without_times(value: &mut Value) {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|number| number >= 1_000_000_000) => {
            *value = Value::from(1)
        }
        Value::Array(items) => items.iter_mut().for_each(without_times),
        Value::Object(fields) => fields.values_mut().for_each(without_times),
        _ => {}
    }
}

#[tokio::test]
async fn calls_of_the_data_api_print_what_they_are_said_to_print() {
    let host = Setup::default().start().await;
    let calls = calls(&read("docs/data-api.md"));
    assert!(calls.len() > 10, "{} calls were found", calls.len());
    for (call, mut expected) in calls {
        let here = call.replace("http://127.0.0.1:8010", &host.url);
        assert!(here.starts_with("curl ") && here != call, "{call}");
        let run = Command::new("sh").args(["-c", &here]).output().await.expect("a shell");
        let text = String::from_utf8_lossy(&run.stdout).into_owned();
        let mut found = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{call}\n{error}: {text:?} {run:?}"));
        without_times(&mut found);
        without_times(&mut expected);
        assert_eq!(found, expected, "{call}");
    }
}

#[tokio::test]
async fn streams_of_the_live_page_show_what_it_says() {
    let host = Setup::default().start().await;
    let page = read("docs/live.md");
    let shells = blocks(&page, "sh");
    assert_eq!(shells.len(), 3, "all of them are tried");
    let shown = blocks(&page, "text");
    for (index, shell) in shells.iter().enumerate() {
        let command = shell.replace("http://127.0.0.1:8010", &host.url).replace("curl ", "exec curl --silent ");
        let mut curl = Command::new("bash")
            .args(["-c", &command])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("bash starts");
        let mut lines = BufReader::new(curl.stdout.take().expect("a pipe")).lines();
        host.listened(1).await;
        if index == 0 {
            host.finished_build("linux", 0).await;
        }
        if index == 2 {
            host.update("addChange", serde_json::json!({})).await;
        }
        let expected = shown.get(index).map_or("data: {\"key\": [\"changes\", \"1\", \"new\"]", String::as_str);
        for wanted in expected.lines().filter(|line| !line.is_empty()) {
            // Positions and names are those of the day.
            let start =
                if wanted.starts_with("id: ") { "id: " } else { wanted.split('…').next().unwrap_or_default() };
            let start = start.split("5b0e5d3c").next().unwrap_or_default();
            let found = async {
                while !lines.next_line().await.expect("a line").expect("the stream goes on").starts_with(start) {}
            };
            let found = tokio::time::timeout(Duration::from_secs(20), found).await;
            assert!(found.is_ok(), "{command} shows no {wanted}");
        }
        curl.kill().await.expect("it is ended");
        host.listened(0).await;
    }
}

/// The examples one after another, as somebody types them: what curl shows is what the document shows.
#[tokio::test]
async fn a_log_is_sent_and_read_as_the_document_says() {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    let document = read("docs/logs.md");
    let here = |text: &str| {
        let text = text.replace("http://127.0.0.1:8010", &host.url).replace("\"stepid\": 12", "\"stepid\": 1");
        // The build of this test has a log already, and the one of the document becomes its second.
        text.replace("logs/7", "logs/2").replace("\"logid\": 7", "\"logid\": 2").replace("\"logid\":7", "\"logid\":2")
    };
    let mut shown = Vec::new();
    for block in blocks(&document, "sh") {
        let shell = Command::new("bash").args(["-euo", "pipefail", "-c", &here(&block)]).output().await;
        let output = shell.expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{block}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        shown.push(text);
    }
    let json: Vec<Value> = shown.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    for block in blocks(&document, "json") {
        let promised: Value = serde_json::from_str(&here(&block)).expect("JSON");
        assert!(json.contains(&promised), "{promised} is no answer: {json:?}");
    }
    let raw = blocks(&document, "text").remove(0);
    assert_eq!(shown.last(), Some(&raw));
}
