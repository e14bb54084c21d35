//! What goes wrong, and what becomes of the reviews.

use super::*;

/// The connection is lost in the first review, which was made before that or not.
const LOST_BEFORE: &str =
    "if [ \"$2\" = review ] && [ ! -e \"$folder/lost\" ]; then : > \"$folder/lost\"; kill -KILL $PPID; exit; fi";
const LOST_AFTER: &str = "if [ \"$2\" = review ] && [ ! -e \"$folder/lost\" ]; then
    : > \"$folder/lost\"; echo \"$$\" >> \"$folder/reviews\"; kill -KILL $PPID; exit; fi";

/// A build whose review is lost so; then the server behaves as Gerrit does.
async fn lost(behaviour: &str) -> (Sshd, TestHost) {
    let sshd = server("3.9.1").await;
    behave(&sshd, "3.9.1", behaviour);
    let host = setup(&sshd, &[], "").schedule(&[0, 10, 10]).start_acme().await;
    build(&host, 2).await;
    assert_eq!(states(&host).await, [("delivered".to_owned(), String::new())]);
    (sshd, host)
}

/// What was asked about changes.
fn queries(sshd: &Sshd) -> Vec<Vec<String>> {
    sshd.commands().into_iter().filter(|words| words[1] == "query").collect()
}

#[tokio::test]
async fn a_review_that_arrived_is_found_and_not_sent_twice() {
    let (sshd, host) = lost(LOST_AFTER).await;
    assert_eq!((queries(&sshd).len(), reviews(&sshd).len()), (1, 1));
    let asked =
        ["project:{gp}", "commit:d34db33f", &format!("label:Verified=-1,user={}", sshd.user)].map(str::to_owned);
    assert_eq!(queries(&sshd)[0][4..], asked);
    host.stop().await;
}

#[tokio::test]
async fn a_review_that_did_not_arrive_is_sent_again() {
    let (sshd, host) = lost(LOST_BEFORE).await;
    assert_eq!((queries(&sshd).len(), reviews(&sshd).len()), (1, 2));
    host.stop().await;
}

/// A query that succeeds, as far as its exit status says, and answers nothing; the first one.
const NO_ANSWER: &str =
    "if [ \"$2\" = query ] && [ ! -e \"$folder/asked\" ]; then : > \"$folder/asked\"; {answer}; exit 0; fi";

#[tokio::test]
async fn an_answer_that_says_nothing_is_asked_for_again() {
    for answer in
        ["echo '{\"type\":\"error\",\"message\":\"cannot query the index\"}'", ":", "echo '{\"project\":\"gp\"'"]
    {
        let (sshd, host) = lost(&format!("{LOST_AFTER}\n{}", NO_ANSWER.replace("{answer}", answer))).await;
        assert_eq!((queries(&sshd).len(), reviews(&sshd).len()), (2, 1), "{answer}");
        host.stop().await;
    }
}

#[tokio::test]
async fn the_same_words_and_votes_on_an_earlier_patch_set_are_not_this_review() {
    for (behaviour, count) in [(LOST_BEFORE, 3), (LOST_AFTER, 2)] {
        let sshd = server("3.9.1").await;
        std::fs::write(sshd.folder().join("patch_sets"), "d34db33f 12345 1\n5eed5eed 12345 2\n").expect("patch sets");
        let callbacks = "summaryCB = {plugin = \"misbehaving_callbacks\", behaviour = \"answer\"}\nsummaryArg = 7";
        let host = setup(&sshd, &["misbehaving_callbacks"], callbacks).schedule(&[0, 10]).start_acme().await;
        build(&host, 2).await;
        behave(&sshd, "3.9.1", behaviour);
        let mut second = properties();
        second["event.patchSet.number"] = json!([2, "Change"]);
        second["event.patchSet.revision"] = json!(["5eed5eed", "Change"]);
        host.acme_build(&[acme_source("ssh://g:29418/gp", Some("5eed5eed"))], second, 2).await;
        let said = said(&sshd);
        assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
        assert_eq!((queries(&sshd).len(), said.len()), (1, count), "{behaviour}");
        host.stop().await;
    }
}

#[tokio::test]
async fn what_gerrit_refuses_is_over_and_says_why() {
    for said in ["error: change 12345 is closed", "error: d34db33f is not the current patch set"] {
        let sshd = server("3.9.1").await;
        let failed = "fatal: one or more reviews failed; review output above";
        let closed = format!("if [ \"$2\" = review ]; then echo '{said}' >&2; echo '{failed}' >&2; exit 1; fi");
        behave(&sshd, "3.9.1", &closed);
        let host = host(&sshd, &[], "").await;
        build(&host, 2).await;
        assert_eq!(reviews(&sshd).len(), 1, "it is not tried again");
        let states = states(&host).await;
        assert!(states.len() == 1 && states[0].0 == "dead" && states[0].1.contains(said), "{states:?}");
        behave(&sshd, "3.9.1", "");
        build(&host, 0).await;
        assert_eq!(reviews(&sshd).len(), 2, "the next one goes");
    }
}

#[tokio::test]
async fn a_gerrit_that_does_not_tell_its_version_is_asked_again_and_no_review_is_lost() {
    let sshd = server("3.9.1").await;
    behave(
        &sshd,
        "3.9.1",
        "if [ \"$2\" = version ] && [ ! -e \"$folder/asked\" ]; then : > \"$folder/asked\"; echo 'no' >&2; exit 1; fi",
    );
    let host = host(&sshd, &[], "").await;
    build(&host, 2).await;
    host.settle().await;
    assert_eq!(sshd.begun(3).await.len(), 3);
    host.settle().await;
    assert_eq!(reviews(&sshd).len(), 1);
    let states = states(&host).await;
    let [skipped, delivered] = &states[..] else { panic!("{states:?}") };
    assert_eq!((skipped.0.as_str(), delivered.0.as_str()), ("skipped", "delivered"));
    assert!(skipped.1.contains("reviews wait; it is asked again in 2 s. It said: no"), "{skipped:?}");
}

#[tokio::test]
async fn reviews_that_wait_outlive_the_host() {
    let sshd = server("3.9.1").await;
    behave(&sshd, "3.9.1", "exec sleep 600");
    let host = host(&sshd, &[], "").await;
    let source = acme_source("ssh://g:29418/gp", Some(REVISION));
    let mut asked = host.acme_request(&[source], json!({})).await;
    host.acme_start(&mut asked, properties()).await;
    host.acme_end(&asked, 2).await;
    sshd.begun(1).await;
    behave(&sshd, "3.9.1", "");
    sshd.kill_sessions();
    let mut host = host;
    host.may_owe();
    let host = host.stop().await.start().await;
    host.settle().await;
    assert_eq!(reviews(&sshd).len(), 1);
}
