//! What killed runs left behind: who delivers it, and to whom.

use super::PATIENCE;
use super::Reads;
use super::Shell;
use super::lasting;
use super::open;
use campanile_tests::Setup;
use campanile_tests::campanile_in;
use serde_json::json;

#[tokio::test]
async fn the_next_run_delivers_what_a_killed_one_left_and_nothing_of_one_that_lives() {
    let host = Setup::default().start().await;
    let elsewhere = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let (gate, held) = (shell.gate("gate").await, shell.gate("held").await);
    let line = format!("echo a; echo ready; read x < {held}");
    let mut killed = shell.start(&["--builder", "linux", "--", "sh", "-c", &line]);
    killed.prints("ready").await;
    let mut lives = shell.start(&["--builder", "linux", "--", "sh", "-c", &format!("echo ready; read x < {gate}")]);
    lives.prints("ready").await;
    killed.kill().await;
    // Not to another host, whose builds have the same ids.
    let state = shell.state.path().to_str().expect("a path");
    let variables = [("CAMPANILE_SERVER", elsewhere.url.as_str()), ("XDG_STATE_HOME", state)];
    let ended = campanile_in(shell.folder.path(), &variables, &["run", "--builder", "mac", "--", "true"]).await;
    assert_eq!((ended.code, elsewhere.get("builds").await["meta"]["total"].clone()), (Some(0), json!(1)));
    assert_eq!(host.build(1).await["complete"], false);

    let ended = shell.sh("true").await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    let told = host.build(1).await;
    assert_eq!((&told["complete"], &told["results"]), (&json!(true), &json!(4)));
    assert_eq!(host.stream(1, 'o').await, ["a", "ready"]);
    assert_eq!(host.build(2).await["complete"], false, "who lives tells it himself");
    open(&gate).await;
    assert_eq!(lives.ends().await.code, Some(0));
    assert_eq!((host.build(2).await["results"].clone(), shell.is_clean()), (json!(0), true));
    assert_eq!(host.get("builds").await["meta"]["total"], 3);
    open(&held).await;
}

#[tokio::test]
async fn folders_in_which_nothing_waits_keep_nobody_waiting() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let held = shell.gate("held").await;
    let mut killed = shell.start(&["--builder", "linux", "--", "sh", "-c", &format!("echo ready; read x < {held}")]);
    killed.prints("ready").await;
    killed.kill().await;
    // Far more than one run delivers, as killed runs leave them when all is told.
    let state = shell.state.path().join("campanile");
    for number in 0..1000 {
        let folder = state.join(format!("run-empty{number}"));
        std::fs::create_dir(&folder).expect("a folder");
        for (name, text) in [("campanile-spool", "Builds wait here.\n"), ("host", &host.url), ("lock", "")] {
            std::fs::write(folder.join(name), text).expect("a file");
        }
    }
    let ended = shell.sh("true").await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    assert_eq!(host.build(1).await["results"], 4);
    assert!(shell.is_clean(), "what is empty is removed");
    open(&held).await;
}

#[tokio::test]
async fn who_does_not_wait_for_the_host_waits_for_no_leftovers_either() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let host = setup.start().await;
    let held = shell.gate("held").await;
    let mut killed = shell.start(&["--builder", "linux", "--", "sh", "-c", &format!("echo ready; read x < {held}")]);
    killed.prints("ready").await;
    killed.kill().await;
    host.stop().await;
    let spool = shell.path("spool");
    let arguments = ["--builder", "linux", "--spool", &spool, "--patience", "600", "--", "true"];
    let ended = tokio::time::timeout(PATIENCE, shell.run(&arguments)).await.expect("it ends");
    assert!(ended.code == Some(0) && ended.stderr.contains("the rest waits in"), "{}", ended.stderr);
    open(&held).await;
}

#[tokio::test]
async fn a_spool_is_not_told_to_another_host_unless_it_moved() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url.replace("http://", "http://ada:secret@"));
    let spool = shell.path("spool");
    let ended = shell.run(&["--builder", "linux", "--spool", &spool, "--", "true"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let is_told = ended.stderr.contains("no host answers at") && ended.stderr.contains(&url);
    assert!(is_told && !ended.stderr.contains("secret"), "{}", ended.stderr);
    let kept = std::fs::read_to_string(format!("{spool}/host")).expect("the host is remembered");
    assert_eq!(kept, url, "and no secret with it");
    let host = setup.start().await;
    let other = url.replace("127.0.0.1", "localhost");
    for arguments in [&["--resume"][..], &["--builder", "linux", "--", "true"]] {
        let ended = shell.run(&[&["--server", &other, "--spool", &spool], arguments].concat()).await;
        assert_eq!(ended.code, Some(125), "{}", ended.stderr);
        let says = [&url, &other, "--moved"];
        assert!(says.iter().all(|part| ended.stderr.contains(*part)), "{}", ended.stderr);
    }
    assert_eq!(host.get("builds").await["meta"]["total"], 0);
    let ended = shell.run(&["--server", &other, "--spool", &spool, "--resume", "--moved"]).await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    let ended = shell.run(&["--spool", &spool, "--server", &url, "--builder", "linux", "--", "true"]).await;
    assert_eq!(ended.code, Some(0), "an empty one is for anybody: {}", ended.stderr);
    assert_eq!(host.get("builds").await["meta"]["total"], 2);
}

#[tokio::test]
async fn a_spool_of_somebody_else_is_refused() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    // Who may give folders away gives one away; all others find one that is not theirs.
    let given = shell.path("given");
    std::fs::create_dir(&given).expect("a folder");
    let spool = std::os::unix::fs::chown(&given, Some(1), None).map_or("/".to_owned(), |()| given);
    let ended = shell.run(&["--builder", "linux", "--spool", &spool, "--", "touch", "was-here"]).await;
    assert_eq!(ended.code, Some(125), "{}", ended.stderr);
    assert!(ended.stderr.contains("belongs to another user"), "{}", ended.stderr);
    assert!(!shell.folder.path().join("was-here").exists());
    assert_eq!(host.get("builds").await["meta"]["total"], 0);
}
