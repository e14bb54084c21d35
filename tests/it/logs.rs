//! Logs over HTTP: lines in, by calls and in a stream, and out again, by number and as text.

use bytes::Bytes;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use futures_util::stream;
use reqwest::Body;
use reqwest::Response;
use reqwest::StatusCode;
use rusqlite::Connection;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

/// What a line keeps.
const LONGEST_LINE: usize = 1024 * 1024;

/// A host with a build whose step has a log of this type. The build's own step has log 1.
async fn host_with_log(kind: &str) -> (TestHost, i64) {
    host_of(&Setup::default(), kind).await
}

async fn host_of(setup: &Setup, kind: &str) -> (TestHost, i64) {
    let host = setup.start().await;
    host.finished_build("linux", 0).await;
    let log = host.update("addLog", json!({"stepid": 1, "name": "out", "type": kind})).await;
    (host, log.as_i64().expect("an id"))
}

async fn append(host: &TestHost, path: &str, body: impl Into<Body>) -> (u16, Value) {
    let request = host.client.post(format!("{}/api/v2/logs/{path}", host.url)).body(body);
    let answer = request.header("content-type", "application/octet-stream").send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON"))
}

/// A body in pieces, sent chunked.
fn pieces(pieces: Vec<Vec<u8>>) -> Body {
    Body::wrap_stream(stream::iter(pieces.into_iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)))))
}

async fn raw(host: &TestHost, path: &str) -> Response {
    host.client.get(format!("{}/api/v2/{path}", host.url)).send().await.expect("an answer")
}

async fn content(host: &TestHost, path: &str) -> Value {
    host.get(path).await["logchunks"][0].take()["content"].take()
}

fn count(database: &Connection, sql: &str) -> i64 {
    database.query_row(sql, [], |row| row.get(0)).expect("a number")
}

