//! The status-push reporter against a web server: batches over restarts, failures, and requests that are too large.

use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedRequest;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::campanile;
use campanile_tests::finished_build;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

async fn sink() -> HttpSink {
    HttpSink::start(None).await.expect("a server")
}

/// What failed is pushed anew by the reporter, so the host tries each push once.
fn setup(sink: &HttpSink, settings: &str) -> Setup {
    let settings = format!(
        "serverUrl = \"http://127.0.0.1:{}/submit\"\nbufferDelay = 0.1\nretryDelay = 0.1\n{settings}",
        sink.port()
    );
    let setup = Setup::default().plugins(&["status-push"]).allow(format!("127.0.0.1:{}", sink.port()));
    setup.reporter("push", "status-push", &settings)
}

/// The fields of a form.
fn form(request: &ReceivedRequest) -> BTreeMap<String, String> {
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    let url = reqwest::Url::parse(&format!("http://x/?{}", request.text())).expect("a form");
    url.query_pairs().into_owned().collect()
}

fn packets(request: &ReceivedRequest) -> Vec<Value> {
    serde_json::from_str(&form(request)["packets"]).expect("JSON")
}

fn ids(request: &ReceivedRequest) -> Vec<u64> {
    packets(request).iter().map(|packet| packet["id"].as_u64().expect("an id")).collect()
}

/// All packets that came, by id; one that came twice was the same.
pub(crate) async fn arrived(sink: &HttpSink, count: usize) -> BTreeMap<u64, Value> {
    let mut requests = 1;
    loop {
        let waited = tokio::time::timeout(Duration::from_secs(60), sink.wait_for(requests)).await;
        let mut found = BTreeMap::new();
        for packet in waited.expect("a request comes").iter().flat_map(packets) {
            let id = packet["id"].as_u64().expect("an id");
            let before = found.insert(id, packet.clone());
            assert!(before.is_none_or(|before| before == packet), "another packet with the id {id}: {packet}");
        }
        if found.len() >= count {
            assert_eq!(found.len(), count);
            assert!(found.keys().copied().eq(1..=count as u64), "{:?}", found.keys());
            return found;
        }
        requests = sink.count() + 1;
    }
}

fn names(packets: &BTreeMap<u64, Value>) -> Vec<&str> {
    packets.values().map(|packet| packet["event"].as_str().expect("a name")).collect()
}

/// What a short build is told as.
const OF_A_BUILD: [&str; 10] = [
    "requestSubmitted",
    "buildsetSubmitted",
    "builderChangedState",
    "buildStarted",
    "stepStarted",
    "logStarted",
    "logFinished",
    "stepFinished",
    "buildFinished",
    "builderChangedState",
];

async fn change(host: &TestHost, comments: &str) {
    host.update("addChange", json!({"author": "ann", "comments": comments, "files": ["a.c"]})).await;
}

#[tokio::test]
async fn a_build_is_told_as_the_older_buildbot_did() {
    let sink = sink().await;
    let settings = "[reporter.settings.extra_post_params]\nproject = \"belfry\"\ntoken = \"%(secret:token)s\"\n";
    let host = setup(&sink, settings).secret("token", "s3 cret").start().await;
    host.finished_build("linux", 2).await;
    let told = arrived(&sink, 10).await;
    assert_eq!(names(&told), OF_A_BUILD);
    let first = &sink.received()[0];
    assert_eq!((first.method.as_str(), first.target.as_str()), ("POST", "/submit"));
    let fields = form(first);
    assert_eq!((fields["project"].as_str(), fields["token"].as_str(), fields.len()), ("belfry", "s3 cret", 3));
    let mut packet = told[&9].clone();
    let moment = |text: &Value| text.as_str().is_some_and(|text| text.len() == 26 && text.ends_with(".000000"));
    assert!(moment(&packet["timestamp"]) && moment(&packet["started"]), "{packet}");
    let times = packet["payload"]["build"]["times"].take();
    assert!(times[0].is_u64() && times[1].is_u64(), "{times}");
    let stamp = json!({"branch": "main", "revision": "abc123", "repository": "https://example.org/r.git",
        "project": "belfry"});
    let page = "https://ci.example.org/#/builders/1/builds/1/steps/0/logs/stdio";
    let mut step = packet["payload"]["build"]["steps"][0].take();
    step["times"].take();
    assert_eq!(
        step,
        json!({"name": "test", "step_number": 0, "text": ["pending"], "results": [2, []], "isStarted": true,
            "isFinished": true, "times": null, "logs": [["stdio", page]]})
    );
    let build = json!({"builderName": "linux", "number": 1, "sourceStamps": [stamp], "reason": "a test",
        "properties": [["branch", "main", "Build"], ["got_revision", "abc123", "Git"], ["reason", "a test", "tests"],
            ["scheduler", "tests", "Scheduler"], ["workername", "worker-1", "Worker"]],
        "times": null, "text": ["failed test"], "results": 2, "slave": "worker-1", "logs": [["stdio", page]],
        "steps": [null]});
    let expected = json!({"id": 9, "timestamp": packet["timestamp"], "project": "Example CI",
        "started": told[&1]["timestamp"], "event": "buildFinished", "payload": {"build": build}});
    assert_eq!(packet, expected);
    host.stop().await;
}

