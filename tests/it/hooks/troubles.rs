//! What goes wrong: it is said, and nothing is written.

use super::*;
use campanile_tests::logged;

#[tokio::test]
async fn a_dialect_that_is_not_enabled_is_named() {
    let host = setup("github", "").plugins(&["gitlab-hook"]).start().await;
    for (path, name) in [("gitlab", "gitlab"), ("", "base"), ("git-hub", "git-hub"), ("nowhere/else", "nowhere")] {
        let (status, said) = post(&host, path, &[], "{}").await;
        assert_eq!(status, 404, "{path}: {said}");
        assert_eq!(said, format!("The dialect specified, '{name}', is not enabled: it needs a [[change_hook]]"));
    }
}

#[tokio::test]
async fn a_path_behind_the_dialect_counts_nothing() {
    let host = setup("github", "").start().await;
    for path in ["github", "github/", "github/x", "github/x/y?z"] {
        assert_eq!(post(&host, path, &[("x-github-event", "ping")], "{}").await, found("no"), "{path}");
    }
}

#[tokio::test]
async fn what_does_not_parse_is_refused_with_its_place() {
    let host = setup("github", "").start().await;
    let wrong = push().replace("\"c2\"", "7");
    let (status, said) = post(&host, "github", &[PUSH], &wrong).await;
    assert!(status == 400 && said.starts_with("the payload does not parse: commits[1].id: invalid type"), "{said}");
    let (status, said) = post(&host, "github", &[("x-github-event", "star")], "{}").await;
    assert_eq!((status, said.as_str()), (400, "Unknown event: star"));
    assert_eq!(post(&host, "github", &[], "{}").await, (400, "the header X-GitHub-Event is missing".to_owned()));
    let text = host.client.post(format!("{}/change_hook/github", host.url)).header(PUSH.0, PUSH.1).body(push());
    assert_eq!(
        answer(text.header("content-type", "text/plain")).await,
        (400, "Unknown content type: text/plain".to_owned())
    );
    assert_eq!(changes(&host).await.len(), 0);
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\nmax_body_bytes = 1000\n";
    let host = setup("github", "").toml(server).start().await;
    let (status, said) = post(&host, "github", &[PUSH], &push()).await;
    assert!(status == 413 && said.contains("max_body_bytes"), "{status} {said}");
    assert_eq!(changes(&host).await.len(), 0);
}

#[tokio::test]
async fn a_look_at_the_head_changes_nothing() {
    let host = setup("base", "").start().await;
    let head = host.client.head(format!("{}/change_hook/base?comments=x", host.url)).send().await.expect("an answer");
    assert_eq!((head.status().as_u16(), changes(&host).await.len()), (405, 0));
    let put = host.client.put(format!("{}/change_hook/base", host.url)).send().await.expect("an answer");
    assert_eq!(put.status(), 405);
}

#[tokio::test]
async fn of_changes_of_which_one_is_refused_none_is_there() {
    let host = misbehaving("").start().await;
    let (status, said) = post(&host, "bad?do=half", &[("x-delivery", "1")], "").await;
    assert!(status == 400 && said.contains("branch"), "{status} {said}");
    assert_eq!(changes(&host).await.len(), 0);
}

#[tokio::test]
async fn a_plugin_that_fails_is_no_failure_of_the_host() {
    let host = misbehaving("[plugins]\ncpu_ms = 100\nmemory_bytes = 16777216\n").start().await;
    for (what, why) in [
        ("panic", "the rope is torn"),
        ("spin", "100 ms"),
        ("grow", "bytes"),
        ("many", "5000 changes, the limit is 4096"),
        ("no-json", "is no JSON"),
    ] {
        let answer = post(&host, &format!("bad?do={what}"), &[], "").await;
        assert_eq!(answer, (500, "Error processing changes.".to_owned()), "{what}");
        assert!(logged().contains(why), "{what}: {}", logged());
    }
    assert_eq!(changes(&host).await.len(), 0);
    assert_eq!(post(&host, "bad", &[], "").await, found("1"));
}
