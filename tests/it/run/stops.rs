//! Commands that are ended before their end: by signals, and by orders.

use super::PATIENCE;
use super::Reads;
use super::Shell;
use super::open;
use super::token;
use super::until;
use campanile_tests::Setup;
use serde_json::json;
use tokio::io::AsyncBufReadExt;
use tokio::io::AsyncReadExt;
use tokio::io::BufReader;
use tokio::net::unix::pipe;

/// A command that says when it runs, and then does nothing.
const WAITS: [&str; 6] = ["--builder", "linux", "--", "sh", "-c", "echo ready; exec sleep 600"];

#[tokio::test]
async fn a_signal_is_passed_on_and_the_build_is_cancelled() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    for (build, name, code) in [(1, "INT", 130), (2, "TERM", 143), (3, "HUP", 129), (4, "QUIT", 131)] {
        let mut program = shell.start(&WAITS);
        program.prints("ready").await;
        program.signal(name).await;
        assert_eq!(program.ends().await.code, Some(code));
        let told = host.build(build).await;
        assert_eq!((&told["results"], &told["state_string"]), (&json!(6), &json!(format!("cancelled (SIG{name})"))));
        assert_eq!(host.steps(build).await[0]["results"], 6);
        let notes = host.stream(build, 'h').await;
        assert!(notes.contains(&format!("program killed by SIG{name}")), "{notes:?}");
        let request = host.get(&format!("buildrequests/{build}")).await["buildrequests"][0].clone();
        assert_eq!((&request["complete"], &request["results"]), (&json!(true), &json!(6)));
    }
}

#[tokio::test]
async fn who_stops_in_order_is_cancelled_too_and_who_does_not_is_killed() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let line = "trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let mut program = shell.start(&["--builder", "linux", "--grace", "600", "--", "sh", "-c", line]);
    program.prints("ready").await;
    program.signal("TERM").await;
    let ended = program.ends().await;
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(143), "tidied\n"));
    assert_eq!(host.build(1).await["results"], 6);
    let line = "trap '' TERM; echo ready; while :; do sleep 0.05; done";
    let mut program = shell.start(&["--builder", "linux", "--grace", "0", "--", "sh", "-c", line]);
    program.prints("ready").await;
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(137));
    assert_eq!(host.build(2).await["results"], 6);
}

#[tokio::test]
async fn what_the_command_started_ends_with_it() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    // It hears no signal, writes elsewhere, and holds the gate open as long as it lives.
    let behind = format!("(trap '' TERM; exec > {gate} 2>&1; echo lives; while :; do sleep 0.05; done) &");
    let line = format!("{behind} echo ready; wait");
    let life = pipe::OpenOptions::new().open_receiver(&gate).expect("a pipe");
    let (mut life, mut said) = (BufReader::new(life), String::new());
    let mut program = shell.start(&["--builder", "linux", "--grace", "1", "--", "sh", "-c", &line]);
    life.read_line(&mut said).await.expect("a line");
    program.prints("ready").await;
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(143));
    let ended = tokio::time::timeout(PATIENCE, life.read_to_string(&mut said)).await;
    assert!(ended.is_ok() && said == "lives\n", "{said:?}: it lives on");
}

#[tokio::test]
async fn what_a_command_leaves_behind_lives_when_nobody_stopped_it() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let (gate, sign) = (shell.gate("gate").await, shell.gate("sign").await);
    let line = format!("(exec > /dev/null 2>&1; read x < {gate}; echo woken > {sign}) & echo ready");
    assert_eq!(shell.sh(&line).await.code, Some(0));
    open(&gate).await;
    let read = tokio::time::timeout(PATIENCE, tokio::fs::read_to_string(&sign)).await.expect("it lives");
    assert_eq!(read.expect("a text"), "woken\n");
}

