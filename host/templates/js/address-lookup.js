// The mail addresses of users: those that the settings name, and a domain for all others.

// What the operator may write beside the plugin's name, as JSON Schema.
const SETTINGS = {
  type: "object",
  properties: {
    domain: { description: "What makes an address of a user's name.", type: "string" },
    people: {
      description: "Addresses by user, where the domain does not fit.",
      type: "object",
      additionalProperties: { type: "string" },
      default: {},
    },
  },
  required: ["domain"],
  additionalProperties: false,
};

export const plugin = {
  describe() {
    return {
      name: "__NAME__",
      version: "0.1.0",
      summary: "Addresses by user, and a domain for all others",
      settingsSchema: JSON.stringify(SETTINGS),
    };
  },
};

export const addressing = {
  // One for each user, in their order.
  addresses(settings, users) {
    const { domain, people } = JSON.parse(settings);
    return users.map((user) => (Object.hasOwn(people, user) ? people[user] : address(domain, user)));
  },
};

// A user is called as changes and properties call them. `null` is for who has no address, and gets no mail.
function address(domain, user) {
  // What has an address in it already, such as `Ada <ada@example.org>`, and what can be none.
  if (user.includes("@")) {
    return user;
  }
  return user.includes(" ") ? null : `${user}@${domain}`;
}
