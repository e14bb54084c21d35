// A message formatter for phones: one line, how the build ended.

const RESULTS = ["Success", "Warnings", "Failure", "Skipped", "Exception", "Retry", "Cancelled"];

const SETTINGS = {
  type: "object",
  properties: {
    width: {
      description: "The line is cut after so many characters; without it, never.",
      type: ["integer", "null"],
      minimum: 1,
    },
  },
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "short-javascript",
      version: "0.1.0",
      summary: "One line for phones: how the build ended",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const formatting = {
  format(settings, context) {
    const { width } = JSON.parse(settings);
    const { results } = JSON.parse(context);
    const line = `STATUS: ${results == null ? "Not finished" : RESULTS[results]}`;
    return { body: line.slice(0, width ?? line.length), kind: "plain" };
  },
};
