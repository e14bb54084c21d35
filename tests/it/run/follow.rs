//! `campanile run --follow`: an engine for one builder.

use super::Reads;
use super::Shell;
use super::doors::Door;
use super::doors::Then;
use super::free_port;
use super::lasting;
use super::open;
use super::until;
use campanile_tests::ProcessHost;
use campanile_tests::Program;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

/// Starts an engine for `linux` and waits until it follows.
pub(super) async fn follower(shell: &Shell, worker: &str, line: &str) -> Program {
    let arguments = ["--follow", "--builder", "linux", "--worker", worker, "--", "sh", "-c", line];
    let mut program = shell.start(&arguments);
    program.says("following linux").await;
    program
}

/// Asks for a build by the form.
pub(super) async fn force(host: &TestHost, params: Value) -> i64 {
    let ask = json!({"jsonrpc": "2.0", "id": 1, "method": "force", "params": params});
    let (status, answer) = host.post("forceschedulers/force-linux", &ask).await;
    assert!(status.is_success(), "{answer}");
    answer["result"][1].as_object().and_then(|brids| brids.values().next()).and_then(Value::as_i64).expect("a request")
}

pub(super) async fn completed(host: &TestHost, request: i64) {
    until(host, &format!("buildrequests/{request}"), |found| found["buildrequests"][0]["complete"] == true).await;
}

async fn ask(host: &TestHost, path: &str, method: &str) {
    let ask = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"reason": "enough"}});
    let (status, answer) = host.post(path, &ask).await;
    assert!(status.is_success(), "{answer}");
}

#[tokio::test]
async fn what_a_form_asks_for_is_run_with_its_properties() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let line = "echo $CAMPANILE_PROP_BRANCH $CAMPANILE_PROP_REASON $CAMPANILE_BUILD; exit $CAMPANILE_BUILD";
    let mut program = follower(&shell, "w1", line).await;
    assert_eq!(host.get("workers/w1").await["workers"][0]["connected_to"].as_array().map(Vec::len), Some(1));
    let forms = host.get("builders/1/forceschedulers").await;
    assert_eq!(forms["forceschedulers"][0]["name"], "force-linux");
    let request = force(&host, json!({"branch": "dev", "reason": "why-not"})).await;
    completed(&host, request).await;
    program.prints("dev why-not 1").await;
    let build = host.build(1).await;
    assert_eq!((&build["results"], &build["buildrequestid"]), (&json!(2), &json!(request)));
    assert_eq!(build["properties"]["reason"], json!(["why-not", "Force Build Form"]));
    assert_eq!(build["properties"]["branch"], json!(["dev", "Build"]));
    assert_eq!(build["properties"]["workername"], json!(["w1", "Build"]));
    let request = force(&host, json!({})).await;
    completed(&host, request).await;
    program.signal("TERM").await;
    let ended = program.ends().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(host.get("workers/w1").await["workers"][0]["connected_to"], json!([]));
    assert_eq!(host.get("forceschedulers").await["meta"]["total"], 0);
    assert_eq!(host.get("builders/1").await["builders"][0]["masterids"], json!([]));
}

#[tokio::test]
async fn forms_of_others_stay_and_waiting_requests_are_found_in_their_order() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let others = json!({"forceschedulers": [{"name": "other", "builder_names": ["mac"]}]});
    host.update("updateForceSchedulers", others).await;
    let builder = host.builder("linux").await;
    for priority in [0, 0, 5] {
        let set = json!({"waited_for": false, "builderids": [builder], "priority": priority, "reason": "waits"});
        host.update("addBuildset", set).await;
    }
    let program = follower(&shell, "w1", "true").await;
    for request in 1..=3 {
        completed(&host, request).await;
    }
    let found = host.get("builds?order=buildid").await;
    let order: Vec<&Value> = found["builds"].as_array().expect("a list").iter().map(|b| &b["buildrequestid"]).collect();
    assert_eq!(order, [3, 1, 2], "the most urgent first, then the oldest");
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    assert_eq!(host.get("forceschedulers").await["forceschedulers"][0]["name"], "other");
}

#[tokio::test]
async fn two_followers_share_the_work() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    // The first waits at the gate; so the second must take the other request.
    let mut one = follower(&shell, "w1", &format!("echo one; read x < {gate}")).await;
    let again = shell.run(&["--follow", "--builder", "linux", "--worker", "w1", "--", "true"]).await;
    assert!(again.code == Some(125) && again.stderr.contains("--worker"), "{}", again.stderr);
    let first = force(&host, json!({})).await;
    one.prints("one").await;
    let mut two = follower(&shell, "w2", "echo two").await;
    let second = force(&host, json!({})).await;
    two.prints("two").await;
    completed(&host, second).await;
    open(&gate).await;
    completed(&host, first).await;
    let workers = [1, 2].map(|build| host.build(build));
    let workers = futures_util::future::join_all(workers).await;
    let names: Vec<&Value> = workers.iter().map(|build| &build["properties"]["workername"][0]).collect();
    assert_eq!(names, ["w1", "w2"]);
    for program in [one, two] {
        program.signal("TERM").await;
        assert_eq!(program.ends().await.code, Some(0));
    }
}

