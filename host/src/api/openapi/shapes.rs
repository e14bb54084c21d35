//! What routes take and answer that is made by hand, as schemas: nothing may stand in an answer that is not here.

use super::about::About;
use super::about::Sends;
use super::about::get;
use super::about::object;
use super::about::send;
use super::pieces::delivery;
use super::pieces::list;
use super::pieces::number;
use super::pieces::or_null;
use super::pieces::page;
use super::pieces::scopes;
use super::pieces::single;
use super::pieces::text;
use crate::model::DeliveryState;
use crate::model::HttpStepArguments;
use crate::model::RecipientOutcome;
use schemars::generate::SchemaSettings;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

pub(in crate::api) const VERSIONS: About =
    get("the versions of the API", || object(json!({"api_versions": object(json!({"v2": {"type": "string"}}))})));

pub(in crate::api) const DESCRIPTION: About = get("this document", || json!({"type": "object"}));

pub(in crate::api) const HEALTH: About = get("whether updates are taken, and whether everything is settled", || {
    object(json!({
        "status": {"enum": ["ok", "closed"]},
        "settled": {"type": "boolean"},
        "events": number(),
        "owed": number(),
        "listeners": number(),
        "trouble": list(&object(json!({"reporter": text(), "reason": or_null(&text())}))),
    }))
});

pub(in crate::api) const METHODS: About =
    get("the names of the update methods", || object(json!({"methods": list(&text())})));

pub(in crate::api) const BATCH: About = send(
    "several calls of update methods in one transaction; a parameter may name an earlier result: {\"$result\": [0, \"stepid\"]}",
    Sends::Json(|| {
        let call = json!({
            "type": "object",
            "properties": {"method": {"$ref": "#/components/schemas/UpdateMethod"}, "params": {"type": "object"}, "at": at()},
            "required": ["method"],
            "additionalProperties": false,
        });
        json!({"type": "array", "items": call})
    }),
    || object(json!({"results": {"type": "array"}})),
    &[404, 422],
);

/// Of what a Buildbot posts, what cannot be left out.
pub(in crate::api) const INGEST: About = send(
    "what a Buildbot posts by its HttpStatusPush: a build or a request, with what belongs to it, or a list of such",
    Sends::Json(|| {
        let known = |id: &str| json!({"type": "object", "properties": {id: number()}, "required": [id]});
        let build = json!({
            "type": "object",
            "properties": {
                "buildid": or_null(&number()),
                "number": or_null(&number()),
                "complete": {"type": "boolean"},
                "builder": {
                    "type": "object",
                    "properties": {"builderid": number(), "name": text()},
                    "required": ["builderid", "name"],
                },
                "buildrequest": known("buildrequestid"),
                "buildset": known("bsid"),
                "url": text(),
            },
            "required": ["builder", "buildrequest", "buildset", "url"],
        });
        json!({"oneOf": [build, {"type": "array", "items": build}]})
    }),
    || {
        let taken = object(json!({
            "masterid": number(),
            "builderid": number(),
            "buildrequestid": number(),
            "buildid": or_null(&number()),
        }));
        object(json!({"result": list(&taken)}))
    },
    &[404],
);

pub(in crate::api) const HTTP_STEP: About = send(
    "a step of a build that makes an HTTP request, made by the host; answered when it has ended",
    Sends::Json(http_step_arguments),
    || {
        let step = object(json!({
            "stepid": number(),
            "number": number(),
            "name": text(),
            "results": number(),
            "state_string": text(),
            "status": or_null(&number()),
        }));
        object(json!({"result": step}))
    },
    &[409, 422, 503],
);

/// The arguments of such a step.
fn http_step_arguments() -> Value {
    let mut generator =
        SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    generator.subschema_for::<HttpStepArguments>().to_value()
}

/// Described a method at a time.
pub(in crate::api) const TABLE: About = get("", || json!({}));

pub(in crate::api) const DELIVERIES: About = About {
    query: || {
        let states = DeliveryState::ALL.map(DeliveryState::name);
        vec![
            ("reporter", "only those of this reporter", text()),
            ("state", "only those in this state", json!({"enum": states})),
            ("limit", "at most so many", json!({"type": "integer", "minimum": 0, "maximum": 1000})),
            ("offset", "so many are left out in front", json!({"type": "integer", "format": "int64", "minimum": 0})),
        ]
    },
    ..get("deliveries, the newest first", || page("deliveries", &object(delivery())))
};

pub(in crate::api) const DELIVERY: About =
    get("a delivery with its message, its attempts, and recipients of a mail that were not treated alike", || {
        let mut whole = delivery();
        whole["message"] = json!({});
        whole["resend"] = json!({});
        whole["attempts"] = list(&object(json!({
            "number": number(),
            "started_at_ms": number(),
            "ended_at_ms": or_null(&number()),
            "outcome": or_null(&text()),
            "status": or_null(&number()),
            "reason": or_null(&text()),
            "answer": or_null(&text()),
        })));
        whole["recipients"] = list(&object(json!({
            "address": text(),
            "outcome": json!({"enum": RecipientOutcome::ALL.map(RecipientOutcome::name)}),
            "status": or_null(&number()),
            "answer": text(),
        })));
        single("deliveries", &object(whole))
    });

