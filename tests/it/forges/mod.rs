//! What forges are told of commits and changes, by the plugins for them, over HTTP: each example of Buildbot's wire formats,
//! the order of states, and what is not sent.

mod bitbucket;
mod bitbucket_server;
mod bitbucket_server_pr;
mod description;
mod gerrit_verify;
mod github;
mod github_comment;
mod gitlab;
mod order;
mod stash;

use campanile_sinks::ReceivedRequest;
use serde_json::Value;

/// Method and target of each.
fn targets(requests: &[ReceivedRequest]) -> Vec<String> {
    requests.iter().map(|request| format!("{} {}", request.method, request.target)).collect()
}

/// The body.
fn json(request: &ReceivedRequest) -> Value {
    serde_json::from_str(&request.text()).unwrap_or_else(|error| panic!("{error}: {request:?}"))
}

/// The fields of this name, of each.
fn each(requests: &[ReceivedRequest], field: &str) -> Vec<String> {
    let told = |request| json(request)[field].as_str().unwrap_or("nothing").to_owned();
    requests.iter().map(told).collect()
}
