//! Steps that make HTTP requests, from the command line and by the host: what is sent, what stands in the log, how they
//! end, and what is refused.

mod bodies;
mod command;
mod killed;
mod once;
mod troubles;

use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// A server, and a host that may reach it, with a secret that goes there, and a build.
async fn host(sink: &HttpSink) -> TestHost {
    with_build(reaching(sink)).await
}

/// What such a host has.
fn reaching(sink: &HttpSink) -> Setup {
    let origin = format!("http://127.0.0.1:{}", sink.port());
    let entry = format!("[[http_step]]\norigin = \"{origin}\"\nsecrets = [\"deploy\"]\n");
    Setup::default().secret("deploy", "s3cr3t-t0ken").allow(format!("127.0.0.1:{}", sink.port())).toml(&entry)
}

/// A host with a build.
async fn with_build(setup: Setup) -> TestHost {
    let host = setup.start().await;
    let (status, body) = host.post("updates", &build()).await;
    assert!(status.is_success(), "{body}");
    host
}

/// The calls that make build 1.
fn build() -> Value {
    json!([
        {"method": "findBuilderId", "params": {"name": "linux"}},
        {"method": "addBuildset", "params": {"waited_for": false, "builderids": [1]}},
        {"method": "addBuild", "params": {"builderid": 1, "buildrequestid": 1}},
        {"method": "setBuildProperty", "params": {"buildid": 1, "name": "branch", "value": "main", "source": "Test"}},
    ])
}

async fn sink() -> HttpSink {
    HttpSink::start(None).await.expect("a server")
}

/// A step of build 1 that the host performs.
async fn step(host: &TestHost, arguments: &Value) -> (u16, Value) {
    let (status, body) = host.post("builds/1/http_steps", arguments).await;
    (status.as_u16(), body)
}

/// The same, with a body as it is.
async fn raw(host: &TestHost, body: String) -> (u16, String) {
    let request = reqwest::Client::new().post(format!("{}/api/v2/builds/1/http_steps", host.url));
    let answer = request.header("content-type", "application/json").body(body).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("the answer is whole"))
}

/// The lines of one of the logs of a step of build 1.
async fn log(host: &TestHost, step: i64, slug: &str) -> String {
    let found = host.get(&format!("builds/1/steps/{step}/logs/{slug}/contents")).await;
    found["logchunks"][0]["content"].as_str().expect("a text").to_owned()
}

/// Without the lines that say what is the same each time.
fn without_usual_headers(log: &str) -> String {
    let usual =
        ["h\tUser-Agent: ", "h\tDate: ", "h\tContent-Length: ", "h\tAccept: ", "h\tServer: ", "h\tConnection: "];
    let lines = log.lines().filter(|line| !usual.iter().any(|usual| line.starts_with(usual)));
    lines.map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn a_step_is_performed_and_told_with_its_log() {
    let sink = sink().await;
    sink.answer(Answer::status(200).header("content-type", "text/plain").header("x-key", "k1").body("Deployed\nBye\n"));
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/deploy/%(prop:branch)s", sink.port());
    let arguments = json!({
        "url": url, "name": "deploy", "params": {"z": "1 2", "a": "%(prop:missing:-none)s"}, "data": {"ref": "%(prop:branch)s"},
        "headers": {"X-Token": "%(secret:deploy)s", "X-Ref": "r"}, "auth": ["ci", "%(secret:deploy)s"],
        "hide_request_headers": ["x-TOKEN"], "hide_response_headers": ["X-Key"],
    });
    let (status, answer) = step(&host, &arguments).await;
    assert_eq!(status, 200, "{answer}");
    let told = json!({"stepid": 1, "number": 0, "name": "deploy", "results": 0, "state_string": "Status code: 200", "status": 200});
    assert_eq!(answer["result"], told);
    let sent = sink.received().remove(0);
    assert_eq!(
        (sent.method.as_str(), sent.target.as_str(), sent.text()),
        ("POST", "/deploy/main?a=none&z=1%202", "ref=main".to_owned())
    );
    assert_eq!((sent.header("x-token"), sent.header("webhook-id")), (Some("s3cr3t-t0ken"), None));
    assert_eq!(sent.header("authorization"), Some("Basic Y2k6czNjcjN0LXQwa2Vu"));
    let address = format!("http://127.0.0.1:{}/deploy/main", sink.port());
    let expected = format!(
        "hPerforming POST request to {address}\nhParameters:\nh\ta: none\nh\tz: 1 2\nhData:\nh\tref: main\n\
         hRequest Headers:\nh\tX-Ref: r\nh\tX-Token: <HIDDEN>\nh\tAuthorization: <HIDDEN>\n\
         h\tContent-Type: application/x-www-form-urlencoded\noURL: {address}?a=none&z=1%202\noStatus: 200\n\
         hResponse Headers:\nh\tContent-Type: text/plain\nh\tX-Key: <HIDDEN>\no ------ Content ------\noDeployed\noBye\n"
    );
    assert_eq!(without_usual_headers(&log(&host, 0, "log").await), expected);
    assert_eq!(log(&host, 0, "content").await, "oDeployed\noBye\n");
    let found = host.get("steps/1").await["steps"][0].clone();
    assert_eq!(
        (&found["complete"], &found["results"], &found["state_string"]),
        (&json!(true), &json!(0), &json!("Status code: 200"))
    );
    let logs = host.get("steps/1/logs").await["logs"].clone();
    assert!(logs.as_array().is_some_and(|logs| logs.iter().all(|log| log["complete"] == true)));
}

#[tokio::test]
async fn a_status_of_400_or_more_is_a_failure_and_no_200_is_told_as_an_error() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    for (number, (status, results, state)) in
        [(201, 0, "Status code: 201"), (404, 2, "Status code: 404 (failure)"), (500, 2, "Status code: 500 (failure)")]
            .into_iter()
            .enumerate()
    {
        sink.answer(Answer::status(status));
        let (_, answer) = step(&host, &json!({"url": url, "method": "get"})).await;
        assert_eq!((&answer["result"]["results"], &answer["result"]["state_string"]), (&json!(results), &json!(state)));
        let log = log(&host, number.try_into().expect("few"), "log").await;
        assert!(log.contains(&format!("\neStatus: {status}\n")), "{log}");
    }
}

