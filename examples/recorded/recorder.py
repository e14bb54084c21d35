"""Wraps the master's update methods and keeps every call as it was made, with what it returned.

Only looks: arguments are copied before the call, ids stay what they are. `naming` turns them into names
once the run is over, when the result of every call is known; a call can be made with the id of a build
request before the call that added the request has returned.
"""

import copy
import functools
import inspect
import json

import buildbot
from naming import told
from twisted.internet import defer

METHODS = """
    findBuilderId updateBuilderInfo updateBuilderList
    findWorkerId workerConfigured workerConnected workerDisconnected
    addChange addBuildset claimBuildRequests completeBuildRequests
    addBuild generateNewBuildEvent setBuildStateString add_build_locks_duration
    setBuildProperty setBuildProperties finishBuild
    addStep startStep set_step_locks_acquired_at setStepStateString addStepURL finishStep
    addLog appendLog finishLog
""".split()

STAMP = ("branch", "revision", "repository", "project", "codebase")
UNDER_WAY = object()


class Recorder:
    def __init__(self, master):
        self.master = master
        self.calls = []
        for method in METHODS:
            original = getattr(master.data.updates, method)
            setattr(master.data.updates, method, self.wrapped(method, original))

    def wrapped(self, method, original):
        signature = inspect.signature(original)

        @functools.wraps(original)
        @defer.inlineCallbacks
        def call(*args, **kwargs):
            given = signature.bind(*args, **kwargs).arguments
            entry = {"at": self.master.reactor.seconds(), "method": method, "result": UNDER_WAY}
            entry["params"] = self.params(method, given, signature)
            self.calls.append(entry)
            result = yield original(*args, **kwargs)
            if method == "addBuildset":
                yield self.spell_out_stamps(entry["params"])
            entry["result"] = result
            return result

        return call

    def params(self, method, given, signature):
        if method == "setBuildProperties":
            given = given | {"properties": given["properties"].getProperties().asDict()}
        params = {
            name: copy.deepcopy(value)
            for name, value in given.items()
            if not is_default(value, signature.parameters[name].default)
        }
        if method == "addChange" and "revlink" not in params:
            params["revlink"] = self.master.config.revlink(given["revision"], given["repository"])
        return params

    @defer.inlineCallbacks
    def spell_out_stamps(self, params):
        """Source stamps given by id are written as the stamps they are."""
        stamps = []
        for stamp in params["sourcestamps"]:
            if isinstance(stamp, int):
                stamp = yield self.master.data.get(("sourcestamps", stamp))
            stamps.append({name: stamp[name] for name in STAMP})
        params["sourcestamps"] = stamps

    def write(self, path, title):
        lines = told([call for call in self.calls if call["result"] is not UNDER_WAY])
        header = {"recorded": f"Buildbot {buildbot.version}", "title": title, "calls": len(lines)}
        text = [json.dumps(line, ensure_ascii=False) for line in [header, *lines]]
        path.write_text("\n".join(text) + "\n", encoding="utf-8")


def is_default(value, default):
    if default is inspect.Parameter.empty:
        return False
    return value == default or (default is None and value in ([], {}))
