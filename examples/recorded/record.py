#!/usr/bin/env python3
"""Records a run of a real Buildbot as a file of update calls.

Lays a sample project into a git repository below a temporary folder, starts a Buildbot master and a
worker on loopback, lets `scenario.py` take them through some builds, and keeps what `recorder.py` saw.
Nothing is written outside the temporary folder but the output.
"""

import argparse
import importlib.util
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LONGEST_RUN_S = 150
PAUSE_S = 0.1
REPOSITORY = "https://git.example.org/belfry.git"
TWISTD = "from twisted.scripts.twistd import run; run()"


def main():
    args = arguments()
    require_tools()
    root = pathlib.Path(tempfile.mkdtemp(prefix="belfry-")).resolve()
    try:
        record(root, args.output.resolve())
        print(f"wrote {args.output}")
    finally:
        if args.keep:
            print(f"kept {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(description="Record a run of a real Buildbot as update calls.")
    parser.add_argument("--output", type=pathlib.Path, default=HERE / "belfry.jsonl")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folder")
    return parser.parse_args()


def require_tools():
    missing = [name for name in ("buildbot", "buildbot_worker") if not importlib.util.find_spec(name)]
    if missing:
        packages = " ".join(name.replace("_", "-") for name in missing)
        sys.exit(f"this Python has no {packages}; install with: {sys.executable} -m pip install {packages}")
    if not shutil.which("git"):
        sys.exit("git is needed and was not found")


def record(root, output):
    port = free_port()
    env = environment(root, port)
    make_project(root, env)
    make_master(root, env)
    make_worker(root, env, port)
    running = []
    try:
        master = start(root / "master", HERE / "master.tac", env, running)
        worker = start(root / "worker", root / "worker" / "buildbot.tac", env, running)
        watch(root, master, worker)
    finally:
        for process in running:
            stop(process)
    recording = root / "recording.jsonl"
    require_clean(recording.read_text(encoding="utf-8"), root)
    shutil.copyfile(recording, output)


def environment(root, port):
    """What the children see: no variable of the caller's but those that programs need to start."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    for name in ("bin", "home", "tmp"):
        (root / name).mkdir()
    os.symlink(os.path.realpath(sys.executable), root / "bin" / "python3")
    return kept | {
        "PATH": os.pathsep.join([str(root / "bin"), os.environ.get("PATH", os.defpath)]),
        "HOME": str(root / "home"),
        "TMPDIR": str(root / "tmp"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": str(root / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "BELFRY_ROOT": str(root),
        "BELFRY_PORT": str(port),
        "BELFRY_REPOSITORY": REPOSITORY,
        "BELFRY_SHELF": str(root / "shelf"),
    }


def make_project(root, env):
    """The first commit. git itself sends the made-up address of the repository to the local one."""
    bare, tree = root / "belfry.git", root / "belfry"
    (root / "gitconfig").write_text(
        f'[url "{bare}"]\n\tinsteadOf = {REPOSITORY}\n'
        "[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n"
        "[user]\n\tname = Ada\n\temail = ada@example.org\n"
    )
    shutil.copytree(HERE / "project", tree, ignore=shutil.ignore_patterns("__pycache__"))
    (root / "shelf").mkdir()
    for command in (
        ["git", "init", "--quiet", "--bare", str(bare)],
        ["git", "init", "--quiet", str(tree)],
        ["git", "-C", str(tree), "add", "."],
        ["git", "-C", str(tree), "commit", "--quiet", "--message", "Hours, plain hunt and a handbook"],
        ["git", "-C", str(tree), "push", "--quiet", REPOSITORY, "main"],
    ):
        subprocess.run(command, env=env, check=True)


def make_master(root, env):
    run = "from buildbot.scripts.runner import run; run()"
    command = [sys.executable, "-c", run, "create-master", "--quiet", str(root / "master")]
    subprocess.run(command, env=env, check=True)


def make_worker(root, env, port):
    run = "from buildbot_worker.scripts.runner import run; run()"
    command = [sys.executable, "-c", run, "create-worker", "--quiet", "--maxdelay=2"]
    command += [str(root / "worker"), f"127.0.0.1:{port}", "worker-1", "loopback"]
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
    info = root / "worker" / "info"
    (info / "admin").write_text("The ringers <ringers@example.org>\n")
    (info / "host").write_text("worker.example.org\n")


def start(directory, tac, env, running):
    command = [sys.executable, "-c", TWISTD, "--nodaemon", "--pidfile=", f"--python={tac}"]
    command.append(f"--logfile={directory / 'twistd.log'}")
    env = env | ({"PYTHONPATH": str(HERE)} if tac.parent == HERE else {})
    process = subprocess.Popen(command, cwd=directory, env=env)
    running.append(process)
    return process


def watch(root, master, worker):
    """Waits for the master, which ends by itself once the worker has left it after the last build."""
    deadline = time.monotonic() + LONGEST_RUN_S
    while master.poll() is None:
        if time.monotonic() > deadline:
            fail(root, f"the run took longer than {LONGEST_RUN_S} seconds")
        if (root / "played").exists():
            stop(worker)
        time.sleep(PAUSE_S)
    if not (root / "recording.jsonl").exists():
        fail(root, "the master ended without a recording")


def fail(root, why):
    log = (root / "master" / "twistd.log").read_text().splitlines()
    sys.exit("\n".join([*log[-40:], why]))


def require_clean(text, root):
    """Nothing of this machine may be in the recording."""
    places = {str(root), str(HERE), str(pathlib.Path.home()), sys.prefix, sys.base_prefix}
    found = [place for place in places if len(place) > 1 and place in text]
    if found:
        sys.exit(f"not written, the recording speaks of {', '.join(found)}")


def stop(process):
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
