//! Test reports: really sent, marked, and nothing else comes of them.

use campanile::data::Data;
use campanile::data::Site;
use campanile::model::About;
use campanile::model::BuildId;
use campanile::model::EventBody;
use campanile::model::Extent;
use campanile::model::Grounds;
use campanile::model::MADE_UP;
use campanile::model::Previous;
use campanile::model::ReporterEvent;
use campanile::model::Seq;
use campanile::model::Timestamp;
use campanile::model::Want;
use campanile::store::Options;
use campanile::store::Store;
use campanile_sinks::HttpSink;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpReply;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::campanile;
use mail_parser::MessageParser;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;

async fn smtp() -> SmtpSink {
    SmtpSink::start(SmtpOptions::default()).await.expect("a server")
}

fn request(params: Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": "test", "params": params})
}

/// What `campanile reporter test failures` prints, with the port of the server taken out.
async fn tested(host: &TestHost, sink: &SmtpSink, more: &[&str]) -> String {
    let arguments = [&["reporter", "test", "failures", "--server", &host.url], more].concat();
    campanile(&arguments).await.succeeds().replace(&sink.port().to_string(), "…")
}

async fn why_not(host: &TestHost, arguments: &[&str]) -> String {
    campanile(&[&["reporter", "test", "--server", &host.url], arguments].concat()).await.fails()
}

