//! No room on disk: the command goes on, and the host learns how it ended.

use super::Reads;
use super::Shell;
use super::open;
use super::until;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use campanile_tests::program_path;
use serde_json::json;
use std::process::Output;
use std::process::Stdio;

/// Runs `campanile run` where no file may grow beyond 8 KiB, as on a disk that takes no more.
async fn cramped(shell: &Shell, arguments: &[&str]) -> Output {
    cramped_command(shell, arguments).output().await.expect("a shell")
}

fn cramped_command(shell: &Shell, arguments: &[&str]) -> tokio::process::Command {
    // Who ignores the signal gets an error in its place, as a full disk gives it. Blocks have 512 bytes for `sh`.
    let script = "trap '' XFSZ; ulimit -f 16; program=$1; shift; exec \"$program\" run --builder linux \"$@\"";
    let mut sh = tokio::process::Command::new("sh");
    sh.args(["-c", script, "sh"]).arg(program_path()).args(arguments);
    sh.envs(shell.variables()).current_dir(shell.folder.path());
    sh
}

async fn start() -> (TestHost, Shell) {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    (host, shell)
}

#[tokio::test]
async fn lines_that_find_no_room_are_counted_and_the_command_goes_on() {
    let (host, shell) = start().await;
    let line = "i=0; while [ $i -lt 1000 ]; do i=$((i+1)); echo this is line number $i; done; echo last >&2; exit 7";
    let ended = cramped(&shell, &["--", "sh", "-c", line]).await;
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(7), "{stderr}");
    assert_eq!(String::from_utf8_lossy(&ended.stdout).lines().count(), 1000, "the shell gets all");
    let build = host.build(1).await;
    assert_eq!((&build["complete"], &build["results"]), (&json!(true), &json!(2)));
    let (out, err) = (host.stream(1, 'o').await, host.stream(1, 'e').await);
    assert!(out.len() > 100 && out.len() < 1000, "{}", out.len());
    let expected: Vec<String> = (1..=out.len()).map(|i| format!("this is line number {i}")).collect();
    assert_eq!(out, expected, "what is there is whole");
    let notes = host.stream(1, 'h').await;
    let left_out = 1001 - out.len() - err.len();
    let said = format!("{left_out} lines are left out: the spool cannot be written: File too large (os error 27)");
    assert!(notes.contains(&said), "{said}: {notes:?}");
    assert!(notes.contains(&"program finished with exit code 7".to_owned()), "{notes:?}");
    assert!(shell.is_clean());
}

#[tokio::test]
async fn steps_that_find_no_room_in_the_journal_are_told_all_the_same() {
    let (host, shell) = start().await;
    let step = |i: usize| format!("[[steps]]\nname = \"step-{i}\"\ncommand = \"echo {i}\"\n");
    let file = shell.write("steps.toml", &(1..=60).map(step).collect::<String>());
    let ended = cramped(&shell, &["--file", &file]).await;
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(host.build(1).await["results"], 0);
    let steps = host.steps(1).await;
    assert_eq!((steps.len(), steps.iter().all(|step| step["results"] == 0)), (60, true));
    assert_eq!(host.stream(60, 'o').await, ["60"]);
    assert!(shell.is_clean());
}

#[tokio::test]
async fn a_build_that_was_told_from_memory_ends_when_its_teller_is_killed() {
    let (host, shell) = start().await;
    let gate = shell.gate("gate").await;
    let step = |i: usize| format!("[[steps]]\nname = \"step-{i}\"\ncommand = \"echo {i}\"\n");
    let last = format!("[[steps]]\nname = \"last\"\ncommand = \"read x < {gate}\"\n");
    let file = shell.write("steps.toml", &(1..=60).map(step).chain([last]).collect::<String>());
    let mut program = cramped_command(&shell, &["--file", &file]).stdout(Stdio::null()).spawn().expect("a shell");
    until(&host, "builds/1/steps?limit=100", |found| found["meta"]["total"] == 61).await;
    until(&host, "steps/61/logs", |found| found["logs"][0]["num_lines"].as_u64() > Some(2)).await;
    program.kill().await.expect("it is killed");
    let ended = shell.sh("true").await;
    assert!(ended.code == Some(0) && ended.stderr.contains("1 builds delivered"), "{}", ended.stderr);
    let told = host.build(1).await;
    assert_eq!((&told["complete"], &told["results"]), (&json!(true), &json!(4)));
    let steps = host.steps(1).await;
    assert_eq!((steps.len(), &steps[59]["results"], &steps[60]["results"]), (61, &json!(0), &json!(4)));
    assert!(shell.is_clean());
    open(&gate).await;
}
