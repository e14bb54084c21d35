//! Masters: whom builds and claims belong to, and how a follower ends.

use super::Reads;
use super::Shell;
use super::follow::completed;
use super::follow::follower;
use super::follow::force;
use super::lasting;
use super::open;
use super::until;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use serde_json::json;

#[tokio::test]
async fn a_build_is_ended_by_no_master_but_its_own() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    let line = format!("echo ready; read x < {gate}");
    let mut program = shell.start(&["--builder", "linux", "--worker", "w1", "--", "sh", "-c", &line]);
    program.prints("ready").await;
    for method in ["masterActive", "masterStopped"] {
        host.update(method, json!({"name": "main", "masterid": 1})).await;
    }
    host.update("expireMasters", json!({"force": true})).await;
    assert_eq!(host.build(1).await["complete"], false, "another engine ended");
    open(&gate).await;
    assert_eq!(program.ends().await.code, Some(0));
    let build = host.build(1).await;
    let master = host.get(&format!("masters/{}", build["masterid"])).await["masters"][0].clone();
    assert_eq!((&build["results"], &master["name"], &master["active"]), (&json!(0), &json!("run:w1"), &json!(false)));
    let request = host.get("buildrequests/1").await["buildrequests"][0].clone();
    assert_eq!(request["claimed_by_masterid"], build["masterid"]);

    let file = shell.write("s.toml", "[[steps]]\nname = \"s\"\ncommand = \"exit 9\"\ndecodeRC = {9 = \"retry\"}\n");
    let ended = shell.run(&["--builder", "linux", "--worker", "w1", "--file", &file]).await;
    assert_eq!(ended.code, Some(9), "{}", ended.stderr);
    assert_eq!(host.build(2).await["masterid"], build["masterid"], "one master for a worker");
    let request = host.get("buildrequests/2").await["buildrequests"][0].clone();
    assert_eq!((&request["complete"], &request["claimed"]), (&json!(false), &json!(false)), "it is handed back");
}

#[tokio::test]
async fn two_followers_of_one_name_run_no_request_twice() {
    let host = Setup::default().start().await;
    // Two machines, which know nothing of each other.
    let (here, there) = (Shell::at(&host.url), Shell::at(&host.url));
    let gate = here.gate("gate").await;
    let mut one = follower(&here, "w1", &format!("echo one; read x < {gate}")).await;
    let first = force(&host, json!({})).await;
    one.prints("one").await;
    let mut two = follower(&there, "w1", "echo two").await;
    assert_eq!(host.build(1).await["complete"], false, "who comes does not end what runs elsewhere");
    let second = force(&host, json!({})).await;
    two.prints("two").await;
    completed(&host, second).await;
    two.signal("TERM").await;
    assert_eq!(two.ends().await.code, Some(0));
    assert_eq!(host.build(1).await["complete"], false, "nor who goes");
    open(&gate).await;
    completed(&host, first).await;
    one.signal("TERM").await;
    assert_eq!(one.ends().await.code, Some(0));
    let found = host.get("builds?order=buildid").await;
    let told: Vec<_> =
        found["builds"].as_array().expect("a list").iter().map(|b| (&b["buildrequestid"], &b["results"])).collect();
    assert_eq!(told, [(&json!(first), &json!(0)), (&json!(second), &json!(0))]);
}

#[tokio::test]
async fn a_request_that_cannot_be_told_ends_and_the_follower_goes_on() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    let mut program = follower(&shell, "w1", &format!("echo ready; read x < {gate}")).await;
    let refused = force(&host, json!({})).await;
    program.prints("ready").await;
    until(&host, "builds/1/steps", |found| found["meta"]["total"] == 1).await;
    until(&host, "logs/1", |found| found["logs"][0]["num_lines"].as_u64() > Some(3)).await;
    host.update("appendLog", json!({"logid": 1, "content": "ozork\n".repeat(100)})).await;
    open(&gate).await;
    completed(&host, refused).await;
    let told = host.build(1).await;
    assert_eq!((&told["results"], &told["complete"]), (&json!(4), &json!(true)));
    let reason = told["state_string"].as_str().expect("a text");
    assert!(reason.starts_with("not run to its end: ") && reason.contains("somebody else writes into it"), "{reason}");
    let step = host.steps(1).await[0].clone();
    assert_eq!((&step["results"], &step["complete"]), (&json!(4), &json!(true)));
    assert_eq!(host.get(&format!("buildrequests/{refused}")).await["buildrequests"][0]["results"], 4);

    let next = force(&host, json!({})).await;
    program.prints("ready").await;
    open(&gate).await;
    completed(&host, next).await;
    assert_eq!(host.build(2).await["results"], 0);
    program.signal("TERM").await;
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && ended.stderr.contains("at the host it is over"), "{}", ended.stderr);
    assert_eq!(host.get("workers/w1").await["workers"][0]["connected_to"], json!([]));
}

