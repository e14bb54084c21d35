//! What a plugin answers, as JSON that people read and write: what is usual is left out, texts are texts, long ones are
//! lists of lines, and JSON in a message is JSON.

use crate::model::*;
use crate::plugin::CallError;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// An answer, by what it is: one of [`Answer::KEYS`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answer {
    pub(super) key: String,
    pub(super) value: Value,
}

/// Below these keys stands JSON of the plugin's own.
const FOREIGN: [&str; 4] = ["extra", "json", "properties", "value"];

impl Answer {
    pub(super) const KEYS: [&'static str; 11] = [
        "effects",
        "formatted",
        "review",
        "addresses",
        "previous",
        "changes",
        "poke",
        "fetch",
        "refused",
        "problems",
        "fails",
    ];

    /// As a person wrote it.
    pub(super) fn expected(key: &str, value: Value) -> Self {
        Self { key: key.to_owned(), value: plain(value) }
    }

    /// With what would be denied, and why.
    pub(super) fn effects(effects: &[Effect], grants: &Grants) -> Self {
        Self::expected("effects", effects.iter().map(|one| effect(one, grants)).collect())
    }

    pub(super) fn formatted(formatted: Option<Formatted>) -> Self {
        let value = formatted.map(|Formatted { body, kind, subject, extra }| {
            json!({"kind": kind, "subject": subject, "body": body, "extra": extra.as_deref().map(parsed)})
        });
        Self::expected("formatted", value.unwrap_or_default())
    }

    pub(super) fn review(review: Review) -> Self {
        let value = match review {
            Review::Default => json!("default"),
            Review::Nothing => json!("nothing"),
            Review::Say(Verdict { message, labels }) => {
                let labels =
                    labels.map(|labels| Map::from_iter(labels.into_iter().map(|(name, vote)| (name, json!(vote)))));
                json!({"message": message, "labels": labels})
            }
        };
        Self::expected("review", value)
    }

    pub(super) fn addresses(found: &[Option<String>]) -> Self {
        Self::expected("addresses", json!(found))
    }

    pub(super) fn previous(found: Option<BuildId>) -> Self {
        Self::expected("previous", json!(found))
    }

    /// Of a change hook.
    pub(super) fn hooked(outcome: HookOutcome) -> Self {
        match outcome {
            HookOutcome::Changes(changes) => Self::expected("changes", json!(changes)),
            HookOutcome::Poke(poke) => Self::expected("poke", json!({"pollers": poke.pollers, "among": poke.among})),
            HookOutcome::Fetch(wanted) => Self::expected("fetch", json!(wanted)),
        }
    }

    /// What is wrong with a request.
    pub(super) fn refused(reason: &str) -> Self {
        Self::expected("refused", json!(reason))
    }

    pub(super) fn problems(problems: &[Problem]) -> Self {
        let line = |problem: &Problem| Value::from(format!("{}: {}", problem.at, problem.message));
        Self::expected("problems", problems.iter().map(line).collect())
    }

    pub(super) fn failure(failure: &Failure) -> Self {
        let value = match failure {
            Failure::Retry(reason) => json!({"retry": reason}),
            Failure::GiveUp(reason) => json!({"give_up": reason}),
        };
        Self::expected("fails", value)
    }

    /// The call did not return.
    pub(super) fn error(error: &CallError) -> Self {
        Self::expected("fails", json!({"call": error.to_string()}))
    }

    /// As it stands in a fixture.
    pub(super) fn text(&self) -> String {
        let shown = serde_json::to_string_pretty(&self.value).unwrap_or_default();
        format!("{:?}: {shown}\n", self.key)
    }
}

fn effect(effect: &Effect, grants: &Grants) -> Value {
    match effect {
        Effect::Deliver(delivery) => json!({"deliver": self::delivery(delivery, grants)}),
        Effect::Skip(skipped) => json!({"skip": {"key": skipped.key, "reason": skipped.reason}}),
        Effect::Remember { key, value: Some(value) } => json!({"remember": {"key": key, "value": parsed(value)}}),
        Effect::Remember { key, value: None } => json!({"forget": key}),
        Effect::Wake(wake) => json!({"wake": {"key": wake.key, "after_ms": wake.after_ms}}),
        Effect::Control(request) => json!({"control": control(request, grants)}),
        Effect::Other(other) => json!({"other": parsed(other)}),
    }
}

fn delivery(delivery: &NewDelivery, grants: &Grants) -> Value {
    let asked = match &delivery.resend {
        Resend::Probe(probe) => Some(&probe.ask),
        Resend::Upsert | Resend::Blind => None,
    };
    let denied = std::iter::once(&delivery.message).chain(asked).find_map(|message| grants.permit(message).err());
    let resend = Some(&delivery.resend).filter(|resend| **resend != Resend::Blind);
    json!({
        "key": delivery.key,
        "lane": delivery.lane,
        "replace": delivery.replace,
        "resend": resend,
        "ttl_seconds": delivery.ttl_seconds,
        "receipt": delivery.receipt.then_some(true),
        "message": delivery.message,
        "denied": denied.map(|denied| denied.to_string()),
    })
}

