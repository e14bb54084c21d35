//! Payloads as GitHub publishes them, of every event and of each version of its servers.

use super::*;
use std::path::Path;

/// Where `cargo xtask test` leaves them.
const PAYLOADS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/descriptions/github-webhooks-7.6.1.json");

/// Each event, with its examples.
fn published() -> Vec<(String, Vec<Value>)> {
    let text =
        std::fs::read_to_string(Path::new(PAYLOADS)).expect("run the suite by `cargo xtask test`, which fetches it");
    let events: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let examples = |event: &Value| event["examples"].as_array().expect("a list").clone();
    events.iter().map(|event| (event["name"].as_str().expect("a name").to_owned(), examples(event))).collect()
}

#[tokio::test]
async fn github_is_understood_in_all_that_it_sends() {
    // Its API is closed to the test, as it is to a host that reaches no network.
    let setup = setup("github", "secret = \"key\"\nsettings = {github_api_endpoint = \"http://127.0.0.1:9\"}");
    let host = setup.start().await;
    let (mut sent, mut added) = (0, 0);
    for (event, examples) in published() {
        for example in examples {
            let body = example.to_string();
            let signature = format!("sha256={}", sha256(&body));
            let headers = [("x-github-event", event.as_str()), ("x-hub-signature-256", &signature)];
            let (status, said) = post(&host, "github", &headers, &body).await;
            let expected = expected(&event, &example);
            match expected {
                Some(count) => assert_eq!((status, said), found(&count), "{event} {body}"),
                None => assert_eq!((status, said), (400, format!("Unknown event: {event}"))),
            }
            added += changes_of(&event, &example);
            sent += 1;
        }
    }
    assert!(sent > 200 && added > 5, "{sent} sent, {added} changes");
    let total = host.get("changes?limit=1").await["meta"]["total"].clone();
    assert_eq!(total, added);
}

/// What is answered; nothing where the event is not known.
fn expected(event: &str, example: &Value) -> Option<String> {
    match event {
        "ping" | "workflow_run" | "push" | "pull_request" => match changes_of(event, example) {
            0 => Some("no".to_owned()),
            count => Some(count.to_string()),
        },
        _ => None,
    }
}

/// How many changes there are in it.
fn changes_of(event: &str, example: &Value) -> usize {
    let flag = |name: &str| example[name] == json!(true);
    match event {
        "push" if flag("deleted") => 0,
        "push" if flag("created") && example["head_commit"].is_object() => 1,
        "push" => example["commits"].as_array().expect("a list").len(),
        "pull_request" => {
            usize::from(["opened", "reopened", "synchronize"].contains(&example["action"].as_str().unwrap_or_default()))
        }
        _ => 0,
    }
}
