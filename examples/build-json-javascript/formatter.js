// A format_fn for HTTP pushes: says in JSON which build it was and how it ended.

const RESULTS = ["success", "warnings", "failure", "skipped", "exception", "retry", "cancelled"];

const SETTINGS = {
  type: "object",
  properties: {
    property: {
      description: "The property that tells the branch.",
      type: "string",
      default: "branch",
    },
  },
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "build-json-javascript",
      version: "0.1.0",
      summary: "Says in JSON which build it was and how it ended",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const formatting = {
  format(settings, context) {
    const { property } = JSON.parse(settings);
    const { build, buildername } = JSON.parse(context);
    if (!build) {
      return null;
    }
    const said = {
      text: `${buildername} #${build.number}`,
      state: build.results == null ? "running" : RESULTS[build.results],
      branch: build.properties[property ?? "branch"]?.[0] ?? null,
      url: build.url,
    };
    return { body: JSON.stringify(said), kind: "json" };
  },
};
