//! Callbacks as plugins: the examples in each language, and some that mean no good.

use super::*;
use campanile_tests::BUILD_URL;

#[tokio::test]
async fn the_examples_say_the_same_in_each_language() {
    for plugin in ["gerrit_callbacks", "gerrit-callbacks-python", "gerrit-callbacks-javascript"] {
        let sshd = server("3.9.1").await;
        let settings = format!(
            "startCB = \"{plugin}\"\nreviewCB = \"{plugin}\"\nreviewArg = true\nsummaryCB = {{plugin = \"{plugin}\", label = \"CI\"}}"
        );
        let host = host(&sshd, &[plugin], &settings).await;
        build(&host, 2).await;
        let started = "Buildbot started compiling your patchset\non configuration: Builder1\n";
        let review = "Buildbot finished compiling your patchset\non configuration: Builder1\nThe result is: FAILURE\n";
        let review = format!("{review}\nFor more details visit:\n{BUILD_URL}\n");
        let summary = format!("Builder Builder1 failed (failed compile) - {BUILD_URL}");
        let votes = |label: &str| vec![label.to_owned()];
        let expected = [(started.to_owned(), vec![]), (review, votes("Verified=-1")), (summary, votes("CI=-1"))];
        assert_eq!(said(&sshd), expected, "{plugin}");
    }
}

/// A reporter whose callbacks behave so.
fn behaves(sshd: &Sshd, behaviour: &str) -> Setup {
    let plugin = "misbehaving_callbacks";
    let callbacks = format!("summaryCB = {{plugin = \"{plugin}\", behaviour = \"{behaviour}\"}}\nsummaryArg = [\"x\"]");
    setup(sshd, &[plugin], &callbacks)
}

/// What callbacks that behave so bring about: what is said, or why nothing is; an empty reason is none.
async fn behaving(behaviour: &str) -> Result<(String, Vec<String>), String> {
    let sshd = server("3.9.1").await;
    let host = behaves(&sshd, behaviour).start_acme().await;
    build(&host, 2).await;
    let (mut said, states) = (said(&sshd), states(&host).await);
    match (said.len(), &states[..]) {
        (1, _) => Ok(said.remove(0)),
        (0, [(state, reason)]) if state == "skipped" => Err(reason.clone()),
        (0, []) => Err(String::new()),
        _ => panic!("{said:?} {states:?}"),
    }
}

#[tokio::test]
async fn answers_are_what_they_say() {
    let message = "summary of Builder1 failed failure with [\"x\"]".to_owned();
    let vote = |vote: &str| vec![vote.to_owned()];
    assert_eq!(behaving("answer").await, Ok((message.clone(), vote("Verified=1"))));
    assert_eq!(behaving("by-results").await, Ok((message.clone(), vote("Verified=-1"))));
    assert_eq!(behaving("no-labels").await, Ok((message, vec![])));
    let default = format!("Builder Builder1 failed (failed compile) - {BUILD_URL}");
    assert_eq!(behaving("default").await, Ok((default, vote("Verified=-1"))));
    assert_eq!(behaving("nothing").await, Err(String::new()));
}

#[tokio::test]
async fn what_callbacks_must_not_do_is_recorded_and_nothing_is_sent() {
    let refused = "there is no review, because its callbacks failed: review callbacks \"misbehaving_callbacks\": ";
    for (behaviour, reason) in [
        ("panic", "the plugin crashed: "),
        ("too-long", "the plugin's answer was refused: its message has 16385 bytes, the limit is 16384"),
        ("odd-label", "the plugin's answer was refused: \"Verified=1 --abandon\" is no name of a label"),
        ("many-labels", "the plugin's answer was refused: it votes on 300 labels, the limit is 32"),
        ("twice-a-label", "the plugin's answer was refused: it votes twice on Verified"),
        ("huge-vote", "the plugin's answer was refused: its vote 1000000 on Verified is none that can be given"),
    ] {
        let why = behaving(behaviour).await.expect_err("nothing is said");
        assert!(why.starts_with(&format!("{refused}{reason}")), "{behaviour}: {why}");
    }
    let gone = "there is no review, because its callbacks failed: the reviewer has left";
    assert_eq!(behaving("give-up").await, Err(gone.to_owned()));
    assert_eq!(behaving("empty").await, Err("the callbacks gave neither words nor votes".to_owned()));
}

#[tokio::test]
async fn callbacks_have_no_more_time_than_their_reporter() {
    let sshd = server("3.9.1").await;
    let host = behaves(&sshd, "sleep").toml("[plugins]\ntimeout_ms = 300\n").start_acme().await;
    build(&host, 2).await;
    let reporters = host.get("reporters").await;
    let incident = &reporters["reporters"][0]["incidents"][0];
    assert_eq!((sshd.commands().len(), &incident["kind"]), (0, &json!("timeout")), "{incident}");
}

#[tokio::test]
async fn callbacks_that_want_time_hold_the_review() {
    let sshd = server("3.9.1").await;
    let mut host = behaves(&sshd, "retry").schedule(&[0, 60_000, 60_000]).start_acme().await;
    host.may_owe();
    let source = acme_source("ssh://g:29418/gp", Some(REVISION));
    let mut asked = host.acme_request(&[source], json!({})).await;
    host.acme_start(&mut asked, properties()).await;
    host.acme_end(&asked, 2).await;
    host.troubled().await;
    let reporters = host.get("reporters").await;
    let trouble = reporters["reporters"][0]["trouble"].as_str().expect("a reason").to_owned();
    assert!(trouble.contains("the reviewer is at lunch"), "{trouble}");
    assert_eq!(sshd.commands().len(), 0);
}

#[tokio::test]
async fn settings_that_name_no_callbacks_are_refused() {
    let sshd = server("3.9.1").await;
    let check = async |settings: &str, problem: &str| {
        let refused = setup(&sshd, &["misbehaving_callbacks", "people"], settings).refused().await;
        assert!(refused.contains(problem), "{refused}");
    };
    check("reviewCB = \"nobody\"", "settings.reviewCB: there is no review callbacks plugin \"nobody\"; there is: misb")
        .await;
    let wrong = "settings.summaryCB: plugin \"people\" is an address lookup, not review callbacks";
    check("summaryCB = \"people\"", wrong).await;
    let wrong = "review callbacks \"misbehaving_callbacks\" with wrong settings: /behavior: unknown setting";
    check("startCB = {plugin = \"misbehaving_callbacks\", behavior = \"x\"}", wrong).await;
    check("startCB = {plugin = 7}", "settings.startCB: expected the name of a review-callbacks plugin").await;
}
