"""A message formatter for phones: one line, how the build ended."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.effects import BodyKind
from wit_world.imports.messages import Formatted

RESULTS = ["Success", "Warnings", "Failure", "Skipped", "Exception", "Retry", "Cancelled"]

SETTINGS = {
    "type": "object",
    "properties": {
        "width": {
            "description": "The line is cut after so many characters; without it, never.",
            "type": ["integer", "null"],
            "minimum": 1,
        },
    },
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="short-python",
            version="0.1.0",
            summary="One line for phones: how the build ended",
            settings_schema=json.dumps(SETTINGS),
        )


class Formatting(exports.Formatting):
    def format(self, settings, context):
        settings, context = json.loads(settings), json.loads(context)
        results = context.get("results")
        line = "STATUS: %s" % ("Not finished" if results is None else RESULTS[results])
        return Formatted(body=line[:settings.get("width")], kind=BodyKind.PLAIN, subject=None, extra=None)
