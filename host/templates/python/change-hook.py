"""A dialect of change hooks: each commit that a forge posts becomes a change."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.hooks import HookOutcome_Changes, NewChange

# What the operator may write into `[change_hook.settings]`, as JSON Schema. What stands there under `x-campanile-hook`
# the host does by itself, before it asks the plugin.
SETTINGS = {
    "type": "object",
    "properties": {
        "project": {"description": "The project of the changes.", "type": "string", "default": ""},
    },
    "additionalProperties": False,
    "x-campanile-hook": {
        "signature": [{"header": "X-Signature", "by": "hmac-sha256", "prefix": "sha256="}],
        "delivery": ["X-Delivery"],
        "headers": ["X-Event"],
    },
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="__NAME__",
            version="0.1.0",
            summary="Commits of a forge of our own",
            settings_schema=json.dumps(SETTINGS),
        )


class Hooking(exports.Hooking):
    def check(self, settings):
        """What is wrong with settings that fit the schema."""
        return []

    def changes(self, settings, request, fetched):
        """A text that is raised as `Err` is what is wrong with the request: who sent it is told."""
        project = json.loads(settings)["project"]
        if ("x-event", "push") not in request.headers:
            return HookOutcome_Changes([])
        try:
            payload = json.loads(request.body)
            return HookOutcome_Changes([change(project, payload, commit) for commit in payload["commits"]])
        except (ValueError, KeyError, TypeError) as error:
            raise Err("the payload does not parse: %s" % error)


def change(project, payload, commit):
    return NewChange(
        author=commit["author"],
        committer=None,
        comments=commit["message"],
        files=commit["files"],
        revision=commit["id"],
        when_timestamp=None,
        branch=payload["branch"],
        category=None,
        revlink=None,
        properties=[],
        repository=payload["repository"],
        codebase=None,
        project=project,
        src="git",
    )
