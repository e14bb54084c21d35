//! `…/raw` and `…/raw_inline`: a log as text, to keep or to look at.

use super::place;
use crate::api::State;
use crate::api::error::Error;
use crate::data::logs::RawLog;
use crate::data::logs::Reading;
use crate::model::LogKind;
use axum::body::Body;
use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::header::CONTENT_DISPOSITION;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::header::CONTENT_TYPE;
use axum::http::header::X_CONTENT_TYPE_OPTIONS;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::stream;
use percent_encoding::AsciiSet;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;

/// What a log may be named in a header without quotes.
const PLAIN: &str = "!#$&+-.^_`|~";

/// What stands as it is in `filename*=`.
const ATTRIBUTE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// `GET …/raw`: to be kept as a file.
pub(in crate::api) async fn raw(Shared(state): Shared<State>, uri: Uri) -> Result<Response, Error> {
    let log = state.data.log_raw(place(uri.path(), "raw")).await?;
    let disposition = disposition(&log.file_name);
    let mut answer = text(log);
    answer.headers_mut().insert(CONTENT_DISPOSITION, disposition);
    Ok(answer)
}

/// `GET …/raw_inline`: to be looked at.
pub(in crate::api) async fn raw_inline(Shared(state): Shared<State>, uri: Uri) -> Result<Response, Error> {
    Ok(text(state.data.log_raw(place(uri.path(), "raw_inline")).await?))
}

fn text(log: RawLog) -> Response {
    let kind = match log.kind {
        LogKind::Html => "text/html; charset=utf-8",
        LogKind::Stdio | LogKind::Text | LogKind::Deleted => "text/plain; charset=utf-8",
    };
    let headers: [(HeaderName, &str); 3] = [
        (CONTENT_TYPE, kind),
        // A log is whatever a build says. In a browser it is a page of its own, which runs nothing and reads nothing here.
        (CONTENT_SECURITY_POLICY, "sandbox"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let begin = (Some(log.preamble), log.content);
    (headers, Body::from_stream(stream::try_unfold(begin, next))).into_response()
}

/// The preamble, then page after page.
async fn next(
    (preamble, mut content): (Option<String>, Reading),
) -> Result<Option<(Bytes, (Option<String>, Reading))>, axum::BoxError> {
    let piece = match preamble {
        Some(preamble) if !preamble.is_empty() => Some(preamble),
        _ => content.plain_page().await?,
    };
    Ok(piece.map(|piece| (Bytes::from(piece), (None, content))))
}

/// Without quotes, as Buildbot's, where the name allows it; else also encoded.
fn disposition(file_name: &str) -> HeaderValue {
    let plain = file_name.chars().all(|c| c.is_ascii_alphanumeric() || PLAIN.contains(c));
    let text = if plain {
        format!("attachment; filename={file_name}")
    } else {
        let ascii = file_name.replace(|c: char| !(c == ' ' || c.is_ascii_alphanumeric() || PLAIN.contains(c)), "_");
        format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(file_name, ATTRIBUTE))
    };
    HeaderValue::try_from(text).expect("only visible ASCII is left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_makes_a_header() {
        let check = |name: &str, header: &str| assert_eq!(disposition(name), header);
        check("linux_build_7_log_stdio", "attachment; filename=linux_build_7_log_stdio");
        check("a b", "attachment; filename=\"a b\"; filename*=UTF-8''a%20b");
        check("ü\"\r\n;/", "attachment; filename=\"______\"; filename*=UTF-8''%C3%BC%22%0D%0A%3B%2F");
    }
}
