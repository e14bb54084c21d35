//! Commands and their ends, and the connection that they share.

use super::Client;
use super::check;
use super::sshd;
use campanile::model::*;
use futures_util::future::join_all;
use std::time::Duration;

#[tokio::test]
async fn an_exit_status_is_the_attempts_status() {
    let sshd = sshd().await;
    let client = Client::of(&sshd);
    for (script, status, outcome, reason) in [
        ("echo fine", 0, AttemptOutcome::Done, ""),
        ("echo fine; echo careful >&2", 0, AttemptOutcome::Done, "the command said: careful"),
        (
            "echo 'error: change is closed' >&2; exit 1",
            1,
            AttemptOutcome::Refused,
            "exit status 1: error: change is closed",
        ),
        (
            "echo 'fatal: internal server error' >&2; exit 1",
            1,
            AttemptOutcome::Unknown,
            "exit status 1: fatal: internal",
        ),
        ("echo 'too many open files' >&2; exit 1", 1, AttemptOutcome::Failed, "exit status 1: too many"),
        ("exit 127", 127, AttemptOutcome::Refused, "the command ended with exit status 127"),
    ] {
        sshd.behave(script);
        let sent = client.run(&["gerrit", "review"]).await;
        check(&sent, outcome, reason);
        assert_eq!(sent.status, Some(status));
    }
}

#[tokio::test]
async fn of_what_a_command_says_the_beginning_is_kept() {
    let sshd = sshd().await;
    sshd.behave("head -c 300000 /dev/zero | tr '\\0' o; head -c 300000 /dev/zero | tr '\\0' e >&2");
    let client = Client::of(&sshd);
    let sent = client.run(&["gerrit", "query"]).await;
    assert_eq!((sent.outcome, sent.answer.as_str()), (AttemptOutcome::Done, "o".repeat(16 * 1024).as_str()));
    assert!(sent.reason.as_ref().is_some_and(|reason| reason.len() < 1100), "{sent:?}");
}

#[tokio::test]
async fn a_connection_lost_in_mid_command_leaves_it_unknown() {
    let sshd = sshd().await;
    sshd.behave("exec sleep 600");
    let client = Client::of(&sshd);
    let (sent, ()) = tokio::join!(client.run(&["gerrit", "review"]), async {
        sshd.begun(1).await;
        sshd.kill_sessions();
    });
    check(&sent, AttemptOutcome::Unknown, "the connection was lost before the command ended");
    sshd.behave("");
    check(&client.run(&["gerrit", "review"]).await, AttemptOutcome::Done, "");
    assert_eq!(sshd.logins(2).await.expect("two sessions"), 2);
}

#[tokio::test]
async fn a_command_that_is_killed_over_there_leaves_it_unknown() {
    let sshd = sshd().await;
    sshd.behave("kill -TERM $$");
    let sent = Client::of(&sshd).run(&["gerrit", "review"]).await;
    check(&sent, AttemptOutcome::Unknown, "the command was ended by the signal TERM");
    assert_eq!(sent.status, None);
}

#[tokio::test]
async fn a_command_that_stalls_is_left_alone_and_so_is_its_connection() {
    let sshd = sshd().await;
    sshd.behave("echo begun; exec sleep 600");
    let client = Client::hasty(&sshd, Duration::from_secs(2));
    let sent = client.run(&["gerrit", "review"]).await;
    check(&sent, AttemptOutcome::Unknown, "the command took longer than 2 s");
    assert_eq!(sent.answer, "begun\n");
    sshd.behave("");
    check(&client.run(&["gerrit", "review"]).await, AttemptOutcome::Done, "");
    assert_eq!(sshd.logins(2).await.expect("two sessions"), 2, "the next one has another connection");
}

#[tokio::test]
async fn what_a_command_leaves_behind_does_not_hide_how_it_ended() {
    let sshd = sshd().await;
    sshd.behave("sleep 5 & echo done");
    let sent = Client::hasty(&sshd, Duration::from_secs(2)).run(&["gerrit", "review"]).await;
    check(&sent, AttemptOutcome::Done, "");
    assert_eq!(sent.answer, "done\n");
}

