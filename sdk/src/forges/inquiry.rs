//! Something that a forge is asked for once, and statuses that wait for the answer: the number of a project.
//!
//! The question is a delivery with a receipt. What it brings is remembered; what waits for it is, too, so that no
//! restart loses it. Of a question that fails nothing is remembered, and the next status asks again.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use super::Lane;
use super::Statuses;
use crate::contract::Delivery;
use crate::contract::Effect;
use crate::contract::HttpRequest;
use crate::contract::Message;
use crate::contract::Outcome;
use crate::contract::Receipt;
use crate::contract::Resend;
use crate::host::Host;

/// So many states wait for one answer; the oldest gives way.
const MOST_WAITING: usize = 200;

/// So much of an answer is told in a reason, in characters.
const LONGEST_QUOTE: usize = 200;

/// So long an answer is waited for; a forge that does not show a project is asked again with the next state.
const ASKED_SECONDS: u32 = 15 * 60;

/// A state that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Where it will be shown.
    pub lane: Lane,
    /// The commit.
    pub commit: String,
    /// What the forge is sent, as JSON.
    pub body: String,
}

/// What is known, what is asked, and what waits.
#[derive(Debug)]
pub struct Inquiry<'a, H> {
    host: &'a H,
    forge: &'a str,
    waiting: BTreeMap<String, Vec<Held>>,
}

impl<'a, H: Host> Inquiry<'a, H> {
    /// Of the forge at this address.
    pub fn new(forge: &'a str, host: &'a H) -> Self {
        Self { host, forge: forge.trim_end_matches('/'), waiting: BTreeMap::new() }
    }

    /// The answer about something (`owner/name`), if it is known.
    #[must_use]
    pub fn known(&self, about: &str) -> Option<String> {
        serde_json::from_str(&self.host.recall(&self.key("answer", about))?).ok()
    }

    /// Lets a state wait for the answer. It takes the place of an older one of its lane.
    pub fn hold(&mut self, about: &str, held: Held, statuses: &mut Statuses) {
        if !self.waiting.contains_key(about) {
            let earlier = self.waits(about).unwrap_or_default();
            self.waiting.insert(about.to_owned(), earlier);
        }
        let waiting = self.waiting.entry(about.to_owned()).or_default();
        waiting.retain(|older| older.lane != held.lane);
        waiting.push(held);
        if waiting.len() > MOST_WAITING {
            waiting.remove(0);
            statuses.skip(format!("more than {MOST_WAITING} states wait to be told of {about:?}"));
        }
    }

    /// Takes an answer, which `read` finds in what the forge said. Tells it, and the states that waited for it; without
    /// one, they are skipped.
    pub fn answered(
        &self,
        receipt: &Receipt,
        read: impl FnOnce(&str) -> Option<String>,
        statuses: &mut Statuses,
    ) -> Option<(String, Vec<Held>)> {
        let about = receipt.key.strip_prefix(&self.key("ask", ""))?;
        let waiting = self.waits(about).unwrap_or_default();
        statuses.also(Effect::forget(self.key("waiting", about)));
        let answer = if receipt.outcome == Outcome::Done { read(&receipt.answer) } else { None };
        if let Some(answer) = answer {
            let json = serde_json::Value::from(answer.as_str()).to_string();
            statuses.also(Effect::remember(self.key("answer", about), json));
            return Some((answer, waiting));
        }
        let status = receipt.status.map(|status| format!("{status} ")).unwrap_or_default();
        let said: String = receipt.answer.chars().take(LONGEST_QUOTE).collect();
        waiting.iter().for_each(|_| statuses.skip(format!("asked for {about:?}, it answered {status}{said}")));
        None
    }

    /// Remembers what waits, and asks what nobody has asked yet.
    pub fn ask(self, request: impl Fn(&str) -> HttpRequest, statuses: &mut Statuses) {
        for (about, waiting) in &self.waiting {
            if self.waits(about).is_none() {
                let question = Delivery::new(self.key("ask", about), Message::Http(request(about)));
                statuses.also(question.resend(Resend::Upsert).receipt().ttl_seconds(ASKED_SECONDS).into());
            }
            let waiting = serde_json::to_string(waiting).expect("texts are JSON");
            statuses.also(Effect::remember(self.key("waiting", about), waiting));
        }
    }

