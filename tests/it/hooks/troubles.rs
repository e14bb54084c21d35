//! What goes wrong: it is said, and nothing is written.

use super::*;
use campanile_sinks::Answer;
use campanile_sinks::HttpFault;
use campanile_sinks::HttpSink;
use campanile_tests::logged;
use futures_util::future::join_all;

/// A hook that does what it is told to.
fn misbehaving(more: &str) -> Setup {
    let hook = format!("[[change_hook]]\ndialect = \"bad\"\nplugin = \"misbehaving-hook\"\n{more}\n");
    Setup::default().plugins(&["misbehaving-hook"]).toml(&hook)
}

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
async fn a_delivery_that_comes_again_adds_nothing() {
    let host = setup("github", "").start().await;
    let first = [PUSH, ("x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")];
    assert_eq!(post(&host, "github", &first, &push()).await, found("3"));
    assert_eq!(post(&host, "github", &first, &push()).await, found("3"));
    assert_eq!(changes(&host).await.len(), 3);
    // All of them at once, too.
    let again = [PUSH, ("x-github-delivery", "1")];
    let body = push();
    let answers = join_all((0..8).map(|_| post(&host, "github", &again, &body))).await;
    assert!(answers.iter().all(|answer| *answer == found("3")), "{answers:?}");
    assert_eq!(changes(&host).await.len(), 6);
    // Without an id it is another one: two pushes may well be alike.
    post(&host, "github", &[PUSH], &push()).await;
    post(&host, "github", &[PUSH], &push()).await;
    assert_eq!(changes(&host).await.len(), 12);
}

#[tokio::test]
async fn a_delivery_is_known_after_a_restart() {
    let setup = setup("github", "");
    let first = [PUSH, ("x-github-delivery", "1")];
    let host = setup.start().await;
    post(&host, "github", &first, &push()).await;
    host.stop().await;
    let host = setup.start().await;
    assert_eq!(post(&host, "github", &first, &push()).await, found("3"));
    assert_eq!(changes(&host).await.len(), 3);
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

#[tokio::test]
async fn what_a_plugin_may_read_is_what_its_settings_grant() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::default().body(vec![b'x'; 2_000_000]));
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/here\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=fetch", &[], "").await, found("1"));
    assert_eq!(changes(&host).await[0]["comments"], "Some(200) None 2000000");
    assert!(logged().contains("http-origin http://127.0.0.1:9 is not granted"), "{}", logged());
    // What is closed to all is closed to hooks: the guard looks at each address.
    let closed = misbehaving(&url).start().await;
    assert_eq!(post(&closed, "bad?do=fetch", &[], "").await, found("1"));
    assert_eq!(changes(&closed).await[0]["comments"], "None None 0");
    assert_eq!(sink.count(), 1);
}

#[tokio::test]
async fn a_plugin_that_reads_for_ever_is_stopped() {
    let sink = HttpSink::start(None).await.expect("a server");
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=ever", &[], "").await.0, 500);
    assert_eq!((sink.count(), changes(&host).await.len()), (3, 0));
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_not_waited_for() {
    let sink = HttpSink::start(None).await.expect("a server");
    sink.answer(Answer::default().body("x").fault(HttpFault::Endless));
    let url = format!("settings = {{url = \"http://127.0.0.1:{}/\"}}", sink.port());
    let host = misbehaving(&url).allow(format!("127.0.0.1:{}", sink.port())).start().await;
    assert_eq!(post(&host, "bad?do=fetch", &[], "").await, found("1"));
    assert_eq!(changes(&host).await[0]["comments"], "None None 0");
}
