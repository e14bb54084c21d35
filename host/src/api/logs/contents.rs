//! `…/contents`: lines by number, in Buildbot's envelope. Written as they are read.

use super::place;
use crate::api::State;
use crate::api::error::Error;
use crate::api::pretty::pretty;
use crate::api::read::chosen;
use crate::api::read::wants_json;
use crate::data::logs::Contents;
use crate::data::logs::Reading;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::http::Uri;
use axum::response::Response;
use futures_util::stream;

/// `GET …/contents?offset=&limit=`: the numbers are those of lines.
pub(in crate::api) async fn contents(
    Shared(state): Shared<State>,
    uri: Uri,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let path = place(uri.path(), "contents");
    let contents = state.data.log_contents(path, query.as_deref().unwrap_or_default()).await?;
    let frame = frame(&contents);
    let (kind, frame) = match wants_json(&headers) {
        true => ("application/json; charset=utf-8", frame.into_bytes()),
        false => ("text/plain; charset=utf-8", pretty(frame.as_bytes())),
    };
    let body = match middle(&frame) {
        None => Body::from(frame),
        Some(middle) => {
            let mut before = Bytes::from(frame);
            let after = before.split_off(middle);
            Body::from_stream(stream::try_unfold(Part::Before { before, after, content: contents.content }, next))
        }
    };
    Ok(chosen(body, kind))
}

/// `GET /logchunks`: chunks belong to a log.
pub(in crate::api) async fn of_no_log() -> Error {
    Error::not_found("chunks are those of a log: ask for logs/{id}/contents")
}

/// The answer, its content left out.
fn frame(contents: &Contents) -> String {
    let fields = [
        ("content", "\"\"".to_owned()),
        ("firstline", contents.first_line.to_string()),
        ("logid", contents.logid.to_string()),
    ];
    let shown = fields.iter().filter(|(name, _)| contents.shows(name));
    let fields: Vec<String> = shown.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{\"logchunks\":[{{{}}}],\"meta\":{{}}}}", fields.join(","))
}

/// Where in the frame the content goes: between the only two quotes with nothing between them.
fn middle(frame: &[u8]) -> Option<usize> {
    frame.windows(2).position(|two| two == b"\"\"").map(|at| at + 1)
}

/// What comes next of the answer.
enum Part {
    Before { before: Bytes, after: Bytes, content: Reading },
    Lines { after: Bytes, content: Reading },
    End,
}

/// After the first byte there is no status any more: on an error the connection ends before the answer does.
async fn next(part: Part) -> Result<Option<(Bytes, Part)>, axum::BoxError> {
    let (after, mut content) = match part {
        Part::Before { before, after, content } => return Ok(Some((before, Part::Lines { after, content }))),
        Part::Lines { after, content } => (after, content),
        Part::End => return Ok(None),
    };
    let Some(page) = content.page().await? else { return Ok(Some((after, Part::End))) };
    let quoted = Bytes::from(serde_json::to_string(&page)?);
    Ok(Some((quoted.slice(1..quoted.len() - 1), Part::Lines { after, content })))
}
