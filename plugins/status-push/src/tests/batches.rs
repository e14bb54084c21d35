//! What is pushed together, when, and what comes after a failure.

use campanile_sdk::Host;
use campanile_sdk::contract::Failure;
use campanile_sdk::contract::Outcome;
use campanile_sdk::testing::Given;
use serde_json::json;

use super::Run;
use super::a_change;
use super::packets;
use crate::StatusPush;

fn range(ids: std::ops::RangeInclusive<u64>) -> Vec<u64> {
    ids.collect()
}

#[test]
fn what_comes_within_the_buffer_delay_is_pushed_together() {
    let mut run = Run::new(json!({"bufferDelay": 0.5}));
    run.changes(1..=3, "");
    assert_eq!(run.woken(), [500], "one wake-up for all");
    run.wake();
    assert_eq!(run.pushed(), [1, 2, 3]);
    run.changes(4..=5, "");
    run.wake();
    assert_eq!((run.pushes.len(), run.woken()), (1, vec![]), "one push is on its way at a time");
    run.end(Outcome::Done);
    assert_eq!(run.woken(), [500]);
    run.wake();
    assert_eq!(run.pushed(), [4, 5]);
    run.end(Outcome::Done);
    assert_eq!(run.woken(), Vec::<u32>::new(), "nothing is left");
    run.wake();
    assert_eq!(run.pushes.len(), 2);
    run.changes([6], "");
    run.wake();
    assert_eq!(run.pushed(), [6]);
}

#[test]
fn a_failed_push_keeps_its_packets_and_the_next_carries_one() {
    let mut run = Run::new(json!({}));
    run.changes(1..=5, "");
    run.wake();
    run.woken();
    run.end(Outcome::Expired);
    assert_eq!(run.woken(), [5000]);
    run.wake();
    assert_eq!(run.pushed(), [1]);
    run.end(Outcome::Refused);
    run.changes([6], "");
    run.wake();
    assert_eq!(run.pushed(), [1], "until one arrives");
    run.woken();
    run.end(Outcome::Done);
    assert_eq!(run.woken(), [1000]);
    run.wake();
    assert_eq!(run.pushed(), range(2..=6));
    run.end(Outcome::Cancelled);
    run.wake();
    assert_eq!(run.pushed(), [2], "the reporter was taken out of the configuration, and is there again");
}

#[test]
fn many_packets_go_in_chunks_over_many_entries() {
    let mut run = Run::new(json!({"chunkSize": 50}));
    run.changes(1..=120, &"x".repeat(700));
    let mut pushed = Vec::new();
    for expected in [range(1..=50), range(51..=100), range(101..=120)] {
        run.wake();
        assert_eq!(run.pushed(), expected);
        pushed.extend(run.pushed());
        run.end(Outcome::Done);
    }
    assert_eq!(pushed, range(1..=120));
    assert_eq!(run.given.recall_keys("packets/"), Vec::<String>::new(), "what was pushed is forgotten");
}

#[test]
fn a_request_that_would_be_too_large_is_halved() {
    let mut run = Run::new(json!({"maxHttpRequestSize": 10_000}));
    run.changes(1..=10, &"x".repeat(1500));
    run.wake();
    assert_eq!(run.pushed(), range(1..=2), "ten, five, two");
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushed(), range(3..=6), "eight, four");
}

