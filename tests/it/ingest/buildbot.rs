//! A real Buildbot that runs real builds, and posts them as the page about it says.

use campanile_sinks::SmtpOptions;
use campanile_sinks::SmtpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::buildbot::Buildbot;
use serde_json::Value;
use serde_json::json;

const PAGE: &str = include_str!("../../../docs/buildbot.md");

const BUILDERS: &str = r#"
def factory(*commands):
    return util.BuildFactory([steps.ShellCommand(command=command, name=name, workdir=".", logEnviron=False)
        for name, command in commands])
c['builders'] = [
    util.BuilderConfig(name="linux", workernames=["w1"], tags=["nightly"],
        factory=factory(("greet", "echo grüß Gott; echo oops >&2"), ("compile", "echo no rule; exit 3"))),
    util.BuilderConfig(name="mac", workernames=["w1"], factory=factory(("greet", "echo hello"))),
]
c['schedulers'] = [schedulers.AnyBranchScheduler(name="all", builderNames=["linux", "mac"], treeStableTimer=None)]
"#;

/// One builder, which begins no build.
const NEVER_BUILT: &str = r#"
c['builders'] = [util.BuilderConfig(name="linux", workernames=["w1"], factory=util.BuildFactory(),
    canStartBuild=lambda builder, worker, request: False)]
c['schedulers'] = [schedulers.AnyBranchScheduler(name="all", builderNames=["linux"], treeStableTimer=None)]
"#;

const CHANGE: [(&str, &str); 6] = [
    ("author", "Ada <ada@example.org>"),
    ("comments", "mend the bell"),
    ("revision", "abc123"),
    ("branch", "main"),
    ("repository", "https://github.com/o/r"),
    ("project", "p"),
];

/// The blocks of the page in Python, as they are written for a host at `url`.
fn blocks(url: &str) -> Vec<String> {
    let blocks = PAGE.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(|block| block.replace("http://127.0.0.1:8010", url)).collect()
}

/// A configuration that posts as `services` say.
fn configuration(services: &str) -> String {
    format!("{BUILDERS}\nTOKEN = 'none'\nc['services'] = []\n{services}\n")
}

/// A host that sends mails, and its relay.
async fn host(settings: &str) -> (TestHost, SmtpSink) {
    let relay = SmtpSink::start(SmtpOptions::default()).await.expect("a relay");
    (Setup::default().mail("mails", relay.port(), settings).start().await, relay)
}

/// What the Buildbot itself says.
async fn asked(buildbot: &Buildbot, host: &TestHost, path: &str) -> Value {
    let answer = host.client.get(format!("http://127.0.0.1:{}/api/v2/{path}", buildbot.port)).send().await;
    serde_json::from_str(&answer.expect("an answer").text().await.expect("a text")).expect("JSON")
}

/// What is the same here and there: a path below a build, the list that it answers, and fields.
const OF_A_BUILD: [(&str, &str, &[&str]); 3] = [
    ("", "builds", &["number", "complete", "results", "state_string", "started_at", "complete_at"]),
    ("/steps", "steps", &["number", "name", "results", "state_string", "started_at", "complete_at", "hidden"]),
    ("/steps/1/logs/stdio/contents", "logchunks", &["firstline", "content"]),
];

/// Fields of each of a list.
fn each(list: &Value, fields: &[&str]) -> Vec<Vec<Value>> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| fields.iter().map(|field| one[*field].clone()).collect()).collect()
}

