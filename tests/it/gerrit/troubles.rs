//! What goes wrong, and what becomes of the reviews.

use super::*;

/// The command stalls instead of a review, which was made before or not.
const STALLS: &str = "if [ \"$2\" = review ]; then exec sleep 600; fi";
const REVIEWS_AND_STALLS: &str =
    "if [ \"$2\" = review ]; then cat \"$folder/words/$$\" >> \"$folder/reviews\"; exec sleep 600; fi";

/// A review is under way when the connection is lost; then Gerrit is as it should be. How many reviews it was asked for,
/// of so many commands.
async fn lost_in_a_review(stalls: &str, commands: usize) -> usize {
    let sshd = server("3.9.1").await;
    behave(&sshd, "3.9.1", stalls);
    let host = setup(&sshd, &[], "").schedule(&[0, 10]).start_acme().await;
    let lost = async {
        sshd.begun(2).await;
        behave(&sshd, "3.9.1", "");
        sshd.kill_sessions();
    };
    tokio::join!(build(&host, 2), lost);
    host.settle().await;
    assert_eq!(states(&host).await, [("delivered".to_owned(), String::new())]);
    let queries: Vec<_> = sshd.begun(commands).await.into_iter().filter(|words| words[1] == "query").collect();
    assert_eq!(queries.len(), 1);
    let asked =
        ["project:{gp}", "commit:d34db33f", &format!("label:Verified=-1,user={}", sshd.user)].map(str::to_owned);
    assert_eq!(queries[0][4..], asked);
    reviews(&sshd).len()
}

#[tokio::test]
async fn a_review_that_arrived_is_found_and_not_sent_twice() {
    assert_eq!(lost_in_a_review(REVIEWS_AND_STALLS, 3).await, 1);
}

#[tokio::test]
async fn a_review_that_did_not_arrive_is_sent_again() {
    assert_eq!(lost_in_a_review(STALLS, 4).await, 2);
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
