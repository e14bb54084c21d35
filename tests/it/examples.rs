//! The example formatters in three languages: for one and the same build each says the same, byte for byte.

use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedMail;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::play;
use mail_parser::MessageParser;
use mail_parser::MimeHeaders;
use serde_json::Value;
use serde_json::json;
use std::fs::File;

/// What the examples are called, by language.
const LANGUAGES: [&str; 3] = ["", "-python", "-javascript"];

/// A host with a mail reporter for each language of each example; the recipient says which.
async fn host(generator: &str) -> (TestHost, SmtpSink) {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let mut setup = Setup::default();
    for plugin in ["short", "html"].iter().flat_map(|kind| LANGUAGES.map(|language| format!("{kind}{language}"))) {
        let settings = format!(
            "generators = [{{kind = \"{generator}\", mode = [\"passing\", \"failing\", \"warnings\", \"exception\", \
             \"cancelled\"], message_formatter = \"{plugin}\"}}]"
        );
        setup = setup.plugins(&[&plugin]).mail(&plugin, sink.port(), &settings);
        setup = setup.edit("builds@example.org", &format!("{plugin}@example.org"));
    }
    (start(setup).await, sink)
}

/// The first start compiles Python, several times; those of other tests wait for it rather than do the same.
async fn start(setup: Setup) -> TestHost {
    let turn = File::create(std::env::temp_dir().join("campanile-test-examples.lock")).expect("a file");
    turn.lock().expect("it is locked");
    setup.start().await
}

/// The kind and the text of each mail to `plugin`, sorted: the order of arrival is no promise.
fn texts(mails: &[ReceivedMail], plugin: &str) -> Vec<(String, String)> {
    let recipient = format!("{plugin}@example.org");
    let text = |mail: &ReceivedMail| {
        let parsed = MessageParser::default().parse(&mail.data).expect("it is a mail");
        let part = parsed.part(parsed.text_body[0]).expect("there is a text");
        let kind = part.content_type().and_then(|kind| kind.subtype()).unwrap_or_default();
        (kind.to_owned(), part.text_contents().unwrap_or_default().replace("\r\n", "\n"))
    };
    let mut texts: Vec<_> = mails.iter().filter(|mail| mail.recipients == [recipient.as_str()]).map(text).collect();
    texts.sort();
    texts
}

/// What the languages say alike.
async fn alike((host, sink): (TestHost, SmtpSink), kind: &str) -> Vec<(String, String)> {
    host.settle().await;
    let mails = sink.received();
    let [rust, python, javascript] = LANGUAGES.map(|language| texts(&mails, &format!("{kind}{language}")));
    assert!(!rust.is_empty(), "the example says something");
    assert_eq!(rust, python);
    assert_eq!(rust, javascript);
    let incidents = host.get("reporters").await;
    let troubled = |reporter: &Value| !reporter["incidents"].as_array().is_none_or(Vec::is_empty);
    assert!(!incidents["reporters"].as_array().expect("a list").iter().any(troubled), "{incidents}");
    rust
}

#[tokio::test]
async fn all_languages_say_the_same_of_a_recorded_run() {
    let (host, sink) = host("BuildStatusGenerator").await;
    play(&host, "belfry.jsonl").await;
    host.settle().await;
    let mails = sink.received();
    for kind in ["short", "html"] {
        let [rust, python, javascript] = LANGUAGES.map(|language| texts(&mails, &format!("{kind}{language}")));
        assert_eq!((rust.len(), &rust), (10, &python), "{kind}");
        assert_eq!(rust, javascript, "{kind}");
    }
    let html = texts(&mails, "html");
    let failed = html.iter().find(|(_, text)| text.contains("status: FAILURE")).expect("one build failed");
    insta::assert_snapshot!(failed.1);
}

