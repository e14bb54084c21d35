//! The update calls: one, or several in one transaction. A 2xx means that it is on disk.
//!
//! With the header `Idempotency-Key` a call can be sent again when its answer did not arrive.

use super::State;
use super::access::Caller;
use super::clock;
use super::error::Error;
use super::media_type;
use crate::data::updates::Call;
use crate::data::updates::MOST_CALLS;
use crate::data::updates::Update;
use crate::data::updates::UpdateError;
use crate::data::updates::apply_batch;
use crate::data::updates::idempotency::Key;
use crate::data::updates::idempotency::Reply;
use crate::data::updates::idempotency::once;
use crate::model::Scope;
use crate::model::Timestamp;
use crate::store::Tx;
use axum::Extension;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use serde_json::value::RawValue;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// `GET /api/v2/updates`: the methods there are.
pub(super) async fn methods() -> Json<Value> {
    Json(json!({"methods": Update::METHODS}))
}

/// `POST /api/v2/updates/{method}`: the body is the parameters, the answer `{"result": …}`.
pub(super) async fn single(
    Shared(state): Shared<State>,
    (Extension(caller), Path(method)): (Extension<Caller>, Path<String>),
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let body = body?;
    let (update, at) = parse(&method, json_text(&headers, &body)?)?;
    may_say_when(&caller, at)?;
    let key = key((&caller, &headers), &[b"update", method.as_bytes(), &body])?;
    let now = clock::now().seconds();
    let job = move |tx: &mut Tx<'_>| update.apply(tx, at.unwrap_or(now)).map(|result| json!({"result": result}));
    answer(&state, key, now, job).await
}

/// One call of a batch as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent<'b> {
    method: String,
    #[serde(borrow, default)]
    params: Option<&'b RawValue>,
    #[serde(default)]
    at: Option<Value>,
}

/// `POST /api/v2/updates`: `[{"method": …, "params": {…}}, …]`, the answer `{"results": […]}`. All or nothing.
pub(super) async fn batch(
    Shared(state): Shared<State>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let body = body?;
    let sent: Vec<Sent<'_>> = serde_json::from_str(json_text(&headers, &body)?)
        .map_err(|error| Error::bad_request(format!("the body is no list of calls: {error}")))?;
    if sent.len() > MOST_CALLS {
        return Err(Error::bad_request(format!("{} calls in a batch, at most {MOST_CALLS}", sent.len())));
    }
    let mut calls = Vec::with_capacity(sent.len());
    for (index, sent) in sent.into_iter().enumerate() {
        let params = sent.params.map_or("{}", RawValue::get);
        let in_batch =
            |method: &str, source| UpdateError::InBatch { index, method: method.to_owned(), source: Box::new(source) };
        let at = sent.at.map(moment).transpose().map_err(|source| in_batch(&sent.method, source))?;
        may_say_when(&caller, at)?;
        let method = sent.method.clone();
        calls.push(Call::parse(sent.method, params, at).map_err(|source| in_batch(&method, source))?);
    }
    let key = key((&caller, &headers), &[b"batch", &body])?;
    let now = clock::now().seconds();
    let job = move |tx: &mut Tx<'_>| apply_batch(calls, tx, now).map(|results| json!({"results": results}));
    answer(&state, key, now, job).await
}

/// The key of a call that has one, with whose it is and a digest of what it asks for.
pub(super) fn key((caller, headers): (&Caller, &HeaderMap), request: &[&[u8]]) -> Result<Option<Key>, Error> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    match (keys.next(), keys.next()) {
        (None, _) => Ok(None),
        // What is no text is no key either, and is refused as one.
        (Some(key), None) => Ok(Some(Key::new((caller.owner(), key.to_str().unwrap_or_default()), request)?)),
        (Some(_), Some(_)) => Err(Error::bad_request("Idempotency-Key stands there twice")),
    }
}

/// Writes, and answers: with a key, as the first time.
async fn answer(
    state: &State,
    key: Option<Key>,
    now: Timestamp,
    job: impl FnOnce(&mut Tx<'_>) -> Result<Value, UpdateError> + Send + 'static,
) -> Result<Response, Error> {
    let Some(key) = key else { return Ok(Json(state.store.write(job).await?).into_response()) };
    Ok(said(state.store.write(move |tx| once(tx, now, key, |tx| Ok(job(tx)?.to_string()))).await?))
}

/// An answer that was written down.
pub(super) fn said(reply: Reply) -> Response {
    let json = [(CONTENT_TYPE, "application/json")];
    match reply {
        Reply::First(answer) => (json, answer).into_response(),
        Reply::Replayed(answer) => (json, [(REPLAYED, "true")], answer).into_response(),
    }
}

/// The past is written by who has the scope for it.
fn may_say_when(caller: &Caller, at: Option<Timestamp>) -> Result<(), Error> {
    if at.is_some() { caller.needs(Scope::Import) } else { Ok(()) }
}

/// Only JSON is taken.
pub(super) fn json_text<'b>(headers: &HeaderMap, body: &'b Bytes) -> Result<&'b str, Error> {
    if !media_type::is(headers, media_type::JSON) {
        return Err(Error::wrong_type());
    }
    std::str::from_utf8(body).map_err(|error| Error::bad_request(format!("the body is not UTF-8: {error}")))
}

/// The parameters may carry `at`, the moment at which it happened.
fn parse(method: &str, params: &str) -> Result<(Update, Option<Timestamp>), UpdateError> {
    let error = match Update::parse(method, params) {
        Ok(update) => return Ok((update, None)),
        Err(error) => error,
    };
    let Ok(mut with_at) = serde_json::from_str::<Map<String, Value>>(params) else { return Err(error) };
    let Some(at) = with_at.remove("at") else { return Err(error) };
    let at = moment(at)?;
    Ok((Update::parse(method, &Value::Object(with_at).to_string())?, Some(at)))
}

fn moment(at: Value) -> Result<Timestamp, UpdateError> {
    serde_json::from_value(at).map_err(|error| UpdateError::Invalid { param: "at", message: error.to_string() })
}
