// A dialect of change hooks: each commit that a forge posts becomes a change.

// What the operator may write into `[change_hook.settings]`, as JSON Schema. What stands there under `x-campanile-hook`
// the host does by itself, before it asks the plugin.
const SETTINGS = {
  type: "object",
  properties: {
    project: { description: "The project of the changes.", type: "string", default: "" },
  },
  additionalProperties: false,
  "x-campanile-hook": {
    signature: [{ header: "X-Signature", by: "hmac-sha256", prefix: "sha256=" }],
    delivery: ["X-Delivery"],
    headers: ["X-Event"],
  },
};

export const plugin = {
  describe() {
    return {
      name: "__NAME__",
      version: "0.1.0",
      summary: "Commits of a forge of our own",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const hooking = {
  // What is wrong with settings that fit the schema.
  check(settings) {
    return [];
  },

  // A text that is thrown is what is wrong with the request: who sent it is told.
  changes(settings, request, fetched) {
    const { project } = JSON.parse(settings);
    if (!request.headers.some(([name, value]) => name === "x-event" && value === "push")) {
      return { tag: "changes", val: [] };
    }
    const { repository, branch, commits } = parsed(request.body);
    const change = (commit) => ({
      author: commit.author,
      comments: commit.message,
      files: commit.files,
      revision: commit.id,
      branch,
      properties: [],
      repository,
      project,
      src: "git",
    });
    return { tag: "changes", val: commits.map(change) };
  },
};

function parsed(body) {
  try {
    const payload = JSON.parse(text(body));
    if (!Array.isArray(payload.commits)) {
      throw new Error("it has no list of commits");
    }
    return payload;
  } catch (error) {
    throw `the payload does not parse: ${error.message}`;
  }
}

// UTF-8, without a `TextDecoder`, which QuickJS does not have.
function text(bytes) {
  const escaped = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`);
  return decodeURIComponent(escaped.join(""));
}
