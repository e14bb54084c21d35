//! Change hooks: who may call, what becomes of what they send, and what goes wrong.

mod again;
mod callers;
mod configured;
mod dialects;
mod published;
mod pulls;
mod reading;
mod strangers;
mod troubles;

use campanile_tests::Setup;
use campanile_tests::TestHost;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use md5::Md5;
use serde_json::Value;
use serde_json::json;
use sha1::Sha1;
use sha2::Sha256;

/// The secret of all hooks.
const KEY: &str = "It's a Secret to Everybody";

fn mac<M: Mac + KeyInit>(body: &str) -> String {
    let mac = <M as KeyInit>::new_from_slice(KEY.as_bytes()).expect("any key will do").chain_update(body);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256(body: &str) -> String {
    mac::<Hmac<Sha256>>(body)
}

fn sha1(body: &str) -> String {
    mac::<Hmac<Sha1>>(body)
}

fn md5(body: &str) -> String {
    mac::<Hmac<Md5>>(body)
}

/// A host with one hook; `more` are lines of its table.
fn setup(dialect: &str, more: &str) -> Setup {
    let table = format!("[[change_hook]]\ndialect = \"{dialect}\"\n{more}\n");
    Setup::default().plugins(&[&format!("{dialect}-hook")]).secret("key", KEY).toml(&table)
}

/// Sends JSON; the status, and what is said.
async fn post(host: &TestHost, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let request = host.client.post(format!("{}/change_hook/{path}", host.url)).body(body.to_owned());
    let request = request.header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    answer(request).await
}

async fn get(host: &TestHost, path: &str) -> (u16, String) {
    answer(host.client.get(format!("{}/change_hook{path}", host.url))).await
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

/// A hook that does what it is told to.
fn misbehaving(more: &str) -> Setup {
    let hook = format!("[[change_hook]]\ndialect = \"bad\"\nplugin = \"misbehaving-hook\"\n{more}\n");
    Setup::default().plugins(&["misbehaving-hook"]).toml(&hook)
}

fn found(count: &str) -> (u16, String) {
    (202, format!("{count} change found"))
}

/// All changes, the oldest first.
async fn changes(host: &TestHost) -> Vec<Value> {
    host.get("changes?order=changeid").await["changes"].as_array().expect("a list").clone()
}

/// A push of three commits to GitHub.
fn push() -> String {
    let commit = |id: &str| {
        json!({"id": id, "message": format!("Oil {id}"), "timestamp": "2026-11-20T14:05:09+01:00",
            "url": format!("https://github.com/ada/belfry/commit/{id}"), "distinct": true,
            "author": {"name": "Ada", "email": "ada@example.org"}, "committer": {"name": "Ben", "email": "ben@example.org"},
            "added": ["bells.py"], "modified": [], "removed": []})
    };
    let repository = json!({"full_name": "ada/belfry", "html_url": "https://github.com/ada/belfry"});
    json!({"ref": "refs/heads/main", "created": false, "deleted": false, "head_commit": commit("c3"),
        "commits": [commit("c1"), commit("c2"), commit("c3")], "repository": repository})
    .to_string()
}

const PUSH: (&str, &str) = ("x-github-event", "push");