#[tokio::test]
async fn a_stream_of_lines_becomes_a_log() {
    let (host, log) = host_with_log("s").await;
    let before = host.get("health").await["events"].as_i64();
    let line = |number: usize| format!("ocompiling part {number} of the whole\n");
    let text: String = (0..60_000).map(line).collect();
    // Pieces that end anywhere.
    let sent = text.as_bytes().chunks(9_973).map(<[u8]>::to_vec).collect();
    let answer = append(&host, &format!("{log}/append"), pieces(sent)).await;
    let expected = json!({"first_line": 0, "appended": 60_000, "num_lines": 60_000, "replaced": 0, "cut": 0});
    assert_eq!(answer, (200, expected));
    assert_eq!(host.get(&format!("logs/{log}")).await["logs"][0]["num_lines"], 60_000);
    assert!(content(&host, &format!("logs/{log}/contents")).await == text);
    let bytes = raw(&host, &format!("logs/{log}/raw")).await.text().await.expect("a text");
    assert!(bytes.strip_prefix("Builder: linux\nBuild number: 1\n") == Some(&text.replace("ocomp", "comp")));
    let database = host.database();
    let of_log = format!("FROM logchunks WHERE logid = {log}");
    assert_eq!(count(&database, &format!("SELECT max(bytes) <= 65536 AND min(compressed) = 4 {of_log}")), 1);
    let (plain, stored) = ("SELECT sum(bytes)", "SELECT sum(length(content)) * 5");
    assert!(count(&database, &format!("{stored} {of_log}")) < count(&database, &format!("{plain} {of_log}")));
    let told = host.get("health").await["events"].as_i64().zip(before).map(|(now, before)| now - before);
    let topics = format!("logs/{log}/append\nsteps/1/logs/out/append");
    let appends = count(&database, &format!("SELECT count(*) FROM events WHERE topics = '{topics}'"));
    assert!(Some(appends) == told && (3..=8).contains(&appends), "one event a transaction: {appends}");
    let last: String = database
        .query_row("SELECT body FROM events ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))
        .expect("an event");
    assert!(last.contains("\"num_lines\":60000") && !last.contains("compiling"), "{last}");
}

#[tokio::test]
async fn lines_are_found_by_their_numbers() {
    let (host, log) = host_with_log("t").await;
    let ask = async |query: &str| {
        let (status, body) = host.try_get(&format!("logs/{log}/contents{query}")).await;
        (status.as_u16(), body["logchunks"][0]["firstline"].clone(), body["logchunks"][0]["content"].clone())
    };
    assert_eq!(ask("").await, (200, json!(0), json!("")), "empty");
    assert_eq!(ask("?offset=1").await.0, 404);
    for text in ["a\nb\n", "c\n", "\n", "e\n"] {
        host.update("appendLog", json!({"logid": log, "content": text})).await;
    }
    for (query, first, text) in [
        ("", 0, "a\nb\nc\n\ne\n"),
        ("?offset=1", 1, "b\nc\n\ne\n"),
        ("?offset=1&limit=2", 1, "b\nc\n"),
        ("?limit=1", 0, "a\n"),
        ("?offset=3&limit=1", 3, "\n"),
        ("?offset=4&limit=100", 4, "e\n"),
        ("?offset=5&limit=1", 5, ""),
        ("?offset=1&offset=2&order=content&property=x", 1, "b\nc\n\ne\n"),
        ("?offset=9223372036854775807&limit=9223372036854775807", i64::MAX, ""),
    ] {
        assert_eq!(ask(query).await, (200, json!(first), json!(text)), "{query}");
    }
    for (query, status) in [
        ("?offset=5", 404),
        ("?limit=0", 404),
        ("?offset=-1", 404),
        ("?offset=-1&limit=3", 404),
        ("?limit=-1", 404),
        ("?limit=x", 400),
        ("?offset=", 400),
        ("?field=zork", 400),
        ("?zork=1", 400),
        ("?firstline__gt=1", 400),
    ] {
        let (found, body) = host.try_get(&format!("logs/{log}/contents{query}")).await;
        assert!(found.as_u16() == status && body["error"].is_string(), "{query}: {found} {body}");
    }
    let some = host.get(&format!("logs/{log}/contents?field=firstline&offset=2")).await;
    assert_eq!(some, json!({"logchunks": [{"firstline": 2}], "meta": {}}));
    let some = host.get(&format!("logs/{log}/contents?field=content&limit=1")).await;
    assert_eq!(some, json!({"logchunks": [{"content": "a\n"}], "meta": {}}));
}

#[tokio::test]
async fn a_log_is_read_by_each_of_its_paths() {
    let (host, log) = host_with_log("s").await;
    host.update("appendLog", json!({"logid": log, "content": "hmake\nook\neoh\n"})).await;
    let places = [
        format!("logs/{log}"),
        "steps/1/logs/out".to_owned(),
        "builds/1/steps/0/logs/out".to_owned(),
        "builds/1/steps/test/logs/out".to_owned(),
        "builders/1/builds/1/steps/0/logs/out".to_owned(),
        "builders/1/builds/1/steps/test/logs/out".to_owned(),
        "builders/linux/builds/1/steps/0/logs/out".to_owned(),
        "builders/linux/builds/1/steps/t%65st/logs/out".to_owned(),
    ];
    let chunk = json!({"content": "hmake\nook\neoh\n", "firstline": 0, "logid": log});
    let text = "Builder: linux\nBuild number: 1\nmake\nok\noh\n";
    for place in &places {
        assert_eq!(host.get(&format!("{place}/contents")).await, json!({"logchunks": [chunk], "meta": {}}), "{place}");
        let found = raw(&host, &format!("{place}/raw")).await;
        let header = |name: &str| found.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(header("content-type").as_deref(), Some("text/plain; charset=utf-8"));
        let name = "attachment; filename=linux_build_1_step_test_log_out";
        assert_eq!(header("content-disposition").as_deref(), Some(name));
        assert_eq!(found.text().await.expect("a text"), text, "{place}");
        let found = raw(&host, &format!("{place}/raw_inline")).await;
        assert!(found.headers().get("content-disposition").is_none());
        assert_eq!(found.text().await.expect("a text"), text, "{place}");
    }
    for place in [
        "logs/99",
        "logs/x",
        "steps/9/logs/out",
        "steps/1/logs/zork",
        "steps/x/logs/out",
        "builds/9/steps/0/logs/out",
        "builds/1/steps/zork/logs/out",
        "builders/zork/builds/1/steps/0/logs/out",
        "builders/linux/builds/x/steps/0/logs/out",
        "builds/1",
    ] {
        for what in ["contents", "raw", "raw_inline"] {
            let (status, body) = host.try_get(&format!("{place}/{what}")).await;
            assert!(status == StatusCode::NOT_FOUND && body["error"].is_string(), "{place}/{what}: {status} {body}");
        }
    }
    assert_eq!(content(&host, "logs/99/contents?limit=5").await, "", "whether it exists is not asked");
    assert_eq!(host.try_get("logchunks").await.0, StatusCode::NOT_FOUND);
    let head = host.client.head(format!("{}/api/v2/logs/{log}/raw", host.url)).send().await.expect("an answer");
    assert!(head.status() == StatusCode::OK && head.headers().contains_key("content-disposition"));
    assert!(head.text().await.expect("no body").is_empty());
}

#[tokio::test]
async fn html_is_shown_as_such_and_can_do_nothing() {
    let (host, log) = host_with_log("h").await;
    let page = "<script>alert(1)</script>\nsecond\n";
    host.update("appendLog", json!({"logid": log, "content": page})).await;
    let found = raw(&host, &format!("logs/{log}/raw_inline")).await;
    let headers =
        ["content-type", "content-security-policy", "x-content-type-options"].map(|n| found.headers()[n].clone());
    assert_eq!(headers, ["text/html; charset=utf-8", "sandbox", "nosniff"]);
    assert_eq!(found.text().await.expect("a text"), page, "nothing stands before it, nothing is left out");
}

#[tokio::test]
async fn what_is_odd_in_a_line_stays_in_it() {
    let (host, log) = host_with_log("t").await;
    let odd = "crlf\r\nlone\rcarriage\nnul\0here\n\u{2028}separators\u{85}\u{b}\u{c}\u{2029}\n\n  ü \u{1f514}\t\n";
    assert_eq!(append(&host, &format!("{log}/append"), odd).await.1["num_lines"], 6);
    host.update("appendLog", json!({"logid": log, "content": odd})).await;
    let twice = odd.repeat(2);
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, twice);
    assert_eq!(content(&host, &format!("logs/{log}/contents?offset=2&limit=1")).await, "nul\0here\n");
    assert_eq!(raw(&host, &format!("logs/{log}/raw")).await.text().await.expect("a text"), twice);
}

