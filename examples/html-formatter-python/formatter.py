"""A message formatter in HTML: a table of build data, the changes, and the last lines of the last step's log.

What comes from outside (names, comments, lines of logs, ...) is escaped, all of it.
"""

import json
from datetime import datetime, timezone

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports import data
from wit_world.imports.effects import BodyKind
from wit_world.imports.messages import Formatted

RESULTS = ["SUCCESS", "WARNINGS", "FAILURE", "SKIPPED", "EXCEPTION", "RETRY", "CANCELLED"]

# A longer line is cut after so many characters.
LINE_CHARS = 1000

SETTINGS = {
    "type": "object",
    "properties": {
        "lines": {
            "description": "So many lines of the log are shown, the last ones.",
            "type": "integer",
            "minimum": 1,
            "maximum": 200,
            "default": 80,
        },
    },
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="html-python",
            version="0.1.0",
            summary="HTML: what was built, what changed, and the end of the last log",
            settings_schema=json.dumps(SETTINGS),
        )


class Formatting(exports.Formatting):
    def format(self, settings, context):
        settings, context = json.loads(settings), json.loads(context)
        # A buildset has several builds. What has none (a worker) is left to the default message.
        builds = [context["build"]] if context.get("build") else context.get("builds")
        if not builds:
            return None
        text = []
        for build in builds:
            text += table(build, context)
            text += changes(build.get("changes") or [])
            text.append("<br>")
            text += last_log(build, settings["lines"])
        text.append("<b>-The Buildbot</b>")
        return Formatted(body="\n".join(text), kind=BodyKind.HTML, subject=None, extra=None)


def table(build, context):
    """What was built, and how it ended."""
    results = build.get("results")
    buildset = build.get("buildset") or {}
    properties = build.get("properties") or {}
    worker = context.get("workername") or properties.get("workername", ["<unknown>"])[0]
    source = "; ".join(source_of(stamp) for stamp in buildset.get("sourcestamps") or [])
    return [
        "<h4>Build status: %s</h4>" % ("NOT FINISHED" if results is None else RESULTS[results]),
        '<table cellspacing="10">',
        row("Worker for this Build:", "<b>%s</b>" % escape(worker)),
        row("Complete logs for all build steps:", link(build.get("url") or "")),
        row("Build Reason:", escape(buildset.get("reason") or "")),
        row("Build Source Stamp:", "<b>%s</b>" % escape(source)),
        row("Blamelist:", escape(", ".join(context.get("blamelist") or []))),
        "</table>",
    ]


def source_of(stamp):
    source = ""
    if stamp["codebase"]:
        source += "%s: " % stamp["codebase"]
    if stamp["branch"] is not None:
        source += "[branch %s] " % stamp["branch"]
    source += "HEAD" if stamp["revision"] is None else stamp["revision"]
    if stamp["patch"]:
        source += " (plus patch) (%s)" % stamp["patch"]["comment"]
    return source


def changes(changes):
    """What came in since the last successful build."""
    text = []
    if changes:
        text.append("<h4>Recent Changes:</h4>")
    for change in changes:
        when = datetime.fromtimestamp(change["when_timestamp"], timezone.utc)
        text += [
            '<table cellspacing="10">',
            row("Repository:", escape(change["repository"])),
            row("Project:", escape(change["project"])),
            row("Time:", when.strftime("%Y-%m-%d %H:%M:%S UTC")),
            row("Changed by:", escape(change["author"])),
            row("Comments:", escape(change["comments"])),
            "</table>",
        ]
        if change["files"]:
            text.append('<table cellspacing="10"><tr><th align="left">Files</th></tr>')
            text += ["<tr><td>%s</td></tr>" % escape(file) for file in change["files"]]
            text.append("</table>")
    return text


def last_log(build, count):
    """The end of the log of the last step that has ended and has one: `stdio`, else its first."""
    steps = [step for step in build.get("steps") or [] if step["complete"] and step.get("logs")]
    if not steps:
        return []
    step = steps[-1]
    log = next((log for log in reversed(step["logs"]) if log["name"] == "stdio"), step["logs"][0])
    return [
        "<i>Detailed log of last build step:</i> %s" % link(log["url"]),
        "<br>",
        '<h4>Last %d lines of "%s"</h4>' % (count, escape("%s.%s" % (step["name"], log["name"]))),
        "<pre>",
        *(escape(line.text[:LINE_CHARS]) for line in tail(log, count)),
        "</pre>",
        "<br><br>",
    ]


def tail(log, count):
    """The last `count` lines; fewer where they are too much for one answer of the host."""
    try:
        return data.lines(log["logid"], max(0, log["num_lines"] - count), count)
    except Err as error:
        if isinstance(error.value, data.Error_TooLarge) and count > 1:
            return tail(log, count // 2)
        return []


def row(name, html):
    return "<tr><td>%s</td><td>%s</td></tr>" % (name, html)


def link(url):
    return '<a href="%s">%s</a>' % (escape(url), escape(url))


ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"})


def escape(text):
    return text.translate(ESCAPES)
