"""What is said in Gerrit about builds, and how they are voted on."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.messages import Answer_Nothing, Answer_Say, Moment, Verdict

SUCCESS, WARNINGS, RETRY = 0, 1, 5

# What the operator may write beside the plugin's name, as JSON Schema.
SETTINGS = {
    "type": "object",
    "properties": {"label": {"description": "The label to vote on.", "type": "string", "default": "Verified"}},
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="__NAME__",
            version="0.1.0",
            summary="Says what was built, and votes",
            settings_schema=json.dumps(SETTINGS),
        )


class Reviewing(exports.Reviewing):
    def review(self, settings, moment, context):
        """An answer is `Answer_Default()`, `Answer_Nothing()`, or `Answer_Say(Verdict(message, labels))`."""
        settings, context = json.loads(settings), json.loads(context)
        if moment == Moment.START:
            return start(context)
        if moment == Moment.END:
            return review(settings, context)
        return summary(settings, context)


def start(context):
    """A build has started."""
    return Answer_Say(Verdict(message="%(builderName)s started: %(build_url)s" % context, labels=[]))


def review(settings, context):
    """A build has ended. What is tried again is not worth a word."""
    if context["results"] == RETRY:
        return Answer_Nothing()
    message = "%(builderName)s: %(summary)s %(build_url)s" % context
    return Answer_Say(Verdict(message=message, labels=[(settings["label"], vote([context["results"]]))]))


def summary(settings, context):
    """A buildset has ended."""
    builds = context["buildInfoList"]
    message = "\n".join("%(name)s %(resultText)s: %(url)s" % build for build in builds)
    labels = [(settings["label"], vote([build["result"] for build in builds]))]
    return Answer_Say(Verdict(message=message, labels=labels))


def vote(results):
    return 1 if all(result in (SUCCESS, WARNINGS) for result in results) else -1