#[tokio::test]
async fn bytes_that_are_no_utf8_are_replaced_and_told() {
    let (host, log) = host_with_log("t").await;
    // A latin-1 letter, a cut character at the end of a line, and a good one cut between two pieces.
    let sent = vec![b"gr\xfcn\nhalf \xe2\x82\nwhole \xe2\x82".to_vec(), b"\xac\n".to_vec()];
    let (status, answer) = append(&host, &format!("{log}/append"), pieces(sent)).await;
    assert_eq!((status, &answer["appended"], &answer["replaced"]), (200, &json!(3), &json!(2)));
    let text = "gr\u{fffd}n\nhalf \u{fffd}\nwhole €\n";
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, text);
    let bad = [vec![0xff; 70_000], b"\nx\n".to_vec()].concat();
    let (status, answer) = append(&host, &format!("{log}/append"), bad).await;
    assert_eq!((status, &answer["num_lines"], &answer["replaced"]), (200, &json!(5), &json!(70_000)));
    assert_eq!(content(&host, &format!("logs/{log}/contents?offset=4")).await, "x\n");
}

#[tokio::test]
async fn a_line_may_be_long_and_its_end_is_cut_when_it_is_too_long() {
    let (host, log) = host_with_log("t").await;
    let long = "x".repeat(LONGEST_LINE);
    let sent = format!("a\n{long}\n{long}yyy\nb\n");
    let (status, answer) = append(&host, &format!("{log}/append"), sent.clone()).await;
    assert_eq!((status, &answer["appended"], &answer["cut"]), (200, &json!(4), &json!(1)));
    let shown = format!("a\n{long}\n{} (cut here: 4 more bytes, a line has at most {LONGEST_LINE})\nb\n", &long[1..]);
    assert!(content(&host, &format!("logs/{log}/contents")).await == shown);
    host.update("appendLog", json!({"logid": log, "content": sent})).await;
    assert!(content(&host, &format!("logs/{log}/contents?offset=4")).await == shown, "the same by a call");
    assert_eq!(content(&host, &format!("logs/{log}/contents?offset=7&limit=1")).await, "b\n");
}

