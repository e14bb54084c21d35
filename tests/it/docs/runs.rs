//! The examples of `docs/run.md`, one after another as somebody types them.

use super::blocks;
use super::read;
use campanile_tests::Setup;
use campanile_tests::program_path;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::process::Command;

/// A `make` that makes noise.
const MAKE: &str = "#!/bin/sh\necho ding\n";

fn program(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
}

#[tokio::test]
async fn a_shell_makes_builds_as_the_document_says() {
    let host = Setup::default().start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let bin = folder.path().join("bin");
    for made in ["bin", "src"] {
        std::fs::create_dir(folder.path().join(made)).expect("a folder");
    }
    program(&bin, "make", MAKE);
    std::os::unix::fs::symlink(program_path(), bin.join("campanile")).expect("a link");
    let page = read("docs/run.md");
    for block in blocks(&page, "toml").into_iter().chain(blocks(&page, "yaml")) {
        let name = block.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a name");
        std::fs::write(folder.path().join(name), &block).expect("a file");
    }
    let git =
        "git init -q . && git add steps.toml && git -c user.name=a -c user.email=a@example.org commit -q -m first";
    let shells: Vec<String> = [git.to_owned()].into_iter().chain(blocks(&page, "sh")).collect();
    assert_eq!(shells.len(), 7, "all of them are tried");
    for shell in shells {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", &shell]).current_dir(folder.path());
        bash.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").expect("a path")));
        bash.env("CAMPANILE_SERVER", &host.url).env("XDG_STATE_HOME", folder.path());
        let output = bash.output().await.expect("bash runs");
        assert!(output.status.success(), "{shell}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let builds = host.get("builds?order=buildid").await;
    let results: Vec<_> = builds["builds"].as_array().expect("a list").iter().map(|b| b["results"].as_i64()).collect();
    assert_eq!(results, [Some(0); 6]);
    let names = host.get("builds/4/steps?field=name").await;
    assert_eq!(names["meta"]["total"], 3, "{names}");
    // The lines that the document shows, apart from their times.
    let log = host.get("logs/3/contents").await;
    let lines: Vec<&str> = log["logchunks"][0]["content"].as_str().expect("a text").lines().collect();
    let shown = blocks(&page, "text").remove(0);
    assert_eq!(lines.len(), shown.lines().count());
    for (line, shown) in lines.iter().zip(shown.lines()) {
        let (mark, shown) = shown.split_once(' ').expect("a stream");
        let plain = |text: &str| text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        let begin = plain(shown.split('…').next().unwrap_or_default());
        assert!(plain(line).starts_with(&format!("{mark}{begin}")), "{line} is not {shown}");
    }
}
