// What is said in Gerrit about builds, and how they are voted on.

const SUCCESS = 0;
const WARNINGS = 1;
const RETRY = 5;

// What the operator may write beside the plugin's name, as JSON Schema.
const SETTINGS = {
  type: "object",
  properties: { label: { description: "The label to vote on.", type: "string", default: "Verified" } },
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "__NAME__",
      version: "0.1.0",
      summary: "Says what was built, and votes",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const reviewing = {
  // An answer is `{ tag: "default" }`, `{ tag: "nothing" }`, or `{ tag: "say", val: { message, labels } }`.
  review(settings, moment, context) {
    const callback = { start, end: review, summary }[moment];
    return callback(JSON.parse(settings), JSON.parse(context));
  },
};

// A build has started.
function start(_, { builderName, build_url }) {
  return say(`${builderName} started: ${build_url}`, []);
}

// A build has ended. What is tried again is not worth a word.
function review({ label }, { builderName, summary, build_url, results }) {
  if (results === RETRY) {
    return { tag: "nothing" };
  }
  return say(`${builderName}: ${summary} ${build_url}`, [[label, vote([results])]]);
}

// A buildset has ended.
function summary({ label }, { buildInfoList }) {
  const message = buildInfoList.map(({ name, resultText, url }) => `${name} ${resultText}: ${url}`).join("\n");
  return say(message, [[label, vote(buildInfoList.map(({ result }) => result))]]);
}

function say(message, labels) {
  return { tag: "say", val: { message, labels } };
}

function vote(results) {
  return results.every((result) => result === SUCCESS || result === WARNINGS) ? 1 : -1;
}
