//! What is refused: wrong paths, names and positions, wrong frames, other sites, and one listener too many.

use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::listening::Socket;
use campanile_tests::listening::Stream;
use reqwest::StatusCode;
use serde_json::Value;
use serde_json::json;

async fn refused(host: &TestHost, path: &str, last_id: Option<&str>) -> (u16, String) {
    let mut request = host.client.get(format!("{}/{path}", host.url));
    if let Some(id) = last_id {
        request = request.header("last-event-id", id);
    }
    let answer = request.send().await.expect("an answer");
    let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a body"));
    let body: Value = serde_json::from_str(&text).expect("JSON");
    (status, body["error"].as_str().expect("an error").to_owned())
}

#[tokio::test]
async fn wrong_streams_are_told_what_is_wrong() {
    let host = Setup::default().start().await;
    host.update("addChange", json!({})).await;
    let stream = Stream::open(&host.client, &format!("{}/sse/listen", host.url), None).await;
    let uuid = &stream.uuid;
    let long = vec!["a"; 17].join("/");
    let cases = [
        ("sse/listen/".to_owned(), 400, "invalid topic pattern"),
        ("sse/listen/builds//new".to_owned(), 400, "invalid topic pattern \"builds//new\""),
        ("sse/builds/".to_owned(), 400, "invalid topic pattern"),
        (format!("sse/listen/{long}"), 400, "at most 16 parts"),
        ("sse/listen/builds/*/*?from=x".to_owned(), 400, "invalid event position \"x\""),
        ("sse/listen/builds/*/*?from=-1".to_owned(), 400, "invalid event position \"-1\""),
        ("sse/listen/builds/*/*?from=2".to_owned(), 400, "event 2 has not happened yet: the newest is 1"),
        ("sse/add".to_owned(), 400, "need uuid"),
        ("sse/add/".to_owned(), 400, "need uuid"),
        ("sse/remove".to_owned(), 400, "need uuid"),
        ("sse/add/zork/builds/*/*".to_owned(), 400, "unknown uuid"),
        (format!("sse/add/{uuid}"), 400, "invalid topic pattern"),
        (format!("sse/add/{uuid}/builds/*/*?from=7"), 400, "event 7 has not happened yet"),
        (format!("sse/remove/{uuid}/builds/*/*"), 404, "consumer is not listening to this event"),
        ("sse".to_owned(), 404, "nothing is found at /sse"),
        ("ws".to_owned(), 400, "this address is a WebSocket's"),
    ];
    for (path, status, message) in cases {
        let (found, said) = refused(&host, &path, None).await;
        assert!(found == status && said.contains(message), "{path}: {found} {said}");
    }
    for (id, message) in
        [("2", "has not happened yet"), ("x", "invalid event position"), ("1.5", "invalid event position")]
    {
        let (found, said) = refused(&host, "sse/listen/changes/*/*", Some(id)).await;
        assert!(found == 400 && said.contains(message), "{id}: {found} {said}");
    }
    let posted = host.client.post(format!("{}/sse/listen", host.url)).send().await.expect("an answer");
    assert_eq!(posted.status(), StatusCode::METHOD_NOT_ALLOWED);
    host.listened(1).await;
    drop(stream);
    host.listened(0).await;
}

