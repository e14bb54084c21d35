//! What is made of GitLab's payloads.

use super::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_hook_request;
use serde_json::Value;
use serde_json::json;

fn commit(id: &str) -> Value {
    json!({"id": id, "message": "Oil", "timestamp": "2026-11-20T14:05:09+01:00", "url": format!("https://gl/c/{id}"),
        "author": {"name": "Ada", "email": "ada@example.org"}, "added": ["a"], "modified": [], "removed": ["r"]})
}

fn push(kind: &str, reference: &str, after: &str, commits: Value) -> Value {
    json!({"object_kind": kind, "ref": reference, "after": after, "before": "1", "commits": commits,
        "repository": {"name": "belfry", "url": "git@gl:ada/belfry.git", "git_http_url": "https://gl/ada/belfry.git"}})
}

fn merge_request(action: &str, state: &str, oldrev: Option<&str>) -> Value {
    let project = |name: &str| json!({"name": name, "git_http_url": format!("https://gl/{name}.git"), "git_ssh_url": format!("git@gl:{name}.git")});
    json!({"iid": 3, "title": "Oil", "description": null, "state": state, "action": action, "oldrev": oldrev,
        "url": "https://gl/mr/3", "last_commit": commit("c0ffee"), "source_branch": "bells", "source_project_id": 14,
        "source": project("fork"), "target_branch": "main", "target_project_id": 15, "target": project("belfry")})
}

fn changes(payload: &Value) -> Vec<NewChange> {
    Given::settings(json!({})).hooked::<GitLab>(&a_hook_request(payload, &[])).expect("changes")
}

#[test]
fn a_push_is_a_change_for_each_commit() {
    let mut old = commit("1");
    old["distinct"] = json!(false);
    let found = changes(&push("push", "refs/heads/main", "2", json!([old, commit("2")])));
    assert_eq!(found.len(), 1);
    let change = &found[0];
    assert_eq!((change.revision.as_deref(), change.branch.as_deref()), (Some("2"), Some("main")));
    assert_eq!((change.category.as_deref(), change.files.join(" ")), (Some("push"), "a r".into()));
    assert_eq!((change.repository.as_str(), change.project.as_str()), ("git@gl:ada/belfry.git", "belfry"));
    assert_eq!(change.properties, [("event".into(), "\"push\"".into())]);
    let tag = changes(&push("tag_push", "refs/tags/v1", "2", json!([commit("2")])));
    assert_eq!((tag[0].branch.as_deref(), tag[0].category.as_deref()), (Some("v1"), Some("tag_push")));
}

#[test]
fn what_is_deleted_is_no_change() {
    assert!(changes(&push("push", "refs/heads/main", &"0".repeat(40), json!([]))).is_empty());
    let mut told = push("push", "refs/heads/main", "2", json!([commit("2")]));
    told["deleted"] = json!(true);
    assert!(changes(&told).is_empty());
}

#[test]
fn the_url_names_project_and_codebase() {
    let mut request = a_hook_request(&push("push", "refs/heads/main", "2", json!([commit("2")])), &[]);
    request.query = vec![("project".into(), "tower".into()), ("codebase".into(), "src".into())];
    let found = Given::settings(json!({})).hooked::<GitLab>(&request).expect("changes");
    assert_eq!((found[0].project.as_str(), found[0].codebase.as_deref()), ("tower", Some("src")));
}

#[test]
fn a_merge_request_is_a_change_when_there_are_new_commits() {
    let of = |action: &str, state: &str, oldrev: Option<&str>| {
        changes(&json!({"object_kind": "merge_request", "object_attributes": merge_request(action, state, oldrev)}))
    };
    let found = of("open", "opened", None);
    let change = &found[0];
    assert_eq!(change.comments.as_deref(), Some("MR#3: Oil\n\n"));
    assert_eq!((change.branch.as_deref(), change.repository.as_str()), (Some("main"), "https://gl/belfry.git"));
    assert_eq!((change.category.as_deref(), change.properties.len()), (Some("merge_request"), 9));
    assert_eq!(change.properties[1], ("source_project_id".into(), "14".into()));
    assert_eq!(of("update", "opened", Some("b0")).len(), 1);
    for (action, state, oldrev) in
        [("update", "opened", None), ("merge", "merged", None), ("close", "closed", None), ("open", "merged", None)]
    {
        assert!(of(action, state, oldrev).is_empty(), "{action} {state}");
    }
}

#[test]
fn what_a_merge_request_leaves_open_is_no_mistake() {
    let without = |field: &str, action: &str, state: &str| {
        let mut merge = merge_request(action, state, None);
        merge[field] = Value::Null;
        changes(&json!({"object_kind": "merge_request", "object_attributes": merge}))
    };
    // Of a fork that is gone.
    let found = without("source", "open", "opened");
    assert_eq!(found[0].properties[2], ("source_repository".into(), "null".into()));
    assert_eq!((found.len(), found[0].revision.as_deref()), (1, Some("c0ffee")));
    assert!(without("last_commit", "open", "opened").is_empty());
    for (field, action, state) in [("source", "close", "closed"), ("last_commit", "merge", "merged")] {
        assert!(without(field, action, state).is_empty(), "{field}");
    }
    // What needs no change is not looked at any further.
    let closed = json!({"object_kind": "merge_request", "object_attributes": {"action": "close", "state": "closed"}});
    assert!(changes(&closed).is_empty());
    let mut merge = merge_request("", "opened", None);
    merge["last_commit"] = Value::Null;
    assert!(
        changes(&json!({"object_kind": "note", "object_attributes": {"note": "x"}, "merge_request": merge})).is_empty()
    );
}

#[test]
fn what_is_said_about_a_merge_request_is_a_change() {
    let note = json!({"object_kind": "note", "object_attributes": {"note": "again, please"},
        "merge_request": merge_request("", "opened", None)});
    let found = changes(&note);
    assert_eq!(found[0].category.as_deref(), Some("note"));
    assert!(found[0].properties.contains(&("comments".into(), "\"again, please\"".into())));
    assert!(changes(&json!({"object_kind": "note", "object_attributes": {"note": "x"}, "issue": {}})).is_empty());
}

#[test]
fn other_events_are_no_change_and_what_does_not_parse_is_refused() {
    assert!(changes(&json!({"object_kind": "pipeline"})).is_empty());
    let mut wrong = push("push", "refs/heads/main", "2", json!([commit("2")]));
    wrong["commits"][0]["id"] = json!(7);
    let said = Given::settings(json!({})).hooked::<GitLab>(&a_hook_request(&wrong, &[])).expect_err("it is refused");
    assert!(said.starts_with("the payload does not parse: commits[0].id: invalid type: integer `7`"), "{said}");
}
