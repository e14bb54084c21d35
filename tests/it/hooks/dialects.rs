//! Each dialect from a request to changes, and to a reporter that tells of them.

use super::*;
use campanile_sinks::HttpSink;

/// Changes without what differs from time to time.
async fn told(host: &TestHost) -> Vec<Value> {
    let mut changes = changes(host).await;
    for change in &mut changes {
        let change = change.as_object_mut().expect("an object");
        for key in ["sourcestamp", "parent_changeids", "changeid"] {
            change.remove(key);
        }
        if change["when_timestamp"].as_i64() > Some(1_795_200_000) {
            change.insert("when_timestamp".to_owned(), json!("now"));
        }
    }
    changes
}

#[tokio::test]
async fn base_takes_forms_and_queries() {
    let host = setup("base", "").start().await;
    let form = "author=ada&comments=Oil&files=%5B%22bells.py%22%5D&properties=%7B%22n%22%3A7%7D&when=1700000000.5&branch=main&\
                revision=7&repository=r&project=p&category=c&codebase=s";
    let request = host.client.post(format!("{}/change_hook", host.url)).body(form);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(answer(request).await, found("1"));
    assert_eq!(get(&host, "/?who=ben&comments=by%20GET").await, found("1"));
    let multipart = "--b\r\ncontent-disposition: form-data; name=\"author\"\r\n\r\ncleo\r\n--b--\r\n";
    let request = host.client.post(format!("{}/change_hook/base", host.url)).body(multipart);
    assert_eq!(answer(request.header("content-type", "multipart/form-data; boundary=b")).await, found("1"));
    insta::assert_json_snapshot!(told(&host).await);
}

#[tokio::test]
async fn github_pushes() {
    let host =
        setup("github", "settings = {codebase = \"src\", github_property_whitelist = [\"github.ref\"]}").start().await;
    assert_eq!(post(&host, "github?project=tower", &[PUSH], &push()).await, found("3"));
    insta::assert_json_snapshot!(told(&host).await.remove(0));
    let users = host.get("changes/1").await;
    assert_eq!(users["changes"][0]["author"], "Ada <ada@example.org>");
}

#[tokio::test]
async fn gitlab_pushes_and_merge_requests() {
    let host = setup("gitlab", "").start().await;
    let commit = json!({"id": "c0ffee", "message": "Oil\n", "title": "Oil", "timestamp": "2026-11-20T14:05:09+00:00",
        "url": "https://gitlab.com/ada/belfry/-/commit/c0ffee", "author": {"name": "Ada", "email": "ada@example.org"},
        "added": ["a"], "modified": ["b"], "removed": []});
    let repository = json!({"name": "belfry", "url": "git@gitlab.com:ada/belfry.git", "description": "",
        "homepage": "https://gitlab.com/ada/belfry", "git_http_url": "https://gitlab.com/ada/belfry.git"});
    let push = |after: &str, commits: Value| {
        json!({"object_kind": "push", "event_name": "push", "before": "b0", "after": after, "ref": "refs/heads/main",
            "checkout_sha": null, "user_name": "Ada", "project_id": 1, "repository": repository, "commits": commits,
            "total_commits_count": 1})
        .to_string()
    };
    let key = ("idempotency-key", "f5e57dcb-3ae0-4ba3-8a76-6cd5e1b3b4e7");
    let pushed = push("c0ffee", json!([commit]));
    assert_eq!(post(&host, "gitlab?codebase=src", &[key], &pushed).await, found("1"));
    assert_eq!(post(&host, "gitlab?codebase=src", &[key], &pushed).await, found("1"));
    assert_eq!(post(&host, "gitlab", &[], &push(&"0".repeat(40), json!([]))).await, found("no"));
    let project = json!({"name": "belfry", "git_http_url": "https://gitlab.com/ada/belfry.git", "git_ssh_url": "git@gitlab.com:ada/belfry.git"});
    let merge = json!({"object_kind": "merge_request", "object_attributes": {"iid": 3, "title": "Oil", "description": "All",
        "state": "opened", "action": "open", "url": "https://gitlab.com/ada/belfry/-/merge_requests/3", "last_commit": commit,
        "source_branch": "bells", "source_project_id": 1, "source": project, "target_branch": "main",
        "target_project_id": 1, "target": project}});
    assert_eq!(post(&host, "gitlab", &[], &merge.to_string()).await, found("1"));
    insta::assert_json_snapshot!(told(&host).await);
}

