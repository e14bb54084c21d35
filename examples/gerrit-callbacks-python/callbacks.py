"""The three Gerrit callbacks of Buildbot's manual: each build is reviewed, its start is told, and a buildset is summed up."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.messages import Answer_Nothing, Answer_Say, Moment, Verdict

SUCCESS, RETRY = 0, 5

SETTINGS = {
    "type": "object",
    "properties": {"label": {"description": "The label to vote on.", "type": "string", "default": "Verified"}},
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="gerrit-callbacks-python",
            version="0.1.0",
            summary="The Gerrit callbacks of Buildbot's manual",
            settings_schema=json.dumps(SETTINGS),
        )


class Reviewing(exports.Reviewing):
    def review(self, settings, moment, context):
        settings, context = json.loads(settings), json.loads(context)
        callback = {Moment.START: start_cb, Moment.END: review_cb, Moment.SUMMARY: summary_cb}[moment]
        answer = callback(context)
        if not answer:
            return Answer_Nothing()
        labels = [(settings["label"], answer["verified"])] if "verified" in answer else []
        return Answer_Say(Verdict(message=answer["message"], labels=labels))


def review_cb(context):
    if context["results"] == RETRY:
        return {}
    message = "Buildbot finished compiling your patchset\n"
    message += "on configuration: %s\n" % context["builderName"]
    message += "The result is: %s\n" % context["resultsName"].upper()
    if context["arg"]:
        message += "\nFor more details visit:\n"
        message += context["build_url"] + "\n"
    return {"message": message, "verified": 1 if context["results"] == SUCCESS else -1}


def start_cb(context):
    message = "Buildbot started compiling your patchset\n"
    message += "on configuration: %s\n" % context["builderName"]
    return {"message": message}


def summary_cb(context):
    builds = context["buildInfoList"]
    messages = []
    for build in builds:
        message = "Builder %(name)s %(resultText)s (%(text)s)" % build
        messages.append(message + (" - " + build["url"] if build["url"] else "."))
    good = builds and all(build["result"] == SUCCESS for build in builds)
    return {"message": "\n\n".join(messages), "verified": 1 if good else -1}