#[tokio::test]
async fn the_last_line_is_told_although_others_hold_the_output_open() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let held = shell.gate("held").await;
    let ended = shell.sh(&format!("(read x < {held}) & printf unfinished")).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(host.stream(1, 'o').await, ["unfinished"]);
    let notes = host.stream(1, 'h').await;
    let said = "another process holds its output open: what that prints is not read";
    assert!(notes.iter().any(|note| note == said), "{notes:?}");
    open(&held).await;
}

#[tokio::test]
async fn a_reader_who_does_not_read_holds_up_no_stop() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    // More than all pipes hold, and the test reads none of it.
    let line = "echo ready >&2; head -c 30000000 /dev/zero | tr '\\0' x | fold -w 999";
    let mut program = shell.start(&["--builder", "linux", "--", "sh", "-c", line]);
    program.says("ready").await;
    until(&host, "builds/1/steps", |found| found["meta"]["total"] == 1).await;
    until(&host, "logs/1", |found| found["logs"][0]["num_lines"].as_u64() > Some(60)).await;
    program.signal("TERM").await;
    until(&host, "builds/1", |found| found["builds"][0]["complete"] == true).await;
    assert_eq!(host.build(1).await["results"], 6);
    assert_eq!(program.ends().await.code, Some(143));
}

#[tokio::test]
async fn who_may_not_listen_is_told_that_nobody_can_stop_the_build() {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\nanonymous_read = false\n";
    let host = Setup::default().toml(server).start().await;
    let shell = Shell::at(&host.url);
    let file = token(&host.setup, &shell, "update").await;
    let gate = shell.gate("gate").await;
    let mut program = shell.start(&["--builder", "linux", "--token-file", &file, "--", "sh", "-c", "read x < gate"]);
    let said = program.says("nobody can stop this build").await;
    assert!(said.contains("lacks the scope read"), "{said}");
    open(&gate).await;
    let ended = program.ends().await;
    assert_eq!((ended.code, ended.stderr.matches("nobody can stop").count()), (Some(0), 1), "{}", ended.stderr);
}

#[tokio::test]
async fn whoever_asks_the_host_to_stop_the_build_stops_the_command() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let mut program = shell.start(&WAITS);
    program.prints("ready").await;
    let order = json!({"jsonrpc": "2.0", "id": 1, "method": "stop", "params": {"reason": "no time"}});
    let (status, answer) = host.post("builds/1", &order).await;
    assert!(status.is_success(), "{answer}");
    let ended = program.ends().await;
    assert_eq!(ended.code, Some(143), "{}", ended.stderr);
    let told = host.build(1).await;
    assert_eq!((&told["results"], &told["state_string"]), (&json!(6), &json!("cancelled (no time)")));
    let orders = host.get("builds/1/orders").await;
    assert_eq!(orders["orders"][0]["verb"], "stop");
    assert_eq!(orders["orders"][0]["reason"], "no time");
}

#[tokio::test]
async fn steps_that_always_run_run_after_a_stop() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    // What holds the output of the first open takes the second's from nobody.
    shell.gate("held").await;
    let file = shell.write(
        "steps.toml",
        "[[steps]]\nname = \"long\"\ncommand = \"setsid sh -c 'echo ready; read x < held' & exec sleep 600\"\n[[steps]]\nname = \"not\"\ncommand = \"true\"\n\
         [[steps]]\nname = \"tidy\"\ncommand = \"echo tidied\"\nalwaysRun = true\n",
    );
    let mut program = shell.start(&["--builder", "linux", "--file", &file]);
    program.prints("ready").await;
    program.signal("INT").await;
    program.prints("tidied").await;
    assert_eq!(program.ends().await.code, Some(130));
    let results: Vec<_> =
        host.steps(1).await.iter().map(|step| (step["name"].clone(), step["results"].clone())).collect();
    assert_eq!(results, [(json!("long"), json!(6)), (json!("tidy"), json!(0))]);
    assert_eq!(host.build(1).await["results"], 6);
    open(&shell.path("held")).await;
}
