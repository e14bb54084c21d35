//! What streams: the lines of logs, in and out, and events as they happen.

use super::about::About;
use super::about::JSON;
use super::about::Sends;
use super::about::get;
use super::about::object;
use super::about::send;
use super::pieces::line;
use super::pieces::number;
use super::pieces::or_null;
use super::pieces::single;
use super::pieces::text;
use serde_json::json;

pub(in crate::api) const APPEND: About = About {
    query: || vec![("first_line", "the number that the first line must get, else nothing is appended", line())],
    ..send(
        "appends lines to a log as they come; they are on disk within a second",
        Sends::Bytes("application/octet-stream"),
        || {
            object(json!({
                "first_line": or_null(&number()), "appended": number(), "num_lines": number(), "replaced": number(), "cut": number(),
            }))
        },
        &[409],
    )
};

pub(in crate::api) const CONTENTS: About = About {
    query: || {
        let fields = json!({"type": "array", "items": {"enum": ["content", "firstline", "logid"]}});
        vec![
            ("offset", "from this line on", line()),
            ("limit", "at most so many lines", line()),
            ("field", "only these fields", fields),
        ]
    },
    answer: (&[JSON, "text/plain"], || {
        let chunk = json!({"content": text(), "firstline": number(), "logid": number()});
        let chunk = json!({"type": "object", "properties": chunk, "additionalProperties": false});
        single("logchunks", &chunk)
    }),
    ..get("lines of a log", text)
};

pub(in crate::api) const NO_LOG: About =
    About { also: &[404], ..get("chunks are those of a log: this is never there", text) };

pub(in crate::api) const RAW: About =
    About { answer: (&["text/plain", "text/html"], text), ..get("a log as text, as a whole", text) };

pub(in crate::api) const EVENTS: About = About {
    query: || vec![("from", "go on behind the event with this position", line())],
    answer: (&["text/event-stream", "text/plain"], text),
    also: &[410],
    ..get(
        "events as they happen, in Buildbot's form: listen, listen/{path}, add/{uuid}/{path}, remove/{uuid}/{path}",
        text,
    )
};

/// What it says is that of Buildbot's protocol, not of HTTP.
pub(in crate::api) const SOCKET: About = get("events as they happen, over a WebSocket in Buildbot's protocol", text);