fn control(request: &ControlRequest, grants: &Grants) -> Value {
    let denied = grants.control().err().map(|denied| denied.to_string());
    let (what, how) = match &request.control {
        Control::Force(force) => ("force", self::force(force)),
        Control::Stop { build, reason } => ("stop", json!({"build": build, "reason": reason})),
        Control::Shutdown(shutdown) => ("shutdown", Value::from(format!("{shutdown:?}").to_lowercase())),
        Control::Other(other) => ("other", parsed(other)),
    };
    json!({"key": request.key, "receipt": request.receipt.then_some(true), what: how, "denied": denied})
}

fn force(force: &ForceBuild) -> Value {
    let properties: Map<String, Value> =
        force.properties.iter().map(|(name, value)| (name.clone(), parsed(value))).collect();
    json!({
        "builder": force.builder,
        "reason": force.reason,
        "owner": force.owner,
        "branch": force.branch,
        "revision": force.revision,
        "project": force.project,
        "codebase": force.codebase,
        "properties": properties,
    })
}

/// JSON of a plugin; what is none stays a text.
fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::from(json))
}

/// The one way to write it. Applied to what is expected too, so that either way of writing is understood.
fn plain(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null() && *value != json!([]))
            .map(|(key, value)| {
                let value = member(&key, value);
                (key, value)
            })
            .collect(),
        Value::Array(items) => match text_of(&items) {
            Some(text) => text,
            None => items.into_iter().map(plain).collect(),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn member(key: &str, value: Value) -> Value {
    let value = if FOREIGN.contains(&key) { unparted(value) } else { plain(value) };
    match (key, value) {
        ("json", Value::String(text)) => parsed(&text),
        ("body" | "message", Value::String(text)) if text.contains('\n') => text.split('\n').map(Value::from).collect(),
        ("bytes", Value::Array(items)) => bytes(items),
        (_, value) => value,
    }
}

/// JSON of a plugin's own, or the text that it is sent as.
fn unparted(value: Value) -> Value {
    match value {
        Value::Array(items) => text_of(&items).unwrap_or(Value::Array(items)),
        other => other,
    }
}

/// What is made of parts: a text where all are literal, else texts and secrets.
fn text_of(items: &[Value]) -> Option<Value> {
    let part = |item: &Value| match item.as_object() {
        Some(part) if part.len() == 1 => {
            part.get("literal").cloned().or_else(|| part.get("secret").map(|name| json!({"secret": name})))
        }
        _ => None,
    };
    let parts: Vec<Value> = items.iter().map(part).collect::<Option<_>>()?;
    let text: Option<String> = parts.iter().map(Value::as_str).collect();
    (!parts.is_empty()).then(|| text.map_or(Value::Array(parts), Value::from))
}

/// Bytes that are text as text.
fn bytes(items: Vec<Value>) -> Value {
    let bytes: Option<Vec<u8>> = items.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect();
    match bytes.map(String::from_utf8) {
        Some(Ok(text)) => Value::from(text),
        _ => Value::Array(items),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deliver(body: HttpBody) -> Value {
        let request = HttpRequest { body, ..HttpRequest::new("POST", Text::literal("https://x/")) };
        let delivery = NewDelivery {
            key: "k".into(),
            lane: None,
            replace: None,
            resend: Resend::Blind,
            ttl_seconds: None,
            receipt: false,
            message: Message::Http(request),
        };
        let granted = Grants::new(&[], false, &["https://x".to_owned()]).unwrap();
        let mut answer = Answer::effects(&[Effect::Deliver(delivery)], &granted);
        assert_eq!(answer.value[0]["deliver"]["key"], "k");
        answer.value[0]["deliver"]["message"]["http"].take()
    }

    #[test]
    fn what_is_usual_is_left_out_and_texts_are_texts() {
        let sent = deliver(HttpBody::Json(Text::literal("{\"list\": []}")));
        assert_eq!(sent, json!({"method": "POST", "url": "https://x/", "body": {"json": {"list": []}}}));
        let secret = Text(vec![Part::Literal("a ".into()), Part::Secret(SecretName("s".into()))]);
        let sent = deliver(HttpBody::Form(vec![Field { name: "token".into(), value: secret }]));
        assert_eq!(sent["body"], json!({"form": [{"name": "token", "value": ["a ", {"secret": "s"}]}]}));
        assert_eq!(deliver(HttpBody::Bytes(b"text".to_vec()))["body"], json!({"bytes": "text"}));
        assert_eq!(deliver(HttpBody::Empty)["body"], "empty");
    }

    #[test]
    fn either_way_of_writing_is_understood() {
        let check = |one: Value, other: Value| {
            assert_eq!(Answer::expected("formatted", one), Answer::expected("formatted", other));
        };
        check(json!({"body": "a\nb", "subject": null}), json!({"body": ["a", "b"]}));
        let answer =
            Answer::formatted(Some(Formatted { body: "a".into(), kind: BodyKind::Plain, subject: None, extra: None }));
        assert_eq!(answer.value, json!({"body": "a", "kind": "plain"}));
        assert_eq!(Answer::formatted(None).value, Value::Null);
    }
}
