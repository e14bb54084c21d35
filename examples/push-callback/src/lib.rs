//! A `serverPushCb` for the reporter `status-push`: it prints the packets of a batch, and makes a short JSON of them.
//!
//! Whoever makes JSON of a batch is a message formatter; what it is told are the packets.

use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// The settings: there are none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// What it is told.
#[derive(Debug, Deserialize)]
struct Batch {
    packets: Vec<Packet>,
}

/// What it reads of a packet, and writes of it.
#[derive(Debug, Deserialize, Serialize)]
struct Packet {
    id: u64,
    event: String,
}

struct PushCallback;

campanile_sdk::export!(formatter PushCallback);

impl MessageFormatter for PushCallback {
    const NAME: &'static str = "push-callback";
    const SUMMARY: &'static str = "Prints the packets of a push";
    type Settings = Settings;

    fn format(_: &Settings, context: &Context, host: &impl PluginHost) -> Result<Option<Formatted>, Failure> {
        let batch: Batch = serde_json::from_str(context.raw())
            .map_err(|error| Failure::GiveUp(format!("this is no batch of packets: {error}")))?;
        for packet in &batch.packets {
            host.log(Level::Info, &format!("{} {}", packet.id, packet.event), &[]);
        }
        let body = serde_json::to_string(&batch.packets).expect("numbers and texts are JSON");
        Ok(Some(Formatted { body, kind: BodyKind::Json, subject: None, extra: None }))
    }
}

#[cfg(test)]
mod tests {
    use campanile_sdk::testing::Given;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_packets_are_printed_and_made_short() {
        let given = Given::settings(json!({}));
        let packets = json!([{"id": 7, "event": "buildStarted", "payload": {}}, {"id": 8, "event": "stepStarted"}]);
        let made = given.format::<PushCallback>(json!({"packets": packets})).expect("an answer").expect("JSON");
        assert_eq!(made.body, r#"[{"id":7,"event":"buildStarted"},{"id":8,"event":"stepStarted"}]"#);
        assert_eq!(given.logged(), ["info: 7 buildStarted", "info: 8 stepStarted"]);
    }
}
