//! The host goes away, or we do: what was written is told once, later.

use super::Reads;
use super::Shell;
use super::lasting;
use super::open;
use super::token;
use campanile_tests::ProcessHost;
use campanile_tests::Setup;
use serde_json::json;

/// Lines that the command prints in all.
const LINES: usize = 10_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_line_is_lost_or_doubled_while_the_host_is_killed_twice() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let gate = shell.gate("gate").await;
    let host = ProcessHost::start(&setup).await;
    let line = format!(
        "i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo line $i; [ $((i % 100)) -eq 0 ] && echo late $i >&2; \
         case $i in 3000|6000) echo halt; read x < {gate};; esac; done"
    );
    let mut program = shell.start(&["--builder", "linux", "--", "sh", "-c", &line]);
    program.prints("halt").await;
    host.kill().await;
    let host = ProcessHost::start(&setup).await;
    open(&gate).await;
    program.prints("halt").await;
    host.kill().await;
    // The command goes on while nobody is there.
    open(&gate).await;
    program.prints(&format!("line {LINES}")).await;
    let host = ProcessHost::start(&setup).await;
    let ended = program.ends().await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let expected: Vec<String> = (1..=LINES).map(|i| format!("line {i}")).collect();
    let told: Vec<String> = host.stream(1, 'o').await.into_iter().filter(|line| line != "halt").collect();
    assert!(told == expected, "{} lines are told, {} were printed", told.len(), expected.len());
    let late: Vec<String> = (1..=LINES / 100).map(|i| format!("late {}", i * 100)).collect();
    assert_eq!(host.stream(1, 'e').await, late);
    assert_eq!(host.build(1).await["results"], 0);
    assert_eq!((host.get("builds").await["meta"]["total"].clone(), host.steps(1).await.len()), (json!(1), 1));
    assert!(shell.is_clean());
    assert_eq!(host.terminate().await, Some(0));
}

#[tokio::test]
async fn without_a_spool_nothing_runs_while_the_host_is_away() {
    let (_, url) = lasting();
    let shell = Shell::at(&url);
    let ended = shell.sh("touch was-here").await;
    assert_eq!(ended.code, Some(125));
    let says = ["no host answers at", &url, "nothing was run", "--spool DIR"];
    assert!(says.iter().all(|part| ended.stderr.contains(part)), "{}", ended.stderr);
    assert!(!shell.folder.path().join("was-here").exists() && shell.is_clean());
}