pub(in crate::api) const RETRY: About =
    send("asks a delivery to be sent again: the method is `retry`", Sends::Json(rpc_request), rpc_answer, &[501]);

pub(in crate::api) const TEST_REPORT: About = send(
    "asks a reporter to tell of a build that never was, really and marked as a test: the method is `test`, with \
     builder, tags, results, previous, properties and users of the build; answers when each delivery was tried once",
    Sends::Json(rpc_request),
    rpc_answer,
    &[501],
);

pub(in crate::api) const NO_ACTION: About =
    send("the text of a log takes no action: this is always refused", Sends::Json(rpc_request), rpc_answer, &[501]);

pub(in crate::api) const REPORTERS: About = get(
    "the reporters: how far they are, what they may reach, what failed",
    || {
        let (destinations, secrets, key_files) = (list(&text()), list(&text()), list(&text()));
        let grants = json!({"destinations": destinations, "secrets": secrets, "key_files": key_files, "control": {"type": "boolean"}});
        let incident = json!({
            "event": number(), "topic": text(), "at_ms": number(), "kind": text(), "reason": text(), "stderr": text(),
        });
        let connection = json!({
            "name": text(), "server": text(), "tls": {"type": "boolean"},
            "state": {"enum": ["connecting", "connected", "down", "ended"]}, "since_ms": or_null(&number()),
            "nick": or_null(&text()), "channels": list(&text()),
            "missing": {"type": "object", "additionalProperties": text()},
            "reason": or_null(&text()), "retry_at_ms": or_null(&number()),
            "warning": or_null(&text()),
        });
        page(
            "reporters",
            &object(json!({
                "name": text(),
                "plugin": text(),
                "grants": object(grants),
                "incidents": list(&object(incident)),
                "position": number(),
                "behind": number(),
                "trouble": or_null(&text()),
                "calls": number(),
                "failed_calls": number(),
                "connections": list(&object(connection)),
            })),
        )
    },
);

pub(in crate::api) const PLUGINS: About = get("the plugins, and those that could not be loaded", || {
    let loaded = object(json!({
        "name": text(), "state": {"const": "loaded"}, "world": text(), "version": text(), "summary": text(),
        "digest": text(), "imports": list(&text()),
    }));
    let broken = object(json!({
        "name": text(), "state": {"const": "broken"}, "file": text(), "reason": text(), "remedy": text(),
    }));
    page("plugins", &json!({"oneOf": [loaded, broken]}))
});

pub(in crate::api) const TOKENS: About = get("the tokens, those that were revoked too", || {
    let token = json!({"name": text(), "scopes": scopes(), "created_at": number(), "revoked_at": or_null(&number())});
    page("tokens", &object(token))
});

pub(in crate::api) const NEW_TOKEN: About = send(
    "makes a token; it stands in this answer and nowhere else",
    Sends::Json(|| {
        let name = json!({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"});
        object(json!({"name": name, "scopes": scopes()}))
    }),
    || object(json!({"name": text(), "scopes": scopes(), "token": text()})),
    &[409],
);

pub(in crate::api) const REVOKED: About =
    get("revokes a token: from the answer on it opens nothing", || object(json!({"revoked": text()})));

/// Schemas that others refer to.
pub(super) fn schemas() -> Map<String, Value> {
    let error = object(json!({"code": {"type": "integer"}, "message": {"type": ["string", "object"]}}));
    let sourced = json!({"type": "array", "prefixItems": [{}, text()], "minItems": 2, "maxItems": 2});
    Map::from_iter([
        // An append that went wrong says besides how far it came.
        ("Error".to_owned(), json!({"type": "object", "properties": {"error": text()}, "required": ["error"]})),
        ("RpcError".to_owned(), rpc_error(&error)),
        ("Properties".to_owned(), json!({"type": "object", "additionalProperties": sourced})),
    ])
}

/// The id is there when the request was read so far.
fn rpc_error(error: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {"jsonrpc": {"const": "2.0"}, "id": {}, "error": error},
        "required": ["jsonrpc", "error"],
        "additionalProperties": false,
    })
}

/// A call that is repeated with the same key is done once.
pub(super) fn idempotency_key() -> Value {
    json!({"name": "Idempotency-Key", "in": "header", "description": "repeated with the same key, the call is done once",
        "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"}})
}

pub(super) fn rpc_request() -> Value {
    object(
        json!({"jsonrpc": {"const": "2.0"}, "id": {"type": ["string", "integer", "null"]}, "method": text(), "params": {"type": "object"}}),
    )
}

pub(super) fn rpc_answer() -> Value {
    object(json!({"jsonrpc": {"const": "2.0"}, "id": {}, "result": {}}))
}

pub(super) fn result() -> Value {
    object(json!({"result": {}}))
}

pub(super) fn at() -> Value {
    json!({"type": "integer", "format": "int64", "minimum": 0, "description": "when it happened, in seconds since 1970; needs the scope import"})
}
