//! What happens while nobody knows Gerrit's version, and when it becomes known.

use super::*;
use campanile_sdk::contract::Entry;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::Resend;
use campanile_sdk::contract::WakeUp;
use campanile_sdk::testing::a_complete_buildset;
use campanile_sdk::testing::skipped;

fn at(at: u64, seq: u64, mut event: Event) -> Event {
    (event.at, event.seq) = (at, seq);
    event
}

fn summary(builder: &str) -> Event {
    a_complete_buildset(Results::Success, [build(builder)])
}

fn receipt(outcome: Outcome, answer: &str) -> Event {
    let receipt = Receipt { key: "version of gs:29418".into(), outcome, status: Some(0), answer: answer.into() };
    Event { seq: 9, topic: "receipt/version of gs:29418".into(), at: 1_000, body: EventBody::Receipt(receipt) }
}

fn wake(key: &str) -> Event {
    let key = format!("{key} of gs:29418");
    Event { seq: 10, topic: format!("wake/{key}"), at: 2_000, body: EventBody::Wake(key) }
}

/// What waits after these effects: those that were put there, not those that went.
fn held(effects: &[Effect]) -> Vec<&Entry> {
    effects.iter().filter_map(held_entry).filter(|entry| entry.value.is_some()).collect()
}

fn held_entry(effect: &Effect) -> Option<&Entry> {
    match effect {
        Effect::Remember(entry) if entry.key.starts_with("server/gs:29418/held/") => Some(entry),
        _ => None,
    }
}

fn woken(effects: &[Effect]) -> Vec<&WakeUp> {
    effects.iter().filter_map(|effect| if let Effect::Wake(wake) = effect { Some(wake) } else { None }).collect()
}

#[test]
fn the_first_review_waits_for_the_version() {
    let given = unknown(json!({}));
    let told = effects(&given, &at(100, 1, summary("a")));
    assert_eq!(commands(&told), [["gerrit", "version"]]);
    let question = deliveries(&told)[0];
    assert_eq!(
        (question.key.as_str(), question.receipt, &question.resend),
        ("version of gs:29418", true, &Resend::Upsert)
    );
    assert_eq!((question.lane.as_deref(), question.ttl_seconds), (None, Some(900)));
    assert_eq!(held(&told).len(), 1);
    let given = given.remembers(&told);
    let second = effects(&given, &at(101, 2, summary("b")));
    assert_eq!((commands(&second).len(), held(&second).len()), (0, 1), "it was asked already");
    let given = given.remembers(&second);
    let answered = effects(&given, &receipt(Outcome::Done, "gerrit version 2.13.1\n"));
    let sent = commands(&answered);
    assert_eq!(sent.len(), 2);
    assert!(sent[0][7].starts_with("Builder a ") && sent[1][7].starts_with("Builder b "), "{sent:?}");
    let keys: Vec<&str> = deliveries(&answered).iter().map(|delivery| delivery.key.as_str()).collect();
    assert_eq!(keys, ["review", "review-2"]);
    let given = given.remembers(&answered);
    let third = effects(&given, &at(1_001, 11, summary("c")));
    assert_eq!((commands(&third).len(), held(&third).len()), (1, 0), "what waited went, and the version is known");
}

#[test]
fn a_question_that_fails_is_asked_again_and_nothing_is_lost() {
    let mut given = unknown(json!({}));
    given = given.remembers(&effects(&unknown(json!({})), &at(100, 1, summary("a"))));
    let failures = [
        (Outcome::Refused, "Permission denied"),
        (Outcome::Expired, "connection refused"),
        (Outcome::Done, "This is no Gerrit."),
        (Outcome::Cancelled, "by an operator"),
    ];
    for (failed, after) in failures.into_iter().zip([2_000, 4_000, 8_000, 16_000]) {
        let told = effects(&given, &receipt(failed.0, failed.1));
        assert_eq!(woken(&told), [&WakeUp { key: "version of gs:29418".into(), after_ms: after }]);
        let reason = skipped(&told).concat();
        assert!(reason.contains("so reviews wait") && reason.contains(failed.1), "{reason}");
        given = given.remembers(&told);
        let again = effects(&given, &wake("version"));
        assert_eq!(commands(&again), [["gerrit", "version"]]);
        given = given.remembers(&again);
    }
    let answered = effects(&given, &receipt(Outcome::Done, "gerrit version 3.9.1"));
    assert_eq!(commands(&answered).len(), 1, "{answered:?}");
}

