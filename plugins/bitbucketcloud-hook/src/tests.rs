//! What is made of Bitbucket Cloud's payloads.

use super::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_hook_request;
use serde_json::json;

fn payload(more: (&str, Value)) -> Value {
    json!({
        "actor": {"display_name": "Ada Lovelace", "nickname": "ada", "username": "ada1", "type": "user"},
        "repository": {"scm": "git", "project": {"name": "Tower", "key": "T"}, "links": {
            "self": {"href": "https://api.bitbucket.org/2.0/repositories/ada/belfry"},
            "html": {"href": "https://bitbucket.org/ada/belfry"}}},
        more.0: more.1,
    })
}

fn changes(event: &str, payload: &Value) -> Result<Vec<NewChange>, String> {
    Given::settings(json!({"codebase": "src", "bitbucket_property_whitelist": ["bitbucket.actor.nickname"]}))
        .hooked::<BitbucketCloud>(&a_hook_request(payload, &[("X-Event-Key", event)]))
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"type": kind, "name": name, "target": {"hash": "c0ffee", "type": "commit", "message": "Oil"}})
}

#[test]
fn each_reference_of_a_push_is_a_change() {
    let pushed = json!({"changes": [
        {"new": reference("branch", "main"), "old": null, "created": true},
        {"new": reference("tag", "v1"), "old": null},
        {"new": null, "old": reference("branch", "gone"), "closed": true},
        {"new": null, "old": null},
    ]});
    let found = changes("repo:push", &payload(("push", pushed))).expect("changes");
    let shown: Vec<_> = found.iter().map(|c| (c.branch.as_deref(), c.category.as_deref())).collect();
    let expected = [("refs/heads/main", "push"), ("refs/tags/v1", "push"), ("refs/heads/gone", "ref-deleted")];
    assert_eq!(shown, expected.map(|(branch, category)| (Some(branch), Some(category))));
    let change = &found[0];
    assert_eq!(change.author.as_deref(), Some("Ada Lovelace <ada>"));
    assert_eq!(change.revlink.as_deref(), Some("https://bitbucket.org/ada/belfry/commits/c0ffee"));
    assert_eq!(change.comments.as_deref(), Some("Bitbucket Cloud commit c0ffee"));
    assert_eq!((change.project.as_str(), change.src.as_deref()), ("Tower", Some("git")));
    assert_eq!(change.repository, "https://api.bitbucket.org/2.0/repositories/ada/belfry");
}

#[test]
fn pull_requests_as_bitbucket_sends_them_and_as_buildbot_expects_them() {
    let side = |branch: &str| json!({"branch": {"name": branch}, "commit": {"hash": "c0ffee"}});
    let link = "https://bitbucket.org/ada/belfry/pull-requests/7";
    let sent =
        json!({"id": 7, "links": {"html": {"href": link}}, "source": side("bells"), "destination": side("main")});
    let expected = json!({"id": 7, "link": link, "fromRef": side("bells"), "toRef": side("main")});
    for pull in [sent, expected] {
        for (event, branch) in [
            ("created", "refs/pull-requests/7/merge"),
            ("updated", "refs/pull-requests/7/merge"),
            ("fulfilled", "refs/heads/main"),
            ("rejected", "refs/heads/bells"),
        ] {
            let payload = payload(("pullrequest", pull.clone()));
            let found = changes(&format!("pullrequest:{event}"), &payload).expect("a change");
            let change = &found[0];
            assert_eq!(change.branch.as_deref(), Some(branch), "{event}");
            assert_eq!(change.category, Some(format!("pull-{event}")));
            assert_eq!(change.revlink.as_deref(), Some(link));
            let properties =
                [("bitbucket.actor.nickname", "\"ada\"".to_owned()), ("pullrequesturl", format!("{link:?}"))];
            assert_eq!(change.properties, properties.map(|(name, value)| (name.to_owned(), value)));
        }
    }
}

#[test]
fn what_is_wrong_is_said() {
    assert_eq!(changes("repo:fork", &json!({})), Err("Unknown event: repo:fork".into()));
    let said = changes("repo:push", &json!({"actor": {}})).expect_err("it is refused");
    assert!(said.contains("missing field `repository`"), "{said}");
    let no_pull = changes("pullrequest:created", &payload(("push", Value::Null)));
    assert_eq!(no_pull, Err("the payload has no pullrequest".into()));
    let mut request = a_hook_request(&json!({}), &[]);
    let call = |request: &HookRequest| Given::settings(json!({})).hooked::<BitbucketCloud>(request);
    assert_eq!(call(&request), Err("Header X-Event-Key was not present".into()));
    request.content_type = "text/plain".into();
    assert_eq!(call(&request), Err("Unknown content type: text/plain".into()));
}
