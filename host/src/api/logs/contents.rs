//! `…/contents`: lines by number, in Buildbot's envelope. Written as they are read.

use super::place;
use crate::api::State;
use crate::api::error::Error;
use crate::data::logs::Contents;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::extract::State as Shared;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::stream;

/// `GET …/contents?offset=&limit=`: the numbers are those of lines.
pub(super) async fn contents(
    Shared(state): Shared<State>,
    uri: Uri,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let path = place(uri.path(), "contents");
    let contents = state.data.log_contents(path, query.as_deref().unwrap_or_default()).await?;
    let body = Body::from_stream(stream::try_unfold(Part::Begin(contents), next));
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// `GET /logchunks`: chunks belong to a log.
pub(super) async fn of_no_log() -> Error {
    Error::not_found("chunks are those of a log: ask for logs/{id}/contents")
}

/// What comes next of the answer.
enum Part {
    Begin(Contents),
    Lines(Contents),
    End,
}

async fn next(part: Part) -> Result<Option<(Bytes, Part)>, axum::BoxError> {
    let mut contents = match part {
        Part::Begin(contents) if contents.shows("content") => {
            return Ok(Some((Bytes::from_static(br#"{"logchunks":[{"content":""#), Part::Lines(contents))));
        }
        Part::Begin(contents) => {
            let rest = format!("{{\"logchunks\":[{{{}}}],\"meta\":{{}}}}", numbers(&contents));
            return Ok(Some((rest.into(), Part::End)));
        }
        Part::Lines(contents) => contents,
        Part::End => return Ok(None),
    };
    // After the first byte there is no status any more: the connection ends before the answer does, and that is seen.
    match contents.content.page().await? {
        Some(page) => {
            let quoted = serde_json::to_string(&page)?;
            let inner = quoted.get(1..quoted.len() - 1).unwrap_or_default();
            Ok(Some((Bytes::copy_from_slice(inner.as_bytes()), Part::Lines(contents))))
        }
        None => {
            let numbers = numbers(&contents);
            let comma = if numbers.is_empty() { "" } else { "," };
            Ok(Some((format!("\"{comma}{numbers}}}],\"meta\":{{}}}}").into(), Part::End)))
        }
    }
}

/// The fields besides the content, as they stand in the object.
fn numbers(contents: &Contents) -> String {
    let fields = [("firstline", contents.first_line), ("logid", contents.logid.0)];
    let shown = fields.iter().filter(|(name, _)| contents.shows(name));
    shown.map(|(name, value)| format!("\"{name}\":{value}")).collect::<Vec<_>>().join(",")
}
