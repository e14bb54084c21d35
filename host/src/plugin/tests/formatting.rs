//! A reporter that asks a formatter, and what the formatter's end does to the reporter.

use super::*;
use crate::plugin::CallError;

async fn asked(behaviour: &str) -> Handled {
    let formatter = json!({"plugin": "misbehaving_formatter", "behaviour": behaviour});
    host(tight()).await.handle(json!({"behaviour": "format", "messageFormatter": formatter})).await
}

async fn give_up(setting: Value) -> String {
    let report = host(tight()).await.handle(json!({"behaviour": "format", "messageFormatter": setting})).await;
    match report.outcome {
        Ok(Err(Failure::GiveUp(reason))) => reason,
        other => panic!("expected to give up, got {other:?}"),
    }
}

#[tokio::test]
async fn the_text_comes_back_and_the_logs_are_one() {
    let report = asked("format").await;
    assert_eq!(report.log.len(), 1);
    assert_eq!(
        (report.log[0].plugin.as_str(), report.log[0].message.as_str()),
        ("misbehaving_formatter", "formatting")
    );
    assert_eq!(remembered(report)["body"], json!("all is well"));
    assert_eq!(asked("nothing").await.outcome, Ok(Ok(Vec::new())));
    assert_eq!(asked("retry").await.outcome, Ok(Err(Failure::Retry("later".into()))));
}

#[tokio::test]
async fn its_crash_is_the_reporters_failure() {
    let check = async |behaviour: &str, reason: &str| match asked(behaviour).await.outcome {
        Ok(Err(Failure::GiveUp(told))) => assert!(told.contains(reason), "{behaviour}: {told}"),
        other => panic!("{behaviour}: {other:?}"),
    };
    check("panic", "formatter \"misbehaving_formatter\": the plugin crashed: panicked at").await;
    check("loop", "computed for more than 200 ms").await;
    check("invalid-json", "its text is invalid JSON").await;
}

/// Who computed for too long is asked once more: the machine may have been busy.
#[tokio::test]
async fn its_loop_is_given_up_when_it_repeats() {
    let report = asked("loop").await;
    assert!(matches!(report.outcome, Ok(Err(Failure::GiveUp(_)))), "{:?}", report.outcome);
    assert_eq!(report.log.len(), 2, "it was asked twice: {:?}", report.log);
}

/// It runs on its caller's time, so both are out of it together.
#[tokio::test]
async fn its_sleep_ends_with_its_callers_time() {
    let started = std::time::Instant::now();
    let outcome = asked("sleep").await.outcome;
    assert!(started.elapsed() < Duration::from_secs(8));
    assert!(matches!(outcome, Err(CallError::WallClock { .. })), "the reporter does not give up: {outcome:?}");
}

#[tokio::test]
async fn settings_that_name_no_formatter() {
    assert!(give_up(json!("shrot")).await.contains("no message formatter plugin \"shrot\"; there is: misbehaving_f"));
    let template = json!({"template": "{{ summary }}"});
    assert!(give_up(template).await.contains("expected the name of a message-formatter plugin"));
    assert!(give_up(Value::Null).await.contains("expected the name of a message-formatter plugin"));
    assert!(give_up(json!("misbehaving")).await.contains("is a reporter, not a message formatter"));
    let misspelt = json!({"plugin": "misbehaving_formatter", "behavior": "nothing"});
    assert!(give_up(misspelt).await.contains("unknown setting \"behavior\", did you mean \"behaviour\"?"));
}

#[tokio::test]
async fn formatters_are_checked_at_load() {
    let host = host(tight()).await;
    let check = |setting: Value| {
        let settings = json!({"behaviour": "format", "message_formatter": setting});
        let marks = host.plugin("misbehaving").schema.check(settings).expect("settings fit").marks;
        host.caller.plugins().check_helpers(&marks)
    };
    assert_eq!(check(json!("misbehaving_formatter")), []);
    let problems = check(json!("shrot"));
    assert_eq!((problems.len(), problems[0].at.as_str()), (1, "/messageFormatter"));
}