#[tokio::test]
async fn what_it_built_is_here_as_it_is_there() {
    let (host, relay) =
        host("[[reporter.settings.generators]]\nkind = \"BuildSetStatusGenerator\"\nmode = \"all\"\n").await;
    let page = blocks(&host.url);
    let buildbot = Buildbot::start(&configuration(&page[1])).await.expect("a Buildbot");
    buildbot.change(&CHANGE).await;
    let mails = relay.wait_for(1).await;
    host.settle().await;
    assert!(mails[0].text().contains("A failed build has been detected on builder linux"), "{}", mails[0].text());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for builder in ["linux", "mac"] {
        let query = format!("builders?name={builder}");
        let there = asked(&buildbot, &host, &query).await["builders"][0]["builderid"].clone();
        let here = host.get(&query).await["builders"][0]["builderid"].clone();
        for (path, list, fields) in OF_A_BUILD {
            theirs.extend(each(
                &asked(&buildbot, &host, &format!("builders/{there}/builds/1{path}")).await[list],
                fields,
            ));
            ours.extend(each(&host.get(&format!("builders/{here}/builds/1{path}")).await[list], fields));
        }
    }
    assert_eq!(ours, theirs);
    assert!(ours.iter().flatten().any(|value| value.as_str().is_some_and(|text| text.contains("ogrüß Gott\n"))));
    let buildset = host.get("buildsets").await["buildsets"].clone();
    assert_eq!(each(&buildset, &["complete", "results"]), [[Value::from(true), Value::from(2)]]);
    assert_eq!(each(&host.get("builders").await["builders"], &["name"]).len(), 2);
}

#[tokio::test]
async fn a_request_that_is_cancelled_before_it_is_built_ends() {
    let host = Setup::default().start().await;
    let services = format!("{}\n{NEVER_BUILT}", blocks(&host.url)[1]);
    let buildbot = Buildbot::start(&configuration(&services)).await.expect("a Buildbot");
    buildbot.change(&CHANGE).await;
    let waiting = "buildrequests?complete=false";
    until(&host, async || !host.get(waiting).await["buildrequests"].as_array().is_some_and(Vec::is_empty)).await;
    let request = asked(&buildbot, &host, waiting).await["buildrequests"][0]["buildrequestid"].clone();
    let url = format!("http://127.0.0.1:{}/api/v2/buildrequests/{request}", buildbot.port);
    let cancel = json!({"jsonrpc": "2.0", "id": 1, "method": "cancel", "params": {"reason": "a newer one"}});
    let post = host.client.post(url).header("content-type", "application/json").body(cancel.to_string());
    assert!(post.send().await.expect("an answer").status().is_success());
    until(&host, async || {
        !host.get("buildsets?complete=true").await["buildsets"].as_array().is_some_and(Vec::is_empty)
    })
    .await;
    let requests = host.get("buildrequests?results=6").await["buildrequests"].clone();
    assert_eq!(each(&requests, &["complete", "claimed"]), [[true, false].map(Value::from)], "{requests}");
}

/// Returns when it is so.
async fn until(host: &TestHost, is_so: impl AsyncFn() -> bool) {
    let mut bell = host.bell();
    while !is_so().await {
        host.told(&mut bell).await;
    }
}

#[tokio::test]
async fn one_line_is_enough_and_the_authors_come_along() {
    let (host, relay) = host("mode = [\"failing\"]\n").await;
    let buildbot = Buildbot::start(&configuration(&blocks(&host.url)[0])).await.expect("a Buildbot");
    buildbot.change(&CHANGE).await;
    let mails = relay.wait_for(1).await;
    host.settle().await;
    assert!(mails[0].text().contains("ada@example.org"), "{}", mails[0].text());
}

#[tokio::test]
async fn changes_come_along_where_the_formatter_adds_them() {
    let (host, relay) = host("mode = [\"failing\"]\n").await;
    let buildbot = Buildbot::start(&configuration(&blocks(&host.url)[2])).await.expect("a Buildbot");
    buildbot.change(&CHANGE).await;
    relay.wait_for(1).await;
    host.settle().await;
    let changes = host.get("changes").await["changes"].clone();
    let fields = ["author", "comments", "revision", "branch", "repository", "project"];
    let expected = CHANGE.map(|(_, value)| Value::from(value));
    assert_eq!(each(&changes, &fields), [expected]);
}
