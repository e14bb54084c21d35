// Posts every build that failed, as JSON.

// What the operator writes, as JSON Schema. What stands in a marked field is granted by standing there.
const SETTINGS = {
  type: "object",
  properties: {
    url: { description: "Where to post.", type: "string", "x-campanile": "http-origin" },
    token: {
      description: "The name of a secret that is sent along as a bearer token.",
      type: ["string", "null"],
      "x-campanile": "secret",
    },
  },
  required: ["url"],
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "__NAME__",
      version: "0.1.0",
      summary: "Posts every build that failed, as JSON",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const reporting = {
  // Asked when the configuration is loaded: what to be told; or `throw [{ at, message }]`, all that is wrong at once.
  subscribe(config) {
    // `want: { steps: true, users: true }` and the like bring more along.
    return [{ tag: "topic", val: { pattern: "builds/*/finished", want: {} } }];
  },

  // What should happen because of an event. The host makes it happen, and tries again where that is needed.
  handle(config, event) {
    if (event.body.tag !== "build") {
      return [];
    }
    const settings = JSON.parse(config.settings);
    const { build, builder, url } = event.body.val;
    if (build.results !== "failure") {
      return [];
    }
    const told = { builder: builder.name, number: build.number, state: build.stateString, url };
    // A plugin never sees the value of a secret: the host puts it in when the message goes out.
    const authorization = [literal("Bearer "), { tag: "secret", val: settings.token }];
    const request = {
      method: "POST",
      url: [literal(settings.url)],
      headers: settings.token ? [{ name: "Authorization", value: authorization }] : [],
      body: { tag: "json", val: [literal(JSON.stringify(told))] },
      verify: { tag: "usual" },
      signedBy: [],
    };
    return [deliver("failed", { tag: "http", val: request })];
  },
};

// One message, in no order. The key tells the deliveries of one call apart.
function deliver(key, message) {
  return { tag: "deliver", val: { key, resend: { tag: "blind" }, receipt: false, message } };
}

function literal(text) {
  return { tag: "literal", val: text };
}