#[tokio::test]
async fn redirects_are_followed_and_told() {
    let (sink, other) = (sink().await, sink().await);
    let host = host(&sink).await;
    sink.answer(Answer::status(302).header("location", "/next").body("elsewhere"));
    sink.answer(Answer::status(307).header("location", "/last"));
    sink.answer(Answer::status(200).body("OK"));
    let url = format!("http://127.0.0.1:{}/first", sink.port());
    let (_, answer) = step(&host, &json!({"url": url, "data": {"a": "b"}})).await;
    assert_eq!(answer["result"]["status"], 200);
    let sent: Vec<_> =
        sink.received().into_iter().map(|sent| (sent.method.clone(), sent.target.clone(), sent.text())).collect();
    let expected = [("POST", "/first", "a=b"), ("GET", "/next", ""), ("GET", "/last", "")];
    assert_eq!(sent, expected.map(|(method, path, body)| (method.to_owned(), path.to_owned(), body.to_owned())));
    let told = log(&host, 0, "log").await;
    assert!(told.contains("\no\noRedirected 2 times:\no\nhRequest Headers:\n"), "{told}");
    assert_eq!(told.matches(&format!("\no{}\n", "=".repeat(60))).count(), 2);
    assert_eq!(log(&host, 0, "content").await, "oelsewhere\n");
    assert_eq!(log(&host, 0, "content_3").await, "oOK\n");
    // Not where nobody wants it.
    sink.answer(Answer::status(302).header("location", "/next"));
    let (_, answer) = step(&host, &json!({"url": url, "allow_redirects": false})).await;
    assert_eq!(answer["result"]["status"], 302);
    // Secrets stay at their origin, and nobody is led where the guard is closed.
    let elsewhere = format!("http://127.0.0.1:{}/", other.port());
    sink.answer(Answer::status(307).header("location", &elsewhere));
    let (_, answer) = step(&host, &json!({"url": url, "headers": {"X-Token": "%(secret:deploy)s"}})).await;
    assert_eq!(
        (&answer["result"]["results"], &answer["result"]["state_string"]),
        (&json!(4), &json!("Requested (exception)"))
    );
    sink.answer(Answer::status(302).header("location", &elsewhere));
    let (_, answer) = step(&host, &json!({"url": url})).await;
    assert_eq!(
        (&answer["result"]["results"], &answer["result"]["state_string"]),
        (&json!(2), &json!("Requested (failure)"))
    );
    assert!(log(&host, 3, "log").await.contains("such are closed; to open it"));
    assert_eq!(other.count(), 0);
}