#[tokio::test]
async fn wrong_frames_are_answered() {
    let host = Setup::default().start().await;
    let mut socket = Socket::open(&host.url).await;
    let cases = [
        ("{", 400, "the frame is no JSON: ", json!(null)),
        ("[1]", 400, "the frame is no JSON object", json!(null)),
        ("{\"cmd\":\"ping\"}", 400, "no '_id' or 'type' in websocket frame", json!(null)),
        ("{\"_id\":1}", 400, "no 'cmd' in websocket frame", json!(null)),
        ("{\"_id\":1,\"cmd\":\"zork\"}", 404, "no such command type 'zork'", json!(1)),
        ("{\"_id\":1,\"cmd\":7}", 404, "no such command type '7'", json!(1)),
        ("{\"_id\":1,\"cmd\":\"ping\",\"a\":1}", 400, "Invalid method argument 'a'", json!(1)),
        ("{\"_id\":1,\"cmd\":\"startConsuming\"}", 400, "Invalid method argument 'path'", json!(1)),
        (
            "{\"_id\":\"x\",\"cmd\":\"startConsuming\",\"path\":[\"a\"]}",
            400,
            "invalid path format '[\"a\"]'",
            json!("x"),
        ),
        ("{\"_id\":1,\"cmd\":\"startConsuming\",\"path\":\"a//b\"}", 400, "invalid topic pattern \"a//b\"", json!(1)),
        (
            "{\"_id\":1,\"cmd\":\"startConsuming\",\"path\":\"a\",\"from\":1}",
            400,
            "event 1 has not happened yet",
            json!(1),
        ),
        (
            "{\"_id\":1,\"cmd\":\"startConsuming\",\"path\":\"a\",\"from\":\"1\"}",
            400,
            "Invalid method argument 'from'",
            json!(1),
        ),
        (
            "{\"_id\":1,\"cmd\":\"startConsuming\",\"path\":\"a\",\"seq\":1}",
            400,
            "Invalid method argument 'seq'",
            json!(1),
        ),
        ("{\"_id\":1,\"cmd\":\"stopConsuming\",\"path\":\"a\"}", 400, "path was not consumed 'a'", json!(1)),
    ];
    for (frame, code, message, id) in cases {
        socket.send(frame).await;
        let answer = socket.frame().await.expect("an answer");
        assert!(answer["error"].as_str().is_some_and(|said| said.contains(message)), "{frame}: {answer}");
        assert_eq!((&answer["code"], &answer["_id"]), (&json!(code), &id), "{frame}: {answer}");
    }
    for (frame, expected) in [
        ("{\"_id\":5,\"cmd\":\"ping\"}", "{\"msg\":\"pong\",\"code\":200,\"_id\":5}"),
        ("{\"_id\":6,\"cmd\":\"startConsuming\",\"path\":\"builds/*/*\"}", "{\"msg\":\"OK\",\"code\":200,\"_id\":6}"),
        ("{\"_id\":7,\"cmd\":\"stopConsuming\",\"path\":\"builds/*/*\"}", "{\"msg\":\"OK\",\"code\":200,\"_id\":7}"),
    ] {
        socket.send(frame).await;
        assert_eq!(socket.raw().await.to_text().expect("text"), expected);
    }
    socket.send(&"x".repeat(70_000)).await;
    assert_eq!(socket.frame().await, None, "too long a frame ends it");
    host.listened(0).await;
}

#[tokio::test]
async fn paths_of_a_connection_are_bounded() {
    let host = Setup::default().start().await;
    let mut socket = Socket::open(&host.url).await;
    for number in 0..1024 {
        socket.consume(&format!("builds/{number}/*")).await;
    }
    let answer = socket.ask(json!({"cmd": "startConsuming", "path": "more/*/*"})).await;
    assert_eq!(answer["code"], 400);
    assert!(answer["error"].as_str().is_some_and(|said| said.contains("at most 1024 paths")), "{answer}");
}

#[tokio::test]
async fn listeners_are_bounded() {
    let host = Setup::default().tuned(|tuning| tuning.live.most_listeners = 2).start().await;
    let listen = format!("{}/sse/listen/changes/*/*", host.url);
    let stream = Stream::open(&host.client, &listen, None).await;
    let socket = Socket::open(&host.url).await;
    let (status, said) = refused(&host, "sse/listen/changes/*/*", None).await;
    assert!(status == 503 && said.contains("2 connections listen already"), "{status} {said}");
    assert_eq!(Socket::try_open(&host.url, None).await.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(host.get("health").await["listeners"], 2);
    drop((stream, socket));
    host.listened(0).await;
    Stream::open(&host.client, &listen, None).await;
}

#[tokio::test]
async fn pages_of_other_sites_do_not_listen() {
    let host = Setup::default().start().await;
    for origin in ["http://evil.example", "null", "http://localhost:1", "https://127.0.0.1"] {
        let refused = Socket::try_open(&host.url, Some(origin)).await.err();
        assert_eq!(refused, Some(StatusCode::BAD_REQUEST), "{origin}");
    }
    for origin in [host.url.as_str(), "https://ci.example.org"] {
        assert!(Socket::try_open(&host.url, Some(origin)).await.is_ok(), "{origin}");
    }
}

#[tokio::test]
async fn a_position_that_the_log_no_longer_reaches_is_refused() {
    let setup = Setup::default();
    let host = setup.start().await;
    for _ in 0..9 {
        host.update("addChange", json!({})).await;
    }
    let setup = host.stop().await;
    let database = rusqlite::Connection::open(setup.folder().join("campanile.db")).expect("the database opens");
    database.execute("DELETE FROM events WHERE seq <= 5", []).expect("old events go");
    drop(database);
    let host = setup.start().await;
    let (status, said) = refused(&host, "sse/listen/changes/*/*?from=4", None).await;
    assert!(
        status == 410 && said.contains("the events after 4 are no longer kept, the oldest is 6"),
        "{status} {said}"
    );
    let mut socket = Socket::open(&host.url).await;
    let answer = socket.ask(json!({"cmd": "startConsuming", "path": "changes/*/*", "from": 4})).await;
    assert_eq!(answer["code"], 410, "{answer}");
    let mut stream = Stream::open(&host.client, &format!("{}/sse/listen/changes/*/*?from=5", host.url), None).await;
    assert_eq!(stream.next().await.key, "changes/6/new");
}
