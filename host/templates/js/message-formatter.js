// What a message says about a build: a line, its page, and the steps that failed.

const FAILURE = 2;

// What the operator may write beside the plugin's name, as JSON Schema.
const SETTINGS = {
  type: "object",
  properties: {
    steps: { description: "Whether the steps that failed are named.", type: "boolean", default: true },
  },
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "__NAME__",
      version: "0.1.0",
      summary: "A line, a link, and the steps that failed",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const formatting = {
  format(settings, context) {
    const { steps } = JSON.parse(settings);
    const { build, buildername, build_url, summary } = JSON.parse(context);
    // About a buildset or a worker there is nothing to say here: the default message goes out.
    if (build == null) {
      return null;
    }
    const subject = `${buildername}: ${summary}`;
    const failed = steps ? build.steps.filter((step) => step.results === FAILURE) : [];
    const body = [subject, build_url, ...failed.map((step) => `failed: ${step.name}`)].join("\n");
    return { body, kind: "plain", subject };
  },
};
