//! Who is asked, when, and what becomes of the answers.

use super::*;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::skipped;

fn summary(results: Results) -> Event {
    a_complete_buildset(results, [build("a").results(results)])
}

/// The topics that are asked for.
fn topics(settings: Value) -> Vec<String> {
    let subscriptions = unknown(settings).subscribe::<GerritStatusPush>().expect("the settings are right");
    let topic = |subscription: Subscription| match subscription {
        Subscription::Topic(filter) => filter.pattern,
        other => panic!("no topic: {other:?}"),
    };
    subscriptions.into_iter().map(topic).collect()
}

#[test]
fn by_default_buildsets_are_summed_up_and_nothing_else() {
    assert_eq!(topics(json!({})), ["buildsets/*/complete"]);
    assert_eq!(topics(json!({"startCB": "s"})), ["builds/*/new", "buildsets/*/complete"]);
    assert_eq!(topics(json!({"reviewCB": "r"})), ["builds/*/finished"], "a review of each build is enough");
    assert_eq!(topics(json!({"reviewCB": "r", "summaryCB": "s"})), ["builds/*/finished", "buildsets/*/complete"]);
    assert_eq!(topics(json!({"generators": [{"kind": "GerritBuildEndStatusGenerator"}]})), ["builds/*/finished"]);
}

#[test]
fn the_default_vote_is_for_success_alone() {
    for results in Results::ALL {
        let told = effects(&given((3, 9), json!({})), &summary(results));
        let vote = format!("Verified={}", if results == Results::Success { 1 } else { -1 });
        assert_eq!(commands(&told)[0][9], vote, "{results:?}");
    }
}

#[test]
fn results_have_their_words() {
    let check = |results: Results, words: &str| {
        let told = effects(&given((3, 9), json!({})), &summary(results));
        let said = commands(&told)[0][7];
        assert!(said.starts_with(&format!("Builder a {words} (build successful)")), "{said}");
    };
    check(Results::Success, "succeeded");
    check(Results::Failure, "failed");
    check(Results::Warnings, "completed with warnings");
    check(Results::Exception, "encountered an exception");
    check(Results::Skipped, "completed with unknown result 3");
    check(Results::Retry, "completed with unknown result 5");
    check(Results::Cancelled, "completed with unknown result 6");
}

#[test]
fn the_default_review_of_a_build() {
    let settings = json!({"generators": [{"kind": "GerritBuildEndStatusGenerator"}]});
    let told = effects(&given((3, 9), settings.clone()), &build("linux").results(Results::Warnings).finished());
    let message = "Buildbot finished compiling your patchset\non configuration: linux\nThe result is: WARNINGS\n";
    assert_eq!(commands(&told)[0][7..], [message, "--label", "Verified=-1", "d34db33f"]);
    assert_eq!(effects(&given((3, 9), settings), &build("linux").results(Results::Retry).finished()), []);
}

#[test]
fn callbacks_are_asked_with_what_they_are_told() {
    let settings =
        json!({"startCB": "s", "startArg": 7, "reviewCB": {"plugin": "r"}, "reviewArg": true, "wantSteps": true});
    let given = given((3, 9), settings).reviewed(Ok(Answer::message("m")));
    for (event, arg, moment) in [(build("a").started(), "7", "Start"), (build("a").finished(), "true", "End")] {
        let told = effects(&given, &event);
        assert_eq!(commands(&told)[0][6..], ["--message", "m", "d34db33f"]);
        let asked = given.asked().pop().expect("it was asked");
        assert!(asked.contains(r#""want_steps":true"#) && asked.contains(r#""want_logs":false"#), "{asked}");
        assert!(asked.contains(&format!(r#"{{"arg":{arg}}}"#)) && asked.contains(moment), "{asked}");
        assert!(asked.ends_with("about build 21"), "{asked}");
    }
}

#[test]
fn labels_are_present_empty_or_absent() {
    let check = |answer: Answer, expected: &[&str]| {
        let given = given((3, 9), json!({"summaryCB": "votes"})).reviewed(Ok(answer));
        assert_eq!(commands(&effects(&given, &summary(Results::Failure)))[0][8..], [expected, &["d34db33f"]].concat());
    };
    check(Answer::message("m").vote("CI", 2), &["--label", "CI=2"]);
    check(Answer::message("m"), &[]);
    check(Answer::message("m").vote_by_results(), &["--label", "Verified=-1"]);
}

#[test]
fn answers_other_than_words() {
    let answered =
        |answer| effects(&given((3, 9), json!({"summaryCB": "votes"})).reviewed(answer), &summary(Results::Success));
    assert_eq!(commands(&answered(Ok(Answer::Default)))[0][9], "Verified=1");
    assert_eq!(answered(Ok(Answer::Nothing)), []);
    assert_eq!(skipped(&answered(Ok(Answer::message(" ")))), ["the callbacks gave neither words nor votes"]);
    let failed = answered(Err(Failure::GiveUp("review callbacks \"votes\": the plugin crashed".into())));
    let reason = "there is no review, because its callbacks failed: review callbacks \"votes\": the plugin crashed";
    assert_eq!((skipped(&failed), failed.len()), (vec![reason], 1));
    let given = given((3, 9), json!({"summaryCB": "votes"})).reviewed(Err(Failure::Retry("busy".into())));
    assert_eq!(given.handle::<GerritStatusPush>(&summary(Results::Success)), Err(Failure::Retry("busy".into())));
    let start = super::given((3, 9), json!({"startCB": "s"})).reviewed(Ok(Answer::Default));
    assert_eq!(effects(&start, &build("a").started()), []);
}

#[test]
fn builders_that_do_not_count_are_left_out() {
    let given = |builders: Value| given((3, 9), json!({"builders": builders}));
    let event = a_complete_buildset(Results::Failure, [build("a").results(Results::Failure), build("b").id(22)]);
    let told = effects(&given(json!(["b"])), &event);
    assert_eq!((commands(&told)[0][7].matches("Builder").count(), commands(&told)[0][9]), (1, "Verified=1"));
    assert_eq!(effects(&given(json!(["c"])), &event), []);
}

#[test]
fn settings_that_make_no_sense_are_told_all_at_once() {
    let problems = unknown(json!({
        "username": "a b", "notify": "everybody", "identity": "key", "identity_file": "/id", "reviewCB": "r", "builders": [],
        "generators": [{"kind": "GerritBuildStartStatusGenerator"}],
    }))
    .problems::<GerritStatusPush>();
    let expected = [
        "/username: \"a b\" is no user's name",
        "/notify: \"EVERYBODY\" is none of NONE, OWNER, OWNER_REVIEWERS, ALL",
        "/identity: give identity or identity_file, not both",
        "/generators/0/callback: a build that starts is told by a callback: give one, or leave the generator out",
        "/reviewCB: the `generators` say this where there are some",
        "/builders: the `generators` say this where there are some",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn the_page_shows_the_table() {
    let page = include_str!("../../../../docs/reporters/gerrit.md");
    assert!(page.contains(&crate::words::table()), "{}", crate::words::table());
}
