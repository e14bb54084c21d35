// The three Gerrit callbacks of Buildbot's manual: each build is reviewed, its start is told, and a buildset is summed up.

const SUCCESS = 0;
const RETRY = 5;

const SETTINGS = {
  type: "object",
  properties: { label: { description: "The label to vote on.", type: "string", default: "Verified" } },
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "gerrit-callbacks-javascript",
      version: "0.1.0",
      summary: "The Gerrit callbacks of Buildbot's manual",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const reviewing = {
  review(settings, moment, context) {
    const callback = { start: startCB, end: reviewCB, summary: summaryCB }[moment];
    const answer = callback(JSON.parse(context));
    if (answer === null) {
      return { tag: "nothing" };
    }
    const labels = answer.verified === undefined ? [] : [[JSON.parse(settings).label, answer.verified]];
    return { tag: "say", val: { message: answer.message, labels } };
  },
};

function reviewCB({ builderName, results, resultsName, build_url, arg }) {
  if (results === RETRY) {
    return null;
  }
  let message = "Buildbot finished compiling your patchset\n";
  message += `on configuration: ${builderName}\n`;
  message += `The result is: ${resultsName.toUpperCase()}\n`;
  if (arg) {
    message += `\nFor more details visit:\n${build_url}\n`;
  }
  return { message, verified: results === SUCCESS ? 1 : -1 };
}

function startCB({ builderName }) {
  return { message: `Buildbot started compiling your patchset\non configuration: ${builderName}\n` };
}

function summaryCB({ buildInfoList }) {
  const line = ({ name, resultText, text, url }) => `Builder ${name} ${resultText} (${text})${url ? ` - ${url}` : "."}`;
  const good = buildInfoList.length > 0 && buildInfoList.every(({ result }) => result === SUCCESS);
  return { message: buildInfoList.map(line).join("\n\n"), verified: good ? 1 : -1 };
}
