//! HTTP pushes against a real server: what is posted, how it is signed and retried, and what is not sent and why.

mod trouble;

use campanile_sinks::HttpSink;
use campanile_sinks::ReceivedRequest;
use campanile_tests::Finished;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::finished_build;
use serde_json::Value;
use serde_json::json;
use standardwebhooks::Webhook;

async fn sink() -> HttpSink {
    HttpSink::start(None).await.expect("a server")
}

/// A reporter that pushes to a server on loopback.
fn setup(sink: &HttpSink, settings: &str) -> Setup {
    let settings = format!("serverUrl = \"http://127.0.0.1:{}/hook?x=1\"\n{settings}", sink.port());
    let setup = Setup::default().plugins(&["http-push"]).allow(format!("127.0.0.1:{}", sink.port()));
    setup.reporter("push", "http-push", &settings)
}

fn json_of(request: &ReceivedRequest) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

/// What the data API says of a build and of what belongs to it, put together as Buildbot puts it.
async fn as_the_data_api_says(host: &TestHost, build: Finished) -> Value {
    let one = async |path: String, name: &str| host.get(&path).await[name][0].clone();
    let mut whole = one(format!("builds/{}", build.buildid), "builds").await;
    let request = whole["buildrequestid"].clone();
    whole["buildrequest"] = one(format!("buildrequests/{request}"), "buildrequests").await;
    whole["buildset"] = one(format!("buildsets/{}", build.bsid), "buildsets").await;
    whole["builder"] = one(format!("builders/{}", build.builderid), "builders").await;
    whole["parentbuild"] = Value::Null;
    whole["parentbuilder"] = Value::Null;
    whole["url"] = json!(format!("https://ci.example.org/#/builders/{}/builds/{}", build.builderid, build.number));
    whole
}

#[tokio::test]
async fn the_default_object_is_the_build_of_the_data_api_and_what_belongs_to_it() {
    let sink = sink().await;
    let host = setup(&sink, "").start().await;
    let build = host.finished_build("linux", 2).await;
    host.settle().await;
    let received = sink.received();
    let mut expected = as_the_data_api_says(&host, build).await;
    assert_eq!(received.len(), 2);
    assert_eq!(json_of(&received[1]), expected);
    assert_eq!(expected["properties"], json!({}));
    assert_eq!((&expected["results"], &expected["started_at"]), (&json!(2), &json!(expected["started_at"].as_i64())));
    // The start, as it was then.
    for (key, then) in [
        ("complete", json!(false)),
        ("complete_at", json!(null)),
        ("results", json!(null)),
        ("state_string", json!("starting")),
    ] {
        expected[key] = then;
    }
    assert_eq!(json_of(&received[0]), expected);
    for request in &received {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/hook?x=1"));
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("webhook-signature"), None);
        assert_eq!(request.header("authorization"), None);
    }
    let ids: Vec<_> = received.iter().map(|request| request.header("webhook-id")).collect();
    assert!(ids[0].is_some() && ids[0] != ids[1], "{ids:?}");
}

#[tokio::test]
async fn builds_that_start_and_end_are_posted_whatever_the_result() {
    let sink = sink().await;
    let host = setup(&sink, "builders = [\"linux\"]").start().await;
    for results in 0..7 {
        for builder in ["linux", "mac"] {
            ended_build(&host, builder, results).await;
        }
    }
    host.settle().await;
    let mut posted: Vec<(i64, Option<i64>)> = sink
        .received()
        .iter()
        .map(json_of)
        .map(|build| (build["number"].as_i64().expect("a number"), build["results"].as_i64()))
        .collect();
    posted.sort_unstable();
    let expected: Vec<(i64, Option<i64>)> =
        (0..7).flat_map(|code| [(code + 1, None), (code + 1, Some(code))]).collect();
    assert_eq!(posted, expected);
}

/// A build that ended with any result: of one that is tried again the request goes on.
async fn ended_build(host: &TestHost, builder: &str, results: i64) {
    const RETRY: i64 = 5;
    let mut calls = finished_build(host.builder(builder).await, results);
    if results == RETRY {
        calls.as_array_mut().expect("a list").pop();
    }
    let (status, said) = host.post("updates", &calls).await;
    assert!(status.is_success(), "{said}");
}

#[tokio::test]
async fn what_is_wanted_comes_along() {
    let sink = sink().await;
    let wants = "wantProperties = true\nwant_steps = true\nwantLogs = true\nwantPreviousBuild = true";
    let host = setup(&sink, wants).start().await;
    host.finished_build("linux", 0).await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let received = sink.received();
    let of = |number: i64| {
        let posted = received.iter().map(json_of);
        posted.into_iter().find(|build| build["number"] == number && build["complete"] == true).expect("it was posted")
    };
    let (first, second) = (of(1), of(2));
    assert_eq!(second["properties"]["branch"], json!(["main", "Build"]));
    assert_eq!((&first["prev_build"], &second["prev_build"]["number"]), (&Value::Null, &json!(1)));
    let log = &second["steps"][0]["logs"][0];
    assert_eq!((&second["steps"][0]["name"], &log["name"]), (&json!("test"), &json!("stdio")));
    assert_eq!(log["content"]["content"], "make test\nok\n");
    assert_eq!(log["content"]["firstline"], 0);
    assert!(log["url_raw"].as_str().is_some_and(|url| url.ends_with("/raw")), "{log}");
    assert!(second.get("changes").is_none());
}

