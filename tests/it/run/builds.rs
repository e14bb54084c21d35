//! One command, one build: what the host learns of it, and what the shell does.

use super::Reads;
use super::Shell;
use super::git;
use campanile_tests::Setup;
use serde_json::json;

#[tokio::test]
async fn a_command_is_a_build_with_a_step_and_a_log() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let ended = shell.sh("echo out; echo err >&2; printf last").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "out\nlast", "what it prints is passed on");
    assert!(ended.stderr.contains("err\n") && ended.stderr.contains("build 1 is linux #1"), "{}", ended.stderr);
    let build = host.build(1).await;
    assert_eq!((&build["results"], &build["complete"]), (&json!(0), &json!(true)));
    assert_eq!(build["state_string"], "build successful");
    assert_eq!(build["properties"]["buildername"], json!(["linux", "Build"]));
    assert_eq!(build["properties"]["buildnumber"], json!([1, "Build"]));
    let step = &host.steps(1).await[0];
    assert_eq!((&step["name"], &step["results"], &step["state_string"]), (&json!("sh"), &json!(0), &json!("finished")));
    assert_eq!(host.stream(1, 'o').await, ["out", "last"]);
    assert_eq!(host.stream(1, 'e').await, ["err"]);
    let notes = host.stream(1, 'h').await;
    assert_eq!(notes[0], "sh -c 'echo out; echo err >&2; printf last'");
    let folder = std::fs::canonicalize(shell.folder.path()).expect("a folder");
    assert_eq!(notes[1], format!(" in dir {} (no timeout)", folder.display()));
    assert!(notes[2].starts_with(" started at 20") && notes[2].ends_with('Z'), "{notes:?}");
    assert_eq!(notes[3], "program finished with exit code 0");
    assert!(notes[4].starts_with("elapsedTime="), "{notes:?}");
    let log = &host.get("logs/1").await["logs"][0];
    assert_eq!((&log["name"], &log["type"], &log["complete"]), (&json!("stdio"), &json!("s"), &json!(true)));
    let request = &host.get("buildrequests/1").await["buildrequests"][0];
    assert_eq!(
        (&request["complete"], &request["results"], &request["claimed"]),
        (&json!(true), &json!(0), &json!(true))
    );
    assert_eq!(host.get("buildsets/1").await["buildsets"][0]["complete"], true);
    assert!(shell.is_clean());
}

#[tokio::test]
async fn exit_codes_are_passed_on_and_say_how_it_went() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let check = async |number: i64, arguments: &[&str], code: i32, (results, state): (i64, &str)| {
        let ended = shell.run(&[&["--builder", "linux"], arguments].concat()).await;
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.stderr);
        assert_eq!(host.build(number).await["results"], results, "{arguments:?}");
        assert_eq!(host.steps(number).await[0]["state_string"], state, "{arguments:?}");
    };
    check(1, &["--", "sh", "-c", "exit 7"], 7, (2, "exit code 7 (failure)")).await;
    check(2, &["--warnings-exit-code", "77", "--", "sh", "-c", "exit 77"], 77, (1, "exit code 77 (warnings)")).await;
    check(3, &["--", "sh", "-c", "kill -SEGV $$"], 139, (2, "killed by SIGSEGV (failure)")).await;
    let not_there = "did not start: No such file or directory (os error 2) (failure)";
    check(4, &["--", "./nothing"], 127, (2, not_there)).await;
    let no_program = "did not start: Permission denied (os error 13) (failure)";
    check(5, &["--", "/"], 126, (2, no_program)).await;
    assert_eq!(host.build(1).await["state_string"], "failed sh");
    assert_eq!(host.build(2).await["state_string"], "warnings sh");
}