    fn key(&self, what: &str, about: &str) -> String {
        format!("{what} {} {about}", self.forge)
    }

    /// What waits since earlier calls; nothing where nobody was asked.
    fn waits(&self, about: &str) -> Option<Vec<Held>> {
        serde_json::from_str(&self.host.recall(&self.key("waiting", about))?).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::literal;
    use crate::testing::Given;

    const FORGE: &str = "https://forge.example";

    fn held(context: &str, body: &str) -> Held {
        Held { lane: Lane::of("o/r", "abc", context), commit: "abc".into(), body: body.into() }
    }

    fn asks(given: &Given, states: &[Held]) -> Vec<Effect> {
        let (mut inquiry, mut statuses) = (Inquiry::new(FORGE, given), Statuses::new());
        states.iter().for_each(|state| inquiry.hold("o/r", state.clone(), &mut statuses));
        inquiry.ask(|about| HttpRequest::post(literal(about)), &mut statuses);
        statuses.into_effects()
    }

    fn given() -> Given {
        Given::settings(json!({}))
    }

    #[test]
    fn the_first_asks_and_all_wait() {
        let effects = asks(&given(), &[held("a", "1"), held("b", "2"), held("a", "3")]);
        let [Effect::Deliver(question), Effect::Remember(kept)] = &effects[..] else { panic!("{effects:#?}") };
        assert_eq!((question.key.as_str(), question.receipt), ("ask https://forge.example o/r", true));
        assert_eq!(question.ttl_seconds, Some(900), "a 404 is told soon");
        let waiting: Vec<Held> = serde_json::from_str(kept.value.as_deref().expect("a value")).expect("JSON");
        assert_eq!(waiting, [held("b", "2"), held("a", "3")]);
        let given = given().keeps(&kept.key, json!(waiting));
        let effects = asks(&given, &[held("c", "4")]);
        let [Effect::Remember(kept)] = &effects[..] else { panic!("asked twice: {effects:#?}") };
        assert!(kept.value.as_deref().expect("a value").contains("\"3\""), "{kept:?}");
    }

    #[test]
    fn too_many_do_not_wait() {
        let states: Vec<Held> = (0..=MOST_WAITING).map(|index| held(&index.to_string(), "x")).collect();
        let effects = asks(&given(), &states);
        assert!(format!("{:?}", effects[0]).contains("more than 200 states wait"), "{:?}", effects[0]);
    }

    fn answer(outcome: Outcome, status: u16) -> (Option<(String, Vec<Held>)>, Vec<Effect>) {
        let given = given().keeps("waiting https://forge.example o/r", json!([held("a", "1")]));
        let key = String::from("ask https://forge.example o/r");
        let receipt = Receipt { key, outcome, status: Some(status), answer: "77".into() };
        let mut statuses = Statuses::new();
        let told = Inquiry::new(FORGE, &given).answered(&receipt, |said| Some(said.to_owned()), &mut statuses);
        (told, statuses.into_effects())
    }

    #[test]
    fn an_answer_is_remembered_and_frees_what_waits() {
        let (told, effects) = answer(Outcome::Done, 200);
        assert_eq!(told, Some((String::from("77"), vec![held("a", "1")])));
        let forgets = Effect::forget("waiting https://forge.example o/r");
        assert_eq!(effects, [forgets, Effect::remember("answer https://forge.example o/r", "\"77\"")]);
        let given = given().keeps("answer https://forge.example o/r", json!("77"));
        for forge in [FORGE, "https://forge.example/"] {
            assert_eq!(Inquiry::new(forge, &given).known("o/r").as_deref(), Some("77"));
        }
    }

    #[test]
    fn without_an_answer_nothing_waits_and_nothing_is_remembered() {
        let (told, effects) = answer(Outcome::Refused, 404);
        assert_eq!((told, effects.len()), (None, 2));
        assert_eq!(effects[0], Effect::forget("waiting https://forge.example o/r"));
        assert!(format!("{:?}", effects[1]).contains("it answered 404 77"), "{:?}", effects[1]);
    }
}
