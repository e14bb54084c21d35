//! The reporter from the outside: events come, time passes, pushes end; expect requests.

mod batches;
mod callback;
mod settings;
mod told;

use campanile_sdk::contract::Effect;
use campanile_sdk::contract::Event;
use campanile_sdk::contract::EventBody;
use campanile_sdk::contract::HttpBody;
use campanile_sdk::contract::Message;
use campanile_sdk::contract::Outcome;
use campanile_sdk::contract::Part;
use campanile_sdk::contract::Receipt;
use campanile_sdk::contract::Text;
use campanile_sdk::testing::Given;
use campanile_sdk::testing::deliveries;
use serde_json::Value;
use serde_json::json;

use crate::StatusPush;

/// A reporter over several calls.
struct Run {
    given: Given,
    /// Wake-ups asked for since the last look.
    wakes: Vec<u32>,
    /// The watch that was asked for last.
    watch: u32,
    /// Why what was not pushed.
    skipped: Vec<(String, String)>,
    /// The pushes so far: the delivery's key, and the body.
    pushes: Vec<(String, HttpBody)>,
}

impl Run {
    fn new(more: Value) -> Self {
        let mut settings = json!({"serverUrl": "https://status.example/submit"});
        if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
            settings.extend(more);
        }
        Self::of(Given::settings(settings))
    }

    fn of(given: Given) -> Self {
        Self { given, wakes: Vec::new(), watch: 0, skipped: Vec::new(), pushes: Vec::new() }
    }

    fn handle(&mut self, event: &Event) {
        let effects = self.given.effects::<StatusPush>(event);
        for effect in &effects {
            if let Effect::Wake(wake) = effect {
                match wake.key.as_str() {
                    "watch" => self.watch = wake.after_ms,
                    _ => self.wakes.push(wake.after_ms),
                }
            }
            if let Effect::Skip(skipped) = effect {
                self.skipped.push((skipped.key.clone(), skipped.reason.clone()));
            }
        }
        for delivery in deliveries(&effects) {
            let Message::Http(request) = &delivery.message else { panic!("no request: {delivery:?}") };
            assert_eq!(request.url, campanile_sdk::literal("https://status.example/submit"));
            assert_eq!((delivery.ttl_seconds, delivery.receipt), (Some(0), true), "tried once, and told back");
            assert_eq!(delivery.lane.as_deref(), Some("test packets"), "a lane of this reporter");
            self.pushes.push((delivery.key.clone(), request.body.clone()));
        }
        let given = std::mem::replace(&mut self.given, Given::settings(json!({})));
        self.given = given.remembers(&effects);
    }

    /// Changes come, with this at the end of their comments.
    fn changes(&mut self, numbers: impl IntoIterator<Item = u64>, more: &str) {
        for number in numbers {
            self.handle(&a_change(number, more));
        }
    }

    fn wake(&mut self) {
        let body = EventBody::Wake(String::from("push"));
        self.handle(&Event { seq: 1, topic: String::from("wake/push"), at: 100, body });
    }

    /// The watch comes.
    fn watch(&mut self, at: u64) {
        let body = EventBody::Wake(String::from("watch"));
        self.handle(&Event { seq: 1, topic: String::from("wake/watch"), at, body });
    }

    /// The last push ends so.
    fn end(&mut self, outcome: Outcome) {
        let (key, _) = self.pushes.last().expect("a push");
        let receipt = Receipt { key: key.clone(), outcome, status: None, answer: String::new() };
        let body = EventBody::Receipt(receipt);
        self.handle(&Event { seq: 1, topic: String::from("receipt"), at: 100, body });
    }

    /// The ids of the packets of the last push.
    fn pushed(&self) -> Vec<u64> {
        let (_, body) = self.pushes.last().expect("a push");
        ids(&packets(body))
    }

    /// The milliseconds of the wake-ups since the last question.
    fn woken(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.wakes)
    }
}

fn a_change(number: u64, more: &str) -> Event {
    let mut report = campanile_sdk::testing::a_build("linux").change("Ann <ann@example.net>", more).report();
    let mut change = report.changes.remove(0);
    change.id = number;
    Event { seq: number, topic: format!("changes/{number}/new"), at: 50, body: EventBody::Change(change) }
}

fn ids(packets: &[Value]) -> Vec<u64> {
    packets.iter().map(|packet| packet["id"].as_u64().expect("an id")).collect()
}

/// The packets of a form.
fn packets(body: &HttpBody) -> Vec<Value> {
    let HttpBody::Form(fields) = body else { panic!("no form: {body:?}") };
    assert_eq!(fields[0].name, "packets");
    serde_json::from_str(&text(&fields[0].value)).expect("JSON")
}

fn text(text: &Text) -> String {
    text.iter().map(|(Part::Literal(text) | Part::Secret(text))| text.as_str()).collect()
}