#[tokio::test]
async fn a_wrong_append_is_told_what_is_wrong_and_how_far_it_came() {
    let (host, log) = host_with_log("s").await;
    let path = format!("{log}/append");
    assert_eq!(append(&host, &path, "").await.1["appended"], 0);
    let (status, answer) = append(&host, &path, "oa\nob\nwrong\noc\n").await;
    let said = "line 2 of the body must begin with o, e or h, its stream: the log is of type s";
    assert_eq!((status, &answer["error"], &answer["appended"]), (400, &json!(said), &json!(2)));
    let (status, answer) = append(&host, &path, "oc\nod").await;
    let said = "the body ends in the middle of its line 1: end it with a line end";
    assert_eq!(
        (status, &answer["error"], &answer["appended"], &answer["num_lines"]),
        (400, &json!(said), &json!(1), &json!(3))
    );
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "oa\nob\noc\n");
    for (path, status, said) in [
        ("1/append".to_owned(), 400, "log 1 is finished"),
        ("99/append".to_owned(), 404, "no log with logid 99"),
        ("x/append".to_owned(), 404, "its id is a number"),
        (format!("{log}/append?first_line=x"), 400, "invalid first_line \"x\""),
        (format!("{log}/append?first_line=-1"), 400, "invalid first_line \"-1\""),
        (format!("{log}/append?zork=1"), 400, "unrecognized query parameter \"zork\""),
    ] {
        let (found, answer) = append(&host, &path, "ox\n").await;
        assert!(
            found == status && answer["error"].as_str().is_some_and(|error| error.contains(said)),
            "{path}: {answer}"
        );
    }
    let form = host.client.post(format!("{}/api/v2/logs/{log}/append", host.url)).header("content-type", "text/plain");
    assert_eq!(form.body("ox\n").send().await.expect("an answer").status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(host.get(&format!("logs/{log}")).await["logs"][0]["num_lines"], 3, "nothing more was appended");
}

#[tokio::test]
async fn an_append_that_is_sent_again_is_appended_once() {
    let (host, log) = host_with_log("t").await;
    let path = |first: i64| format!("{log}/append?first_line={first}");
    assert_eq!(append(&host, &path(0), "a\nb\n").await.0, 200);
    // The answer was lost: the same again.
    let (status, answer) = append(&host, &path(0), "a\nb\n").await;
    let said = json!({"error": "line 0 does not follow: the log has 2 lines", "appended": 0, "num_lines": 2});
    assert_eq!((status, answer), (409, said));
    assert_eq!(append(&host, &path(3), "d\n").await.1["num_lines"], 2, "a gap is none of the log's");
    assert_eq!(append(&host, &path(2), "c\n").await.0, 200);
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "a\nb\nc\n");
}

#[tokio::test]
async fn what_came_before_a_connection_is_lost_is_kept() {
    let (host, log) = host_with_log("t").await;
    let mut bell = host.bell();
    let mut connection = TcpStream::connect(host.url.trim_start_matches("http://")).await.expect("a connection");
    let head = format!(
        "POST /api/v2/logs/{log}/append HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n\
         transfer-encoding: chunked\r\n\r\n10\r\nfirst\nsecond\nhal\r\n"
    );
    connection.write_all(head.as_bytes()).await.expect("it is sent");
    drop(connection);
    host.told(&mut bell).await;
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "first\nsecond\n");
}

#[tokio::test]
async fn lines_are_there_while_more_are_awaited() {
    let (host, log) = host_with_log("t").await;
    let mut bell = host.bell();
    let (mut sender, receiver) = tokio::io::duplex(1024);
    let body = Body::wrap_stream(tokio_util::io::ReaderStream::new(receiver));
    let path = format!("{log}/append");
    let sending = append(&host, &path, body);
    let reading = async {
        sender.write_all(b"one\ntwo\nthr").await.expect("it is taken");
        host.told(&mut bell).await;
        assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "one\ntwo\n");
        sender.write_all(b"ee\n").await.expect("it is taken");
        drop(sender);
    };
    let ((status, answer), ()) = tokio::join!(sending, reading);
    assert_eq!((status, &answer["appended"]), (200, &json!(3)));
}

#[tokio::test]
async fn a_body_that_stalls_is_given_up_and_its_lines_are_kept() {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nappend_stall_ms = 200\n";
    let (host, log) = host_of(&Setup::default().toml(server), "t").await;
    let mut connection = TcpStream::connect(host.url.trim_start_matches("http://")).await.expect("a connection");
    let head = format!(
        "POST /api/v2/logs/{log}/append HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\n\
         content-length: 100\r\n\r\nwhole\nhal"
    );
    connection.write_all(head.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("an answer, and the end");
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("nothing came for 0.2 s"), "{answer}");
    assert!(answer.contains("\"num_lines\":1"), "{answer}");
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "whole\n");
}

#[tokio::test]
async fn bodies_of_any_length_are_appended() {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nmax_body_bytes = 4000\n";
    let (host, log) = host_of(&Setup::default().toml(server), "t").await;
    let (status, answer) = append(&host, &format!("{log}/append"), "line\n".repeat(1_000_000)).await;
    assert_eq!((status, &answer["num_lines"]), (200, &json!(1_000_000)));
    assert_eq!(content(&host, &format!("logs/{log}/contents?offset=999998&limit=9")).await, "line\nline\n");
}

