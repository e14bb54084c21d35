//! Commands that are ended before their end: by signals, and by orders.

use super::Reads;
use super::Shell;
use campanile_tests::Setup;
use serde_json::json;

/// A command that says when it runs, and then does nothing.
const WAITS: [&str; 6] = ["--builder", "linux", "--", "sh", "-c", "echo ready; exec sleep 600"];

#[tokio::test]
async fn a_signal_is_passed_on_and_the_build_is_cancelled() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    for (build, name, code) in [(1, "INT", 130), (2, "TERM", 143), (3, "HUP", 129)] {
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
    let mut program = shell.start(&["--builder", "linux", "--", "sh", "-c", line]);
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
    let line = "(trap '' TERM; echo $$ ready; while :; do sleep 0.05; done) & wait";
    let mut program = shell.start(&["--builder", "linux", "--grace", "1", "--", "sh", "-c", line]);
    program.says("build 1").await;
    // Said by what runs behind.
    let ready = tokio::time::timeout(std::time::Duration::from_secs(30), program.any_line()).await.expect("it runs");
    assert!(ready.ends_with("ready"), "{ready}");
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(143));
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
    let file = shell.write(
        "steps.toml",
        "[[steps]]\nname = \"long\"\ncommand = \"echo ready; exec sleep 600\"\n[[steps]]\nname = \"not\"\ncommand = \"true\"\n\
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
}
