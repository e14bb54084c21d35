//! Bad input: the reply that people expect, and nothing of it on the wire as a command.

use super::CHANNEL;
use super::asks;
use super::ends;
use super::meet;
use super::server;
use super::starts;
use super::with_bot;

#[tokio::test]
async fn nothing_that_others_wrote_becomes_a_command() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "notify_events = [\"finished\"]")).await;
    starts(&host, "linux").await;
    ends(&host, "linux", (2, "a\r\nQUIT :bye\r\nPRIVMSG ann :psst\u{1}")).await;
    let told = ann.hears("bb").await;
    assert_eq!(told.target, CHANNEL);
    assert!(told.text.ends_with("of `linux` failed: a QUIT :bye PRIVMSG ann :psst"), "{told:?}");
    assert!(asks(&mut ann, "version").await.starts_with("This is"), "it is still there");
    host.settle().await;
}

#[tokio::test]
async fn colours_and_the_like_in_what_is_said_do_not_matter() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "")).await;
    assert_eq!(asks(&mut ann, "\u{2}notify\u{2} \u{3}04list").await, "No events are being notified.");
    assert_eq!(asks(&mut ann, "").await, "Say what?");
    assert_eq!(asks(&mut ann, "watch 'linux").await, "No closing quotation");
    assert_eq!(asks(&mut ann, "watch a b").await, "Try 'watch _builder_'.");
    host.settle().await;
}

#[tokio::test]
async fn long_lines_are_cut_and_nothing_is_lost() {
    let server = server().await;
    let (mut ann, host) = meet(&server, &with_bot(server.port, "")).await;
    let names: Vec<String> = (100..180).map(|number| format!("größe-{number}")).collect();
    for name in &names {
        host.builder(name).await;
    }
    ann.say(CHANNEL, "bb: list all builders");
    let mut told = String::new();
    while !told.contains("größe-179 [offline]") {
        let line = ann.hears("bb").await.text;
        assert!(line.len() <= 500, "{} bytes", line.len());
        told += &line;
        told += " ";
    }
    let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let listed = names.iter().map(|name| format!("{name} [offline]")).collect::<Vec<_>>().join(" ");
    assert_eq!(told, format!("I found the following builders: {listed}"));
    let long = asks(&mut ann, &format!("status {}", "x".repeat(380))).await;
    assert_eq!(long, format!("no such builder '{}…'", "x".repeat(200)));
    host.settle().await;
}

#[tokio::test]
async fn who_may_not_is_told_so_and_nothing_happens() {
    let server = server().await;
    let settings = "authz = {force = [\"account:ann\"], \"stop\" = [\"bob\"]}";
    let (mut ann, host) = meet(&server, &with_bot(server.port, settings)).await;
    starts(&host, "linux").await;
    for command in ["force build linux", "stop build linux now", "shutdown now", "join #x", "leave"] {
        assert_eq!(asks(&mut ann, command).await, "Thou shall not pass, ann!!!", "{command}");
    }
    assert_eq!(host.get("buildsets").await["meta"]["total"], 1);
    host.settle().await;
}
