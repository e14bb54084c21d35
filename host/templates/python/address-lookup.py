"""The mail addresses of users: those that the settings name, and a domain for all others."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor

# What the operator may write beside the plugin's name, as JSON Schema.
SETTINGS = {
    "type": "object",
    "properties": {
        "domain": {"description": "What makes an address of a user's name.", "type": "string"},
        "people": {
            "description": "Addresses by user, where the domain does not fit.",
            "type": "object",
            "additionalProperties": {"type": "string"},
            "default": {},
        },
    },
    "required": ["domain"],
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="__NAME__",
            version="0.1.0",
            summary="Addresses by user, and a domain for all others",
            settings_schema=json.dumps(SETTINGS),
        )


class Addressing(exports.Addressing):
    def addresses(self, settings, users):
        """One for each user, in their order."""
        settings = json.loads(settings)
        return [address(settings, user) for user in users]


def address(settings, user):
    """A user is called as changes and properties call them. `None` is for who has no address, and gets no mail."""
    if user in settings["people"]:
        return settings["people"][user]
    # What has an address in it already, such as `Ada <ada@example.org>`, and what can be none.
    if "@" in user:
        return user
    return None if " " in user else "%s@%s" % (user, settings["domain"])