#[test]
fn a_version_that_is_old_is_asked_for_anew_and_nothing_waits() {
    let given = given((2, 12), json!({}));
    let told = effects(&given, &at(599, 1, summary("a")));
    assert_eq!(commands(&told).len(), 1);
    let told = effects(&given, &at(600, 1, summary("a")));
    let sent = commands(&told);
    assert_eq!((sent[0][1], sent[1][1], held(&told).len()), ("review", "version", 0));
    let given = given.remembers(&told);
    assert_eq!(commands(&effects(&given, &at(700, 2, summary("b")))).len(), 1, "one question at a time");
    let failed = effects(&given, &receipt(Outcome::Refused, "no"));
    assert_eq!((woken(&failed).len(), skipped(&failed).len()), (0, 0), "what was known still holds");
    let given = given.remembers(&failed);
    let newer = effects(&given, &receipt(Outcome::Done, "gerrit version 3.0"));
    let given = given.remembers(&newer);
    let tagged = effects(&given, &at(1_001, 3, summary("c")));
    assert!(commands(&tagged)[0].contains(&"--tag"), "{tagged:?}");
}

#[test]
fn of_reviews_that_wait_the_newest_of_each_is_kept() {
    let given = unknown(json!({}));
    let first = effects(&given, &at(100, 1, summary("a")));
    let given = given.remembers(&first);
    let second = effects(&given, &at(200, 2, summary("a")));
    assert_eq!(held(&second).len(), 1);
    assert_eq!(
        skipped(&second),
        ["a newer review of d34db33f a of generator 0 took its place before Gerrit told its version"]
    );
    let given = given.remembers(&second);
    assert_eq!(commands(&effects(&given, &receipt(Outcome::Done, "gerrit version 3.9"))).len(), 1);
}

#[test]
fn many_that_waited_go_in_order_and_newer_ones_after_them() {
    let mut given = unknown(json!({}));
    for number in 0..100 {
        let told = effects(&given, &at(100, number, summary(&format!("b{number:03}"))));
        given = given.remembers(&told);
    }
    let first = effects(&given, &receipt(Outcome::Done, "gerrit version 3.9"));
    assert_eq!((commands(&first).len(), woken(&first).len()), (80, 1));
    assert!(first.len() <= 256, "{} effects are too many for one call", first.len());
    given = given.remembers(&first);
    let between = effects(&given, &at(1_001, 500, summary("late")));
    assert_eq!((commands(&between).len(), held(&between).len()), (0, 1));
    given = given.remembers(&between);
    let rest = effects(&given, &wake("more"));
    assert_eq!((commands(&rest).len(), woken(&rest).len()), (21, 0));
    assert!(commands(&rest)[20][7].starts_with("Builder late "));
}

#[test]
fn after_a_failure_only_the_wake_up_asks_and_once() {
    let given = unknown(json!({}));
    let given = given.remembers(&effects(&unknown(json!({})), &at(100, 1, summary("a"))));
    assert_eq!(commands(&effects(&given, &at(101, 2, wake("version")))).len(), 0, "a question is under way");
    let failed = effects(&given, &receipt(Outcome::Refused, "no"));
    let given = given.remembers(&failed);
    let told = effects(&given, &at(1_001, 3, summary("b")));
    assert_eq!((commands(&told).len(), held(&told).len()), (0, 1), "the wake-up is still to come");
    let given = given.remembers(&told);
    let asked = effects(&given, &wake("version"));
    assert_eq!(commands(&asked), [["gerrit", "version"]]);
    let given = given.remembers(&asked);
    assert_eq!(commands(&effects(&given, &at(2_100, 12, summary("c")))).len(), 0);
    assert_eq!(commands(&effects(&given, &at(4_000, 13, summary("c")))).len(), 1, "that answer was lost");
}