#[tokio::test]
async fn a_test_report_is_delivered_and_marked() {
    let sink = smtp().await;
    let settings = "mode = [\"problem\"]\nmessageFormatter = {template_type = \"plain\"}";
    let host = Setup::default().mail("failures", sink.port(), settings).start().await;
    let events = host.get("health").await["events"].clone();
    insta::assert_snapshot!(tested(&host, &sink, &[]).await, @r#"
    a build of "test" that never was, failure, told by "failures":
      delivery 1 to smtp://127.0.0.1:…: delivered
    1 of 1 delivered; `campanile delivery show` has more
    "#);
    let mail = sink.received().remove(0);
    let subject = MessageParser::default().parse(&mail.data).and_then(|mail| mail.subject().map(str::to_owned));
    assert_eq!(subject.as_deref(), Some("[test] ☠ Buildbot (Example CI): test - this is a test (main)"));
    let mail = mail.text();
    for part in
        ["A new failure has been detected on builder test", "Build state: this is a test", "test report, asked for"]
    {
        assert!(mail.contains(part), "{part}: {mail}");
    }
    assert_eq!(host.get("health").await["events"], events, "nothing happened");
    assert_eq!(host.get("builds").await["builds"], json!([]));
    assert_eq!(host.get("builders").await["builders"], json!([]));
}

#[tokio::test]
async fn templates_formatters_and_filters_see_the_build_that_never_was() {
    let sink = smtp().await;
    let template = "{{ build.number }} {{ buildername }} {{ status_detected }} {{ previous_results }} {{ blamelist }} \
                    {{ build.properties.branch[0] }} {{ build.properties.level[0] }} {{ build.state_string }}";
    let settings = format!(
        "branches = [\"dev\"]\ntags = [\"c\"]\nmode = [\"change\"]\nmessageFormatter = {{template = \"{template}\"}}"
    );
    let setup = Setup::default().mail("failures", sink.port(), &settings);
    let host = setup.edit("sendToInterestedUsers = false", "lookup = \"example.net\"").start().await;
    let more = [
        "--builder",
        "linux",
        "--tag",
        "c",
        "--property",
        "branch=dev",
        "--property",
        "level=7",
        "--user",
        "ann",
        "--results",
        "success",
        "--previous",
        "failure",
    ];
    tested(&host, &sink, &more).await;
    let mail = sink.received().remove(0);
    assert_eq!(mail.recipients, ["ann@example.net", "builds@example.org"]);
    assert!(mail.text().contains("0 linux restored build 2 ['ann'] dev 7 this is a test"), "{}", mail.text());
}

#[tokio::test]
async fn a_getter_is_asked_about_the_build_that_never_was() {
    let sink = smtp().await;
    let template = "messageFormatter = {template = \"{{ status_detected }} after {{ previous_results }}\"}";
    let settings = format!("mode = [\"problem\"]\npreviousBuildGetter = \"same_branch\"\n{template}");
    let setup = Setup::default().plugins(&["same_branch", "misbehaving_getter"]);
    let host = setup.mail("failures", sink.port(), &settings).start().await;
    tested(&host, &sink, &[]).await;
    let said = why_not(&host, &["failures", "--previous", "failure"]).await;
    assert!(said.contains("makes no message of it"), "{said}");
    let retry = "previousBuildGetter = {plugin = \"misbehaving_getter\", behaviour = \"retry\"}";
    let setup = host.stop().await.edit("previousBuildGetter = \"same_branch\"", retry);
    let said = why_not(&setup.start().await, &["failures"]).await;
    assert!(said.contains("failed: the plugin asks for another try: later"), "{said}");
    assert_eq!(sink.count(), 1);
    assert!(sink.received()[0].text().contains("new failure after 0"), "{}", sink.received()[0].text());
}

#[tokio::test]
async fn a_buildset_that_never_was_is_told_where_buildsets_are() {
    let sink = smtp().await;
    let settings =
        "buildSetSummary = true\nmessageFormatter = {template = \"{{ buildset.reason }} {{ is_buildset }}\"}";
    let host = Setup::default().mail("failures", sink.port(), settings).start().await;
    tested(&host, &sink, &[]).await;
    assert!(sink.received()[0].text().contains("a test report, asked for by hand True"));
}

#[tokio::test]
async fn what_does_not_arrive_is_told() {
    let sink = smtp().await;
    sink.change(|options| options.data = Some(SmtpReply::new(554, "not today")));
    let host = Setup::default().mail("failures", sink.port(), "builders = [\"linux\"]").start().await;
    let said = why_not(&host, &["failures"]).await;
    assert!(said.contains("makes no message of it: such a build may fit none of its modes or filters"), "{said}");
    let said = why_not(&host, &["failures", "--builder", "linux"]).await;
    assert_eq!(said, "", "it is on standard output");
    let delivery = &host.deliveries().await[0];
    assert_eq!((&delivery["state"], &delivery["event"]), (&json!("dead"), &json!(0)));
    assert!(delivery["key"].as_str().expect("a key").starts_with("test-2-"), "{delivery}");
    let said = why_not(&host, &["nobody"]).await;
    assert!(said.contains("no reporter \"nobody\"; there is: failures"), "{said}");
    let said = why_not(&host, &["failures", "--results", "zork"]).await;
    assert!(said.contains("there are success, warnings, failure"), "{said}");
    let (status, body) = host.post("reporters/failures", &request(json!({"results": 9}))).await;
    assert_eq!((status.as_u16(), &body["error"]["message"]), (400, &json!("invalid result code 9, expected 0 to 6")));
    let long = request(json!({"builder": "x".repeat(65 * 1024)}));
    assert_eq!(host.post("reporters/failures", &long).await.0.as_u16(), 400);
    let other = json!({"jsonrpc": "2.0", "id": 1, "method": "zork", "params": {}});
    assert_eq!(host.post("reporters/failures", &other).await.0.as_u16(), 501);
}

#[tokio::test]
async fn nothing_but_deliveries_comes_of_a_test() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "deliveries = [{key = \"a\", receipt = true, lane = \"l\", replace = \"r\"}]\nwake_ms = 1\nstop = true\n\
                    count = true";
    let setup = Setup::scripted(sink.port(), settings);
    let host = setup.edit("plugin = \"scripted\"", "plugin = \"scripted\"\nallow = [\"control\"]").start().await;
    for _ in 0..2 {
        let (status, body) = host.post("reporters/script", &request(json!({}))).await;
        assert!(status.is_success(), "{body}");
        assert_eq!(body["result"]["deliveries"][0]["state"], "delivered");
    }
    host.settle().await;
    let requests = sink.received();
    assert_eq!(requests.len(), 2, "no receipt, no wake-up");
    for request in &requests {
        assert_eq!(serde_json::from_str::<Value>(&request.text()).expect("JSON")["count"], 1);
        let mark = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("x-campanile-test"));
        assert_eq!(mark.map(|(_, value)| value.as_str()), Some("1"));
    }
    let kept = "SELECT count(*) FROM inbox";
    assert_eq!(host.database().query_row(kept, [], |row| row.get::<_, i64>(0)).expect("a count"), 0);
    let delivery = &host.deliveries().await[0];
    assert_eq!(
        (&delivery["lane"], &delivery["replace"], &delivery["receipt"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
}

#[tokio::test]
async fn a_plugin_that_fails_at_a_test_holds_nobody_up() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "until = \"builders/ready\"\ndeliveries = [{key = \"a\"}]";
    let host = Setup::scripted(sink.port(), settings).schedule(&[60_000; 4]).start().await;
    let said = why_not(&host, &["script"]).await;
    assert!(
        said.contains("the reporter \"script\" failed: the plugin asks for another try: it is not there yet"),
        "{said}"
    );
    assert_eq!(host.get("reporters").await["reporters"][0]["trouble"], Value::Null);
    host.builder("ready").await;
    campanile(&["reporter", "test", "script", "--server", &host.url]).await.succeeds();
}

#[tokio::test]
async fn a_reporter_that_is_held_is_not_heaped_with_tests() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "until = \"builders/ready\"\ndeliveries = [{key = \"a\"}]";
    let host = Setup::scripted(sink.port(), settings).schedule(&[0, 60_000, 60_000]).start().await;
    host.finished_build("linux", 0).await;
    host.troubled().await;
    let first = heaped(&host).await;
    assert!(first.contains("has test reports enough that wait for it; is it held?"), "{first}");
}

