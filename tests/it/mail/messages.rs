//! What mails say, and what comes with them: read as who gets them reads them.

use super::reading::read;
use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// A host that reports as `settings` say, and where its mails arrive.
async fn host(settings: &str) -> (TestHost, SmtpSink) {
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let setup = Setup::default().plugins(&["misbehaving_formatter"]).secret("key", "open sesame");
    (setup.mail("mails", sink.port(), settings).start().await, sink)
}

/// The one mail about a failed build.
async fn failed(settings: &str) -> String {
    let (host, sink) = host(settings).await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    assert_eq!(sink.count(), 1);
    read(&sink.received()[0], &[])
}

/// A build of two builders' buildset with a patch by somebody who means harm.
async fn hostile(host: &TestHost) {
    let builder = host.builder("<script>x</script>").await;
    let other = host.builder("mac").await;
    let stamp = json!({"branch": "main", "project": "a&b", "codebase": "", "patch_body": "- a\n+ b\n", "patch_level": 1,
        "patch_author": "eve", "patch_comment": "try"});
    let properties = json!({"owner": ["Eve \"<b>\" <eve@example.net>", "x"], "project": ["a&b", "x"]});
    let set = json!({"waited_for": false, "builderids": [builder, other], "reason": "a\r\nBcc: all@example.org",
        "scheduler": "s", "sourcestamps": [stamp], "properties": properties});
    let set = host.update("addBuildset", set).await;
    for (index, id) in [builder, other].into_iter().enumerate() {
        finish(host, id, &set["brids"][id.to_string()], index == 0).await;
    }
}

async fn finish(host: &TestHost, builder: i64, request: &Value, fails: bool) {
    let build = host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await;
    let build = build["buildid"].clone();
    let properties =
        json!({"branch": ["main", "x"], "reason": ["<img src=x>\n2nd line", "x"], "workername": ["w'1\"", "x"]});
    host.update("setBuildProperties", json!({"buildid": build, "properties": properties})).await;
    let step = host.update("addStep", json!({"buildid": build, "name": "te<s>t"})).await["stepid"].clone();
    host.update("startStep", json!({"stepid": step})).await;
    let log = host.update("addLog", json!({"stepid": step, "name": "stdio", "type": "s"})).await;
    host.update("appendLog", json!({"logid": log, "content": "hmake test\no<b>bold</b>\neoops ü\n"})).await;
    host.update("finishLog", json!({"logid": log})).await;
    let results = if fails { 2 } else { 0 };
    host.update("finishStep", json!({"stepid": step, "results": results, "hidden": false})).await;
    let state = if fails { "failed\r\nSubject: mine" } else { "build successful" };
    host.update("setBuildStateString", json!({"buildid": build, "state_string": state})).await;
    host.update("finishBuild", json!({"buildid": build, "results": results})).await;
    host.update("completeBuildRequests", json!({"brids": [request], "results": results})).await;
}

#[tokio::test]
async fn a_template_is_told_what_buildbot_tells() {
    let settings = r#"
        mode = ["failing"]
        [reporter.settings.messageFormatter]
        template = """
{{ status_detected }} of {{ buildername }} for {{ projects }}: {{ summary }}
{{ build.number }} {{ build['results'] }} {{ result_names[build.results] }} {{ build.complete }} {{ previous_results }}
{{ build['properties']['got_revision'][0] }} {{ build.builder.name }} {{ build.buildset.reason }} {{ build_url }}
{{ sourcestamps }}{% for stamp in buildset.sourcestamps %}{{ stamp.repository }} {{ stamp.revision[:3] }}
{% endfor %}{{ mode }} {{ blamelist }} {{ workername }} {{ is_buildset }} {{ buildbot_title }} {{ buildbot_url }}
{% for step in build.steps %}{{ step.number }} {{ step.name }} {{ step.results }}
{% for log in step.logs %}{{ log.stepname }}.{{ log.name }} {{ log.url }} {{ log.url_raw }}
{{ log.content.content|indent(2, true) }}{% endfor %}{% endfor %}{{ team }}"""
        subject = "{{ buildername }} broke: {{ build.state_string }}"
        want_logs_content = ["stdio"]
        ctx = {team = "red"}
    "#;
    insta::assert_snapshot!(failed(settings).await);
}

