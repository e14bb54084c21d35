//! A plugin's project from `campanile plugin new` to a host that runs it, in each language.

use campanile_sinks::HttpSink;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Project;
use campanile_tests::Setup;
use campanile_tests::campanile_in;
use serde_json::json;
use std::path::Path;

/// The templates in Rust have tests of their own, which run here.
#[path = "../../host/templates/rust/address-lookup.rs"]
mod address_lookup_template;
#[path = "../../host/templates/rust/change-hook.rs"]
mod change_hook_template;
#[path = "../../host/templates/rust/message-formatter.rs"]
mod message_formatter_template;
#[path = "../../host/templates/rust/reporter.rs"]
mod reporter_template;
#[path = "../../host/templates/rust/review-callbacks.rs"]
mod review_callbacks_template;

/// A host with the component in its plugins directory.
fn with(component: &Path) -> Setup {
    let name = component.file_name().expect("a file").to_string_lossy().into_owned();
    let setup = Setup::default().plugin_bytes(&name, &std::fs::read(component).expect("it reads"));
    setup.toml(&format!("[plugins]\ncache = {:?}\n", Project::cache()))
}

async fn a_formatter_writes_mails(language: &str) {
    let project = Project::new("my-words", "message-formatter", language).await;
    let component = project.build().await;
    assert!(project.test(&[]).await.succeeds().ends_with("2 fixtures, 0 failed\n"));
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let settings = "mode = [\"failing\"]\nmessageFormatter = {plugin = \"my-words\", steps = true}";
    let host = with(&component).mail("failures", sink.port(), settings).start().await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let mail = sink.received()[0].text();
    assert!(mail.contains("Subject: linux: BUILD FAILED: failed test\r\n"), "{mail}");
    assert!(mail.contains("builds/1\r\nfailed: test\r\n"), "{mail}");
}

async fn a_reporter_posts(language: &str) {
    let project = Project::new("my-posts", "reporter", language).await;
    let component = project.build().await;
    assert!(project.test(&[]).await.succeeds().ends_with("3 fixtures, 0 failed\n"));
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = format!("url = \"http://127.0.0.1:{}/hook\"\ntoken = \"hook\"", sink.port());
    let setup = with(&component).secret("hook", "open sesame").allow(format!("127.0.0.1:{}", sink.port()));
    let host = setup.reporter("posts", "my-posts", &settings).start().await;
    host.finished_build("linux", 0).await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let posts = sink.received();
    assert_eq!((posts.len(), posts[0].target.as_str()), (1, "/hook"));
    assert_eq!(posts[0].header("authorization"), Some("Bearer open sesame"));
    let told: serde_json::Value = serde_json::from_str(&posts[0].text()).expect("JSON");
    assert_eq!(
        (&told["builder"], &told["number"], &told["state"]),
        (&"linux".into(), &2.into(), &"failed test".into())
    );
}

