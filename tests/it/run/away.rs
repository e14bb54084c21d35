//! The host goes away at the worst moments: in mid-call, and when only the rest is to be delivered.

use super::PATIENCE;
use super::Reads;
use super::Shell;
use super::doors::Door;
use super::doors::Then;
use super::free_port;
use super::lasting;
use super::open;
use super::token;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

fn free_url() -> String {
    format!("http://127.0.0.1:{}", free_port())
}

#[tokio::test]
async fn a_beginning_whose_answer_got_lost_is_asked_for_again_and_done_once() {
    let host = Setup::default().start().await;
    let door = Door::open(&free_url(), &host.url, "addBuildset", Then::GoesOn).await;
    let shell = Shell::at(&door.url);
    let ended = shell.sh("echo hello").await;
    door.loses().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(
        (host.stream(1, 'o').await, host.get("builds").await["meta"]["total"].clone()),
        (vec!["hello".to_owned()], json!(1))
    );
    assert!(shell.is_clean());
}

#[tokio::test]
async fn a_build_that_the_host_may_know_of_is_ended_by_the_next_run() {
    let host = Setup::default().start().await;
    let door = Door::open(&free_url(), &host.url, "addBuildset", Then::Shuts).await;
    let shell = Shell::at(&door.url);
    let ended = shell.sh("touch was-here").await;
    assert_eq!(ended.code, Some(125), "{}", ended.stderr);
    assert!(ended.stderr.contains("nothing was run") && ended.stderr.contains("may know"), "{}", ended.stderr);
    assert!(!shell.folder.path().join("was-here").exists());
    assert_eq!(host.build(1).await["complete"], false);
    let door = Door::open(&door.url, &host.url, "nothing", Then::GoesOn).await;
    let ended = shell.sh("true").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told = host.build(1).await;
    assert_eq!((&told["complete"], &told["results"]), (&json!(true), &json!(4)));
    assert_eq!(told["state_string"], "nothing was run: the host went away");
    assert_eq!((host.build(2).await["results"].clone(), shell.is_clean()), (json!(0), true));
    assert_eq!(host.get("builds").await["meta"]["total"], 2);
    drop(door);
}

#[tokio::test]
async fn a_call_is_repeated_as_it_was_whatever_the_time_is_then() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&free_url());
    let file = token(&host.setup, &shell, "update,import,read").await;
    let spool = shell.path("spool");
    let spooled = ["--token-file", &file, "--patience", "1", "--spool", &spool];
    let ended = shell.run(&[&spooled[..], &["--builder", "linux", "--", "true"]].concat()).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let journal = format!("{spool}/build-000001/journal");
    let moved = |seconds: i64| {
        let text = std::fs::read_to_string(&journal).expect("a journal");
        let moved = |line: &str| {
            let mut entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
            entry["at"] = json!(entry["at"].as_i64().expect("a time") + seconds);
            format!("{entry}\n")
        };
        std::fs::write(&journal, text.lines().map(moved).collect::<String>()).expect("a journal");
    };
    moved(-3600);
    let door = Door::open(&shell.url, &host.url, "\"finishBuild\"", Then::Shuts).await;
    let ended = shell.run(&[&spooled[..], &["--resume"]].concat()).await;
    assert_eq!(ended.code, Some(125), "{}", ended.stderr);
    assert_eq!(host.build(1).await["complete"], true, "it was done, and the answer is lost");
    // The clock was wrong, and is put right: it is not late any more.
    moved(3600);
    let door = Door::open(&door.url, &host.url, "nothing", Then::GoesOn).await;
    let ended = shell.run(&[&spooled[..], &["--resume"]].concat()).await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    drop(door);
}

#[tokio::test]
async fn a_signal_ends_the_waiting_for_the_host() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let gate = shell.gate("gate").await;
    let host = ProcessHost::start(&setup).await;
    let line = format!("echo ready; read x < {gate}");
    let mut program = shell.start(&["--builder", "linux", "--patience", "600", "--", "sh", "-c", &line]);
    program.prints("ready").await;
    host.kill().await;
    open(&gate).await;
    program.says("trying again").await;
    program.signal("TERM").await;
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && ended.stderr.contains("the rest waits in"), "{}", ended.stderr);
    let host = ProcessHost::start(&setup).await;
    assert_eq!(shell.sh("true").await.code, Some(0));
    let told = host.build(1).await;
    assert_eq!((&told["complete"], &told["results"]), (&json!(true), &json!(0)), "the next delivers it");
    assert_eq!(host.terminate().await, Some(0));
}