#[tokio::test]
async fn a_format_fn_makes_what_is_posted() {
    let sink = sink().await;
    let settings = "format_fn = {plugin = \"build_json\"}\nwantProperties = true";
    let host = setup(&sink, settings).plugins(&["build_json"]).start().await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let mut posted: Vec<Value> = sink.received().iter().map(json_of).collect();
    posted.sort_by_key(|one| one["state"].to_string());
    let one = |state: &str| json!({"text": "linux #1", "state": state, "branch": "main", "url": "https://ci.example.org/#/builders/1/builds/1"});
    assert_eq!(posted, [one("failure"), one("running")]);
}

#[tokio::test]
async fn generators_of_today_say_what_is_posted() {
    let sink = sink().await;
    let settings = "[[reporter.settings.generators]]\nkind = \"BuildStatusGenerator\"\nmode = [\"failing\"]\n\
                    message_formatter = \"build_json\"\n\
                    [[reporter.settings.generators]]\nkind = \"BuildRequestGenerator\"\nbuilders = [\"linux\"]";
    let host = setup(&sink, settings).plugins(&["build_json"]).start().await;
    host.finished_build("linux", 2).await;
    host.finished_build("linux", 0).await;
    host.settle().await;
    let posted: Vec<Value> = sink.received().iter().map(json_of).collect();
    assert_eq!(posted.len(), 3);
    assert_eq!(posted.iter().filter(|one| one["state"] == "failure").count(), 1);
    let requests: Vec<&Value> = posted.iter().filter(|one| one.get("buildrequest").is_some()).collect();
    assert_eq!(requests.len(), 2);
    for request in requests {
        let ends = request["url"].as_str().expect("a URL").contains("#/buildrequests/");
        assert!(ends && request["builder"]["name"] == "linux" && request.get("number").is_none(), "{request}");
    }
}

#[tokio::test]
async fn signatures_hold_for_the_library_of_standard_webhooks() {
    let sink = sink().await;
    let key = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let host = setup(&sink, "secret = \"hook\"").secret("hook", key).start().await;
    host.finished_build("linux", 2).await;
    host.settle().await;
    let (ours, other) = (Webhook::new(key).expect("a key"), Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    let received = sink.received();
    assert_eq!(received.len(), 2);
    for request in &received {
        let headers = request
            .headers
            .iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().expect("a name"), value.parse().expect("a value")));
        let headers: http::HeaderMap = headers.collect();
        ours.verify(&request.body, &headers).expect("it is signed, now, with this key");
        assert!(other.as_ref().expect("a key").verify(&request.body, &headers).is_err());
        assert!(ours.verify(b"{}", &headers).is_err());
    }
}

#[tokio::test]
async fn who_asks_is_said_as_the_settings_have_it() {
    for (settings, expected) in [
        ("user = \"ci\"\npassword = \"pw\"", "Basic Y2k6aHVudGVyMg=="),
        ("auth = [\"ci\", \"pw\"]", "Basic Y2k6aHVudGVyMg=="),
        ("auth = {token = \"pw\"}", "Bearer hunter2"),
        ("headers = {authorization = \"token %(secret:pw)s\", X-Builder = \"%(prop:branch)s\"}", "token hunter2"),
    ] {
        let sink = sink().await;
        let host = setup(&sink, settings).secret("pw", "hunter2").start().await;
        host.finished_build("linux", 2).await;
        host.settle().await;
        for request in sink.received() {
            assert_eq!(request.header("authorization"), Some(expected), "{settings}");
            assert_eq!(request.header("x-builder"), settings.contains("X-Builder").then_some("main"));
        }
        assert_eq!(sink.count(), 2);
    }
}

#[tokio::test]
async fn a_server_that_signed_its_own_certificate_is_believed_only_when_told_to() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate_pem, key_pem) = (made.cert.pem(), made.signing_key.serialize_pem());
    let certificate = campanile_sinks::ServerCertificate { certificate_pem: certificate_pem.clone(), key_pem };
    let sink = HttpSink::start(Some(certificate)).await.expect("a server");
    let start = async |verify: &str| {
        let settings = format!("serverUrl = \"https://localhost:{}/\"\n{verify}", sink.port());
        let setup = Setup::default().plugins(&["http-push"]).allow(format!("localhost:{}", sink.port()));
        let authority = setup.folder().join("own.pem");
        std::fs::write(&authority, &certificate_pem).expect("a file is written");
        let settings = settings.replace("own.pem", &authority.display().to_string());
        let host = setup.reporter("push", "http-push", &settings).start().await;
        host.finished_build("linux", 2).await;
        host.settle().await;
        let reason = host.deliveries().await[0]["reason"].as_str().unwrap_or_default().to_owned();
        (reason, sink.count())
    };
    let (reason, count) = start("").await;
    assert!(reason.contains("invalid peer certificate"), "{reason}");
    assert_eq!(count, 0);
    assert_eq!(start("verify = \"own.pem\"").await, (String::new(), 2));
    assert_eq!(start("verify = false").await, ("the server's certificate was not verified".to_owned(), 4));
    assert!(campanile_tests::logged().contains("certificates of its servers are not verified"), "the host says so");
}
