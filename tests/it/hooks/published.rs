//! Payloads as the forges publish them: GitHub's of every event and of each version of its servers, those of GitLab's
//! documentation, and a push of Bitbucket Cloud.

use super::*;
use std::path::PathBuf;

/// Where `cargo xtask test` leaves them.
fn published(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/descriptions")).join(name)
}

fn read(path: PathBuf) -> Value {
    let text = std::fs::read_to_string(path).expect("run the suite by `cargo xtask test`, which fetches it");
    serde_json::from_str(&text).expect("JSON")
}

/// Each event of GitHub, with its examples.
fn of_github() -> Vec<(String, Vec<Value>)> {
    let events = read(published("github-webhooks-7.6.1.json"));
    let examples = |event: &Value| event["examples"].as_array().expect("a list").clone();
    let events = events.as_array().expect("a list").iter();
    events.map(|event| (event["name"].as_str().expect("a name").to_owned(), examples(event))).collect()
}

/// In which kind of body GitHub is told to send its payloads.
#[derive(Clone, Copy)]
enum Sent {
    Json,
    Form,
}

impl Sent {
    fn kind(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Form => "application/x-www-form-urlencoded",
        }
    }

    fn body(self, payload: &Value) -> String {
        match self {
            Self::Json => payload.to_string(),
            Self::Form => {
                form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
            }
        }
    }
}

async fn github_is_understood(sent: Sent) {
    // Its API is closed to the test, as it is to a host that reaches no network.
    let setup = setup("github", "secret = \"key\"\nsettings = {github_api_endpoint = \"http://127.0.0.1:9\"}");
    let host = setup.start().await;
    let (mut count, mut added) = (0, 0);
    for (event, examples) in of_github() {
        for example in examples {
            let body = sent.body(&example);
            let signature = format!("sha256={}", sha256(&body));
            let request = host.client.post(format!("{}/change_hook/github", host.url)).body(body);
            let request = request.header("content-type", sent.kind()).header("x-github-event", &event);
            let (status, said) = answer(request.header("x-hub-signature-256", signature)).await;
            match told(&event, &example) {
                Some(changes) => assert_eq!((status, said), found_of(changes), "{event} {example}"),
                None => assert_eq!((status, said), (400, format!("Unknown event: {event}"))),
            }
            added += told(&event, &example).unwrap_or(0);
            count += 1;
        }
    }
    assert!(count > 200 && added > 5, "{count} sent, {added} changes");
    let total = host.get("changes?limit=1").await["meta"]["total"].clone();
    assert_eq!(total, added);
}

fn found_of(changes: usize) -> (u16, String) {
    if changes == 0 { found("no") } else { found(&changes.to_string()) }
}

#[tokio::test]
async fn github_is_understood_in_all_that_it_sends() {
    github_is_understood(Sent::Json).await;
}

#[tokio::test]
async fn github_is_understood_in_forms_too() {
    github_is_understood(Sent::Form).await;
}

/// How many changes there are in it; nothing where the event is not known.
fn told(event: &str, example: &Value) -> Option<usize> {
    let flag = |name: &str| example[name] == json!(true);
    match event {
        "ping" | "workflow_run" => Some(0),
        "push" if flag("deleted") => Some(0),
        "push" if flag("created") && example["head_commit"].is_object() => Some(1),
        "push" => Some(example["commits"].as_array().expect("a list").len()),
        "pull_request" => {
            let action = example["action"].as_str().unwrap_or_default();
            Some(usize::from(["opened", "reopened", "synchronize"].contains(&action)))
        }
        _ => None,
    }
}

#[tokio::test]
async fn gitlab_is_understood() {
    let host = setup("gitlab", "secret = \"key\"").start().await;
    let files = std::fs::read_dir(published("gitlab-webhooks-0.73.1"));
    let files = files.expect("run the suite by `cargo xtask test`, which fetches it");
    let mut seen: Vec<(String, String)> = Vec::new();
    for file in files {
        let file = file.expect("a file");
        let payload = read(file.path()).to_string();
        let (status, said) = post(&host, "gitlab", &[("x-gitlab-token", KEY)], &payload).await;
        let name = file.file_name().to_string_lossy().into_owned();
        assert_eq!(status, 202, "{name}: {said}");
        if said != "no change found" {
            seen.push((name, said));
        }
    }
    seen.sort();
    let expected = [
        ("merge_request.json", "1"),
        ("note_merge_request.json", "1"),
        ("push.json", "2"),
        ("service_merge_request.json", "1"),
        ("tag_push.json", "1"),
    ];
    assert_eq!(seen, expected.map(|(name, count)| (name.to_owned(), format!("{count} change found"))));
    for change in changes(&host).await {
        for field in ["author", "revision", "branch", "repository", "project"] {
            assert!(change[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {change}");
        }
    }
}

#[tokio::test]
async fn a_push_of_bitbucket_cloud_is_understood() {
    let host = setup("bitbucketcloud", "secret = \"key\"").start().await;
    let payload = read(published("bitbucket-webhook-9.1.2.json"));
    let body = payload.to_string();
    let signature = format!("sha256={}", sha256(&body));
    let headers = [("x-event-key", "repo:push"), ("x-hub-signature", signature.as_str())];
    assert_eq!(post(&host, "bitbucketcloud", &headers, &body).await, found("1"));
    let change = changes(&host).await.remove(0);
    let new = &payload["push"]["changes"][0]["new"];
    assert_eq!(change["revision"], new["target"]["hash"]);
    assert_eq!(change["branch"], format!("refs/heads/{}", new["name"].as_str().expect("a name")));
    assert_eq!(change["repository"], payload["repository"]["links"]["self"]["href"]);
    assert_eq!(change["category"], "push");
}
