//! What is made of GitHub's payloads.

use super::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_hook_request;
use campanile_sdk::testing::came_back;
use serde_json::Value;
use serde_json::json;

fn commit(id: &str, message: &str) -> Value {
    json!({"id": id, "message": message, "timestamp": "2026-11-20T14:05:09+01:00", "url": format!("https://g/c/{id}"),
        "author": {"name": "Ada", "email": "ada@example.org", "username": "ada"},
        "committer": {"name": "Ben", "email": "ben@example.org"},
        "added": ["a"], "modified": ["m"], "removed": ["r"]})
}

fn push(more: Value) -> Value {
    let mut payload = json!({"ref": "refs/heads/feature/bells", "created": false, "deleted": false,
        "head_commit": commit("2", "Oil"), "commits": [commit("1", "Ring"), commit("2", "Oil")],
        "repository": {"html_url": "https://g/o/r", "full_name": "o/r", "url": "https://api/o/r"}});
    let (Value::Object(payload_map), Value::Object(more)) = (&mut payload, more) else { panic!("objects") };
    payload_map.extend(more);
    payload
}

#[test]
fn what_a_whitelist_takes_does_not_grow_with_the_square_of_the_commits() {
    let long = "x".repeat(1000);
    let of = |commits: usize| {
        let commits: Vec<Value> = (0..commits).map(|n| commit(&n.to_string(), &long)).collect();
        pushed(json!({"github_property_whitelist": ["github.*"]}), &push(json!({"commits": commits})))
    };
    let value = |change: &NewChange, name: &str| {
        change.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).expect("it is there")
    };
    assert!(value(&of(20)[19], "github.commits").len() > 20_000);
    let many = of(1000);
    assert_eq!(value(&many[999], "github.commits"), "null");
    assert_eq!(value(&many[999], "github.repository.full_name"), "\"o/r\"");
}

fn pushed(settings: Value, payload: &Value) -> Vec<NewChange> {
    let request = a_hook_request(payload, &[("X-GitHub-Event", "push")]);
    Given::settings(settings).hooked::<GitHub>(&request).expect("changes")
}

fn revisions(changes: &[NewChange]) -> Vec<&str> {
    changes.iter().filter_map(|change| change.revision.as_deref()).collect()
}

#[test]
fn a_push_is_a_change_for_each_commit() {
    let found = pushed(json!({"codebase": "src"}), &push(json!({})));
    assert_eq!(revisions(&found), ["1", "2"]);
    let change = &found[0];
    assert_eq!(change.author.as_deref(), Some("Ada <ada@example.org>"));
    assert_eq!(change.committer.as_deref(), Some("Ben <ben@example.org>"));
    assert_eq!((change.branch.as_deref(), change.category.as_deref()), (Some("feature/bells"), None));
    assert_eq!((change.files.join(" "), change.when_timestamp), ("a m r".into(), Some(1_795_179_909)));
    assert_eq!((change.repository.as_str(), change.project.as_str()), ("https://g/o/r", "o/r"));
    assert_eq!(change.codebase.as_deref(), Some("src"));
    assert_eq!(change.properties, [("github_distinct".into(), "true".into()), ("event".into(), "\"push\"".into())]);
}

#[test]
fn of_what_is_new_the_head_is_a_change_and_of_what_is_deleted_nothing() {
    assert_eq!(revisions(&pushed(json!({}), &push(json!({"created": true})))), ["2"]);
    assert!(pushed(json!({}), &push(json!({"deleted": true, "head_commit": null, "commits": []}))).is_empty());
    assert!(pushed(json!({}), &push(json!({"ref": "refs/notes/x"}))).is_empty());
    let tag = pushed(json!({}), &push(json!({"ref": "refs/tags/v1", "created": true})));
    assert_eq!((tag[0].branch.as_deref(), tag[0].category.as_deref()), (Some("v1"), Some("tag")));
}

#[test]
fn a_push_without_a_head_is_its_commits() {
    assert_eq!(revisions(&pushed(json!({}), &push(json!({"head_commit": null})))), ["1", "2"]);
}

#[test]
fn commits_that_another_branch_had_are_changes_too() {
    let mut known = commit("1", "Ring");
    known["distinct"] = json!(false);
    let found = pushed(json!({}), &push(json!({"commits": [known]})));
    assert_eq!(found[0].properties[0], ("github_distinct".into(), "false".into()));
}

#[test]
fn a_head_that_says_so_skips_the_push() {
    let head = |message: &str| push(json!({"head_commit": commit("2", message)}));
    assert!(pushed(json!({}), &head("Oil [skip ci]")).is_empty());
    assert_eq!(pushed(json!({"skips": []}), &head("Oil [skip ci]")).len(), 2);
    assert!(pushed(json!({"skips": ["no build"]}), &head("no build")).is_empty());
}

#[test]
fn parts_of_the_payload_become_properties() {
    let settings = json!({"github_property_whitelist": ["github.repository.*", "github.ref"]});
    let found = pushed(settings, &push(json!({})));
    let names: Vec<&str> = found[0].properties.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["github.ref", "github.repository.full_name", "github.repository.html_url", "github.repository.url"];
    assert_eq!(names[..4], expected);
}