#[tokio::test]
async fn masters_builders_workers_and_requests_are_told() {
    let sink = sink().await;
    let host = setup(&sink, "").start().await;
    host.update("masterActive", json!({"name": "main", "masterid": 1})).await;
    host.update("updateBuilderList", json!({"masterid": 1, "builderNames": ["linux"]})).await;
    let worker = host.update("findWorkerId", json!({"name": "w1"})).await;
    let info = json!({"workerid": worker, "masterid": 1, "workerinfo": {"admin": "ada", "host": "box"}});
    host.update("workerConnected", info).await;
    let state = |paused: bool| json!({"workerid": worker, "paused": paused});
    host.update("set_worker_paused", state(true)).await;
    host.rendered().await;
    host.update("set_worker_paused", state(false)).await;
    host.rendered().await;
    host.update("set_worker_graceful", json!({"workerid": worker, "graceful": true})).await;
    host.update("workerDisconnected", json!({"workerid": worker, "masterid": 1})).await;
    let set = json!({"waited_for": false, "builderids": [host.builder("linux").await], "reason": "a test",
        "scheduler": "tests", "sourcestamps": []});
    let request = host.update("addBuildset", set).await["brids"].as_object().expect("requests")["1"].clone();
    let cancel = json!({"jsonrpc": "2.0", "id": 1, "method": "cancel", "params": {"reason": "why not"}});
    assert!(host.post(&format!("buildrequests/{request}"), &cancel).await.0.is_success());
    host.update("updateBuilderList", json!({"masterid": 1, "builderNames": []})).await;
    host.update("masterStopped", json!({"name": "main", "masterid": 1})).await;
    let told = arrived(&sink, 11).await;
    assert_eq!(
        names(&told),
        [
            "start",
            "builderAdded",
            "slaveConnected",
            "slavePaused",
            "slaveUnpaused",
            "slaveDisconnected",
            "requestSubmitted",
            "buildsetSubmitted",
            "requestCancelled",
            "buildedRemoved",
            "shutdown",
        ]
    );
    let slave = json!({"name": "w1", "admin": "ada", "host": "box", "connected": true});
    assert_eq!(told[&3]["payload"], json!({"slave": slave}));
    host.stop().await;
}

#[tokio::test]
async fn a_callback_makes_json_of_a_batch() {
    let sink = sink().await;
    let host = setup(&sink, "serverPushCb = \"push_callback\"").plugins(&["push_callback"]).start().await;
    change(&host, "one").await;
    let request = &sink.wait_for(1).await[0];
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(
        serde_json::from_str::<Value>(&request.text()).expect("JSON"),
        json!([{"id": 1, "event": "changeAdded"}])
    );
    host.stop().await;
}