#[tokio::test]
async fn fifty_commands_need_one_login() {
    let sshd = sshd().await;
    let client = Client::of(&sshd);
    for sent in join_all((0..40).map(|_| client.run(&["gerrit", "version"]))).await {
        check(&sent, AttemptOutcome::Done, "");
    }
    for _ in 0..10 {
        check(&client.run(&["gerrit", "version"]).await, AttemptOutcome::Done, "");
    }
    assert_eq!(sshd.logins(50).await.expect("fifty sessions"), 1);
}

#[tokio::test]
async fn four_commands_run_at_once_and_not_more() {
    let sshd = sshd().await;
    // The first four wait for each other; then each notes how many there are beside it.
    sshd.behave(
        "mkdir -p \"$folder/now\"; touch \"$folder/now/$$\"
         while [ ! -e \"$folder/four\" ]; do [ $(ls \"$folder/now\" | wc -l) -lt 4 ] || touch \"$folder/four\"; sleep 0.01; done
         ls \"$folder/now\" | wc -l; sleep 0.05; rm \"$folder/now/$$\"",
    );
    let client = Client::of(&sshd);
    let sent = join_all((0..12).map(|_| client.run(&["gerrit", "review"]))).await;
    let counts: Vec<u32> = sent.iter().map(|sent| sent.answer.trim().parse().expect("a count")).collect();
    assert_eq!(counts.iter().max(), Some(&4), "{counts:?}");
}

#[tokio::test]
async fn who_gets_no_channel_in_time_did_not_begin() {
    let sshd = sshd().await;
    sshd.behave("exec sleep 600");
    let client = Client::tuned(&sshd, |setup| {
        setup.deadlines.ssh.command = Duration::from_secs(4);
        setup.deadlines.ssh.channel = Duration::from_secs(3);
    });
    let sent = join_all((0..5).map(|_| client.run(&["gerrit", "review"]))).await;
    let (unknown, failed): (Vec<_>, Vec<_>) = sent.iter().partition(|sent| sent.outcome == AttemptOutcome::Unknown);
    assert_eq!((unknown.len(), failed.len()), (4, 1));
    check(failed[0], AttemptOutcome::Failed, "the wait for a channel took longer than 3 s");
    assert_eq!(sshd.begun(4).await.len(), 4);
}

#[tokio::test]
async fn who_waited_for_a_channel_has_as_much_time_as_who_did_not() {
    let sshd = sshd().await;
    sshd.behave("sleep 2");
    let client = Client::tuned(&sshd, |setup| setup.deadlines.ssh.whole = Duration::from_secs(4));
    // The last four begin when those before them took the time of an attempt.
    for sent in join_all((0..12).map(|_| client.run(&["gerrit", "review"]))).await {
        check(&sent, AttemptOutcome::Done, "");
    }
}

#[tokio::test]
async fn a_server_that_went_away_while_nobody_looked_is_found_again() {
    let mut sshd = sshd().await;
    let client = Client::of(&sshd);
    check(&client.run(&["gerrit", "version"]).await, AttemptOutcome::Done, "");
    sshd.stop().await;
    check(&client.run(&["gerrit", "version"]).await, AttemptOutcome::Failed, "Connection refused");
    sshd.restart().await.expect("sshd starts");
    check(&client.run(&["gerrit", "version"]).await, AttemptOutcome::Done, "");
    assert_eq!(sshd.count(), 2);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let mut sshd = sshd().await;
    sshd.port = silent.local_addr().expect("an address").port();
    let client = Client::tuned(&sshd, |setup| setup.deadlines.ssh.handshake = Duration::from_millis(300));
    let sent = client.run(&["true"]).await;
    check(&sent, AttemptOutcome::Failed, "the SSH handshake took longer than 0.3 s");
}
