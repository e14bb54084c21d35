//! Buildbot's own web client, in a real browser, against us: its pages show builders, a build and its steps, and follow
//! a running build by the WebSocket.
//!
//! Chromium, playwright-core and the pages are installed by `cargo xtask test`; the pages are Buildbot's package as it is.

use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncWriteExt;
use tokio::io::BufReader;
use tokio::io::Lines;
use tokio::process::Child;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::process::Command;

const CHROMIUM: &str = "/usr/bin/chromium";

/// Longer than the script's own patience with one page.
const PATIENCE: Duration = Duration::from_secs(180);

/// What `cargo xtask test` has put there.
fn tools() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/browser");
    for needed in [PathBuf::from(CHROMIUM), folder.join("node_modules/playwright-core"), pages(&folder)] {
        assert!(needed.exists(), "{} is missing: run the suite by `cargo xtask test`", needed.display());
    }
    folder
}

fn pages(tools: &Path) -> PathBuf {
    tools.join("pages/buildbot_www/static")
}

/// The script, under way.
struct Browser {
    process: Child,
    input: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Browser {
    fn start(tools: &Path, url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser/pages.mjs");
        let mut process = Command::new("node")
            .arg(script)
            .arg(tools)
            .args([CHROMIUM, url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts");
        let input = process.stdin.take().expect("a pipe");
        let lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        Self { process, input, lines }
    }

    async fn line(&mut self) -> Value {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await.expect("the browser comes on");
        let line = line.expect("a line").expect("the script goes on; what it said of its failure stands above");
        serde_json::from_str(&line).expect("JSON")
    }

    /// Returns when the pages show what that stage expects.
    async fn reaches(&mut self, stage: &str) {
        assert_eq!(self.line().await, json!({"stage": stage}));
    }

    async fn go_on(&mut self) {
        self.input.write_all(b"go on\n").await.expect("it listens");
    }
}

/// Two builders, a worker, and a running build with a step.
async fn running_build(host: &TestHost) {
    host.update("masterActive", json!({"name": "master", "masterid": 1})).await;
    for name in ["linux", "windows"] {
        host.builder(name).await;
    }
    host.update("updateBuilderList", json!({"masterid": 1, "builderNames": ["linux", "windows"]})).await;
    host.update("findSchedulerId", json!({"name": "nightly"})).await;
    let worker = host.update("findWorkerId", json!({"name": "wrk"})).await;
    let configured = json!({"workerid": worker, "masterid": 1, "builderids": [1, 2]});
    host.update("workerConfigured", configured).await;
    host.update("workerConnected", json!({"workerid": worker, "masterid": 1, "workerinfo": {"admin": "ada"}})).await;
    let stamp = json!({"branch": "main", "revision": "abc123", "repository": "https://example.org/r.git", "project": "belfry",
                       "codebase": ""});
    for (method, params) in [
        (
            "addChange",
            json!({"author": "Ada <ada@example.org>", "comments": "ring", "files": ["bell.c"], "branch": "main",
            "revision": "abc123", "repository": "https://example.org/r.git", "project": "belfry", "codebase": ""}),
        ),
        (
            "addBuildset",
            json!({"waited_for": false, "builderids": [1], "reason": "a push", "scheduler": "s", "sourcestamps": [stamp]}),
        ),
        ("claimBuildRequests", json!({"brids": [1]})),
        ("addBuild", json!({"builderid": 1, "buildrequestid": 1, "workerid": worker})),
        (
            "setBuildProperties",
            json!({"buildid": 1, "properties": {"branch": ["main", "Build"], "workername": ["wrk", "Worker"]}}),
        ),
        ("setBuildStateString", json!({"buildid": 1, "state_string": "building"})),
        ("generateNewBuildEvent", json!({"buildid": 1})),
        ("addStep", json!({"buildid": 1, "name": "compile"})),
        ("startStep", json!({"stepid": 1})),
        ("addLog", json!({"stepid": 1, "name": "stdio", "type": "s"})),
        ("appendLog", json!({"logid": 1, "content": "hmake\nook\n"})),
    ] {
        host.update(method, params).await;
    }
}

#[tokio::test]
async fn buildbots_web_client_shows_a_build_and_follows_it() {
    let tools = tools();
    let pages = pages(&tools);
    let host = Setup::default().toml(&format!("[www]\ndirectory = {:?}\n", pages.display().to_string())).start().await;
    running_build(&host).await;
    let mut browser = Browser::start(&tools, &host.url);
    browser.reaches("running").await;
    for (method, params) in [
        ("finishLog", json!({"logid": 1})),
        ("finishStep", json!({"stepid": 1, "results": 0, "hidden": false})),
        ("addStep", json!({"buildid": 1, "name": "link objects"})),
        ("startStep", json!({"stepid": 2})),
        ("setStepStateString", json!({"stepid": 2, "state_string": "linking"})),
    ] {
        host.update(method, params).await;
    }
    browser.go_on().await;
    browser.reaches("live").await;
    for (method, params) in [
        ("finishStep", json!({"stepid": 2, "results": 0, "hidden": false})),
        ("setBuildStateString", json!({"buildid": 1, "state_string": "build successful"})),
        ("finishBuild", json!({"buildid": 1, "results": 0})),
        ("completeBuildRequests", json!({"brids": [1], "results": 0})),
    ] {
        host.update(method, params).await;
    }
    browser.go_on().await;
    let report = browser.line().await;
    check(&report);
    assert!(browser.process.wait().await.expect("it ends").success());
}

fn check(report: &Value) {
    assert_eq!((&report["failed"], &report["errors"]), (&json!([]), &json!([])), "{report:#}");
    let lines = |value: &Value| -> Vec<String> {
        value.as_array().expect("a list").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let received = lines(&report["frames"]["received"]);
    for key in ["steps/2/new", "steps/2/started", "builds/1/finished"] {
        assert!(received.iter().any(|frame| frame.contains(key)), "{key} came over the WebSocket: {received:#?}");
    }
    assert!(received.iter().all(|frame| !frame.contains("\"error\"")), "{received:#?}");
    let requests = lines(&report["requests"]);
    for path in ["/config", "/api/v2/builders", "/api/v2/builds"] {
        assert!(requests.iter().any(|line| line.starts_with(&format!("200 {path}"))), "{path}: {requests:#?}");
    }
}

#[tokio::test]
async fn pages_stand_next_to_the_api() {
    let refused = Setup::default().toml("[www]\ndirectory = \"pages\"\n").refused().await;
    assert!(refused.contains("www.directory: there is no index.html in"), "{refused}");
    let setup = Setup::default();
    std::fs::create_dir(setup.folder().join("pages")).expect("a folder");
    std::fs::write(setup.folder().join("pages/index.html"), "<p>hello</p>").expect("a page");
    std::fs::write(setup.folder().join("secret"), "x").expect("a file beside");
    let host = setup.toml("[www]\ndirectory = \"pages\"\n").start().await;
    let get = async |path: &str| {
        let answer = host.client.get(format!("{}{path}", host.url)).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    };
    for path in ["/", "/index.html"] {
        assert_eq!(get(path).await, (200, "<p>hello</p>".to_owned()), "{path}");
    }
    for path in ["/nowhere", "/api/v3", "/%2e%2e/secret", "/..%2fsecret"] {
        let (status, body) = get(path).await;
        assert!(status == 404 && body.contains("nothing is found at"), "{path}: {status} {body}");
    }
    let config: Value = serde_json::from_str(&get("/config").await.1).expect("JSON");
    assert_eq!((&config["title"], &config["user"]), (&json!("Example CI"), &json!({"anonymous": true})));
    assert!(get("/avatar?email=ada@example.org").await.1.starts_with("<svg"));
    assert_eq!(host.try_get("zork").await.0, 404);
    let without = Setup::default().start().await;
    assert_eq!(without.client.get(format!("{}/config", without.url)).send().await.expect("an answer").status(), 404);
}
