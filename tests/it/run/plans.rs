//! Several steps from a file.

use super::Reads;
use super::Shell;
use campanile_tests::Setup;
use campanile_tests::TestHost;
use serde_json::Value;
use serde_json::json;

async fn start() -> (TestHost, Shell) {
    let host = Setup::default().start().await;
    let shell = Shell::at(&host.url);
    (host, shell)
}

/// Names and results of the steps of a build.
async fn steps(host: &TestHost, build: i64) -> Vec<(String, Value)> {
    let told = |step: &Value| (step["name"].as_str().unwrap_or_default().to_owned(), step["results"].clone());
    host.steps(build).await.iter().map(told).collect()
}

fn step(name: &str, results: i64) -> (String, Value) {
    (name.to_owned(), json!(results))
}

#[tokio::test]
async fn steps_run_in_their_order_where_and_how_the_file_says() {
    let (host, shell) = start().await;
    std::fs::create_dir(shell.folder.path().join("src")).expect("a folder");
    let toml = shell.write(
        "steps.toml",
        "[[steps]]\nname = \"where\"\ncommand = \"basename $PWD; echo $COLOUR\"\nworkdir = \"src\"\nenv = {COLOUR = \"red\"}\n\
         [[steps]]\nname = \"words\"\ncommand = [\"printf\", \"%s\\n\", \"a b\", \"$HOME\"]\n",
    );
    let yaml = shell.write(
        "steps.yaml",
        "steps:\n  - name: where\n    command: basename $PWD; echo $COLOUR\n    workdir: src\n    env: {COLOUR: red}\n\
         \x20 - name: words\n    command: [printf, '%s\\n', a b, $HOME]\n",
    );
    for (build, file) in [(1, toml), (2, yaml)] {
        let ended = shell.run(&["--builder", "linux", "--file", &file]).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(steps(&host, build).await, [step("where", 0), step("words", 0)]);
        assert_eq!(host.stream(2 * build - 1, 'o').await, ["src", "red"]);
        assert_eq!(host.stream(2 * build, 'o').await, ["a b", "$HOME"], "words are no shell's business");
    }
}

#[tokio::test]
async fn what_fails_and_what_follows_is_as_in_buildbot() {
    let (host, shell) = start().await;
    let check = async |build: i64, flags: &str, code: i32, (results, expected): (i64, &[(String, Value)])| {
        let text = format!(
            "[[steps]]\nname = \"first\"\ncommand = \"exit 3\"\n{flags}\n[[steps]]\nname = \"second\"\ncommand = \"true\"\n\
             [[steps]]\nname = \"third\"\ncommand = \"exit 5\"\nflunkOnFailure = false\nalwaysRun = true\n"
        );
        let file = shell.write("steps.toml", &text);
        let ended = shell.run(&["--builder", "linux", "--file", &file]).await;
        assert_eq!(ended.code, Some(code), "{flags}: {}", ended.stderr);
        assert_eq!(host.build(build).await["results"], results, "{flags}");
        assert_eq!(steps(&host, build).await, expected, "{flags}");
    };
    let all = [step("first", 2), step("second", 0), step("third", 2)];
    check(1, "", 3, (2, &all)).await;
    check(2, "haltOnFailure = true", 3, (2, &[step("first", 2), step("third", 2)])).await;
    check(3, "flunkOnFailure = false", 0, (0, &all)).await;
    check(4, "flunkOnFailure = false\nwarnOnFailure = true", 3, (1, &all)).await;
    let decoded = [step("first", 1), step("second", 0), step("third", 2)];
    check(5, "decodeRC = {3 = \"warnings\"}", 0, (0, &decoded)).await;
    check(6, "decodeRC = {3 = 1}\nflunkOnWarnings = true", 3, (2, &decoded)).await;
    assert_eq!(host.build(1).await["state_string"], "failed first");
}

#[tokio::test]
async fn a_build_that_fails_by_exit_code_0_ends_with_1() {
    let (host, shell) = start().await;
    let file = shell.write("s.toml", "[[steps]]\nname = \"s\"\ncommand = \"true\"\ndecodeRC = {0 = \"failure\"}\n");
    let ended = shell.run(&["--builder", "linux", "--file", &file]).await;
    assert_eq!((ended.code, host.build(1).await["results"].as_i64()), (Some(1), Some(2)), "{}", ended.stderr);
}

#[tokio::test]
async fn a_step_that_is_silent_or_takes_too_long_is_ended() {
    let (host, shell) = start().await;
    for (build, limit, state) in [
        (1, "timeout = 0.3", "no output for 0.3 s, timed out (failure)"),
        (2, "maxTime = 0.3", "longer than 0.3 s, timed out (failure)"),
    ] {
        let file = shell.write("s.toml", &format!("[[steps]]\nname = \"s\"\ncommand = [\"sleep\", \"60\"]\n{limit}\n"));
        let ended = shell.run(&["--builder", "linux", "--file", &file]).await;
        assert_eq!(ended.code, Some(143), "{}", ended.stderr);
        assert_eq!(host.steps(build).await[0]["state_string"], state);
        assert_eq!(host.build(build).await["results"], 2);
    }
}

#[tokio::test]
async fn a_plan_that_does_not_read_is_refused_with_the_place() {
    let (host, shell) = start().await;
    let check = async |name: &str, text: &str, parts: &[&str]| {
        let file = shell.write(name, text);
        let ended = shell.run(&["--builder", "linux", "--file", &file]).await;
        assert_eq!(ended.code, Some(125), "{text}");
        for part in [&[name], parts].concat() {
            assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
        }
    };
    check("a.toml", "[[steps]]\nname = \"x\"\ncommand = \"x\"\nhaltOnFailur = true\n", &["haltOnFailur", "line 4"])
        .await;
    check("a.yaml", "steps:\n  - name: x\n    command: x\n    alwaysrun: true\n", &["alwaysrun"]).await;
    check("b.yaml", "steps: [", &[]).await;
    check("c.toml", "steps = []\n", &["it has no steps"]).await;
    check("d.toml", "[[steps]]\nname = \"x\"\n", &["command"]).await;
    check("e.toml", "[[steps]]\nname = \"x\"\ncommand = []\n", &["steps[0] (x)", "command: there is none"]).await;
    check("f.toml", "[[steps]]\nname = \"\"\ncommand = \"x\"\n", &["steps[0]", "name: it is empty"]).await;
    check("g.toml", "[[steps]]\nname = \"x\"\ncommand = \"x\"\ntimeout = -1\n", &["timeout: -1"]).await;
    check(
        "h.toml",
        "[[steps]]\nname = \"x\"\ncommand = \"x\"\ndecodeRC = {x = 1}\n",
        &["decodeRC: \"x\" is no exit code"],
    )
    .await;
    check(
        "i.toml",
        "[[steps]]\nname = \"x\"\ncommand = \"x\"\ndecodeRC = {1 = \"zork\"}\n",
        &["\"zork\" is no result"],
    )
    .await;
    check("j.toml", "[[steps]]\nname = \"x\"\ncommand = \"x\"\nenv = {\"a=b\" = \"c\"}\n", &["env: \"a=b\""]).await;
    check("k.json", "{}", &[".toml, .yaml or .yml"]).await;
    let ended = shell.run(&["--builder", "linux", "--file", "nowhere.toml"]).await;
    assert!(ended.stderr.contains("reading nowhere.toml (--file)"), "{}", ended.stderr);
    assert_eq!(host.get("builds").await["meta"]["total"], 0, "nothing was told");
}
