"""A format_fn for HTTP pushes: says in JSON which build it was and how it ended."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.effects import BodyKind
from wit_world.imports.messages import Formatted

RESULTS = ["success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"]

SETTINGS = {
    "type": "object",
    "properties": {
        "property": {
            "description": "The property that tells the branch.",
            "type": "string",
            "default": "branch",
        },
    },
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="build-json-python",
            version="0.1.0",
            summary="Says in JSON which build it was and how it ended",
            settings_schema=json.dumps(SETTINGS),
        )


class Formatting(exports.Formatting):
    def format(self, settings, context):
        settings, context = json.loads(settings), json.loads(context)
        build = context.get("build")
        if build is None:
            return None
        results = build["results"]
        branch = build["properties"].get(settings.get("property", "branch"))
        said = {
            "text": "%s #%d" % (context["buildername"], build["number"]),
            "state": "running" if results is None else RESULTS[results],
            "branch": None if branch is None else branch[0],
            "url": build["url"],
        }
        return Formatted(body=json.dumps(said), kind=BodyKind.JSON, subject=None, extra=None)