#[tokio::test]
async fn git_says_what_is_built_and_the_commit_may_be_its_change() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let folder = shell.folder.path();
    git(folder, &["init", "--quiet", "--initial-branch", "main"]).await;
    git(folder, &["remote", "add", "origin", "https://ada:secret@forge.example.org/acme/belfry.git"]).await;
    shell.write("bell.c", "int main;\n");
    git(folder, &["add", "."]).await;
    git(folder, &["commit", "--quiet", "-m", "Hang the bell"]).await;
    let commit = git(folder, &["rev-parse", "HEAD"]).await;
    let ended = shell
        .run(&[
            "--builder",
            "linux",
            "--change",
            "head",
            "-p",
            "os=bsd",
            "--",
            "sh",
            "-c",
            "echo $CAMPANILE_BUILD $CAMPANILE_BUILDER $CAMPANILE_STEP $CAMPANILE_SERVER $CAMPANILE_PROP_OS",
        ])
        .await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.trim(), format!("1 linux sh {} bsd", host.url));
    let build = host.build(1).await;
    let property = |name: &str| build["properties"][name].clone();
    assert_eq!(property("revision"), json!([commit, "Build"]));
    assert_eq!(property("got_revision"), json!([commit, "Build"]));
    assert_eq!(property("branch"), json!(["main", "Build"]));
    assert_eq!(property("project"), json!(["acme/belfry", "Build"]));
    assert_eq!(property("repository"), json!(["https://forge.example.org/acme/belfry.git", "Build"]));
    assert_eq!(property("os"), json!(["bsd", "Command line"]));
    let changes = host.get("builds/1/changes").await;
    let change = &changes["changes"][0];
    assert_eq!((&change["comments"], &change["revision"]), (&json!("Hang the bell"), &json!(commit)));
    assert_eq!((&change["author"], &change["files"]), (&json!("Ada <ada@example.org>"), &json!(["bell.c"])));
    assert!(!host.get("buildsets").await.to_string().contains("secret"), "nobody is told a password");
}

#[tokio::test]
async fn what_is_built_may_be_said() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let ended = shell
        .run(&[
            "--builder",
            "linux",
            "--branch",
            "dev",
            "--revision",
            "r7",
            "--reason",
            "why not",
            "--change",
            "author=ada",
            "--change",
            "file=a.c",
            "--change",
            "file=b.c",
            "--worker",
            "w1",
            "--step",
            "compile",
            "--timestamps",
            "--",
            "echo",
            "hello",
        ])
        .await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let set = host.get("buildsets/1").await;
    assert_eq!(set["buildsets"][0]["reason"], "why not");
    assert_eq!(set["buildsets"][0]["sourcestamps"][0]["branch"], "dev");
    let change = host.get("builds/1/changes").await["changes"][0].clone();
    assert_eq!((&change["author"], &change["files"]), (&json!("ada"), &json!(["a.c", "b.c"])));
    assert_eq!(host.build(1).await["properties"]["workername"], json!(["w1", "Build"]));
    assert_eq!(host.steps(1).await[0]["name"], "compile");
    let line = &host.stream(1, 'o').await[0];
    let (time, text) = line.split_once(' ').expect("a time in front");
    assert!(time.len() == "2026-11-21T02:55:50.123Z".len() && time.ends_with('Z') && text == "hello", "{line}");
}

#[tokio::test]
async fn what_is_no_text_and_what_is_long_arrives() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let ended = shell.sh("printf 'a\\377b\\r\\n'; head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end").await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let lines = host.stream(1, 'o').await;
    assert_eq!(lines[0], "a\u{fffd}b");
    assert_eq!(lines[1..lines.len() - 1].concat().len(), 3_000_000, "in parts, and whole");
    assert_eq!(lines.last().map(String::as_str), Some("end"));
}

#[tokio::test]
async fn input_is_passed_to_a_command_that_reads() {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    let script = shell.write("piped.sh", "printf 'one\\ntwo\\n' | \"$1\" run --builder linux -- cat\n");
    let program = campanile_tests::program_path();
    let mut sh = tokio::process::Command::new("sh");
    sh.arg(script).arg(program).envs(shell.variables()).current_dir(shell.folder.path());
    let output = sh.output().await.expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "one\ntwo\n");
    assert_eq!(host.stream(1, 'o').await, ["one", "two"]);
}