#[tokio::test]
async fn stops_and_cancels_end_the_build_and_the_next_runs() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let mut program =
        follower(&shell, "w1", "echo ready; [ -n \"$CAMPANILE_PROP_REASON\" ] && exit 0; exec sleep 600").await;
    for (build, path, method) in [(1, "builds/1", "stop"), (2, "buildrequests/2", "cancel")] {
        let request = force(&host, json!({})).await;
        program.prints("ready").await;
        ask(&host, path, method).await;
        completed(&host, request).await;
        let told = host.build(build).await;
        assert_eq!((&told["results"], &told["state_string"]), (&json!(6), &json!("cancelled (enough)")));
    }
    let request = force(&host, json!({"reason": "short"})).await;
    completed(&host, request).await;
    assert_eq!(host.build(3).await["results"], 0, "it goes on");
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
}

#[tokio::test]
async fn it_ends_after_its_build_or_hands_the_request_back() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let gate = shell.gate("gate").await;
    let mut program = follower(&shell, "w1", &format!("echo ready; read x < {gate}")).await;
    let request = force(&host, json!({})).await;
    program.prints("ready").await;
    program.signal("TERM").await;
    program.says("ending after this build").await;
    open(&gate).await;
    assert_eq!(program.ends().await.code, Some(0));
    let found = host.get(&format!("buildrequests/{request}")).await["buildrequests"][0].clone();
    assert_eq!((&found["complete"], &found["results"]), (&json!(true), &json!(0)));

    let mut program = follower(&shell, "w1", "echo ready; exec sleep 600").await;
    let request = force(&host, json!({})).await;
    program.prints("ready").await;
    program.signal("TERM").await;
    program.says("ending after this build").await;
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    let found = host.get(&format!("buildrequests/{request}")).await["buildrequests"][0].clone();
    assert_eq!((&found["complete"], &found["claimed"]), (&json!(false), &json!(false)));
    assert_eq!(host.build(2).await["results"], 5);
    let program = follower(&shell, "w1", "true").await;
    completed(&host, request).await;
    assert_eq!(host.build(3).await["results"], 0, "somebody else takes it");
    program.signal("INT").await;
    assert_eq!(program.ends().await.code, Some(0));
}

#[tokio::test]
async fn one_that_was_killed_hands_its_request_back_when_it_is_started_again() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let held = shell.gate("held").await;
    let mut program = follower(&shell, "w1", &format!("echo ready; read x < {held}")).await;
    let request = force(&host, json!({})).await;
    program.prints("ready").await;
    program.kill().await;
    let program = follower(&shell, "w1", "true").await;
    completed(&host, request).await;
    assert_eq!((host.build(1).await["results"].clone(), host.build(2).await["results"].clone()), (json!(5), json!(0)));
    assert_eq!(host.stream(1, 'o').await, ["ready"]);
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    open(&held).await;
}

#[tokio::test]
async fn a_signal_before_the_build_is_known_hands_the_request_back() {
    let host = Setup::default().start().await;
    let door = Door::open(&format!("http://127.0.0.1:{}", free_port()), &host.url, "\"addBuild\"", Then::Shuts).await;
    let shell = Shell::at(&door.url);
    let mut program = follower(&shell, "w1", "touch was-here").await;
    let request = force(&host, json!({})).await;
    door.loses().await;
    program.signal("TERM").await;
    program.says("once more leaves the rest").await;
    program.signal("TERM").await;
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && ended.stderr.contains("for the next start"), "{}", ended.stderr);
    assert!(!shell.folder.path().join("was-here").exists());
    let door = Door::open(&door.url, &host.url, "nothing", Then::GoesOn).await;
    let program = follower(&shell, "w1", "true").await;
    completed(&host, request).await;
    assert_eq!((host.build(1).await["results"].clone(), host.build(2).await["results"].clone()), (json!(5), json!(0)));
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    drop(door);
}

#[tokio::test]
async fn it_goes_on_after_the_host_was_killed() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let host = ProcessHost::start(&setup).await;
    let gate = shell.gate("gate").await;
    let mut program = follower(&shell, "w1", &format!("echo ready; read x < {gate}; echo done")).await;
    let form = json!({"jsonrpc": "2.0", "id": 1, "method": "force", "params": {}});
    host.post("forceschedulers/force-linux", &form).await;
    program.prints("ready").await;
    host.kill().await;
    let host = ProcessHost::start(&setup).await;
    open(&gate).await;
    program.prints("done").await;
    program.says("build successful").await;
    host.kill().await;
    let host = ProcessHost::start(&setup).await;
    host.post("forceschedulers/force-linux", &form).await;
    program.prints("ready").await;
    open(&gate).await;
    program.signal("TERM").await;
    assert_eq!(program.ends().await.code, Some(0));
    let found = host.get("builds").await;
    assert_eq!(found["meta"]["total"], 2);
    assert!(found["builds"].as_array().expect("a list").iter().all(|build| build["results"] == 0), "{found}");
    assert_eq!(host.terminate().await, Some(0));
}
