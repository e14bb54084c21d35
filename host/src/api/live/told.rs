//! An event in the words of the two protocols, put together when the first listener wants them, for all.

use crate::model::Event;
use axum::body::Bytes;
use axum::extract::ws::Utf8Bytes;
use std::fmt::Write;
use std::sync::OnceLock;

pub(crate) struct Told {
    event: Event,
    topics: Vec<Words>,
}

/// One topic's messages.
#[derive(Default)]
struct Words {
    sse: OnceLock<Bytes>,
    ws: OnceLock<Utf8Bytes>,
}

impl AsRef<Event> for Told {
    fn as_ref(&self) -> &Event {
        &self.event
    }
}

impl Told {
    pub(super) fn new(event: Event) -> Self {
        let topics = event.topics.iter().map(|_| Words::default()).collect();
        Self { event, topics }
    }

    /// The message of Server-Sent Events. The last one of an event carries its position: who comes back with it has
    /// had them all.
    pub(crate) fn sse(&self, topic: usize, last: bool) -> Bytes {
        let id = format!("id: {}\n", self.event.seq);
        let whole = self.topics[topic].sse.get_or_init(|| {
            let key = self.event.topics[topic].split('/');
            let mut text = id.clone();
            text.push_str("event: event\ndata: {\"key\": [");
            for (index, part) in key.enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                text.push_str(&quoted(part));
            }
            // The body is JSON without line ends, which would end the message.
            let _ = write!(text, "], \"message\": {}}}\n\n", self.event.body);
            Bytes::from(text)
        });
        if last { whole.clone() } else { whole.slice(id.len()..) }
    }

    /// The frame of the WebSocket.
    pub(crate) fn ws(&self, topic: usize, numbered: bool) -> Utf8Bytes {
        let plain = self.topics[topic].ws.get_or_init(|| {
            let key = quoted(&self.event.topics[topic]);
            Utf8Bytes::from(format!("{{\"k\":{key},\"m\":{}}}", self.event.body))
        });
        match numbered {
            false => plain.clone(),
            true => {
                let open = plain.strip_suffix('}').unwrap_or(plain);
                Utf8Bytes::from(format!("{open},\"seq\":{}}}", self.event.seq))
            }
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Seq;
    use crate::model::Timestamp;
    use std::sync::Arc;

    #[test]
    fn an_event_is_told_as_buildbot_tells_it() {
        let topics = vec!["builds/22/new".to_owned(), "a/\"b".to_owned()];
        let event =
            Event { seq: Seq(7), at: Timestamp(0), topics: Arc::from(topics), body: Arc::from("{\"buildid\":22}") };
        let told = Told::new(event);
        let message = "event: event\ndata: {\"key\": [\"builds\", \"22\", \"new\"], \"message\": {\"buildid\":22}}\n\n";
        assert_eq!(told.sse(0, false), message);
        assert_eq!(told.sse(0, true), format!("id: 7\n{message}"));
        assert!(told.sse(1, true).ends_with(b"{\"key\": [\"a\", \"\\\"b\"], \"message\": {\"buildid\":22}}\n\n"));
        assert_eq!(told.ws(0, false).as_str(), "{\"k\":\"builds/22/new\",\"m\":{\"buildid\":22}}");
        assert_eq!(told.ws(0, true).as_str(), "{\"k\":\"builds/22/new\",\"m\":{\"buildid\":22},\"seq\":7}");
    }
}
