//! Pull requests of GitHub, about which its API is asked.

use super::*;
use axum::Json;
use axum::Router;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::routing::get;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use tokio::net::TcpListener;

/// GitHub's API, of a pull request with so many pages of files, and a commit with this message.
#[derive(Clone)]
pub(super) struct Api {
    port: u16,
    pages: usize,
    message: Option<&'static str>,
    /// Whose tokens came.
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Api {
    pub(super) async fn start(pages: usize, message: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let api = Self { port, pages, message, tokens: Arc::default() };
        let router = Router::new()
            .route("/api/v3/repos/{owner}/{name}/commits/{sha}", get(commit))
            .route("/api/v3/repos/{owner}/{name}/pulls/{number}/files", get(files));
        let router = router.with_state(api.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        api
    }

    fn came(&self, headers: &HeaderMap) {
        let token = headers.get("authorization").map(|token| token.to_str().expect("a text").to_owned());
        self.tokens.lock().expect("it is whole").push(token.unwrap_or_default());
    }

    pub(super) fn asked(&self) -> usize {
        self.tokens.lock().expect("it is whole").len()
    }

    pub(super) async fn host(&self, settings: &str) -> TestHost {
        let settings = format!(
            "secret = \"key\"\n[change_hook.settings]\ngithub_api_endpoint = \"http://127.0.0.1:{}/api/v3\"\n{settings}",
            self.port
        );
        setup("github", &settings).secret("token", "s3cret").allow(format!("127.0.0.1:{}", self.port)).start().await
    }
}

async fn commit(
    State(api): State<Api>,
    Path(path): Path<Vec<String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, StatusCode> {
    assert_eq!(path, ["ada", "belfry", "c0ffee"]);
    api.came(&headers);
    let message = api.message.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(json!({"sha": "c0ffee", "commit": {"message": message}})))
}

async fn files(
    State(api): State<Api>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Result<(HeaderMap, Json<Value>), StatusCode> {
    api.came(&headers);
    if api.pages == 0 {
        return Err(StatusCode::BAD_GATEWAY);
    }
    assert_eq!(query["per_page"], "100");
    let link = format!("<http://127.0.0.1/x?per_page=100&page={}>; rel=\"last\"", api.pages);
    let mut headers = HeaderMap::new();
    headers.insert("link", link.parse().expect("a header"));
    Ok((headers, Json(json!([{"filename": format!("page{}", query["page"]), "previous_filename": "old"}]))))
}

pub(super) fn pull(action: &str) -> String {
    let repository = json!({"full_name": "ada/belfry", "html_url": "https://github.com/ada/belfry"});
    json!({"action": action, "number": 7, "sender": {"login": "ada"}, "repository": repository, "pull_request": {
        "head": {"sha": "c0ffee"}, "base": {"ref": "main", "repo": repository}, "created_at": "2026-11-20T14:05:09Z",
        "title": "Oil", "body": "All of them.", "commits": 2, "_links": {"html": {"href": "https://github.com/ada/belfry/pull/7"}}}})
    .to_string()
}

pub(super) const PULL: (&str, &str) = ("x-github-event", "pull_request");

/// Posts it as GitHub does that knows the secret.
pub(super) async fn signed(host: &TestHost, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let signature = format!("sha256={}", sha256(body));
    post(host, "github", &[headers, &[("x-hub-signature-256", &signature)]].concat(), body).await
}

fn files_of(change: &Value) -> Vec<&str> {
    change["files"].as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn the_api_tells_message_and_files() {
    let api = Api::start(3, Some("Oil")).await;
    let host = api.host("token = \"token\"\npullrequest_ref = \"head\"").await;
    assert_eq!(signed(&host, &[PULL], &pull("opened")).await, found("1"));
    let change = changes(&host).await.remove(0);
    assert_eq!(files_of(&change), ["page1", "old", "page2", "old", "page3", "old"]);
    assert_eq!(change["comments"], "GitHub Pull Request #7 (2 commits)\nOil\nAll of them.");
    assert_eq!((&change["branch"], &change["category"]), (&json!("refs/pull/7/head"), &json!("pull")));
    assert_eq!((&change["author"], &change["revision"]), (&json!("ada"), &json!("c0ffee")));
    assert_eq!(change["properties"]["basename"], json!(["main", "Change"]));
    assert_eq!(*api.tokens.lock().expect("it is whole"), vec!["token s3cret"; 4]);
}

#[tokio::test]
async fn without_the_api_there_is_a_change_all_the_same() {
    let api = Api::start(0, None).await;
    let host = api.host("").await;
    assert_eq!(signed(&host, &[PULL], &pull("synchronize")).await, found("1"));
    let change = changes(&host).await.remove(0);
    assert_eq!((files_of(&change), &change["revision"]), (Vec::new(), &json!("c0ffee")));
    assert_eq!(*api.tokens.lock().expect("it is whole"), ["", ""]);
}

#[tokio::test]
async fn a_commit_that_says_so_is_skipped_and_other_actions_ask_for_nothing() {
    let api = Api::start(1, Some("Oil [skip ci]")).await;
    let host = api.host("").await;
    assert_eq!(signed(&host, &[PULL], &pull("reopened")).await, found("no"));
    assert_eq!(api.asked(), 2);
    for action in ["closed", "labeled", "edited"] {
        assert_eq!(signed(&host, &[PULL], &pull(action)).await, found("no"));
    }
    assert_eq!((api.asked(), changes(&host).await.len()), (2, 0));
}

#[tokio::test]
async fn so_many_pages_are_read_and_no_more() {
    let api = Api::start(40, Some("Oil")).await;
    let host = api.host("").await;
    assert_eq!(signed(&host, &[PULL], &pull("opened")).await, found("1"));
    assert_eq!((api.asked(), files_of(&changes(&host).await[0]).len()), (11, 20));
}
