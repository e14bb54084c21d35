"""What a message says about a build: a line, its page, and the steps that failed."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.effects import BodyKind
from wit_world.imports.messages import Formatted

FAILURE = 2

# What the operator may write beside the plugin's name, as JSON Schema.
SETTINGS = {
    "type": "object",
    "properties": {
        "steps": {"description": "Whether the steps that failed are named.", "type": "boolean", "default": True},
    },
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="__NAME__",
            version="0.1.0",
            summary="A line, a link, and the steps that failed",
            settings_schema=json.dumps(SETTINGS),
        )


class Formatting(exports.Formatting):
    def format(self, settings, context):
        settings, context = json.loads(settings), json.loads(context)
        # About a buildset or a worker there is nothing to say here: the default message goes out.
        build = context.get("build")
        if build is None:
            return None
        subject = "%s: %s" % (context["buildername"], context["summary"])
        lines = [subject, context["build_url"]]
        if settings["steps"]:
            lines += ["failed: %s" % step["name"] for step in build["steps"] if step["results"] == FAILURE]
        return Formatted(body="\n".join(lines), kind=BodyKind.PLAIN, subject=subject, extra=None)