#[tokio::test]
async fn a_template_is_not_told_what_it_does_not_want() {
    let template = "{{ build.properties is defined }} {{ build.steps is defined }} {{ build.number }} {{ workername }}";
    let settings = format!("messageFormatter = {{wantProperties = false, template = \"{template}\"}}");
    let mail = failed(&settings).await;
    assert!(mail.trim_end().ends_with("[plain]\nFalse False 1 worker-1"), "{mail}");
}

#[tokio::test]
async fn of_a_long_log_a_template_is_told_the_end() {
    let settings = r#"messageFormatter = {wantLogsContent = true, template = """{% set c = build.steps[0].logs[0].content -%}
{{ c.firstline + c.content.splitlines()|length }} {{ c.content|length > 1000000 }} {{ c.content.splitlines()|last }}"""}"#;
    let (host, sink) = host(settings).await;
    let builder = host.builder("linux").await;
    let set = host.update("addBuildset", json!({"waited_for": false, "builderids": [builder]})).await;
    let request = set["brids"][builder.to_string()].clone();
    let build =
        host.update("addBuild", json!({"builderid": builder, "buildrequestid": request})).await["buildid"].clone();
    let step = host.update("addStep", json!({"buildid": build, "name": "test"})).await["stepid"].clone();
    let log = host.update("addLog", json!({"stepid": step, "name": "stdio", "type": "s"})).await;
    for number in 0..3 {
        let lines: String = (0..10_000).map(|line| format!("o{number} {line} {}\n", "x".repeat(80))).collect();
        host.update("appendLog", json!({"logid": log, "content": lines})).await;
    }
    host.update("finishBuild", json!({"buildid": build, "results": 0})).await;
    host.settle().await;
    let mail = read(&sink.received()[0], &[]);
    assert!(mail.trim_end().ends_with(&format!("\n30000 True 2 9999 {}", "x".repeat(80))), "{mail}");
}

#[tokio::test]
async fn in_html_nothing_from_outside_is_markup() {
    let (host, sink) = host("mode = [\"failing\"]\naddLogs = true\nsubject = \"%(builder)s\"").await;
    hostile(&host).await;
    host.settle().await;
    assert_eq!(sink.count(), 1);
    insta::assert_snapshot!(read(&sink.received()[0], &[]));
}

#[tokio::test]
async fn an_html_template_escapes_too() {
    let template = "<p title='{{ workername }}'>{{ build.properties.reason[0] }} \
        {{ build.steps[0].logs[0].content.content }} {{ '<br>'|safe }}</p>";
    let settings = "messageFormatter = {template_type = \"html\", want_logs_content = true, template = \"TEMPLATE\"}";
    let (host, sink) = host(&["mode = [\"failing\"]\n", &settings.replace("TEMPLATE", template)].concat()).await;
    hostile(&host).await;
    host.settle().await;
    insta::assert_snapshot!(read(&sink.received()[0], &[]));
}

#[tokio::test]
async fn a_buildset_is_one_mail() {
    let settings = "buildSetSummary = true\naddLogs = [\"stdio\"]\nmessageFormatter = {template_type = \"plain\"}";
    let (host, sink) = host(settings).await;
    hostile(&host).await;
    host.settle().await;
    assert_eq!(sink.count(), 1);
    insta::assert_snapshot!(read(&sink.received()[0], &[]));
}

#[tokio::test]
async fn generators_tell_each_its_own() {
    let settings = r#"
        generators = [
            {kind = "BuildStartEndStatusGenerator", start_formatter = {kind = "MessageFormatterRenderable",
                template = "%(prop:branch:-none)s of %(src::project)s", subject = "start"}},
            {kind = "BuildRequestGenerator", builders = ["linux"]},
            {kind = "BuildSetCombinedStatusGenerator", message_formatter = {wantSteps = true, template =
                "{% for build in builds %}{{ build.builder.name }}: {{ build.steps|length }}{% endfor %}"}},
        ]
    "#;
    let one_line = settings.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    let (host, sink) = host(&one_line).await;
    host.finished_build("linux", 1).await;
    host.settle().await;
    let mut mails: Vec<String> = sink.received().iter().map(|mail| read(mail, &[])).collect();
    mails.sort();
    insta::assert_snapshot!(mails.join("===\n"));
}

#[tokio::test]
async fn a_missing_worker_is_told_to_those_whom_it_names() {
    let (host, sink) = host("").await;
    let worker = host.update("findWorkerId", json!({"name": "w1"})).await;
    let missing = json!({"workerid": worker, "masterid": 1, "last_connection": 1_767_323_045,
        "notify": ["admin@example.org", "nobody"]});
    host.update("workerMissing", missing).await;
    host.settle().await;
    insta::assert_snapshot!(read(&sink.received()[0], &[]));
}

#[tokio::test]
async fn extra_headers_are_filled_in_and_a_secret_in_one_is_granted() {
    let settings = r#"extraHeaders = {X-Branch = "%(prop:branch)s of %(src::project:?|%(src::project)s|none)s", X-Key = "%(secret:key)s", List-Id = "Bells <bells.example.org>", References = ""}"#;
    let (host, sink) = host(settings).await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let mail = read(&sink.received()[0], &["X-Branch", "X-Key", "List-Id", "References", "In-Reply-To"]);
    let expected = "\nX-Branch: main of belfry\nX-Key: open sesame\nList-Id: Bells <bells.example.org>\n\
        References: \nIn-Reply-To: \n";
    assert!(mail.contains(expected), "{mail}");
    assert!(!host.deliveries().await[0].to_string().contains("sesame"), "nothing that is shown has the secret");
}

#[tokio::test]
async fn a_formatter_that_crashes_loses_no_mail() {
    for behaviour in ["panic", "nothing"] {
        let formatter =
            format!("messageFormatter = {{plugin = \"misbehaving_formatter\", behaviour = \"{behaviour}\"}}");
        let mail = failed(&formatter).await;
        assert!(
            mail.contains("\nThe message formatter failed, so this is the default message. The reason: "),
            "{mail}"
        );
        assert!(mail.contains("\nA failed build has been detected on builder linux"), "{mail}");
        assert!(mail.contains("- 0: test ( failure )\n    Logs:\n        - stdio: "), "{mail}");
    }
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once_and_where() {
    let settings = r#"
        mode = "all"
        lookup = "a@b"
        extraHeaders = {X-A = "%(prop:a", X-B = "%(secret:nowhere)s"}
        generators = [{kind = "BuildStatusGenerator", mode = ["red"], builderz = ["a"]}]
    "#;
    let sink = SmtpSink::start(SmtpOptions::default()).await.expect("a server");
    let setup = |settings: &str| Setup::default().mail("mails", sink.port(), settings);
    let told = setup(settings).refused().await;
    for part in [
        "settings.generators.0.builderz: unknown setting \"builderz\", did you mean \"builders\"?",
        "settings.lookup: `a@b` is no domain",
        "settings.extraHeaders.X-A: `%(prop:a` is not closed",
        "settings.extraHeaders.X-B: ",
    ] {
        assert!(told.contains(part), "{part}\nin {told}");
    }
    let told = setup("messageFormatter = {template = \"a\\n{% for %}\"}\nmode = [\"red\"]").refused().await;
    for part in ["settings.messageFormatter.template: line 2: ", "settings.mode.0: `red` is no mode"] {
        assert!(told.contains(part), "{part}\nin {told}");
    }
}
