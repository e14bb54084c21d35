//! The settings, with the names and defaults that the older Buildbot gave them, and what is wrong with them.

use std::collections::BTreeMap;

use campanile_sdk::PluginChoice;
use campanile_sdk::Renderable;
use campanile_sdk::pointer_key;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::names;

/// The largest request: the host takes no larger message, and the URL is part of it.
pub(crate) const MOST_REQUEST_BYTES: usize = 1024 * 1024;
/// Packets of one request at most.
const MOST_CHUNK: usize = 10_000;
/// The longest wait, in seconds: a day.
const LONGEST_WAIT: f64 = 86_400.0;

/// Sends all that happens in batches.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// Where the packets are posted. Without it, `serverPushCb` has the last word: what it makes of them goes into the
    /// plugin's log.
    #[serde(default, alias = "server_url")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) server_url: Option<String>,

    /// The message-formatter plugin that makes of a batch what is posted, as JSON. Without it, a form with the packets is
    /// posted.
    #[serde(default, alias = "server_push_cb")]
    #[schemars(extend("x-campanile" = "message-formatter"))]
    pub(crate) server_push_cb: Option<PluginChoice>,

    /// Whether payloads are without what is empty: `""`, `null`, `false`, `[]`, `{}`, at any depth; what stands in a list
    /// stays.
    #[serde(default = "yes")]
    pub(crate) filter: bool,

    /// How long events are gathered before they are pushed, in seconds; no less than 0.1.
    #[serde(default = "one", alias = "buffer_delay")]
    pub(crate) buffer_delay: f64,

    /// How long to wait after a push that failed, in seconds.
    #[serde(default = "five", alias = "retry_delay")]
    pub(crate) retry_delay: f64,

    /// Events that are not pushed, by their names.
    #[serde(default, alias = "black_list")]
    pub(crate) black_list: Vec<String>,

    /// How many packets are pushed at once at most.
    #[serde(default = "two_hundred", alias = "chunk_size")]
    pub(crate) chunk_size: usize,

    /// A request's body has fewer bytes than this; what would have more is halved. At most 1048576.
    #[serde(default = "one_mebibyte", alias = "max_http_request_size")]
    pub(crate) max_http_request_size: usize,

    /// More fields of the form, besides `packets`, with `%(secret:name)s` where a secret stands.
    #[serde(default, rename = "extra_post_params", alias = "extraPostParams")]
    pub(crate) extra_post_params: BTreeMap<String, Renderable>,

    /// Whether each push is written into the log.
    #[serde(default)]
    pub(crate) debug: bool,
}

impl Settings {
    /// Whether an event of this name is pushed.
    pub(crate) fn tells(&self, event: &str) -> bool {
        !self.black_list.iter().any(|listed| listed == event)
    }

    /// In milliseconds.
    pub(crate) fn buffer_delay(&self) -> u32 {
        milliseconds(self.buffer_delay)
    }

    /// In milliseconds.
    pub(crate) fn retry_delay(&self) -> u32 {
        milliseconds(self.retry_delay)
    }

    /// The bytes that a request may have less than.
    pub(crate) fn most_bytes(&self) -> usize {
        let url = self.server_url.as_ref().map_or(0, String::len);
        self.max_http_request_size.min(MOST_REQUEST_BYTES - url)
    }

    /// All that is wrong.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |at: &str, message: String| problems.push(Problem::new(at, message));
        match &self.server_url {
            None if self.server_push_cb.is_none() => problem("", "give serverUrl, serverPushCb, or both".into()),
            Some(url) if url.len() > 2_000 => problem("/serverUrl", "it is longer than 2000 bytes".into()),
            _ => {}
        }
        if self.server_push_cb.as_ref().is_some_and(|choice| !names_a_plugin(choice)) {
            problem("/serverPushCb", "expected the name of a message-formatter plugin".into());
        }
        for (at, delay) in [("/bufferDelay", self.buffer_delay), ("/retryDelay", self.retry_delay)] {
            if !(0.0..=LONGEST_WAIT).contains(&delay) {
                problem(at, format!("{delay} is no wait in seconds: expected 0 to {LONGEST_WAIT}"));
            }
        }
        if !(1..=MOST_CHUNK).contains(&self.chunk_size) {
            problem("/chunkSize", format!("expected 1 to {MOST_CHUNK} packets"));
        }
        if !(1_000..=MOST_REQUEST_BYTES).contains(&self.max_http_request_size) {
            problem("/maxHttpRequestSize", format!("expected 1000 to {MOST_REQUEST_BYTES} bytes"));
        }
        for (index, name) in self.black_list.iter().enumerate() {
            if !names::ALL.contains(&name.as_str()) {
                problem(&format!("/blackList/{index}"), format!("`{name}` is no event: {}", names::ALL.join(", ")));
            }
        }
        for (name, value) in &self.extra_post_params {
            let at = format!("/extra_post_params/{}", pointer_key(name));
            match value.problem() {
                Some(message) => problem(&at, message),
                None if name == "packets" => problem(&at, "the packets are this field".into()),
                None => {}
            }
        }
        problems
    }
}

/// A template makes no JSON of packets.
fn names_a_plugin(choice: &PluginChoice) -> bool {
    match serde_json::from_str(choice.json()) {
        Ok(Value::Object(object)) => {
            let kind = object.get("kind").and_then(Value::as_str);
            object.contains_key("plugin") || kind.is_some_and(|kind| kind.starts_with("MessageFormatterFunction"))
        }
        Ok(value) => value.is_string(),
        Err(_) => false,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day has 86.4 million milliseconds")]
fn milliseconds(seconds: f64) -> u32 {
    (seconds.clamp(0.0, LONGEST_WAIT) * 1000.0) as u32
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

fn five() -> f64 {
    5.0
}

fn two_hundred() -> usize {
    200
}

fn one_mebibyte() -> usize {
    MOST_REQUEST_BYTES
}