#[tokio::test]
async fn a_follower_that_was_held_for_gone_leaves_the_request_to_who_has_it() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    let mut program = follower(&shell, "w1", &format!("echo ready; read x < {gate}")).await;
    let request = force(&host, json!({})).await;
    program.prints("ready").await;
    until(&host, "builds/1/steps", |found| found["meta"]["total"] == 1).await;
    until(&host, "logs/1", |found| found["logs"][0]["num_lines"].as_u64() > Some(3)).await;
    let engine = host.build(1).await["masterid"].clone();
    let name = host.get(&format!("masters/{engine}")).await["masters"][0]["name"].clone();
    host.update("masterStopped", json!({"name": name, "masterid": engine})).await;
    let other = host.update("findMasterId", json!({"name": "other"})).await;
    assert_eq!(host.update("claimBuildRequests", json!({"brids": [request], "masterid": other})).await, true);
    open(&gate).await;
    program.says("is not ours any more").await;
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    let found = host.get(&format!("buildrequests/{request}")).await["buildrequests"][0].clone();
    assert_eq!((&found["complete"], &found["claimed_by_masterid"]), (&json!(false), &other), "the other runs it");
    assert_eq!(host.build(1).await["results"], 5);
}

#[tokio::test]
async fn a_build_that_is_refused_when_it_has_begun_ends_at_the_host() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    let line = format!("echo ready; read x < {gate}");
    let mut program = shell.start(&["--builder", "linux", "--", "sh", "-c", &line]);
    program.prints("ready").await;
    until(&host, "builds/1/steps", |found| found["meta"]["total"] == 1).await;
    until(&host, "logs/1", |found| found["logs"][0]["num_lines"].as_u64() > Some(3)).await;
    host.update("appendLog", json!({"logid": 1, "content": "ozork\n".repeat(100)})).await;
    open(&gate).await;
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && ended.stderr.contains("at the host it is over"), "{}", ended.stderr);
    let told = host.build(1).await;
    assert_eq!((&told["complete"], &told["results"]), (&json!(true), &json!(4)));
    assert!(told["state_string"].as_str().expect("a text").starts_with("not told to its end: "), "{told}");
    assert_eq!(host.steps(1).await[0]["results"], 4);
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["results"], 4);
}

#[tokio::test]
async fn a_follower_that_ends_by_an_error_says_that_it_goes() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let program = follower(&shell, "w1", "true").await;
    // It cannot keep the next build.
    let state = shell.state.path().join("campanile");
    std::fs::rename(state.join("follow-w1-linux"), state.join("gone")).expect("a folder");
    let request = force(&host, json!({})).await;
    let ended = program.ends().await;
    assert_eq!(ended.code, Some(125), "{}", ended.stderr);
    assert_eq!(host.get("forceschedulers").await["meta"]["total"], 0);
    let found = host.get(&format!("buildrequests/{request}")).await["buildrequests"][0].clone();
    assert_eq!((&found["complete"], &found["claimed"]), (&json!(false), &json!(false)), "others may take it");
}

#[tokio::test]
async fn the_second_signal_ends_the_waiting_of_a_follower() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let gate = shell.gate("gate").await;
    let host = ProcessHost::start(&setup).await;
    let mut program = follower(&shell, "w1", &format!("echo ready; read x < {gate}")).await;
    let form = json!({"jsonrpc": "2.0", "id": 1, "method": "force", "params": {}});
    host.post("forceschedulers/force-linux", &form).await;
    program.prints("ready").await;
    host.kill().await;
    open(&gate).await;
    program.says("build successful").await;
    program.signal("TERM").await;
    program.says("once more leaves the rest").await;
    program.signal("TERM").await;
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && ended.stderr.contains("for the next start"), "{}", ended.stderr);
    let host = ProcessHost::start(&setup).await;
    let program = follower(&shell, "w1", "true").await;
    let told = host.build(1).await;
    assert_eq!((&told["complete"], &told["results"]), (&json!(true), &json!(0)), "it is told at the next start");
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    assert_eq!(host.get("builds").await["meta"]["total"], 1);
    assert_eq!(host.terminate().await, Some(0));
}
