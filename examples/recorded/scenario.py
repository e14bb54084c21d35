"""The play: who commits what, who asks for a build, and what is waited for in between."""

import os
import pathlib
import subprocess

from buildbot.process.results import EXCEPTION
from buildbot.util.service import BuildbotService
from twisted.internet import defer
from twisted.internet import task
from twisted.python import log

ROOT = pathlib.Path(os.environ["BELFRY_ROOT"])
SHELF = pathlib.Path(os.environ["BELFRY_SHELF"])
TREE = ROOT / "belfry"
ADA = ("Ada", "ada@example.org")
BEN = ("Ben", "ben@example.org")
CLEO = ("Cleo", "cleo@example.org")
BREATH_S = 0.4
HANG_S = 1.0

HALVES = '''

def half_strokes(hour):
    """One stroke of the small bell at half past, whatever the hour. FIXME: silent at night"""
    return 1
'''

FADING = """import time
import unittest


class Fading(unittest.TestCase):
    def test_the_last_bell_fades(self):
        time.sleep(300)
"""


class Scenario(BuildbotService):
    name = "scenario"

    def startService(self):
        self.master.reactor.callLater(0, self.perform)
        return super().startService()

    @defer.inlineCallbacks
    def perform(self):
        try:
            yield self.listen()
            yield self.play()
            yield self.end()
        except Exception:
            log.err(None, "the scenario failed")
        self.master.reactor.stop()

    @defer.inlineCallbacks
    def listen(self):
        self.completed = defer.DeferredQueue()
        self.tests_started = defer.DeferredQueue()
        self.worker_events = defer.DeferredQueue()
        consume = self.master.mq.startConsuming
        yield consume(lambda _, body: self.completed.put(body), ("buildsets", None, "complete"))
        yield consume(self.step_started, ("steps", None, "started"))
        yield consume(lambda key, _: self.worker_events.put(key[-1]), ("workers", None, None))

    def step_started(self, _, step):
        if step["name"] == "test":
            self.tests_started.put(step)

    @defer.inlineCallbacks
    def play(self):
        yield self.worker_event("connected")
        yield self.first_builds()
        yield self.warnings()
        yield self.failure_and_exception()
        yield self.mended()
        yield self.hanging_test()
        yield self.last_builds()

    @defer.inlineCallbacks
    def first_builds(self):
        params = {"owner": ADA[1], "reason": "is everything in its place?"}
        params["builderNames"] = ["linux", "docs"]
        yield self.master.data.control("force", params, ("forceschedulers", "by-hand"))
        yield self.finished(1)

    @defer.inlineCallbacks
    def warnings(self):
        source = (TREE / "belfry/hours.py").read_text()
        commit(BEN, "Strike the half hours too", "belfry/hours.py", source + HALVES)
        yield self.poll()
        yield self.finished(1)

    @defer.inlineCallbacks
    def failure_and_exception(self):
        """Two commits fetched at once: one breaks the tests; the other cannot be published."""
        commit(BEN, "Count strokes without a branch", *edit("hour % 12 or 12", "hour % 12"))
        page = "The great bell counts to twelve, twice a day.\nHalf hours have one stroke.\n"
        page = f"# Hours\n{page}Back to [the first page](index.md).\n"
        commit(CLEO, "Describe the half hours", "docs/hours.md", page)
        SHELF.rename(ROOT / "unmounted")
        yield self.poll()
        sets = yield self.finished(2)
        (ROOT / "unmounted").rename(SHELF)
        for buildset in sets:
            if buildset["results"] == EXCEPTION:
                yield self.rebuild(buildset["bsid"])
        yield self.finished(1)

    @defer.inlineCallbacks
    def mended(self):
        commit(BEN, "Half hours at night are decided", *edit(" FIXME: silent at night", ""))
        commit(ADA, "Strike twelve at noon again", *edit("hour % 12\n", "hour % 12 or 12\n"))
        yield self.poll()
        yield self.finished(1)

    @defer.inlineCallbacks
    def hanging_test(self):
        while self.tests_started.pending:
            yield self.tests_started.get()
        commit(CLEO, "Wait for the last bell to fade", "tests/test_fading.py", FADING)
        yield self.poll()
        step = yield self.tests_started.get()
        yield self.wait(HANG_S)
        params = {"reason": "the test does not come back"}
        yield self.master.data.control("stop", params, ("builds", step["buildid"]))
        yield self.finished(1)

    @defer.inlineCallbacks
    def last_builds(self):
        """The hanging test goes, and a page links to one not yet written."""
        commit(CLEO, "Do not wait for the last bell", "tests/test_fading.py", None)
        page = (TREE / "docs/index.md").read_text() + "See [the changes](peal.md) as well.\n"
        commit(ADA, "Announce a page about changes", "docs/index.md", page)
        yield self.poll()
        yield self.finished(2)

    @defer.inlineCallbacks
    def poll(self):
        push()
        poller = self.master.change_svc.getServiceNamed("poller")
        yield poller.force()

    @defer.inlineCallbacks
    def rebuild(self, bsid):
        requests = yield self.master.data.get(("buildrequests",))
        for request in requests:
            if request["buildsetid"] == bsid:
                path = ("buildrequests", request["buildrequestid"], "builds")
                for build in (yield self.master.data.get(path)):
                    yield self.master.data.control("rebuild", {}, ("builds", build["buildid"]))

    @defer.inlineCallbacks
    def finished(self, count):
        """The next `count` buildsets to complete, once the dust has settled."""
        sets = []
        for _ in range(count):
            sets.append((yield self.completed.get()))
        yield self.wait(BREATH_S)
        return sets

    def wait(self, seconds):
        return task.deferLater(self.master.reactor, seconds, lambda: None)

    @defer.inlineCallbacks
    def worker_event(self, name):
        while (yield self.worker_events.get()) != name:
            pass

    @defer.inlineCallbacks
    def end(self):
        (ROOT / "played").touch()
        yield self.worker_event("disconnected")
        yield self.wait(BREATH_S)
        self.master.recorder.write(ROOT / "recording.jsonl", "A day in a small belfry")


def edit(old, new):
    path = "belfry/hours.py"
    source = (TREE / path).read_text()
    assert old in source, f"{path} has no {old!r}"
    return path, source.replace(old, new)


def commit(who, message, path, content):
    if content is None:
        (TREE / path).unlink()
    else:
        (TREE / path).write_text(content)
    name, address = who
    git("add", "--all")
    git("-c", f"user.name={name}", "-c", f"user.email={address}", "commit", "--quiet", "-m", message)


def push():
    git("push", "--quiet", os.environ["BELFRY_REPOSITORY"], "main")


def git(*arguments):
    subprocess.run(["git", "-C", str(TREE), *arguments], check=True, timeout=20)