#[tokio::test]
async fn a_test_report_is_a_packet_of_its_own() {
    let sink = sink().await;
    let host = setup(&sink, "").start().await;
    campanile(&["reporter", "test", "push", "--server", &host.url]).await.succeeds();
    let told = packets(&sink.wait_for(1).await[0]);
    assert_eq!((&told[0]["event"], &told[0]["id"], told.len()), (&json!("buildFinished"), &json!(1), 1));
    change(&host, "the first that counts").await;
    let told = packets(&sink.wait_for(2).await[1]);
    assert_eq!((&told[0]["event"], &told[0]["id"]), (&json!("changeAdded"), &json!(1)));
    host.stop().await;
}

#[tokio::test]
async fn killed_at_any_time_it_loses_nothing_and_gives_no_id_twice() {
    let sink = sink().await;
    let setup = setup(&sink, "chunkSize = 7");
    let mut builder = None;
    for round in 1..=4 {
        let host = ProcessHost::start(&setup).await;
        if builder.is_none() {
            builder = host.post("updates/findBuilderId", &json!({"name": "linux"})).await["result"].as_i64();
        }
        for _ in 0..3 {
            host.post("updates", &finished_build(builder.expect("an id"), 2)).await;
        }
        // Some rounds end with a push under way, whose end nobody hears of.
        if round % 2 == 0 {
            sink.answer(Answer::default().fault(HttpFault::Stall));
            sink.wait_for(sink.count() + 1).await;
        }
        host.kill().await;
    }
    let host = ProcessHost::start(&setup).await;
    let told = arrived(&sink, 4 * 3 * 10).await;
    assert!(told.values().all(|packet| packet["started"] == told[&1]["started"]), "one count over all lives");
    assert_eq!(host.terminate().await, Some(0));
}

#[tokio::test]
async fn after_failures_it_goes_on_with_one_packet_and_then_with_all() {
    let sink = sink().await;
    sink.answer(Answer::status(503));
    sink.answer(Answer::status(400));
    sink.answer(Answer::default().fault(HttpFault::Drop));
    let host = setup(&sink, "bufferDelay = 0.5").edit("bufferDelay = 0.1\n", "").start().await;
    for number in 1..=4 {
        change(&host, &format!("change {number}")).await;
    }
    let told = arrived(&sink, 4).await;
    assert_eq!(names(&told), ["changeAdded"; 4]);
    sink.wait_for(5).await;
    let requests = sink.received();
    let pushed: Vec<Vec<u64>> = requests.iter().map(ids).collect();
    assert_eq!(pushed, [vec![1, 2, 3, 4], vec![1], vec![1], vec![1], vec![2, 3, 4]]);
    host.settle().await;
    let states: Vec<Value> = host.deliveries().await.into_iter().map(|mut d| d["state"].take()).collect();
    assert_eq!(states, ["expired", "dead", "expired", "delivered", "delivered"]);
    let tries: Vec<Value> = host.deliveries().await.into_iter().map(|mut d| d["tries"].take()).collect();
    assert_eq!(tries, [1, 1, 1, 1, 1], "each push is tried once");
    host.stop().await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_halved_and_a_packet_dropped_that_always_will_be() {
    let sink = sink().await;
    let settings = "bufferDelay = 0.5\nmaxHttpRequestSize = 5000\n";
    let mut host = setup(&sink, settings).edit("bufferDelay = 0.1\n", "").start().await;
    host.expect_error("a packet is dropped");
    for number in 1..=8 {
        change(&host, &if number == 5 { "x".repeat(6000) } else { "x".repeat(800) }).await;
    }
    let mut pushed = Vec::new();
    while pushed.len() < 7 {
        pushed = sink.wait_for(sink.count() + 1).await.iter().flat_map(ids).collect();
    }
    assert_eq!(pushed, [1, 2, 3, 4, 6, 7, 8], "the fifth is not among them");
    assert!(sink.received().iter().all(|request| request.body.len() < 5000));
    assert_eq!(sink.received().iter().map(|request| ids(request).len()).max(), Some(4));
    host.settle().await;
    let skipped = host.deliveries().await.into_iter().find(|delivery| delivery["state"] == "skipped").expect("a row");
    assert_eq!(skipped["key"], "packet 5");
    assert!(skipped["reason"].as_str().expect("a reason").contains("5000 bytes or more"), "{skipped}");
    host.stop().await;
}