fn pull(action: &str) -> HookRequest {
    let repository = json!({"full_name": "o/r", "html_url": "https://g/o/r"});
    let payload = json!({"action": action, "number": 7, "sender": {"login": "ada"}, "repository": repository,
        "pull_request": {"head": {"sha": "c0ffee", "ref": "bells"}, "base": {"ref": "main", "repo": repository},
            "created_at": "2026-11-20T14:05:09Z", "title": "Oil", "body": null, "commits": 1,
            "_links": {"html": {"href": "https://g/o/r/pull/7"}}}});
    a_hook_request(&payload, &[("X-GitHub-Event", "pull_request")])
}

fn asked(request: &HookRequest, fetched: &[Fetched]) -> HookOutcome {
    let settings = json!({"github_api_endpoint": "https://ghe/api/v3/", "token": "github"});
    Given::settings(settings).hook::<GitHub>(request, fetched).expect("an outcome")
}

fn urls(outcome: HookOutcome) -> Vec<String> {
    let HookOutcome::Fetch(wanted) = outcome else { panic!("nothing is to be read: {outcome:?}") };
    let text = |text: &campanile_sdk::contract::Text| format!("{text:?}");
    assert!(wanted.iter().all(|fetch| text(&fetch.headers[1].value).contains("github")));
    wanted.into_iter().map(|fetch| format!("{:?}", fetch.url)).collect()
}

fn message(text: &str) -> Fetched {
    came_back(&json!({"commit": {"message": text}}), &[])
}

#[test]
fn of_a_pull_request_the_message_and_the_files_are_read() {
    let urls = urls(asked(&pull("opened"), &[]));
    assert!(urls[0].contains("https://ghe/api/v3/repos/o/r/commits/c0ffee"), "{urls:?}");
    assert!(urls[1].contains("https://ghe/api/v3/repos/o/r/pulls/7/files?per_page=100&page=1"), "{urls:?}");
    let files = came_back(&json!([{"filename": "b", "previous_filename": "a"}, {"filename": "c"}]), &[]);
    let HookOutcome::Changes(found) = asked(&pull("opened"), &[message("Oil"), files]) else { panic!("a change") };
    let change = &found[0];
    assert_eq!((change.branch.as_deref(), change.category.as_deref()), (Some("refs/pull/7/merge"), Some("pull")));
    assert_eq!(change.comments.as_deref(), Some("GitHub Pull Request #7 (1 commit)\nOil\n"));
    assert_eq!(change.files, ["b", "a", "c"]);
    let names: Vec<&str> = change.properties.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["pullrequesturl", "event", "basename"]);
}

#[test]
fn further_pages_are_read_within_a_bound() {
    let link = "<https://ghe/x?page=2>; rel=\"next\", <https://ghe/x?per_page=100&page=31>; rel=\"last\"";
    let first = came_back(&json!([{"filename": "a"}]), &[("Link", link)]);
    let urls = urls(asked(&pull("synchronize"), &[message("Oil"), first.clone()]));
    assert_eq!(urls.len(), 9);
    assert!(urls[8].contains("page=10"), "{urls:?}");
    let more = came_back(&json!([{"filename": "b"}]), &[]);
    let HookOutcome::Changes(found) = asked(&pull("opened"), &[message("Oil"), first, more]) else {
        panic!("a change")
    };
    assert_eq!(found[0].files, ["a", "b"]);
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let HookOutcome::Changes(found) = asked(&pull("reopened"), &[Fetched::nothing(), Fetched::nothing()]) else {
        panic!("a change")
    };
    assert!(found[0].files.is_empty());
    assert_eq!(asked(&pull("opened"), &[message("[ci skip]"), Fetched::nothing()]), HookOutcome::NOTHING);
    assert_eq!(asked(&pull("closed"), &[]), HookOutcome::NOTHING);
}

#[test]
fn other_events() {
    let of = |event: &str| {
        Given::settings(json!({})).hooked::<GitHub>(&a_hook_request(&json!({}), &[("x-github-event", event)]))
    };
    assert_eq!(of("ping"), Ok(Vec::new()));
    assert_eq!(of("workflow_run"), Ok(Vec::new()));
    assert_eq!(of("star"), Err("Unknown event: star".into()));
    let missing = "the payload does not parse: missing field `ref` at line 1 column 2";
    assert_eq!(of("push"), Err(missing.into()));
    let no_event = Given::settings(json!({})).hooked::<GitHub>(&a_hook_request(&json!({}), &[]));
    assert_eq!(no_event, Err("the header X-GitHub-Event is missing".into()));
}

#[test]
fn a_url_is_not_for_the_sender_to_write() {
    let mut request = pull("opened");
    let body = String::from_utf8(request.body.clone()).expect("a text");
    for wrong in ["o/..", "o/r/../x", "o", "o/r?x", "/r"] {
        request.body = body.replace("\"o/r\"", &format!("\"{wrong}\"")).into_bytes();
        assert!(Given::settings(json!({})).hooked::<GitHub>(&request).is_err(), "{wrong}");
    }
}

#[test]
fn all_that_is_wrong_with_the_settings_is_said() {
    let settings =
        serde_json::from_value(json!({"skips": ["("], "github_property_whitelist": ["[a"]})).expect("parses");
    assert_eq!(GitHub::check(&settings).len(), 2);
}
