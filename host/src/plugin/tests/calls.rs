//! What guests do in a call, and what the report says of it.

use super::*;
use crate::plugin::CallError;
use crate::plugin::LogOrigin;
use std::time::Instant;

async fn refusal(behaviour: &str) -> String {
    match host(tight()).await.behave(behaviour).await.outcome {
        Err(CallError::Refused(reason)) => reason,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_call_returns_effects() {
    let report = host(tight()).await.behave("nothing").await;
    assert_eq!(report.outcome, Ok(Ok(Vec::new())));
    assert_eq!((report.log.len(), report.stderr_tail.len()), (0, 0));
}

#[tokio::test]
async fn subscriptions_and_problems() {
    let host = host(tight()).await;
    let subscribe = async |behaviour: &str| {
        let config = config(json!({ "behaviour": behaviour }));
        host.caller.subscribe(&host.plugin("misbehaving"), &config).await.outcome.expect("the call returns")
    };
    let wanted = TopicFilter {
        pattern: Pattern::parse("builds/*/finished").expect("a pattern"),
        want: Want { properties: true, steps: true, logs: true, ..Want::default() },
    };
    assert_eq!(subscribe("nothing").await, Ok(vec![Subscription::Topic(wanted)]));
    let problem = async |behaviour: &str| subscribe(behaviour).await.expect_err("a problem")[0].message.clone();
    assert!(problem("bad-pattern").await.contains("invalid topic pattern \"builds//finished\""));
    assert_eq!(problem("refuse").await, "not this one");
}

#[tokio::test]
async fn a_loop_ends_with_its_cpu_budget() {
    let report = host(tight()).await.behave("loop").await;
    assert_eq!(report.outcome, Err(CallError::CpuBudget { limit_ms: 200 }));
    assert_eq!(report.cpu_ticks, 21, "the first tick is not whole");
}

/// Each call into the host is short, so no timeout of a host function would catch it.
#[tokio::test]
async fn a_loop_over_the_host_ends_with_its_cpu_budget() {
    let report = host(tight()).await.behave("loop-over-host").await;
    assert_eq!(report.outcome, Err(CallError::CpuBudget { limit_ms: 200 }));
}

#[tokio::test]
async fn a_loop_leaves_time_for_others() {
    let host = host(tight()).await;
    let started = Instant::now();
    let (looped, waited) = tokio::join!(host.behave("loop"), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        started.elapsed()
    });
    assert!(looped.outcome.is_err());
    assert!(waited < Duration::from_millis(150), "one thread, and the timer was {waited:?} late");
}

#[tokio::test]
async fn a_sleep_ends_with_the_wall_clock_and_costs_no_cpu() {
    let limits = Limits { wall_clock: Duration::from_millis(300), ..tight() };
    let report = host(limits).await.behave("sleep").await;
    assert_eq!(report.outcome, Err(CallError::WallClock { limit_ms: 300 }));
    assert!(report.cpu_ticks <= 1, "{} ticks", report.cpu_ticks);
    assert!(report.elapsed < Duration::from_secs(1));
}

#[tokio::test]
async fn a_hoard_ends_with_the_memory_limit() {
    let report = host(tight()).await.behave("memory").await;
    let Err(CallError::Memory { asked, limit }) = report.outcome else { panic!("{:?}", report.outcome) };
    assert_eq!(limit, 64 << 20);
    assert!(asked > limit && asked < 2 * limit, "{asked}");
}

#[tokio::test]
async fn a_panic_is_told_in_its_own_words() {
    let report = host(tight()).await.behave("panic").await;
    let Err(CallError::Trap { message, .. }) = report.outcome else { panic!("{:?}", report.outcome) };
    assert!(message.starts_with("panicked at") && message.ends_with("on purpose, at event 7"), "{message}");
    assert!(report.stderr_tail.iter().any(|line| line.contains("on purpose")));
    assert!(report.log.iter().any(|entry| entry.origin == LogOrigin::Stderr));
}

#[tokio::test]
async fn recursion_ends_with_the_stack() {
    let report = host(tight()).await.behave("recursion").await;
    let Err(CallError::Trap { message, .. }) = report.outcome else { panic!("{:?}", report.outcome) };
    assert!(message.contains("a recursion without end?"), "{message}");
}

#[tokio::test]
async fn an_exit_is_a_crash() {
    let report = host(tight()).await.behave("exit").await;
    let Err(CallError::Trap { message, .. }) = report.outcome else { panic!("{:?}", report.outcome) };
    assert!(message.contains("exit"), "{message}");
}

#[tokio::test]
async fn answers_that_are_too_large_are_refused() {
    assert!(refusal("huge-answer").await.contains("more than 33554432 bytes"));
    assert!(refusal("large-message").await.contains("delivery \"large\": the message has 2097"));
    assert!(refusal("many-effects").await.contains("it has 2100 effects, the limit is 2048"));
}

#[tokio::test]
async fn answers_that_are_wrong_are_refused() {
    assert!(refusal("invalid-json").await.contains("under \"broken\" is invalid JSON: EOF while parsing"));
    assert!(refusal("unknown-effect").await.contains("an effect that this version of Campanile does not know"));
    assert!(refusal("same-key").await.contains("it uses the key \"same\" twice"));
}

#[tokio::test]
async fn a_flood_is_cut_and_the_log_says_so() {
    let host = host(Limits { cpu: Duration::from_secs(5), ..tight() }).await;
    for behaviour in ["flood-stdout", "flood-log"] {
        let report = host.behave(behaviour).await;
        assert_eq!(report.outcome, Ok(Ok(Vec::new())), "{behaviour}");
        let bytes: usize = report.log.iter().map(|entry| entry.message.len()).sum();
        assert!(bytes < 64 << 10, "{behaviour}: {bytes}");
        let last = report.log.last().expect("an entry");
        assert_eq!(last.origin, LogOrigin::Host);
        assert!(last.message.contains("more entries were dropped"), "{}", last.message);
        if behaviour == "flood-stdout" {
            assert_eq!(report.stderr_tail, ["last words without an end of line"]);
        }
    }
}

#[tokio::test]
async fn there_is_nothing_to_see_and_nothing_to_reach() {
    let seen = remembered(host(tight()).await.behave("reach").await);
    for empty in ["variables", "arguments"] {
        assert_eq!(seen[empty], json!("0"), "{empty}");
    }
    for denied in ["file", "directory", "write", "connect", "listen", "udp", "resolve"] {
        assert_eq!(seen[denied], json!("true"), "{denied} is denied");
    }
}

#[tokio::test]
async fn a_call_can_be_repeated_exactly() {
    let host = host(tight()).await;
    let repeat = async |seq| remembered(host.handle_at(json!({"behaviour": "repeat"}), seq).await);
    let first = repeat(7).await;
    assert_eq!(first, repeat(7).await);
    assert_ne!(first["hash"], repeat(8).await["hash"], "another event, other chances");
    assert_eq!(first["seconds"], json!("1700000000"), "the event's time");
}

#[tokio::test]
async fn state_shows_what_is_not_written_yet() {
    let mut host = host(tight()).await;
    host.overlay = [("new".to_owned(), Some("{\"a\":1}".to_owned())), ("forgotten".to_owned(), None)].into();
    let seen = remembered(host.behave("state").await);
    assert_eq!(seen["new"], json!("Some(\"{\\\"a\\\":1}\")"));
    assert_eq!(seen["forgotten"], json!("None"));
    assert_eq!(seen["keys"], json!("[\"new\"]"));
}

#[tokio::test]
async fn what_is_not_there_is_an_answer_not_a_crash() {
    let seen = remembered(host(tight()).await.behave("data").await);
    assert_eq!((&seen["missing"], &seen["path"]), (&json!("true"), &json!("true")));
}

#[tokio::test]
async fn more_calls_than_slots_wait_their_turn() {
    let host = host(Limits { concurrent_calls: 2, ..tight() }).await;
    let calls = (0..20).map(|_| host.behave("nothing"));
    for report in futures_util::future::join_all(calls).await {
        assert_eq!(report.outcome, Ok(Ok(Vec::new())));
    }
}

/// So many slots have no place in the address space.
#[tokio::test]
async fn without_a_pool_calls_are_slower_and_work() {
    let host = host(Limits { concurrent_calls: 10_000, ..tight() }).await;
    assert_eq!(host.behave("nothing").await.outcome, Ok(Ok(Vec::new())));
}