#[test]
fn what_waited_for_a_week_is_not_sent_any_more() {
    let given = unknown(json!({}));
    let given = given.remembers(&effects(&unknown(json!({})), &at(100, 1, summary("a"))));
    let answer = || receipt(Outcome::Done, "gerrit version 3.9");
    assert_eq!(commands(&effects(&given, &at(604_900, 9, answer()))).len(), 1);
    let late = effects(&given, &at(604_901, 9, answer()));
    assert_eq!((commands(&late).len(), skipped(&late).len()), (0, 1));
    assert_eq!(commands(&effects(&given.remembers(&late), &at(604_902, 10, summary("b")))).len(), 1, "it is gone");
}

/// The same effects, which another server's reporter remembered.
fn elsewhere(given: Given, effects: &[Effect]) -> Given {
    let renamed = |effect: &Effect| match effect {
        Effect::Remember(Entry { key, value }) => {
            Effect::Remember(Entry { key: key.replace("gs:29418", "old:29418"), value: value.clone() })
        }
        other => other.clone(),
    };
    given.remembers(&effects.iter().map(renamed).collect::<Vec<_>>())
}

#[test]
fn what_was_known_of_another_server_is_forgotten() {
    let version = json!({"version": [2, 5], "said_at": 0, "asked_at": null, "failures": 0});
    let waited = effects(&unknown(json!({})), &at(100, 1, summary("a")));
    let given = elsewhere(unknown(json!({})), &waited).keeps("server/old:29418/version", version);
    let told = effects(&given, &at(101, 2, summary("b")));
    assert_eq!(commands(&told), [["gerrit", "version"]], "its version says nothing of this one");
    let gone = "the server is gs:29418 now, so what waited for another one is not sent: 1 of reviews";
    assert_eq!((skipped(&told), held(&told).len()), (vec![gone], 1));
    let given = given.remembers(&told);
    let answered = effects(&given, &receipt(Outcome::Done, "gerrit version 3.9.1"));
    assert_eq!(commands(&answered).len(), 1, "the one for this server alone");
    assert!(commands(&answered)[0][7].starts_with("Builder b "), "{answered:?}");
    let given = given.remembers(&answered);
    assert_eq!(skipped(&effects(&given, &at(1_001, 11, summary("c")))), [""; 0], "it is forgotten");
}

#[test]
fn receipts_and_wake_ups_of_another_server_touch_nothing() {
    let given = unknown(json!({}));
    let given = given.remembers(&effects(&unknown(json!({})), &at(100, 1, summary("a"))));
    for key in ["version of old:29418", "version of gs:22", "version"] {
        let receipt =
            Receipt { key: key.into(), outcome: Outcome::Done, status: Some(0), answer: "gerrit version 2.5".into() };
        for body in
            [EventBody::Receipt(receipt), EventBody::Wake(key.into()), EventBody::Wake("more of old:29418".into())]
        {
            let event = Event { seq: 9, topic: format!("receipt/{key}"), at: 5_000, body };
            assert_eq!(effects(&given, &event), [], "{key}");
        }
    }
}

#[test]
fn much_that_waited_for_another_server_is_forgotten_in_several_calls() {
    let (mut given, mut waited) = (unknown(json!({})), Vec::new());
    for number in 0..200 {
        let told = effects(&given, &at(100, number, summary(&format!("b{number:03}"))));
        given = given.remembers(&told);
        waited.extend(told);
    }
    let given = elsewhere(given, &waited);
    let answered = effects(&given, &receipt(Outcome::Done, "gerrit version 3.9"));
    assert_eq!((commands(&answered).len(), woken(&answered).len()), (0, 1), "{} effects", answered.len());
    let (mut given, mut sent, mut calls) = (given.remembers(&answered), 0, 1);
    loop {
        let told = effects(&given, &wake("more"));
        assert!(told.len() <= 256, "{} effects are too many for one call", told.len());
        (sent, calls) = (sent + commands(&told).len(), calls + 1);
        given = given.remembers(&told);
        if woken(&told).is_empty() {
            break;
        }
    }
    assert_eq!((sent, calls), (200, 6));
}
