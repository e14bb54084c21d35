//! `serverPushCb`: a plugin that makes of a batch what is posted.

use campanile_sdk::contract::BodyKind;
use campanile_sdk::contract::Failure;
use campanile_sdk::contract::Formatted;
use campanile_sdk::contract::HttpBody;
use campanile_sdk::literal;
use campanile_sdk::testing::Given;
use serde_json::json;

use super::Run;

fn formatted(body: &str, kind: BodyKind) -> Result<Option<Formatted>, Failure> {
    Ok(Some(Formatted { body: body.to_owned(), kind, subject: None, extra: None }))
}

fn asking(answer: Result<Option<Formatted>, Failure>) -> Run {
    let settings = json!({"serverUrl": "https://status.example/submit", "serverPushCb": "mine"});
    Run::of(Given::settings(settings).formatted(answer))
}

#[test]
fn its_json_is_posted() {
    let mut run = asking(formatted(r#"{"n": 2}"#, BodyKind::Json));
    run.changes(1..=2, "");
    run.wake();
    assert_eq!(run.pushes[0].1, HttpBody::Json(literal(r#"{"n": 2}"#)));
    let asked = run.given.asked().join("\n");
    assert!(asked.starts_with(r#"format "mine" about other {"context":{"packets":[{"id":1,"#), "{asked}");
}

#[test]
fn without_an_answer_the_form_is_posted() {
    let mut run = asking(Ok(None));
    run.changes(1..=2, "");
    run.wake();
    assert_eq!(run.pushed(), [1, 2]);
}

#[test]
fn what_it_will_never_answer_is_dropped_when_it_is_alone() {
    for answer in [formatted("two", BodyKind::Plain), Err(Failure::GiveUp("no".into()))] {
        let mut run = asking(answer);
        run.changes(1..=2, "");
        run.woken();
        run.wake();
        assert_eq!((run.pushes.len(), run.woken()), (0, vec![5000]), "as a push that failed");
        run.wake();
        let dropped = run.given.logged().iter().filter(|line| line.starts_with("error: a packet is dropped")).count();
        assert_eq!((run.pushes.len(), dropped), (0, 2), "{:?}", run.given.logged());
    }
}

#[test]
fn it_can_ask_for_time() {
    let mut run = asking(Err(Failure::Retry("soon".into())));
    run.changes([1], "");
    run.woken();
    run.wake();
    run.wake();
    assert_eq!((run.pushes.len(), run.woken()), (0, vec![5000, 5000]));
}

#[test]
fn without_a_url_it_has_the_last_word() {
    let settings = json!({"serverPushCb": "print"});
    let mut run = Run::of(Given::settings(settings).formatted(formatted("[1, 2]", BodyKind::Json)));
    run.changes(1..=2, "");
    run.wake();
    run.wake();
    let logged = run.given.logged();
    assert!(run.pushes.is_empty() && logged.len() == 1 && logged[0].contains("packets=2"), "{logged:?}");
}