/// Asks for so many test reports that ten wait for the reporter; the first answer is to the one that is too many.
async fn heaped(host: &TestHost) -> String {
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..11 {
        let request = host.client.post(format!("{}/api/v2/reporters/script", host.url));
        let request = request.header("content-type", "application/json").body(request_text());
        asking.spawn(async move { request.send().await.expect("an answer").text().await.expect("a text") });
    }
    asking.join_next().await.expect("an answer").expect("it is asked")
}

#[tokio::test]
async fn tests_that_go_first_after_a_restart_do_not_begin_a_held_call_anew() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "until = \"builders/ready\"\ndeliveries = [{key = \"a\"}]";
    let host = Setup::scripted(sink.port(), settings).schedule(&[0, 600_000]).start().await;
    host.finished_build("linux", 0).await;
    host.troubled().await;
    heaped(&host).await;
    let host = host.stop().await.start().await;
    host.settle().await;
    let reporters = host.get("reporters").await;
    let incidents = reporters["reporters"][0]["incidents"].as_array().expect("a list");
    let of_kind = |kind: &str| incidents.iter().filter(|incident| incident["kind"] == kind).count();
    assert_eq!((of_kind("test"), of_kind("given_up")), (10, 1), "{incidents:#?}");
    assert!(reporters.to_string().contains("tried 2 times: it is not there yet"), "{incidents:#?}");
}

fn request_text() -> String {
    request(json!({})).to_string()
}

#[tokio::test]
async fn a_reporter_that_asks_for_no_builds_has_no_test() {
    let settings = "[[reporter.settings.generators]]\nkind = \"WorkerMissingGenerator\"";
    let host = Setup::default().mail("failures", 25, settings).start().await;
    let said = why_not(&host, &["failures"]).await;
    assert!(
        said.contains("a test report is a build that ended, and \"failures\" asks for none: only for workers/*/m"),
        "{said}"
    );
}

#[tokio::test]
async fn the_build_that_never_was_is_there_for_its_own_report_alone() {
    let host = Setup::default().start().await;
    host.finished_build("linux", 0).await;
    let setup = host.stop().await;
    let store = Store::open(&Options::new(setup.folder().join("campanile.db"))).expect("the store opens");
    let data = Data::new(store, Site { title: String::new(), url: String::new() });
    let report = data.build_report(BuildId(1), Want::ALL).await.expect("a build");
    let body = EventBody::Build(Box::new(report));
    let event = Arc::new(ReporterEvent { seq: Seq(1), topic: "builds/1/finished".to_owned(), at: Timestamp(0), body });
    let context = async |build, previous| {
        let grounds = Grounds { mode: Vec::new(), previous };
        data.formatter_context(&About::Build(build), (&grounds, &Extent::USUAL), Some(Arc::clone(&event))).await
    };
    context(BuildId(1), Previous::Usual).await.expect("the event's build");
    for (build, previous) in [(MADE_UP, Previous::Usual), (BuildId(1), Previous::Build(MADE_UP))] {
        let refused = context(build, previous).await.expect_err("there is no such build");
        assert_eq!(refused.to_string(), "no build 0");
    }
    let refused = data.build_as_told(MADE_UP, Want::ALL, Some(event)).await.expect_err("there is no such build");
    assert_eq!(refused.to_string(), "no build 0");
}
