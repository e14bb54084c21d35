"""Posts every build that failed, as JSON."""

import json

from wit_world import exports
from wit_world.exports.plugin import Descriptor
from wit_world.imports.effects import (
    Delivery, Effect_Deliver, Field, HttpBody_Json, HttpRequest, Message_Http, Resend_Blind,
    TlsVerify_Usual,
)
from wit_world.imports.events import EventBody_Build, Subscription_Topic, TopicFilter
from wit_world.imports.types import Part_Literal, Part_Secret, Results, Want

# What the operator writes, as JSON Schema. What stands in a marked field is granted by standing there.
SETTINGS = {
    "type": "object",
    "properties": {
        "url": {"description": "Where to post.", "type": "string", "x-campanile": "http-origin"},
        "token": {
            "description": "The name of a secret that is sent along as a bearer token.",
            "type": ["string", "null"],
            "x-campanile": "secret",
        },
    },
    "required": ["url"],
    "additionalProperties": False,
}


class Plugin(exports.Plugin):
    def describe(self):
        return Descriptor(
            name="__NAME__",
            version="0.1.0",
            summary="Posts every build that failed, as JSON",
            settings_schema=json.dumps(SETTINGS),
        )


class Reporting(exports.Reporting):
    def subscribe(self, config):
        """Asked when the configuration is loaded: what to be told; or `raise Err([Problem(...)])`, all at once."""
        # `Want.STEPS | Want.USERS` and the like bring more along.
        return [Subscription_Topic(TopicFilter(pattern="builds/*/finished", want=Want(0)))]

    def handle(self, config, event):
        """What should happen because of an event. The host makes it happen, and tries again where that is needed."""
        if not isinstance(event.body, EventBody_Build):
            return []
        settings, report = json.loads(config.settings), event.body.value
        if report.build.results != Results.FAILURE:
            return []
        told = {
            "builder": report.builder.name,
            "number": report.build.number,
            "state": report.build.state_string,
            "url": report.url,
        }
        headers = []
        if settings.get("token"):
            # A plugin never sees the value: the host puts it in when the message goes out.
            headers.append(Field("Authorization", [Part_Literal("Bearer "), Part_Secret(settings["token"])]))
        request = HttpRequest(
            method="POST",
            url=[Part_Literal(settings["url"])],
            headers=headers,
            login=None,
            body=HttpBody_Json([Part_Literal(json.dumps(told))]),
            verify=TlsVerify_Usual(),
            identity=None,
            signed_by=[],
        )
        return [deliver("failed", Message_Http(request))]


def deliver(key, message):
    """One message, in no order. The key tells the deliveries of one call apart."""
    return Effect_Deliver(Delivery(
        key=key, lane=None, replace=None, resend=Resend_Blind(), ttl_seconds=None, receipt=False, message=message,
    ))
