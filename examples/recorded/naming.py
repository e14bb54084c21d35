"""From calls with ids to lines with names.

Two passes: the first names what the calls returned, in their order; the second writes the arguments,
each id as a reference to the call it came from, and takes the machine out of the texts.
"""

import datetime
import os
import re
import socket
import sys


def told(calls):
    names = Names()
    saves = [names.give(call) for call in calls]
    seen = Seen()
    lines = [line(call, names, seen) for call in calls]
    used = {name for entry in lines for name in references(entry["params"])}
    for entry, save in zip(lines, saves, strict=True):
        if save in used:
            entry["save"] = save
    return [entry for entry in lines if not changes_nothing(entry)]


def line(call, names, seen):
    params = call["params"]
    if call["method"] == "setBuildProperties":
        params = params | {"properties": seen.fresh(params["buildid"], params["properties"])}
    params = {name: names.argument(name, value, params) for name, value in params.items()}
    at = round(call["at"] - seen.since(call["at"]), 3)
    return {"at": at, "method": call["method"], "params": scrubbed(params, PLACES)}


def changes_nothing(entry):
    return entry["method"] == "setBuildProperties" and not entry["params"]["properties"]


class Seen:
    """What the lines so far have told: when the first call was, and every build's properties."""

    def __init__(self):
        self.first = None
        self.properties = {}

    def since(self, at):
        if self.first is None:
            self.first = at
        return self.first

    def fresh(self, buildid, given):
        known = self.properties.setdefault(buildid, {})
        fresh = {name: pair for name, pair in given.items() if known.get(name) != pair}
        known.update(fresh)
        return fresh


class Names:
    """The reference that stands for each id, by kind of id."""

    def __init__(self):
        kinds = ("builder", "worker", "request", "build", "number", "step", "log")
        self.of = {kind: {} for kind in kinds}
        self.taken = set()
        self.buildsets = 0

    def give(self, call):
        """Names the result of a call that returns ids, unless the id is known from an earlier call."""
        giver = getattr(self, call["method"], None)
        return giver(call["params"], call["result"]) if giver else None

    def findBuilderId(self, params, builderid):
        return self.first_time("builder", builderid, f"builder_{params['name']}")

    def findWorkerId(self, params, workerid):
        return self.first_time("worker", workerid, f"worker_{params['name'].removeprefix('worker')}")

    def first_time(self, kind, number, wanted):
        if number in self.of[kind]:
            return None
        name = self.free(wanted)
        self.of[kind][number] = reference(name)
        return name

    def addBuildset(self, _, result):
        self.buildsets += 1
        name = self.free(f"bs{self.buildsets}")
        for builderid, brid in result[1].items():
            self.of["request"][brid] = reference(name, "brids", self.of["builder"][builderid])
        return name

    def addBuild(self, _, result):
        name = self.free(f"build{len(self.of['build']) + 1}")
        self.of["build"][result[0]] = reference(name, "buildid")
        self.of["number"][result[0]] = reference(name, "number")
        return name

    def addStep(self, params, result):
        build = self.of["build"][params["buildid"]]["$saved"][0]
        name = self.free(f"{build}_step{result[1]}")
        self.of["step"][result[0]] = reference(name, "stepid")
        return name

    def addLog(self, params, logid):
        step = self.of["step"][params["stepid"]]["$saved"][0]
        name = self.free(f"{step}_{params['name']}")
        self.of["log"][logid] = reference(name)
        return name

    def free(self, wanted):
        """A name not taken yet, made of letters, digits and single underscores."""
        wanted = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_")
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name

    def argument(self, name, value, params):
        if name == "masterid":
            return 1
        if name in SINGLE and value is not None:
            return self.of[SINGLE[name]][value]
        if name in SEVERAL:
            return [self.of[SEVERAL[name]][item] for item in value]
        if name == "properties":
            return {key: self.property(key, pair, params) for key, pair in value.items()}
        return plain(value)

    def property(self, name, pair, params):
        value, source = pair
        if name == "builderid":
            value = self.of["builder"][value]
        if name == "buildnumber":
            value = self.of["number"][params["buildid"]]
        return [plain(value), source]


SINGLE = {
    "builderid": "builder",
    "workerid": "worker",
    "buildrequestid": "request",
    "buildid": "build",
    "rebuilt_buildid": "build",
    "parent_buildid": "build",
    "stepid": "step",
    "logid": "log",
}
SEVERAL = {"builderids": "builder", "brids": "request"}


def reference(name, *path):
    return {"$saved": [name, *path] if path else name}


def references(value):
    """Every name that is referred to, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    elif isinstance(value, dict):
        target = value.get("$saved")
        if target is not None:
            yield target if isinstance(target, str) else target[0]
        for item in value.values():
            yield from references(item)


def plain(value):
    if isinstance(value, datetime.datetime):
        return int(value.timestamp())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def places():
    """What this machine calls its places, the longest first, and what they are called in a recording."""
    root = os.environ["BELFRY_ROOT"]
    paths = {
        os.path.join(root, "worker"): "/build",
        os.path.join(root, "belfry"): "https://git.example.org/belfry",
        root: "/run",
        os.path.dirname(os.__file__): "/python/lib",
        sys.prefix: "/python",
        sys.base_prefix: "/python",
    }
    found = [(re.escape(path), name) for path, name in paths.items()]
    host = socket.gethostname()
    if host not in ("localhost", ""):
        found.append((rf"(?<![\w.-]){re.escape(host)}(?![\w-])", "worker.example.org"))
    found.sort(key=lambda item: -len(item[0]))
    return [(re.compile(pattern), name) for pattern, name in found]


PLACES = places()


def scrubbed(value, replacements):
    if isinstance(value, dict):
        return {key: scrubbed(item, replacements) for key, item in value.items()}
    if isinstance(value, list):
        return [scrubbed(item, replacements) for item in value]
    if isinstance(value, str):
        for pattern, name in replacements:
            value = pattern.sub(name, value)
    return value