async fn a_lookup_finds_addresses(language: &str) {
    let project = Project::new("my-people", "address-lookup", language).await;
    let component = project.build().await;
    assert!(project.test(&[]).await.succeeds().ends_with("2 fixtures, 0 failed\n"));
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let settings = "lookup = {plugin = \"my-people\", domain = \"example.org\"}";
    let setup = with(&component).mail("people", sink.port(), settings);
    let setup = setup.edit("sendToInterestedUsers = false", "").edit("extraRecipients = [\"builds@example.org\"]", "");
    let host = setup.start().await;
    let set = json!({"waited_for": false, "builderids": [host.builder("linux").await], "reason": "a push",
        "properties": {"owner": ["ada", "x"]}});
    let request = host.update("addBuildset", set).await["brids"]["1"].take();
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": request})).await;
    host.update("setBuildProperties", json!({"buildid": 1, "properties": {"owner": ["ada", "x"]}})).await;
    host.update("finishBuild", json!({"buildid": 1, "results": 2})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": 2})).await;
    host.settle().await;
    assert_eq!(sink.received()[0].recipients, ["ada@example.org"]);
}

async fn callbacks_review(language: &str) {
    let project = Project::new("my-votes", "review-callbacks", language).await;
    let component = project.build().await;
    assert!(project.test(&[]).await.succeeds().ends_with("3 fixtures, 0 failed\n"));
    let arguments = ["plugin", "inspect", component.to_str().expect("a path")];
    let shown = campanile_in(project.place(), &[], &arguments).await.succeeds();
    assert!(shown.contains("review-callbacks"), "{shown}");
}

async fn a_hook_adds_changes(language: &str) {
    let project = Project::new("belfry", "change-hook", language).await;
    let component = project.build().await;
    assert!(project.test(&[]).await.succeeds().ends_with("2 fixtures, 0 failed\n"));
    let hook = "[[change_hook]]\ndialect = \"belfry\"\n[change_hook.settings]\nproject = \"tower\"\n";
    let host = with(&component).toml(hook).start().await;
    let post = async |body: &str| {
        let request = host.client.post(format!("{}/change_hook/belfry", host.url)).header("x-event", "push");
        let answer = request.body(body.to_owned()).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a text"))
    };
    let commit = json!({"id": "c0ffee", "author": "Ada", "message": "Ring — twice", "files": ["bell"]});
    let body = json!({"repository": "https://forge/belfry", "branch": "main", "commits": [commit]}).to_string();
    assert_eq!(post(&body).await, (202, "1 change found".to_owned()));
    let change = host.get("changes").await["changes"][0].take();
    assert_eq!((&change["project"], &change["comments"]), (&json!("tower"), &json!("Ring — twice")));
    let (status, said) = post("{\"commits\": [").await;
    assert!(status == 400 && said.starts_with("the payload does not parse: "), "{status} {said}");
}

/// The tutorial's formatter asks for a thousand lines at once; of a log whose lines are more than an answer may have, it
/// shows none, and the rest is told.
async fn a_log_of_long_lines_is_passed_over(block: &str, (language, file): (&str, &str)) {
    let tutorial = include_str!("../../docs/tutorial.md");
    let code = tutorial.split(&format!("```{block}\n")).nth(1).and_then(|rest| rest.split("```").next());
    let project = Project::new("why", "message-formatter", language).await;
    project.write(file, code.expect("the formatter comes first"));
    project.build().await;
    let step = json!({"name": "compile", "results": 2, "logs": {"stdio": vec!["error ".repeat(300); 1_000]}});
    let body = ["linux: BUILD FAILED: failed", "Please look: ", "https://ci.example.org/#/builders/1/builds/1"];
    let fixture = json!({
        "data": {"builds": [{"builder": "linux", "results": 2, "steps": [step]}]},
        "context": "builds/1",
        "formatted": {"kind": "plain", "body": body},
    });
    project.write("fixtures/long.json", &fixture.to_string());
    let said = project.test(&[]).await.stdout;
    assert!(said.contains("fixtures/long.json  ok"), "{said}");
}

#[tokio::test]
async fn the_formatters_of_the_tutorial_pass_over_logs_of_long_lines() {
    a_log_of_long_lines_is_passed_over("python", ("python", "app.py")).await;
    a_log_of_long_lines_is_passed_over("javascript", ("js", "app.js")).await;
}

#[tokio::test]
async fn rust_projects_run() {
    a_formatter_writes_mails("rust").await;
    a_reporter_posts("rust").await;
    callbacks_review("rust").await;
    a_lookup_finds_addresses("rust").await;
    a_hook_adds_changes("rust").await;
}

#[tokio::test]
async fn python_projects_run() {
    a_formatter_writes_mails("python").await;
    a_reporter_posts("python").await;
    callbacks_review("python").await;
    a_lookup_finds_addresses("python").await;
    a_hook_adds_changes("python").await;
}

#[tokio::test]
async fn javascript_projects_run() {
    a_formatter_writes_mails("js").await;
    a_reporter_posts("js").await;
    callbacks_review("js").await;
    a_lookup_finds_addresses("js").await;
    a_hook_adds_changes("js").await;
}

#[tokio::test]
async fn what_is_not_as_expected_is_shown_and_can_be_taken_over() {
    let project = Project::new("words", "message-formatter", "js").await;
    let said = project.test(&[]).await.fails();
    assert!(said.contains("there is no component in words; build it: words/build.sh"), "{said}");
    project.build().await;
    let wrong = project.read("fixtures/failed.json").replace("failed: compile", "failed: link");
    project.write("fixtures/failed.json", &wrong);
    let differs = project.test(&[]).await;
    let shown = differs.stdout.clone();
    differs.fails();
    for line in [
        "fixtures/failed.json  FAILED",
        "-    \"failed: link\"",
        "+    \"failed: compile\"",
        "fixtures/passed.json  ok",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    assert!(shown.ends_with("2 fixtures, 1 failed\n"), "{shown}");
    let updated = project.test(&["--update"]).await.succeeds();
    assert!(
        updated.contains("fixtures/failed.json  updated") && updated.contains("fixtures/passed.json  ok"),
        "{updated}"
    );
    project.test(&[]).await.succeeds();
    let after = project.read("fixtures/failed.json");
    let kept = wrong.split_once("  \"formatted\"").expect("it stands in it").0;
    assert!(after.starts_with(kept) && after.contains("failed: compile"), "{after}");
}

/// What `campanile plugin test` says of the reporter with this fixture alone.
async fn said_of(project: &Project, fixture: &str) -> String {
    project.write("fixtures/one.json", fixture);
    let ended = project.test(&[]).await;
    let said = ended.stdout.clone();
    ended.fails();
    said
}

#[tokio::test]
async fn a_fixture_that_says_nothing_sensible_is_told_what_it_could_say() {
    let project = Project::new("posts", "reporter", "js").await;
    project.build().await;
    let url = "\"settings\": {\"url\": \"https://ci.example/\"}";
    for (fixture, said) in [
        ("{".to_owned(), "it is no JSON object"),
        (format!("{{{url}}}"), "it has no `event`: say \"builds/1/finished\""),
        (
            format!("{{{url}, \"event\": \"builds/1/finished\"}}"),
            "event: `data` causes no builds/1/finished, but masters/1/started",
        ),
        (
            format!("{{{url}, \"event\": \"builds/1/new\", \"data\": {{\"builds\": [{{}}]}}}}"),
            "event: the reporter did not ask to be told of builds/1/new, but of builds/*/finished",
        ),
        (
            format!("{{{url}, \"event\": \"builds/1/new\", \"data\": {{\"builds\": [{{\"results\": \"bad\"}}]}}}}"),
            "\"bad\" is no result; there are: success, warnings, failure",
        ),
        (
            format!(
                "{{{url}, \"event\": {{\"wake\": \"x\"}}, \"data\": {{\"builds\": [{{\"steps\": [{{\"name\": \"a\", \
                 \"logs\": {{\"stdio\": [], \"more\": \"\"}}}}]}}]}}}}"
            ),
            "it expects nothing yet; with --update it expects what came",
        ),
        (
            format!("{{{url}, \"event\": \"x\", \"data\": {{\"updates\": [{{\"method\": \"addBild\"}}]}}}}"),
            "data: unknown update method \"addBild\"",
        ),
        (
            format!("{{{url}, \"event\": {{\"wake\": \"x\"}}}}"),
            "it expects nothing yet; with --update it expects what came",
        ),
    ] {
        let shown = said_of(&project, &fixture).await;
        assert!(shown.contains(said), "{fixture}: {shown}");
    }
}

#[tokio::test]
async fn what_a_host_would_deny_is_told() {
    let project = Project::new("posts", "reporter", "js").await;
    let unmarked = project.read("app.js").replace(", \"x-campanile\": \"http-origin\"", "");
    project.write("app.js", &unmarked);
    project.build().await;
    let differs = project.test(&[]).await;
    let denied = "+      \"denied\": \"http-origin https://ci.example.org is not granted:";
    assert!(differs.stdout.contains(denied), "{}", differs.stdout);
    let granted = project.read("fixtures/failed.json").replacen('{', "{\"allow\": [\"https://ci.example.org\"],", 1);
    project.write("fixtures/failed.json", &granted);
    project.test(&[]).await.succeeds();
}

#[tokio::test]
async fn names_and_folders_that_will_not_do_are_refused() {
    let project = Project::new("words", "message-formatter", "js").await;
    let new = async |name: &str, language: &str, more: &[&str]| {
        let arguments = [&["plugin", "new", name, "--kind", "reporter", "--lang", language], more].concat();
        campanile_in(project.place(), &[], &arguments).await.fails()
    };
    assert!(new("words", "js", &[]).await.contains("there is a words already; take another name"));
    assert!(
        new("http-push", "js", &[]).await.contains("`http-push` comes with the host, and yours would take its place")
    );
    assert!(new("My_Words", "js", &[]).await.contains("expected small letters, digits and `-`, a letter first"));
    assert!(new("../words", "js", &[]).await.contains("expected small letters"));
    assert!(new("others", "rust", &[]).await.contains("there is no SDK: it is not published yet, so say by --sdk"));
    assert!(new("others", "rust", &["--sdk", "/nowhere"]).await.contains("there is no SDK in /nowhere"));
    assert!(new("others", "cobol", &[]).await.contains("possible values: rust, python, js"));
    assert!(!project.place().join("others").exists(), "what is refused leaves nothing");
    let tested = campanile_in(project.place(), &[], &["plugin", "test", "nowhere"]).await.fails();
    assert!(tested.contains("there is no folder nowhere; name the one that `campanile plugin new` made"), "{tested}");
}