#[tokio::test]
async fn small_chunks_are_put_together_when_the_log_is_finished() {
    let (host, log) = host_with_log("s").await;
    let calls: Vec<Value> = (0..2_500)
        .map(|n| json!({"method": "appendLog", "params": {"logid": log, "content": format!("oline {n} of many\n")}}))
        .collect();
    assert!(host.post("updates", &json!(calls)).await.0.is_success());
    let database = host.database();
    let chunks = || count(&database, &format!("SELECT count(*) FROM logchunks WHERE logid = {log}"));
    assert_eq!(chunks(), 2_500);
    let text = content(&host, &format!("logs/{log}/contents")).await;
    host.update("finishLog", json!({"logid": log})).await;
    host.settle().await;
    assert_eq!(chunks(), 3, "a thousand lines each");
    assert!(content(&host, &format!("logs/{log}/contents")).await == text);
    assert_eq!(
        content(&host, &format!("logs/{log}/contents?offset=1999&limit=2")).await,
        "oline 1999 of many\noline 2000 of many\n"
    );
    assert_eq!(host.update("compressLog", json!({"logid": log})).await, 0, "nothing is left to save");
    assert_eq!(count(&database, "SELECT count(*) FROM logs WHERE complete = 1 AND merged = 0"), 0);
}

#[tokio::test]
async fn a_call_puts_chunks_together_and_says_what_that_saved() {
    let (host, log) = host_with_log("t").await;
    for n in 0..40 {
        host.update("appendLog", json!({"logid": log, "content": format!("the same words again, {n}\n")})).await;
    }
    let database = host.database();
    let stored = || count(&database, &format!("SELECT sum(length(content)) FROM logchunks WHERE logid = {log}"));
    let (before, events) = (stored(), host.get("health").await["events"].clone());
    let saved = host.update("compressLog", json!({"logid": log})).await;
    assert!(saved.as_i64() == Some(before - stored()) && saved.as_i64() > Some(500), "{saved}");
    assert_eq!(host.get("health").await["events"], events, "nobody is told");
    host.update("appendLog", json!({"logid": log, "content": "more\n"})).await;
    assert_eq!(content(&host, &format!("logs/{log}/contents?offset=39")).await, "the same words again, 39\nmore\n");
}

#[tokio::test]
async fn a_log_that_was_finished_before_a_crash_is_put_together_after_it() {
    let (host, log) = host_with_log("t").await;
    for text in ["a\n", "b\n"] {
        host.update("appendLog", json!({"logid": log, "content": text})).await;
    }
    let setup = host.stop().await;
    let database = Connection::open(setup.folder().join("campanile.db")).expect("the database opens");
    database.execute("UPDATE logs SET complete = 1, merged = 0 WHERE logid = ?", [log]).expect("a change");
    drop(database);
    let host = setup.start().await;
    host.settle().await;
    assert_eq!(count(&host.database(), &format!("SELECT count(*) FROM logchunks WHERE logid = {log}")), 1);
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "a\nb\n");
}

#[tokio::test]
async fn a_deleted_log_has_no_lines_and_takes_none() {
    let (host, log) = host_with_log("s").await;
    host.update("appendLog", json!({"logid": log, "content": "oa\nob\n"})).await;
    let setup = host.stop().await;
    let database = Connection::open(setup.folder().join("campanile.db")).expect("the database opens");
    database.execute("UPDATE logs SET type = 'd' WHERE logid = ?", [log]).expect("a change");
    database.execute("DELETE FROM logchunks WHERE logid = ?", [log]).expect("a change");
    drop(database);
    let host = setup.start().await;
    assert_eq!(host.get(&format!("logs/{log}")).await["logs"][0]["type"], "d");
    assert_eq!(content(&host, &format!("logs/{log}/contents")).await, "");
    assert_eq!(content(&host, &format!("logs/{log}/contents?offset=1&limit=1")).await, "");
    assert_eq!(raw(&host, &format!("logs/{log}/raw")).await.text().await.expect("a text"), "");
    let (status, answer) = append(&host, &format!("{log}/append"), "oc\n").await;
    assert_eq!((status, answer["error"].as_str()), (400, Some(format!("log {log} was deleted").as_str())));
    let (status, _) = host.try_update("appendLog", json!({"logid": log, "content": "oc\n"})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
