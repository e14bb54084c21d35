//! Tokens over HTTP: made, listed, revoked by who has the scope `admin`.

use super::State;
use super::access::TokenError;
use super::clock;
use super::error::Error;
use super::updates::json_text;
use crate::model::Scope;
use crate::model::Scopes;
use crate::model::TokenName;
use crate::store::TokenRow;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    scopes: Vec<String>,
}

/// `GET /api/v2/tokens`: all, those that were revoked too; never the tokens themselves.
pub(super) async fn list(Shared(state): Shared<State>) -> Result<Json<Value>, Error> {
    let rows = state.tokens.list().await?;
    let tokens: Vec<Value> = rows.iter().map(describe).collect();
    Ok(Json(json!({"tokens": tokens, "meta": {"total": tokens.len()}})))
}

/// `POST /api/v2/tokens`, `{"name": "ci", "scopes": ["update"]}`: the token stands in this answer and nowhere else.
pub(super) async fn create(
    Shared(state): Shared<State>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<impl IntoResponse, Error> {
    let body = body?;
    let new: New = serde_json::from_str(json_text(&headers, &body)?)
        .map_err(|error| Error::bad_request(format!("the body is no token to be: {error}")))?;
    let name: TokenName = new.name.parse().map_err(|error| Error::bad_request(format!("name: {error}")))?;
    let scopes = new.scopes.iter().map(|scope| scope.parse::<Scope>()).collect::<Result<Vec<_>, _>>();
    let scopes = Scopes::new(scopes.map_err(|error| Error::bad_request(format!("scopes: {error}")))?);
    let token = state.tokens.create(name.clone(), scopes.clone(), clock::now().seconds()).await?;
    let shown = json!({"name": name, "scopes": scopes, "token": token.reveal()});
    Ok(([(CACHE_CONTROL, "no-store")], Json(shown)))
}

/// `DELETE /api/v2/tokens/{name}`: from the answer on, it opens nothing.
pub(super) async fn revoke(Shared(state): Shared<State>, Path(name): Path<String>) -> Result<Json<Value>, Error> {
    let name: TokenName = name.parse().map_err(|error| Error::not_found(format!("{error}")))?;
    state.tokens.revoke(name.clone(), clock::now().seconds()).await?;
    Ok(Json(json!({"revoked": name})))
}

fn describe(row: &TokenRow) -> Value {
    json!({
        "name": row.name,
        "scopes": row.scopes,
        "created_at": row.created_at,
        "revoked_at": row.revoked_at,
    })
}

impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Taken(_) => Self::conflict(error.to_string()),
            TokenError::Unknown(_) => Self::not_found(error.to_string()),
            TokenError::NoScope => Self::bad_request(error.to_string()),
            TokenError::TooMany => Self::bad_request(error.to_string()),
            TokenError::NoChance(_) => Self::internal(&error),
            TokenError::Store(error) => error.into(),
        }
    }
}
