//! Lines of a command through `campanile run`, until the host has all of them, against `cat` through a pipe to a file.

use crate::host;
use crate::host::Host;
use crate::rounds;
use crate::table::Goal;
use crate::table::Row;
use campanile_tests::program_path;
use std::fmt::Write;
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Instant;
use tokio::runtime::Runtime;

/// What the command prints in one round.
const LINES: usize = 1_000_000;

pub(crate) fn run(runtime: &Runtime) -> Vec<Row> {
    let host = Host::start(runtime, &host::setup());
    let folder = tempfile::tempdir().expect("a folder");
    let lines = folder.path().join("lines");
    std::fs::write(&lines, text()).expect("a file");
    let server = format!("http://{}", host.address());
    let through_us = || through_us(&server, folder.path(), &lines);
    let through_a_pipe = || through_a_pipe(folder.path(), &lines);
    let (figure, limit, ratio) = rounds::in_turns(through_us, through_a_pipe);
    host.stop();
    let thousands = |rate: f64| format!("{:.0} k lines/s", rate / 1000.0);
    let limit = (format!("cat | cat > file {}", thousands(limit)), ratio);
    vec![Row::new("a command's lines by campanile run, told whole", thousands(figure), limit, Goal::None)]
}

/// Lines as a compiler writes them.
fn text() -> String {
    let (mut lines, mut state) = (String::new(), 1_u64);
    for _ in 0..LINES {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (part, hash) = (state % 5000, state >> 32);
        let _ = writeln!(lines, "[{part:>4}/5000] CXX src/part_{part}/unit.cc -> obj/{hash:08x}.o");
    }
    lines
}

/// Lines a second, until the process has ended: then the host has told that they are on disk.
fn through_us(server: &str, folder: &Path, lines: &Path) -> f64 {
    let mut run = Command::new(program_path());
    run.args(["run", "--builder", "linux", "--server", server, "--no-git", "--", "cat"]).arg(lines);
    run.env("XDG_STATE_HOME", folder).stdin(Stdio::null()).stderr(Stdio::null());
    rate(run.stdout(File::create(folder.join("passed")).expect("a file")))
}

fn through_a_pipe(folder: &Path, lines: &Path) -> f64 {
    let mut shell = Command::new("sh");
    shell.args(["-c", "cat \"$0\" | cat > \"$1\""]).arg(lines).arg(folder.join("piped"));
    rate(&mut shell)
}

fn rate(command: &mut Command) -> f64 {
    let started = Instant::now();
    let status = command.status().expect("it starts");
    assert!(status.success(), "{status}");
    LINES as f64 / started.elapsed().as_secs_f64()
}