#[tokio::test]
async fn with_a_spool_builds_run_and_are_delivered_by_the_next() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let spool = shell.path("spool");
    for (command, code) in [("echo one", 0), ("echo two; exit 3", 3)] {
        let ended = shell.run(&["--builder", "linux", "--spool", &spool, "--", "sh", "-c", command]).await;
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        assert!(ended.stderr.contains("no host answers") && ended.stderr.contains("--resume"), "{}", ended.stderr);
    }
    let host = setup.start().await;
    let ended = shell.run(&["--builder", "linux", "--spool", &spool, "--", "echo", "three"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for (build, results, line) in [(1, 0, "one"), (2, 2, "two"), (3, 0, "three")] {
        assert_eq!(host.build(build).await["results"], results);
        assert_eq!(host.stream(build, 'o').await, [line]);
    }
    let ended = shell.run(&["--resume", "--spool", &spool]).await;
    assert!(ended.code == Some(0) && ended.stderr.contains("0 builds delivered"), "{}", ended.stderr);
}

#[tokio::test]
async fn what_waited_is_told_with_its_time_where_the_token_opens_the_past() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let host = setup.start().await;
    let importer = token(&setup, &shell, "update,import,read").await;
    let updater = token(&setup, &shell, "update,read").await;
    let setup = host.stop().await;
    for (name, file) in [("past", &importer), ("now", &updater)] {
        let spool = shell.path(name);
        let ended = shell.run(&["--builder", name, "--token-file", file, "--spool", &spool, "--", "true"]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // It happened an hour ago.
        let journal = format!("{spool}/build-000001/journal");
        let text = std::fs::read_to_string(&journal).expect("a journal");
        let an_hour_ago = |line: &str| {
            let mut entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
            entry["at"] = json!(entry["at"].as_i64().expect("a time") - 3600);
            format!("{entry}\n")
        };
        std::fs::write(&journal, text.lines().map(an_hour_ago).collect::<String>()).expect("a journal");
    }
    let host = setup.start().await;
    for (build, name, file, past) in [(1, "past", &importer, true), (2, "now", &updater, false)] {
        let ended = shell.run(&["--resume", "--token-file", file, "--spool", &shell.path(name)]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let told = host.get(&format!("builds/{build}")).await["builds"][0].clone();
        let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs() as i64
            - told["complete_at"].as_i64().expect("a time");
        assert_eq!(age > 3000, past, "{name}: {told}");
    }
}

#[tokio::test]
async fn a_build_whose_teller_was_killed_is_ended_as_an_exception() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let host = setup.start().await;
    let spool = shell.path("spool");
    let held = shell.gate("held").await;
    let line = format!("echo a; echo ready; read x < {held}");
    let mut program = shell.start(&["--builder", "linux", "--spool", &spool, "--", "sh", "-c", &line]);
    program.prints("ready").await;
    let refused = shell.run(&["--resume", "--spool", &spool]).await;
    assert!(refused.code == Some(125) && refused.stderr.contains("another `campanile run`"), "{}", refused.stderr);
    program.kill().await;
    // Half a line and half an entry, as a full disk or a kill leaves them.
    let append = |name: &str, bytes: &str| {
        let file = std::fs::OpenOptions::new().append(true).open(format!("{spool}/build-000001/{name}"));
        std::io::Write::write_all(&mut file.expect("a file"), bytes.as_bytes()).expect("it is written");
    };
    append("log-0", "ohalf");
    append("journal", "{\"at\":17");
    // And what was sent from memory alone.
    let call = json!({"entry": 2, "body": r#"[{"method": "addStep", "params": {"buildid": 1, "name": "lost"}}]"#});
    std::fs::write(format!("{spool}/build-000001/call"), call.to_string()).expect("a file");
    let ended = shell.run(&["--resume", "--spool", &spool]).await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    assert_eq!(host.stream(1, 'o').await, ["a", "ready"]);
    let told = host.build(1).await;
    assert_eq!((&told["results"], &told["complete"]), (&json!(4), &json!(true)));
    assert!(told["state_string"].as_str().expect("a text").starts_with("interrupted"), "{told}");
    let steps = host.steps(1).await;
    assert_eq!((steps.len(), &steps[0]["results"]), (1, &json!(4)), "{steps:?}");
    assert_eq!(host.get("buildrequests/1").await["buildrequests"][0]["results"], 4);
    open(&held).await;
}

#[tokio::test]
async fn what_the_host_refuses_is_laid_aside() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let spool = shell.path("spool");
    let ended = shell.run(&["--builder", "a\u{7}b", "--spool", &spool, "--", "true"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let ended = shell.run(&["--builder", "linux", "--spool", &spool, "--", "true"]).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let host = setup.start().await;
    let ended = shell.run(&["--resume", "--spool", &spool]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("the host refuses a build") && ended.stderr.contains("1 builds delivered"));
    assert!(ended.stderr.contains("`campanile run --resume --refused --spool "), "{}", ended.stderr);
    let refused = format!("{spool}/refused/build-000001");
    let reason = std::fs::read_to_string(format!("{refused}/reason")).expect("a reason");
    assert!(reason.contains("control character"), "{reason}");
    assert_eq!(host.get("builds").await["meta"]["total"], 1);

    let again = ["--resume", "--refused", "--spool", &spool];
    assert_eq!(shell.run(&again).await.code, Some(1), "it is refused as before");
    let journal = std::fs::read_to_string(format!("{refused}/journal")).expect("a journal");
    std::fs::write(format!("{refused}/journal"), journal.replace("\\u0007", "")).expect("it is mended");
    let ended = shell.run(&["--resume", "--spool", &spool]).await;
    assert!(ended.stderr.contains("0 builds delivered"), "what is laid aside is in nobody's way: {}", ended.stderr);
    let ended = shell.run(&again).await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    assert_eq!(host.build(2).await["properties"]["buildername"][0], "ab");
}

#[tokio::test]
async fn lines_beyond_the_limit_of_the_spool_are_counted() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let line = "head -c 3000000 /dev/zero | tr '\\0' 'x' | fold -w 999; echo";
    let ended = shell.run(&["--builder", "linux", "--spool-mib", "1", "--", "sh", "-c", line]).await;
    assert_eq!((ended.code, ended.stdout.lines().count()), (Some(0), 3004), "the shell gets all");
    let kept = host.stream(1, 'o').await.len();
    let notes = host.stream(1, 'h').await;
    let said = format!("{} lines are left out: the spool is full (--spool-mib)", 3004 - kept);
    assert!(kept > 900 && kept < 1049 && notes.contains(&said), "{kept}: {notes:?}");
}

#[tokio::test]
async fn a_build_that_does_not_read_is_laid_aside_and_is_in_nobodys_way() {
    let (setup, url) = lasting();
    let shell = Shell::at(&url);
    let spool = shell.path("spool");
    for line in ["echo one", "echo two"] {
        let ended = shell.run(&["--builder", "linux", "--spool", &spool, "--", "sh", "-c", line]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
    std::fs::write(format!("{spool}/build-000001/journal"), "no JSON\n").expect("a journal");
    let host = setup.start().await;
    let ended = shell.run(&["--resume", "--spool", &spool]).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(ended.stderr.contains("broken-000001") && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    assert_eq!(host.stream(1, 'o').await, ["two"]);
}
