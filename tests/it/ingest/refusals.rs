//! Wrong posts: each is answered with what is wrong, and nothing of it is kept.

use super::begun;
use super::ended;
use super::everything;
use super::post;
use super::put;
use crate::updates::rows;
use campanile_tests::Setup;
use serde_json::Value;
use serde_json::json;

/// The post with something else at one place.
fn with(mut body: Value, place: &str, value: Value) -> Value {
    *body.pointer_mut(place).expect("a place") = value;
    body
}

fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().expect("an object").remove(field);
    body
}

#[tokio::test]
async fn a_wrong_post_is_named_and_leaves_nothing() {
    let host = Setup::default().start().await;
    let lines = "/steps/0/logs/0/content";
    let mut two = begun();
    put(&mut two, json!({"buildid": 901, "results": 9}));
    for (body, said) in [
        (json!({}), "missing field `builder`"),
        (json!([begun(), 7]), "[1]: invalid type: integer `7`"),
        (json!([begun(), two]), "[1]: results: "),
        (without(begun(), "url"), "missing field `url`"),
        (with(begun(), "/url", json!("builders/1")), "url: \"builders/1\" is not the page of a build"),
        (with(begun(), "/builder/name", json!("")), "findBuilderId"),
        (with(begun(), "/buildset/bsid", json!("x")), "buildset.bsid: invalid type: string \"x\""),
        (with(begun(), "/started_at", json!("noon")), "started_at: "),
        (with(ended(), "/results", json!(null)), "parameter results: it is missing"),
        (with(ended(), "/steps/0/results", json!(null)), "parameter results: it is missing"),
        (
            with(ended(), &format!("{lines}/content"), json!("zork\n")),
            "line 0 of log \"stdio\" must begin with o, e or h",
        ),
        (with(ended(), &format!("{lines}/firstline"), json!(3)), "3 lines come before it that were not told"),
        (
            with(ended(), &format!("{lines}/firstline"), json!(-3)),
            "firstline: invalid value: integer `-3`, expected u32",
        ),
    ] {
        let (status, answer) = post(&host, &body).await;
        let message = answer["error"].as_str().expect("an error");
        assert_eq!(status, 400, "{message}");
        assert!(message.contains(said), "{message}, not {said}");
        assert_eq!(everything(&host), [""; 0], "{said}");
    }
    assert_eq!(rows(&host, "SELECT name FROM builders"), [""; 0]);
}

#[tokio::test]
async fn a_post_needs_the_scope_for_updates_as_a_bearer_or_as_a_password() {
    let host = Setup::default().start().await;
    let token = async |name: &str, scope: &str, admin: Option<&str>| {
        let mut request = host.client.post(format!("{}/api/v2/tokens", host.url));
        request = request.header("content-type", "application/json");
        if let Some(admin) = admin {
            request = request.bearer_auth(admin);
        }
        let answer =
            request.body(json!({"name": name, "scopes": [scope]}).to_string()).send().await.expect("an answer");
        let made: Value = serde_json::from_str(&answer.text().await.expect("a text")).expect("JSON");
        made["token"].as_str().expect("a token").to_owned()
    };
    let admin = token("ops", "admin", None).await;
    let update = token("buildbot", "update", Some(&admin)).await;
    let read = token("reader", "read", Some(&admin)).await;
    let send = async |user: Option<(&str, &str)>| {
        let mut request = host.client.post(format!("{}/ingest/buildbot", host.url)).body(begun().to_string());
        request = request.header("content-type", "application/json");
        request = match user {
            Some(("", token)) => request.bearer_auth(token),
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        };
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(send(None).await, 401);
    assert_eq!(send(Some(("", &update))).await, 200);
    assert_eq!(send(Some(("anybody", &update))).await, 200);
    assert_eq!(send(Some(("anybody", &read))).await, 403);
    assert_eq!(send(Some(("anybody", "campanile_zork"))).await, 401);
    assert_eq!(send(Some(("proxy", "its own"))).await, 401, "no token, as if nothing was sent");
}
