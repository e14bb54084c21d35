//! Messages to a stream of Zulip.

use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_tests::BUILD_URL;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::acme_source;
use serde_json::Value;
use serde_json::json;

async fn start() -> (TestHost, HttpSink) {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = "endpoint = \"{here}/\"\ntoken = \"token\"\nstream = \"ci\"";
    let host = Setup::default().acme("zulip", sink.port(), settings).start_acme().await;
    (host, sink)
}

async fn build(host: &TestHost) -> i64 {
    let source = acme_source("https://git.example/proj", Some("d34db33f"));
    host.acme_build(&[source], json!({"project": ["proj", "Build"]}), 2).await.build.expect("a build")
}

#[tokio::test]
async fn the_example_on_the_wire() {
    let (host, sink) = start().await;
    let build = build(&host).await;
    let requests = sink.received();
    let said: Vec<Value> =
        requests.iter().map(|request| serde_json::from_str(&request.text()).expect("JSON")).collect();
    let new = json!({"event": "new", "buildid": build, "buildername": "Builder1", "url": BUILD_URL, "project": "proj",
        "timestamp": 10});
    let finished = json!({"event": "finished", "buildid": build, "buildername": "Builder1", "url": BUILD_URL,
        "project": "proj", "timestamp": 19, "results": 2});
    assert_eq!(said, [new, finished]);
    for request in &requests {
        assert_eq!(request.method, "POST");
        assert_eq!(request.target, "/api/v1/external/buildbot?api_key=tower-of-bells&stream=ci");
    }
    let told = host.get("deliveries").await.to_string();
    assert!(!told.contains("tower-of-bells"), "the key is told to nobody else: {told}");
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_not_repeated() {
    let (host, sink) = start().await;
    sink.answer(Answer::default().fault(HttpFault::Drop));
    build(&host).await;
    let states: Vec<Value> = host.deliveries().await.into_iter().map(|mut d| d["state"].take()).collect();
    assert_eq!((states, sink.count()), (vec![json!("dead"), json!("delivered")], 2));
}
