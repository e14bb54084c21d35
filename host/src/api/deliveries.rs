//! Deliveries as people see them: where they go, how far they are, each attempt with its reason.

use super::State;
use super::error::Error;
use crate::model::*;
use crate::store::DeliveryFilter;
use crate::store::DeliveryRow;
use crate::store::StoreError;
use axum::Json;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State as Shared;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// How many a list shows unless told.
const PAGE: i64 = 100;
const LARGEST_PAGE: i64 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    reporter: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    limit: Option<i64>,
    #[serde(default)]
    offset: Option<i64>,
}

/// `GET /api/v2/deliveries?reporter=&state=&limit=&offset=`: the newest first.
pub(super) async fn list(
    Shared(state): Shared<State>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Error> {
    let Query(asked) = asked.map_err(|error| Error::bad_request(error.body_text()))?;
    let filter = filter(asked)?;
    let (rows, total) = state.store.read(move |reader| reader.deliveries(&filter)).await?;
    let rows: Vec<Value> = rows.iter().map(summary).collect();
    Ok(Json(json!({"deliveries": rows, "meta": {"total": total}})))
}

fn filter(asked: Asked) -> Result<DeliveryFilter, Error> {
    let state = match &asked.state {
        None => None,
        Some(name) => Some(DeliveryState::from_name(name).ok_or_else(|| {
            let names = DeliveryState::ALL.map(DeliveryState::name).join(", ");
            Error::bad_request(format!("invalid state {name:?}: there are {names}"))
        })?),
    };
    let within = |name: &str, value: i64, most: i64| match (0..=most).contains(&value) {
        true => Ok(value),
        false => Err(Error::bad_request(format!("invalid {name} {value}: from 0 to {most}"))),
    };
    Ok(DeliveryFilter {
        reporter: asked.reporter.map(ReporterName),
        state,
        limit: Some(within("limit", asked.limit.unwrap_or(PAGE), LARGEST_PAGE)?),
        offset: within("offset", asked.offset.unwrap_or(0), i64::MAX)?,
    })
}

/// `GET /api/v2/deliveries/{id}`: with its message, secrets by name, its attempts, and of a mail whose recipients were not
/// treated alike each recipient.
pub(super) async fn show(Shared(state): Shared<State>, Path(id): Path<String>) -> Result<Json<Value>, Error> {
    let id = parse_id(&id)?;
    let found = state
        .store
        .read(move |reader| {
            let row = reader.delivery(id)?;
            row.map(|row| Ok::<_, StoreError>((row, reader.attempts(id)?, reader.recipients(id)?))).transpose()
        })
        .await?;
    let (row, attempts, recipients) = found.ok_or_else(|| Error::not_found(format!("no delivery {id}")))?;
    let mut delivery = summary(&row);
    if let Value::Object(fields) = &mut delivery {
        let json = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        fields.insert("message".to_owned(), json(&row.message));
        fields.insert("resend".to_owned(), json(&row.resend));
        fields.insert("attempts".to_owned(), attempts.iter().map(attempt).collect());
        fields.insert("recipients".to_owned(), recipients.iter().map(recipient).collect());
    }
    Ok(Json(json!({"deliveries": [delivery], "meta": {}})))
}

pub(super) fn parse_id(text: &str) -> Result<DeliveryId, Error> {
    text.parse().map(DeliveryId).map_err(|_| Error::not_found(format!("no delivery {text:?}: its id is a number")))
}

/// Times of deliveries are in milliseconds since 1970.
pub(super) fn summary(row: &DeliveryRow) -> Value {
    json!({
        "deliveryid": row.deliveryid,
        "uid": row.uid,
        "reporter": row.reporter,
        "event": row.seq,
        "key": row.key,
        "transport": row.transport,
        "destination": row.destination,
        "lane": row.lane,
        "replace": row.replace,
        "receipt": row.receipt,
        "state": row.state.name(),
        "reason": row.reason,
        "tries": row.tries,
        "created_at_ms": row.created_at,
        "due_at_ms": row.due_at,
        "expires_at_ms": row.expires_at,
        "settled_at_ms": row.settled_at,
    })
}

fn recipient(recipient: &Recipient) -> Value {
    json!({
        "address": recipient.address,
        "outcome": recipient.outcome.name(),
        "status": recipient.status,
        "answer": recipient.answer,
    })
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "number": attempt.number,
        "started_at_ms": attempt.started_at,
        "ended_at_ms": attempt.ended_at,
        "outcome": attempt.outcome.map(AttemptOutcome::name),
        "status": attempt.status,
        "reason": attempt.reason,
        "answer": attempt.answer,
    })
}
