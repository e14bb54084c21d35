//! What is made of Bitbucket Server's payloads.

use super::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_hook_request;
use serde_json::json;

fn repository() -> Value {
    json!({"slug": "belfry", "scmId": "git", "project": {"key": "T", "name": "Tower"},
        "links": {"self": [{"href": "https://bb/projects/T/repos/browser/browse"}]}})
}

fn payload(more: Value) -> Value {
    let mut payload = json!({"actor": {"name": "ada", "displayName": "Ada Lovelace", "emailAddress": "a@b.c"}});
    let (Value::Object(payload_map), Value::Object(more)) = (&mut payload, more) else { panic!("objects") };
    payload_map.extend(more);
    payload
}

fn changes(event: &str, payload: &Value) -> Result<Vec<NewChange>, String> {
    Given::settings(json!({})).hooked::<BitbucketServer>(&a_hook_request(payload, &[("X-Event-Key", event)]))
}

/// Branch, category and revision.
fn shown(changes: &[NewChange]) -> Vec<(&str, &str, &str)> {
    changes.iter().map(|c| (text(&c.branch), text(&c.category), text(&c.revision))).collect()
}

fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

#[test]
fn each_reference_of_a_push_is_a_change() {
    let change = |id: &str, kind: &str| json!({"ref": {"id": id, "displayId": "x", "type": "BRANCH"}, "refId": id, "fromHash": "b0", "toHash": "c0", "type": kind});
    let sent = payload(json!({"repository": repository(), "changes": [change("refs/heads/main", "UPDATE"),
        change("refs/tags/v1", "ADD"), change("refs/heads/gone", "DELETE")]}));
    let found = changes("repo:refs_changed", &sent).expect("changes");
    let expected =
        [("refs/heads/main", "push", "c0"), ("refs/tags/v1", "push", "c0"), ("refs/heads/gone", "ref-deleted", "b0")];
    assert_eq!(shown(&found), expected);
    // Its name ends in letters that the word `browse` has.
    assert_eq!(found[0].repository, "https://bb/projects/T/repos/browser/");
    assert_eq!(found[0].revlink.as_deref(), Some("https://bb/projects/T/repos/browser/commits/c0"));
    assert_eq!((found[0].author.as_deref(), found[0].project.as_str()), (Some("Ada Lovelace <ada>"), "Tower"));
}

#[test]
fn pushes_as_buildbot_expects_them() {
    let reference = |hash: &str| json!({"type": "branch", "name": "main", "target": {"hash": hash}});
    let pushed =
        json!({"changes": [{"new": reference("c0"), "old": reference("b0")}, {"new": null, "old": reference("b0")}]});
    let found = changes("repo:push", &payload(json!({"repository": repository(), "push": pushed}))).expect("changes");
    assert_eq!(shown(&found), [("refs/heads/main", "push", "c0"), ("refs/heads/main", "ref-deleted", "b0")]);
}

#[test]
fn pull_requests_as_bitbucket_sends_them() {
    let side = |branch: &str| json!({"id": format!("refs/heads/{branch}"), "displayId": branch, "latestCommit": "c0", "repository": repository()});
    let pull =
        json!({"id": 7, "title": "Oil", "fromRef": side("bells"), "toRef": side("main"), "links": {"self": [null]}});
    for (event, branch, category) in [
        ("pr:opened", "refs/pull-requests/7/merge", "pull-created"),
        ("pr:from_ref_updated", "refs/pull-requests/7/merge", "pull-updated"),
        ("pr:merged", "refs/heads/main", "pull-fulfilled"),
        ("pr:declined", "refs/heads/bells", "pull-rejected"),
    ] {
        let found = changes(event, &payload(json!({"pullRequest": pull}))).expect("a change");
        assert_eq!(shown(&found), [(branch, category, "c0")]);
        assert_eq!((found[0].project.as_str(), found[0].revlink.as_deref()), ("Tower", None));
    }
}

#[test]
fn pull_requests_as_buildbot_expects_them() {
    let side = |branch: &str| json!({"branch": {"name": branch}, "commit": {"hash": "c0"}});
    let pull = json!({"id": 7, "link": "https://bb/7", "fromRef": side("bells"), "toRef": side("main")});
    let sent = payload(json!({"repository": repository(), "pullrequest": pull}));
    let found = changes("pullrequest:fulfilled", &sent).expect("a change");
    assert_eq!(shown(&found), [("refs/heads/main", "pull-fulfilled", "c0")]);
    assert_eq!(found[0].revlink.as_deref(), Some("https://bb/7"));
}

#[test]
fn a_repository_without_an_address_is_called_by_its_project() {
    let change = json!({"ref": {"id": "refs/heads/main"}, "fromHash": "b0", "toHash": "c0", "type": "UPDATE"});
    let of = |repository: Value| {
        changes("repo:refs_changed", &payload(json!({"repository": repository, "changes": [change]})))
    };
    let found = of(json!({"slug": "belfry", "project": {"key": "~ADA"}, "links": {"self": [null]}})).expect("a change");
    assert_eq!((found[0].repository.as_str(), found[0].project.as_str()), ("~ADA/belfry", "~ADA"));
    assert_eq!(found[0].revlink, None);
    let said = of(json!({"slug": "belfry"})).expect_err("it is refused");
    assert!(said.contains("neither repository.links.self nor repository.project.key"), "{said}");
    assert_eq!(of(Value::Null), Err("the payload has no repository".into()));
}

#[test]
fn what_is_wrong_is_said() {
    assert_eq!(changes("diagnostics:ping", &json!({"test": true})), Ok(Vec::new()));
    assert_eq!(changes("pr:deleted", &json!({})), Err("Unknown event: pr:deleted".into()));
    let none = Given::settings(json!({})).hooked::<BitbucketServer>(&a_hook_request(&json!({}), &[]));
    assert_eq!(none, Err("Header X-Event-Key is not present".into()));
}