#[test]
fn a_packet_that_is_too_large_by_itself_is_dropped_and_says_so() {
    let mut run = Run::new(json!({"maxHttpRequestSize": 10_000}));
    run.changes([1], "");
    run.changes([2, 3], &"x".repeat(20_000));
    run.changes([4], "");
    run.wake();
    assert_eq!(run.pushed(), [1, 2, 3, 4][..1], "halved to what fits");
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushed(), [4]);
    let logged = run.given.logged().join("\n");
    assert!(
        logged.contains("error: a packet is dropped: reason=its request would have 10000 bytes or more"),
        "{logged}"
    );
    assert!(logged.contains(r#"{"id":2,"#) && logged.contains(r#"{"id":3,"#), "{logged}");
    let skipped: Vec<&str> = run.skipped.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(skipped, ["packet 2", "packet 3"]);
    assert!(run.skipped[0].1.starts_with("the packet is dropped: its request would have"), "{:?}", run.skipped);
}

#[test]
fn a_packet_larger_than_an_entry_is_kept_in_pieces() {
    let mut run = Run::new(json!({}));
    let long = "\u{e4}\"".repeat(60_000);
    run.changes([1], "");
    run.changes([2], &long);
    run.changes([3], "");
    run.wake();
    run.end(Outcome::Expired);
    run.wake();
    assert_eq!(run.pushed(), [1]);
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushed(), [2, 3]);
    let packets = packets(&run.pushes.last().expect("a push").1);
    assert_eq!(packets[0]["payload"]["change"]["comments"], json!(long));
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushes.len(), 3);
}

#[test]
fn a_receipt_of_another_push_changes_nothing() {
    let mut run = Run::new(json!({}));
    run.changes(1..=2, "");
    run.wake();
    run.end(Outcome::Done);
    run.changes([3], "");
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushed(), [3]);
}

#[test]
fn a_full_queue_holds_the_log_and_goes_on() {
    let ledger = json!({"started": 1, "next": 9, "head": 0, "end": 8000, "gone": 0, "waiting": 8000, "pushes": 0,
        "failed": false, "flight": 0, "is_awaited": false, "watched": 0});
    let run = Run::of(Given::settings(json!({"serverUrl": "https://status.example/submit"})).keeps("ledger", ledger));
    let held = run.given.handle::<StatusPush>(&a_change(9, "")).expect_err("it is full");
    assert!(matches!(held, Failure::Retry(reason) if reason.contains("8000 packets wait")));
}

#[test]
fn a_wake_up_that_was_lost_is_asked_for_again() {
    let mut run = Run::new(json!({}));
    run.changes(1..=3, "");
    assert_eq!((run.woken(), run.watch), (vec![1000], 121_000));
    run.watch(50 + 121);
    assert_eq!((run.woken(), run.watch), (vec![0], 120_000), "watched as well");
    run.wake();
    assert_eq!(run.pushed(), [1], "as after a failure");
}

#[test]
fn the_times_of_events_in_a_backlog_say_nothing_of_a_wake_up() {
    let mut run = Run::new(json!({}));
    run.changes([1], "");
    run.woken();
    let mut later = a_change(2, "");
    later.at += 600;
    run.handle(&later);
    assert_eq!(run.woken(), Vec::<u32>::new(), "it is stored, and comes");
}

#[test]
fn a_push_whose_end_was_lost_is_pushed_again() {
    let mut run = Run::new(json!({}));
    run.changes(1..=3, "");
    run.wake();
    run.woken();
    assert_eq!((run.pushed(), run.watch), (range(1..=3), 3_600_000));
    run.watch(100 + 120);
    assert_eq!(run.woken(), Vec::<u32>::new(), "a watch from before the push is none of it");
    run.watch(100 + 3600);
    assert_eq!(run.woken(), [0]);
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushed(), [1], "the end that comes after all changes nothing");
    run.end(Outcome::Done);
    run.wake();
    assert_eq!(run.pushed(), [2, 3]);
    run.end(Outcome::Done);
    run.woken();
    run.watch(20_000);
    assert_eq!((run.woken(), run.pushes.len()), (vec![], 3), "all is well");
}

#[test]
fn a_request_counts_its_spaces_and_asterisks_as_they_are_sent() {
    let mut run = Run::new(json!({"maxHttpRequestSize": 10_000}));
    run.changes(1..=4, &" *".repeat(700));
    run.wake();
    assert_eq!(run.pushed(), range(1..=2), "each has 4200 bytes of them");
}
