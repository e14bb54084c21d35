// A message formatter in HTML: a table of build data, the changes, and the last lines of the last step's log.
//
// What comes from outside (names, comments, lines of logs, …) is escaped, all of it.

import { lines } from "campanile:reporter/data@0.1.0";

const RESULTS = ["SUCCESS", "WARNINGS", "FAILURE", "SKIPPED", "EXCEPTION", "RETRY", "CANCELLED"];

// A longer line is cut after so many characters.
const LINE_CHARS = 1000;

const SETTINGS = {
  type: "object",
  properties: {
    lines: {
      description: "So many lines of the log are shown, the last ones.",
      type: "integer",
      minimum: 1,
      maximum: 200,
      default: 80,
    },
  },
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "html-javascript",
      version: "0.1.0",
      summary: "HTML: what was built, what changed, and the end of the last log",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const formatting = {
  format(settings, context) {
    settings = JSON.parse(settings);
    context = JSON.parse(context);
    // A buildset has several builds. What has none (a worker) is left to the default message.
    const builds = context.build ? [context.build] : (context.builds ?? []);
    if (builds.length === 0) {
      return null;
    }
    const text = builds.flatMap((build) => [
      ...table(build, context),
      ...changes(build.changes ?? []),
      "<br>",
      ...lastLog(build, settings.lines),
    ]);
    text.push("<b>-The Buildbot</b>");
    return { body: text.join("\n"), kind: "html" };
  },
};

// What was built, and how it ended.
function table(build, context) {
  const { reason = "", sourcestamps = [] } = build.buildset ?? {};
  const worker = context.workername || (build.properties?.workername?.[0] ?? "<unknown>");
  return [
    `<h4>Build status: ${build.results == null ? "NOT FINISHED" : RESULTS[build.results]}</h4>`,
    '<table cellspacing="10">',
    row("Worker for this Build:", `<b>${escape(worker)}</b>`),
    row("Complete logs for all build steps:", link(build.url ?? "")),
    row("Build Reason:", escape(reason)),
    row("Build Source Stamp:", `<b>${escape(sourcestamps.map(source).join("; "))}</b>`),
    row("Blamelist:", escape((context.blamelist ?? []).join(", "))),
    "</table>",
  ];
}

function source({ codebase, branch, revision, patch }) {
  return (
    (codebase ? `${codebase}: ` : "") +
    (branch != null ? `[branch ${branch}] ` : "") +
    (revision ?? "HEAD") +
    (patch ? ` (plus patch) (${patch.comment})` : "")
  );
}

// What came in since the last successful build.
function changes(changes) {
  const text = changes.length > 0 ? ["<h4>Recent Changes:</h4>"] : [];
  for (const change of changes) {
    const when = new Date(change.when_timestamp * 1000).toISOString();
    text.push(
      '<table cellspacing="10">',
      row("Repository:", escape(change.repository)),
      row("Project:", escape(change.project)),
      row("Time:", `${when.slice(0, 10)} ${when.slice(11, 19)} UTC`),
      row("Changed by:", escape(change.author)),
      row("Comments:", escape(change.comments)),
      "</table>",
    );
    if (change.files.length > 0) {
      text.push(
        '<table cellspacing="10"><tr><th align="left">Files</th></tr>',
        ...change.files.map((file) => `<tr><td>${escape(file)}</td></tr>`),
        "</table>",
      );
    }
  }
  return text;
}

// The end of the log of the last step that has ended and has one: `stdio`, else its first.
function lastLog(build, count) {
  const step = (build.steps ?? []).findLast((step) => step.complete && step.logs?.length > 0);
  if (!step) {
    return [];
  }
  const log = step.logs.findLast((log) => log.name === "stdio") ?? step.logs[0];
  return [
    `<i>Detailed log of last build step:</i> ${link(log.url)}`,
    "<br>",
    `<h4>Last ${count} lines of "${escape(`${step.name}.${log.name}`)}"</h4>`,
    "<pre>",
    // By `[...]` a character that takes two units of a string is not cut in two.
    ...tail(log, count).map((line) => escape([...line.text].slice(0, LINE_CHARS).join(""))),
    "</pre>",
    "<br><br>",
  ];
}

// The last `count` lines; fewer where they are too much for one answer of the host.
function tail(log, count) {
  try {
    return lines(log.logid, Math.max(0, log.num_lines - count), count);
  } catch (error) {
    return tag(error) === "too-large" && count > 1 ? tail(log, Math.floor(count / 2)) : [];
  }
}

function tag(error) {
  return (error?.payload ?? error)?.tag;
}

function row(name, html) {
  return `<tr><td>${name}</td><td>${html}</td></tr>`;
}

function link(url) {
  return `<a href="${escape(url)}">${escape(url)}</a>`;
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]);
}
