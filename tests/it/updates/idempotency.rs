//! Calls with an idempotency key: answered as before, written once.

use super::Log;
use super::rows;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use rusqlite::Connection;
use serde_json::Value;
use serde_json::json;

/// Status, whether it was a replay, and the body.
type Answer = (u16, bool, String);

async fn send(host: &TestHost, path: &str, key: &str, body: &Value) -> Answer {
    let request = host.client.post(format!("{}/api/v2/{path}", host.url)).header("content-type", "application/json");
    let answer = request.header("idempotency-key", key).body(body.to_string()).send().await.expect("an answer");
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    assert_eq!(headers["content-type"], "application/json");
    let replayed = headers.get("idempotency-replayed").is_some_and(|value| value == "true");
    (status, replayed, answer.text().await.expect("a body"))
}

#[tokio::test]
async fn a_repeated_call_is_answered_as_the_first_was_and_writes_nothing() {
    let host = Setup::default().start().await;
    let batch = json!([
        {"method": "addChange", "params": {"author": "ada"}},
        {"method": "addChange", "params": {"author": "bob"}},
    ]);
    for (path, body) in [("updates/addChange", json!({"author": "ada"})), ("updates", batch)] {
        let (status, replayed, first) = send(&host, path, path, &body).await;
        assert_eq!((status, replayed), (200, false), "{first}");
        let mut log = Log::of(&host);
        for _ in 0..2 {
            assert_eq!(send(&host, path, path, &body).await, (200, true, first.clone()));
        }
        assert!(log.news().is_empty());
    }
    assert_eq!(rows(&host, "SELECT author FROM changes"), ["ada", "ada", "bob"]);
    let host = host.stop().await.start().await;
    let (_, replayed, _) = send(&host, "updates/addChange", "updates/addChange", &json!({"author": "ada"})).await;
    assert!(replayed, "a new process knows it too");
}

#[tokio::test]
async fn another_request_under_the_same_key_is_refused() {
    let host = Setup::default().start().await;
    send(&host, "updates/addChange", "k 1", &json!({"author": "ada"})).await;
    let before = rows(&host, "SELECT * FROM changes");
    for (path, body) in [
        ("updates/addChange", json!({"author": "bob"})),
        ("updates/findBuilderId", json!({"name": "ada"})),
        ("updates", json!([])),
    ] {
        let (status, replayed, said) = send(&host, path, "k 1", &body).await;
        assert_eq!((status, replayed), (422, false));
        assert!(said.contains(r#"Idempotency-Key \"k 1\" was used for another request"#), "{said}");
    }
    assert_eq!(rows(&host, "SELECT * FROM changes"), before);
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again() {
    let host = Setup::default().start().await;
    let params = json!({"buildid": 1, "results": 0});
    for _ in 0..2 {
        let (status, replayed, said) = send(&host, "updates/finishBuild", "k", &params).await;
        assert_eq!((status, replayed), (404, false), "{said}");
    }
    host.builder("linux").await;
    host.update("addBuildset", json!({"waited_for": false, "builderids": [1]})).await;
    host.update("addBuild", json!({"builderid": 1, "buildrequestid": 1})).await;
    assert_eq!(send(&host, "updates/finishBuild", "k", &params).await, (200, false, r#"{"result":null}"#.to_owned()));
}

#[tokio::test]
async fn of_calls_at_once_one_writes_and_all_hear_the_same() {
    let host = Setup::default().start().await;
    let params = json!({"author": "ada"});
    let calls: Vec<_> = (0..16).map(|_| send(&host, "updates/addChange", "k", &params)).collect();
    let answers = futures_util::future::join_all(calls).await;
    assert_eq!(answers.iter().filter(|(_, replayed, _)| !replayed).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _, body)| (*status, body.as_str()) == (200, r#"{"result":1}"#)));
    assert_eq!(rows(&host, "SELECT count(*) FROM changes"), ["1"]);
}

#[tokio::test]
async fn keys_are_bounded() {
    let host = Setup::default().start().await;
    let (longest, params) = ("x".repeat(255), json!({}));
    assert_eq!(send(&host, "updates/addChange", &longest, &params).await.0, 200);
    for key in [format!("{longest}x"), String::new(), "schlüssel".to_owned()] {
        let (status, _, said) = send(&host, "updates/addChange", &key, &params).await;
        assert!(
            status == 400 && said.contains("Idempotency-Key: it has 1 to 255 printable ASCII characters"),
            "{said}"
        );
    }
    let request = host.client.post(format!("{}/api/v2/updates", host.url)).header("content-type", "application/json");
    let twice = request.header("idempotency-key", "a").header("idempotency-key", "b").body("[]");
    assert_eq!(twice.send().await.expect("an answer").status(), 400);
}

/// Makes all answers older.
fn age(path: &std::path::Path, seconds: i64) {
    let database = Connection::open(path.join("campanile.db")).expect("the database opens");
    database.execute("UPDATE idempotency SET created_at = created_at - ?", [seconds]).expect("they age");
}

#[tokio::test]
async fn answers_are_kept_for_a_day_and_thrown_away_in_passing() {
    let host = Setup::default().start().await;
    for key in 0..10 {
        send(&host, "updates/addChange", &format!("k{key}"), &json!({})).await;
    }
    let setup = host.stop().await;
    age(setup.folder(), 24 * 60 * 60 - 60);
    let host = setup.start().await;
    assert!(send(&host, "updates/addChange", "k9", &json!({})).await.1, "not a day has passed");
    let setup = host.stop().await;
    age(setup.folder(), 61);
    let host = setup.start().await;
    assert!(!send(&host, "updates/addChange", "k0", &json!({})).await.1, "it was forgotten");
    assert_eq!(rows(&host, "SELECT count(*) FROM idempotency"), ["3"], "eight went at once, and one was new");
    send(&host, "updates/addChange", "k10", &json!({})).await;
    assert_eq!(rows(&host, "SELECT key FROM idempotency"), ["anonymous k0", "anonymous k10"]);
}
