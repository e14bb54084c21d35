//! A plugin says what a build is compared with.

use campanile_sdk::contract::Build;
use campanile_sdk::prelude::*;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::a_build;
use campanile_sdk::testing::only_mail;
use serde_json::json;

use super::given;
use crate::MailNotifier;

/// The mode `problem`, with a getter that answers so.
fn compared(answer: Result<Option<Results>, Failure>) -> Given {
    let build = |results| a_build("linux").previous(results).report().previous.map(|build| Build { id: 7, ..build });
    let answer = answer.map(|found| found.and_then(build));
    let template = "{{ status_detected }}";
    let settings =
        json!({"mode": "problem", "previousBuildGetter": "same", "messageFormatter": {"template": template}});
    given(settings).found_before(answer).context(json!({"status_detected": "told"}))
}

/// What other plugins and the context were asked about a build that failed after one that ended so.
fn asked(given: &Given, before: Results) -> Vec<String> {
    let event = a_build("linux").results(Results::Failure).previous(before).finished();
    let _ = given.effects::<MailNotifier>(&event);
    given.asked()
}

const CONTEXT: &str = "context of build 21 with problem";

#[test]
fn modes_and_contexts_follow_it() {
    let asked = |answer, before| asked(&compared(answer), before).join("; ");
    let question = "previous build \"same\" of 21";
    let told =
        |after: &str| format!("{question}; {CONTEXT}{after}: properties, Contents::None").replace("Contents::", "");
    assert_eq!(asked(Ok(Some(Results::Success)), Results::Failure), told(" after build 7"));
    assert_eq!(asked(Ok(Some(Results::Failure)), Results::Success), question);
    assert_eq!(asked(Ok(None), Results::Success), question);
}

#[test]
fn in_doubt_a_failed_build_is_told() {
    let given = compared(Err(Failure::GiveUp("no".to_owned())));
    assert!(asked(&given, Results::Failure)[1].starts_with(CONTEXT));
    assert!(given.logged()[0].starts_with("warn: the previousBuildGetter failed; "), "{:?}", given.logged());
    let event = a_build("linux").results(Results::Success).previous(Results::Failure).finished();
    assert!(given.effects::<MailNotifier>(&event).is_empty());
    let later = compared(Err(Failure::Retry("later".to_owned())));
    assert_eq!(later.handle::<MailNotifier>(&event), Err(Failure::Retry("later".to_owned())));
}

#[test]
fn it_is_not_asked_about_what_is_not_told_anyway() {
    let settings = json!({"mode": "failing", "builders": ["linux"], "previousBuildGetter": "same"});
    let given = given(settings).found_before(Ok(None));
    let finished = |builder: &str, results| a_build(builder).results(results).finished();
    assert!(given.effects::<MailNotifier>(&finished("linux", Results::Success)).is_empty());
    assert!(given.effects::<MailNotifier>(&finished("mac", Results::Failure)).is_empty());
    assert!(given.asked().is_empty());
    let mail = only_mail(given.effects::<MailNotifier>(&finished("linux", Results::Failure)));
    assert_eq!((mail.to.len(), given.asked()), (1, vec!["previous build \"same\" of 21".to_owned()]));
}

#[test]
fn the_default_message_follows_it() {
    let settings = json!({"mode": ["change", "problem"], "previousBuildGetter": "same"});
    let before = a_build("linux").previous(Results::Failure).report().previous;
    let given = given(settings).found_before(Ok(before));
    let event = a_build("linux").previous(Results::Success).finished();
    let mail = only_mail(given.effects::<MailNotifier>(&event));
    assert!(mail.body.contains("restored build"), "{}", mail.body);
}