#[tokio::test]
async fn bitbucket_in_its_three_kinds() {
    let commit = json!({"raw_author": "Ada <ada@example.org>", "files": [{"file": "bells.py", "type": "modified"}],
        "message": "Oil\n", "raw_node": "620ade18607a", "utctimestamp": "2012-05-30 03:58:56+00:00", "branch": "main"});
    let old = json!({"canon_url": "https://bitbucket.org", "commits": [commit],
        "repository": {"absolute_url": "/ada/belfry/", "scm": "git"}});
    let host = setup("bitbucket", "").start().await;
    let url =
        reqwest::Url::parse_with_params(&format!("{}/change_hook/bitbucket", host.url), [("payload", old.to_string())]);
    assert_eq!(answer(host.client.get(url.expect("a URL"))).await, found("1"));
    insta::assert_json_snapshot!("bitbucket", told(&host).await);

    let target = json!({"hash": "c0ffee", "type": "commit", "author": {"raw": "Ada <ada@example.org>"}});
    let pushed = json!({"actor": {"display_name": "Ada", "nickname": "ada"}, "repository": {"scm": "git", "full_name": "ada/belfry",
        "links": {"self": {"href": "https://api.bitbucket.org/2.0/repositories/ada/belfry"}, "html": {"href": "https://bitbucket.org/ada/belfry"}}},
        "push": {"changes": [{"new": {"type": "branch", "name": "main", "target": target}, "old": null, "commits": []}]}});
    let host = setup("bitbucketcloud", "").start().await;
    let headers = [("x-event-key", "repo:push"), ("x-request-uuid", "1"), ("x-hook-uuid", "2")];
    assert_eq!(post(&host, "bitbucketcloud", &headers, &pushed.to_string()).await, found("1"));
    assert_eq!(post(&host, "bitbucketcloud", &headers, &pushed.to_string()).await, found("1"));
    // The hook's own id is the same in all that it sends.
    let next = [("x-event-key", "repo:push"), ("x-request-uuid", "3"), ("x-hook-uuid", "2")];
    assert_eq!(post(&host, "bitbucketcloud", &next, &pushed.to_string()).await, found("1"));
    let found_changes = told(&host).await;
    assert_eq!(found_changes.len(), 2);
    insta::assert_json_snapshot!("bitbucketcloud", found_changes[0]);

    let change = json!({"ref": {"id": "refs/heads/main", "displayId": "main", "type": "BRANCH"}, "refId": "refs/heads/main",
        "fromHash": "b0", "toHash": "c0ffee", "type": "UPDATE"});
    let changed = json!({"eventKey": "repo:refs_changed", "actor": {"name": "ada", "displayName": "Ada"}, "repository":
        {"slug": "belfry", "scmId": "git", "project": {"key": "T", "name": "Tower"}}, "changes": [change]});
    let host = setup("bitbucketserver", "").start().await;
    assert_eq!(
        post(&host, "bitbucketserver", &[("x-event-key", "repo:refs_changed")], &changed.to_string()).await,
        found("1")
    );
    insta::assert_json_snapshot!("bitbucketserver", told(&host).await);
}

