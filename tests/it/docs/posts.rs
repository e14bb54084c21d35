//! The reporters of the page about HTTP pushes, each as it stands there, but for the server's address: what they post about
//! a build that passed and one that failed.

use super::PLUGINS;
use super::SECRETS;
use super::blocks;
use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedRequest;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use std::fmt::Write;

/// A secret that signs, and is a password too.
const SECRET: &str = "C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// The reporter, whose server is here.
fn posts_here(reporter: &str, port: u16) -> String {
    let lines = reporter.lines().map(|line| match line.strip_prefix("serverUrl = \"") {
        Some(url) => {
            let path = url.splitn(4, '/').nth(3).expect("a path");
            format!("serverUrl = \"http://127.0.0.1:{port}/{path}")
        }
        None => line.to_owned(),
    });
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!(text.matches("127.0.0.1").count(), 1, "{text}");
    text
}

async fn host(reporter: &str) -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    let named = |plugin: &&&str| reporter.contains(&format!("\"{plugin}\""));
    let plugins: Vec<&str> = PLUGINS.iter().filter(named).copied().collect();
    let setup = Setup::default().plugins(&plugins).allow(format!("127.0.0.1:{}", sink.port()));
    let setup = SECRETS.iter().fold(setup, |setup, name| setup.secret(name, SECRET));
    (setup.toml(&posts_here(reporter, sink.port())).start().await, sink)
}

/// Times of this century are other ones each time.
fn without_times(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|number| number > 1_500_000_000) => "<time>".into(),
        Value::Array(list) => list.into_iter().map(without_times).collect(),
        Value::Object(object) => object.into_iter().map(|(key, inner)| (key, without_times(inner))).collect(),
        other => other,
    }
}

/// Where it went, who asked, and what it says.
fn shown(request: &ReceivedRequest) -> String {
    let body = without_times(serde_json::from_str(&request.text()).expect("JSON"));
    let has = |name: &str| request.header(name).map(|value| format!("{name}: {value}\n")).unwrap_or_default();
    let by = [has("authorization"), has("x-token")].concat();
    let signed = if request.header("webhook-signature").is_some() { "signed\n" } else { "" };
    let body = serde_json::to_string_pretty(&body).expect("JSON");
    format!("{} {}\n{by}{signed}{body}", request.method, request.target)
}

#[tokio::test]
async fn reporters_of_the_page_about_pushes_post_what_they_should() {
    let page = super::read("docs/reporters/http-push.md");
    let reporters = blocks(&page, "toml");
    assert_eq!(reporters.len(), page.matches("[[reporter]]").count(), "each is a reporter");
    for reporter in reporters {
        let name = reporter.split('"').nth(1).expect("a name");
        let (host, sink) = host(&reporter).await;
        let mut told = String::new();
        for results in [0, 2] {
            let before = sink.count();
            host.finished_build("linux", results).await;
            host.settle().await;
            let _ = writeln!(told, "### The build ended with {results}\n");
            for request in &sink.received()[before..] {
                let _ = writeln!(told, "{}\n", shown(request));
            }
        }
        insta::assert_snapshot!(format!("http-push-{name}"), told);
        host.stop().await;
    }
}

/// The page leaves out what says little of what belongs to a build, and makes nothing up.
#[tokio::test]
async fn the_object_of_the_page_about_pushes_is_that_of_a_build() {
    let page = super::read("docs/reporters/http-push.md");
    let (host, sink) = host(&blocks(&page, "toml")[0]).await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let posted: Value = serde_json::from_str(&sink.received()[1].text()).expect("JSON");
    let written: Value = serde_json::from_str(&blocks(&page, "json")[0]).expect("JSON");
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<String>>();
    assert_eq!(keys(&written), keys(&posted));
    for part in ["builder", "buildrequest", "buildset"] {
        let unknown: Vec<_> = keys(&written[part]).into_iter().filter(|key| posted[part].get(key).is_none()).collect();
        assert!(unknown.is_empty(), "{part} has no {unknown:?}");
    }
}