#[tokio::test]
async fn what_gives_no_answer_ends_with_the_reason() {
    let sink = sink().await;
    let host = host(&sink).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    let check = async |number: i64, arguments: Value, results: i64, said: &str| {
        let (status, answer) = step(&host, &arguments).await;
        assert_eq!((status, &answer["result"]["results"]), (200, &json!(results)), "{answer}");
        let log = log(&host, number, "log").await;
        assert!(log.contains(&format!("eAn exception occurred while performing the request: {said}")), "{log}");
    };
    sink.answer(Answer::status(200).fault(HttpFault::Stall));
    check(0, json!({"url": url, "timeout": 0.3}), 4, "the whole exchange took longer than 0.3 s").await;
    check(1, json!({"url": "http://127.0.0.1:1/"}), 2, "127.0.0.1: 127.0.0.1 is a loopback address").await;
}

#[tokio::test]
async fn a_secret_that_is_answered_is_not_told() {
    let sink = sink().await;
    let host = host(&sink).await;
    sink.answer(Answer::status(403).body("no such token: s3cr3t-t0ken"));
    let url = format!("http://127.0.0.1:{}/?key=%(secret:deploy)s", sink.port());
    step(&host, &json!({"url": url})).await;
    let (log, content) = (log(&host, 0, "log").await, log(&host, 0, "content").await);
    assert!(!log.contains("s3cr3t") && log.contains("?key=<secret:deploy>"), "{log}");
    assert_eq!(content, "ono such token: <secret:deploy>\n");
}

#[tokio::test]
async fn wrong_arguments_are_named_and_leave_no_step() {
    let sink = sink().await;
    let host = host(&sink).await;
    let lines = json!({"buildid": 1, "name": "lines", "value": "one\ntwo", "source": "Test"});
    host.update("setBuildProperty", lines).await;
    let url = format!("http://127.0.0.1:{}/", sink.port());
    for (arguments, status, said) in [
        (json!({}), 400, "missing field `url`"),
        (json!({"url": url, "zork": 1}), 400, "zork: unknown field `zork`"),
        (json!({"url": url, "method": "PATCH"}), 400, "method: \"PATCH\" is not known"),
        (json!({"url": "zork"}), 400, "url: "),
        (json!({"url": url, "headers": {"a": "%(x)s"}}), 400, "headers.a: %(x)s: expected prop:NAME"),
        (
            json!({"url": url, "headers": {"a": "%(secret:other)s"}}),
            400,
            "secret \"other\" may not go to http://127.0.0.1",
        ),
        (json!({"url": "https://x.example.org/%(secret:deploy)s"}), 400, "may not go to https://x.example.org"),
        (
            json!({"url": url, "headers": {"Host": "other.example.org"}}),
            400,
            "headers.Host: the header \"Host\" is the host's",
        ),
        (json!({"url": url, "headers": {"a b": "1"}}), 400, "headers.a b: invalid header name"),
        (json!({"url": url, "headers": {"a": "%(prop:lines)s"}}), 400, "has a control character in it"),
        (json!({"url": url, "headers": {"a": "x".repeat(40_000)}}), 400, "they take more than 32 KiB"),
        (json!({"url": url, "verify": "/etc/ca.pem"}), 400, "verify: \"/etc/ca.pem\" is a file"),
        (json!({"url": url, "timeout": 1e9}), 400, "timeout: 1000000000"),
    ] {
        let (found, answer) = step(&host, &arguments).await;
        let message = answer["error"].as_str().expect("an error");
        assert_eq!(found, status, "{message}");
        assert!(message.contains(said), "{message}, not {said}");
    }
    let twice = format!("{{\"url\": {url:?}}} zork");
    let (status, said) = raw(&host, twice).await;
    assert!(status == 400 && said.contains("trailing characters"), "{status} {said}");
    for none in ["7", "x", "99999999999999999999"] {
        let (status, answer) = host.post(&format!("builds/{none}/http_steps"), &json!({"url": url})).await;
        assert_eq!((status.as_u16(), &answer["error"]), (404, &json!(format!("no build {none}"))));
    }
    host.update("finishBuild", json!({"buildid": 1, "results": 0})).await;
    let (status, answer) = step(&host, &json!({"url": url})).await;
    assert_eq!(status, 400, "{answer}");
    assert!(answer["error"].as_str().is_some_and(|said| said.contains("build 1 is finished")), "{answer}");
    assert_eq!(host.get("builds/1/steps").await["steps"], json!([]));
    assert_eq!(sink.count(), 0);
}