#[tokio::test]
async fn gitorious_and_google_code() {
    let payload = json!({"after": "c0ffee", "ref": "main", "project": {"name": "belfry"}, "repository": {"url": "http://g/belfry"},
        "commits": [{"id": "c0ffee", "author": {"name": "Ada", "email": "ada@example.org"}, "message": "Oil",
            "timestamp": "2012-09-28T11:43:05+02:00", "url": "http://g/c0ffee"}]});
    let host = setup("gitorious", "").start().await;
    let url = reqwest::Url::parse_with_params(
        &format!("{}/change_hook/gitorious", host.url),
        [("payload", payload.to_string())],
    );
    assert_eq!(answer(host.client.post(url.expect("a URL"))).await, found("1"));
    assert_eq!(post(&host, "gitorious", &[], "{}").await, (400, "the form has no field payload".to_owned()));
    insta::assert_json_snapshot!("gitorious", told(&host).await);
    let revisions = json!([{"revision": 33, "url": "http://x/33", "author": "ada", "timestamp": 1_229_470_699, "message": "Oil",
        "added": ["/b"], "modified": ["/a"], "removed": []}]);
    let payload = json!({"project_name": "belfry", "repository_path": "http://x/svn/", "revision_count": 1, "revisions": revisions});
    let host = setup("googlecode", "settings = {branch = \"trunk\"}").start().await;
    assert_eq!(post(&host, "googlecode", &[], &payload.to_string()).await, found("1"));
    insta::assert_json_snapshot!("googlecode", told(&host).await);
}

/// The orders that a CI engine gets.
fn orders(host: &TestHost) -> Vec<String> {
    let database = host.database();
    let mut select = database
        .prepare("SELECT topics FROM events WHERE topics LIKE 'control/changesources/%' ORDER BY seq")
        .expect("the topics are there");
    let rows = select.query_map([], |row| row.get(0)).expect("topics");
    rows.collect::<Result<_, _>>().expect("texts")
}

#[tokio::test]
async fn pollers_are_asked_by_name_or_all_of_those_that_may_be() {
    let host = setup("poller", "").start().await;
    for name in ["svn", "hg"] {
        host.update("findChangeSourceId", json!({"name": name})).await;
    }
    assert_eq!(get(&host, "/poller?poller=hg").await, found("no"));
    assert_eq!(orders(&host), ["control/changesources/2/poll"]);
    assert_eq!(post(&host, "poller", &[], "").await, found("no"));
    assert_eq!(orders(&host).len(), 3);
    let unknown = get(&host, "/poller?poller=cvs&poller=svn&poller=bzr").await;
    assert_eq!(unknown, (400, "Could not find pollers: cvs,bzr".to_owned()));
    assert_eq!(orders(&host).len(), 3);
    let host = setup("poller", "settings = {allowed = [\"svn\"]}").start().await;
    for name in ["svn", "hg"] {
        host.update("findChangeSourceId", json!({"name": name})).await;
    }
    assert_eq!(get(&host, "/poller?poller=hg").await, (400, "Could not find pollers: hg".to_owned()));
    assert_eq!(get(&host, "/poller").await, found("no"));
    assert_eq!(orders(&host), ["control/changesources/1/poll"]);
}

#[tokio::test]
async fn a_reporter_tells_of_changes_that_came_by_a_hook() {
    let sink = HttpSink::start(None).await.expect("a server");
    let settings = format!("serverUrl = \"http://127.0.0.1:{}/\"\nbufferDelay = 0.1", sink.port());
    let setup =
        setup("github", "secret = \"key\"").plugins(&["status-push"]).allow(format!("127.0.0.1:{}", sink.port()));
    let host = setup.reporter("push", "status-push", &settings).start().await;
    let body = push();
    let signed = format!("sha256={}", sha256(&body));
    assert_eq!(post(&host, "github", &[PUSH, ("x-hub-signature-256", &signed)], &body).await, found("3"));
    let packets = crate::status_push::arrived(&sink, 3).await;
    let comments = |packet: &Value| packet["payload"]["change"]["comments"].clone();
    let told: Vec<Value> = packets.values().map(comments).collect();
    assert_eq!(told, ["Oil c1", "Oil c2", "Oil c3"]);
    host.settle().await;
}