#[tokio::test]
async fn a_signal_ends_the_waiting_before_the_command_begins() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let shell = Shell::at(&format!("http://{}", listener.local_addr().expect("an address")));
    let program = shell.start(&["--builder", "linux", "--patience", "1", "--", "touch", "was-here"]);
    let (mut caller, _) = tokio::time::timeout(PATIENCE, listener.accept()).await.expect("it calls").expect("a caller");
    caller.read_u8().await.expect("it asks");
    program.signal("INT").await;
    let ended = program.ends().await;
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(!shell.folder.path().join("was-here").exists());
}

/// Somebody who answers each caller in this way, or not at all.
async fn answering(answer: Option<Vec<u8>>) -> (String, AbortOnDropHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move {
        let mut callers = Vec::new();
        loop {
            let (mut caller, _) = listener.accept().await.expect("a caller");
            caller.read_u8().await.expect("it asks");
            if let Some(answer) = &answer {
                // Who has heard enough hangs up.
                let _ = caller.write_all(answer).await;
            }
            callers.push(caller);
        }
    });
    (url, AbortOnDropHandle::new(serving))
}

#[tokio::test]
async fn who_does_not_answer_or_too_much_is_away() {
    let check = async |answer: Option<Vec<u8>>, within: &str, says: &str| {
        let (url, _serving) = answering(answer).await;
        let shell = Shell::at(&url);
        let ended = shell.run(&["--builder", "linux", "--answer-within", within, "--", "touch", "was-here"]).await;
        assert_eq!(ended.code, Some(125), "{}", ended.stderr);
        assert!(ended.stderr.contains(says) && ended.stderr.contains("nothing was run"), "{}", ended.stderr);
        assert!(!shell.folder.path().join("was-here").exists());
        shell.is_clean()
    };
    assert!(!check(None, "1", "does not answer within 1 s").await, "it may know of the build");
    let most = 16 * 1024 * 1024;
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{{\"results\": [", most + 100).into_bytes();
    answer.resize(answer.len() + most + 200, b' ');
    assert!(!check(Some(answer), "60", "answers, but not as a host does").await);
    let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno".to_vec();
    assert!(check(Some(answer), "60", "an answer with status 404").await, "who says no knows of none");
    let answer = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 2\r\n\r\nno".to_vec();
    assert!(check(Some(answer), "60", "an answer with status 502").await, "behind a proxy nobody heard of it");
}

#[tokio::test]
async fn who_may_only_update_goes_on_in_mid_log() {
    let server = "[server]\nlisten = \"127.0.0.1:0\"\nurl = \"https://ci.example.org/\"\nanonymous_read = false\n";
    let host = Setup::default().toml(server).start().await;
    let door = Door::open(&free_url(), &host.url, "first_line=", Then::GoesOn).await;
    let shell = Shell::at(&door.url);
    let file = token(&host.setup, &shell, "update").await;
    let gate = shell.gate("gate").await;
    let line = format!("echo one; read x < {gate}; echo two");
    let mut program =
        shell.start(&["--builder", "linux", "--token-file", &file, "--patience", "5", "--", "sh", "-c", &line]);
    program.prints("one").await;
    door.loses().await;
    open(&gate).await;
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && !ended.stderr.contains("the rest waits"), "{}", ended.stderr);
    assert!(shell.is_clean());
    let host = host.stop().await.edit("anonymous_read = false", "anonymous_read = true").start().await;
    assert_eq!(host.stream(1, 'o').await, ["one", "two"]);
}

#[tokio::test]
async fn a_host_that_is_slow_is_waited_for() {
    let host = Setup::default().start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let shell = Shell::at(&format!("http://{}", listener.local_addr().expect("an address")));
    let spool = shell.path("spool");
    let mut program = shell.start(&["--builder", "linux", "--spool", &spool, "--", "echo", "done"]);
    program.says("build successful").await;
    let _door = Door::on(listener, &host.url, "nothing", Then::GoesOn);
    let ended = program.ends().await;
    assert!(ended.code == Some(0) && !ended.stderr.contains("the rest waits"), "{}", ended.stderr);
    assert_eq!(
        (host.build(1).await["results"].clone(), host.stream(1, 'o').await),
        (json!(0), vec!["done".to_owned()])
    );
}