/// A build of two codebases, one with a patch, that was made by somebody who means harm; its log is long.
async fn hostile(host: &TestHost) {
    let builder = host.builder("<script>x</script>").await;
    let change = json!({"author": "Eve \"<b>\" <eve@example.net>", "comments": "</table><script>alert('x')</script>\nü & 鐘",
        "files": ["a&b.c", "<img src=x>.c"], "branch": "main", "revision": "1", "repository": "r<r>", "project": "p'p",
        "when_timestamp": 951_782_400});
    host.update("addChange", change).await;
    let stamps = json!([
        {"branch": "main", "revision": "1", "repository": "r<r>", "project": "p'p", "codebase": ""},
        {"codebase": "do<c>s", "patch_body": "- a\n+ b\n", "patch_level": 1, "patch_author": "eve", "patch_comment": "<try>"},
    ]);
    let set = json!({"waited_for": false, "builderids": [builder], "reason": "<img src=x onerror=alert(1)>",
        "scheduler": "s", "sourcestamps": stamps, "properties": {"owner": ["Eve <eve@example.net>", "x"]}});
    let set = host.update("addBuildset", set).await;
    let request = &set["brids"][builder.to_string()];
    let build =
        host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await["buildid"].take();
    let properties = json!({"workername": ["w'1\"<i>", "x"]});
    host.update("setBuildProperties", json!({"buildid": build, "properties": properties})).await;
    let step = host.update("addStep", json!({"buildid": build, "name": "te<s>t"})).await["stepid"].take();
    host.update("startStep", json!({"stepid": step})).await;
    let log = host.update("addLog", json!({"stepid": step, "name": "stdio", "type": "s"})).await;
    let lines: String = (1..=100).map(|number| format!("o{number} <b>&amp;</b> 'ü' \"🔔\"\n")).collect();
    let long = format!("{lines}e{}\nhended\n", "🔔".repeat(3_000));
    host.update("appendLog", json!({"logid": log, "content": long})).await;
    host.update("finishLog", json!({"logid": log})).await;
    host.update("finishStep", json!({"stepid": step, "results": 2, "hidden": false})).await;
    host.update("addStep", json!({"buildid": build, "name": "never begun"})).await;
    host.update("finishBuild", json!({"buildid": build, "results": 2})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": 2})).await;
}

#[tokio::test]
async fn what_means_harm_is_escaped_alike() {
    let there = host("BuildStatusGenerator").await;
    hostile(&there.0).await;
    let html = alike(there, "html").await;
    insta::assert_snapshot!(html[0].1.replace(&"🔔".repeat(1_000), "(1,000 bells)"));
    assert_eq!((html.len(), html[0].0.as_str()), (1, "html"));
}

#[tokio::test]
async fn a_buildset_as_a_whole_is_told_alike() {
    let there = host("BuildSetStatusGenerator").await;
    hostile(&there.0).await;
    let short = alike(there, "short").await;
    assert_eq!(short, [("plain".to_owned(), "STATUS: Failure\n\n\n".to_owned())]);
}

#[tokio::test]
async fn lines_that_are_too_much_for_one_answer_are_fewer() {
    let there = host("BuildStatusGenerator").await;
    let host = &there.0;
    let built = host.finished_build("linux", 0).await;
    let builder = built.builderid;
    let set = host.update("addBuildset", json!({"waited_for": false, "builderids": [builder]})).await;
    let request = &set["brids"][builder.to_string()];
    let build =
        host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await["buildid"].take();
    let step = host.update("addStep", json!({"buildid": build, "name": "large"})).await["stepid"].take();
    let log = host.update("addLog", json!({"stepid": step, "name": "notes", "type": "t"})).await;
    for number in 1..=80 {
        let content = format!("{number} {}\n", "x".repeat(30_000));
        host.update("appendLog", json!({"logid": log, "content": content})).await;
    }
    host.update("finishStep", json!({"stepid": step, "results": 1, "hidden": false})).await;
    host.update("finishBuild", json!({"buildid": build, "results": 1})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": 1})).await;
    let html = alike(there, "html").await;
    let large = &html.iter().find(|(_, text)| text.contains("large.notes")).expect("it is told").1;
    let first = large.split("<pre>\n").nth(1).and_then(|log| log.split(' ').next());
    assert_eq!((first, large.contains("\n80 xxx")), (Some("61"), true), "80 lines and 40 are too much, 20 are not");
}

#[tokio::test]
async fn a_format_fn_posts_the_same_in_each_language() {
    let sink = HttpSink::start(None).await.expect("a server");
    let plugins = ["build_json", "build-json-python", "build-json-javascript"];
    let mut setup =
        Setup::default().allow(format!("127.0.0.1:{}", sink.port())).plugins(&["http-push"]).plugins(&plugins);
    for plugin in plugins {
        let settings = format!(
            "serverUrl = \"http://127.0.0.1:{}/{plugin}\"\nwantProperties = true\n\
             format_fn = {{plugin = \"{plugin}\", property = \"got_revision\"}}\n",
            sink.port()
        );
        setup = setup.reporter(plugin, "http-push", &settings);
    }
    let host = start(setup).await;
    host.finished_build("li\"nux ü", 2).await;
    host.settle().await;
    let posted = |plugin: &str| {
        let received = sink.received();
        let of = received.iter().filter(|request| request.target == format!("/{plugin}"));
        let mut posted: Vec<Value> = of.map(|request| serde_json::from_str(&request.text()).expect("JSON")).collect();
        posted.sort_by_key(|one| one["state"].to_string());
        posted
    };
    let one = |state: &str| json!({"text": "li\"nux ü #1", "state": state, "branch": "abc123", "url": "https://ci.example.org/#/builders/1/builds/1"});
    for plugin in plugins {
        assert_eq!(posted(plugin), [one("failure"), one("running")], "{plugin}");
    }
}
