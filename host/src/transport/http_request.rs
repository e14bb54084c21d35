//! A request as it is handed to the client, with the values of its secrets.

use super::fill::Filler;
use super::fill::Place;
use super::fill::form_encoded;
use super::http_signature;
use super::http_signature::Signed;
use super::outcome::Sent;
use super::transports::Try;
use crate::model::Destination;
use crate::model::Field;
use crate::model::HttpBody;
use crate::model::HttpLogin;
use crate::model::HttpRequest;
use crate::model::SecretName;
use crate::model::http_header_name;
use crate::model::http_header_value;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::HeaderName;
use http::HeaderValue;
use http::Method;
use http::header;
use reqwest::Body;
use reqwest::Request;
use url::Url;

const USER_AGENT: &str = concat!("campanile/", env!("CARGO_PKG_VERSION"));

/// The request of a message, to where it was permitted to go.
pub(super) fn rendered<'a>(asked: &'a HttpRequest, this: &mut Try<'a>) -> Result<Request, Sent> {
    let (outgoing, mut request) = (this.outgoing, unsigned(asked, this.destination, &mut this.filler)?);
    let is_change = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH);
    if is_change || !asked.signed_by.is_empty() {
        // By it a receiver tells a repeated try from a new message.
        let id = value("webhook-id", outgoing.uid)?;
        request.headers_mut().insert(HeaderName::from_static("webhook-id"), id);
    }
    if !asked.signed_by.is_empty() {
        let body = request.body().and_then(Body::as_bytes).unwrap_or_default().to_vec();
        let signed = Signed { id: outgoing.uid, at: outgoing.now.0 / 1000, body: &body };
        sign(request.headers_mut(), signed, &keys(&asked.signed_by, &mut this.filler)?)?;
    }
    Ok(request)
}

/// The request as it was asked for, by nobody's name.
pub(super) fn unsigned<'a>(asked: &'a HttpRequest, to: &Destination, filler: &mut Filler<'a>) -> Result<Request, Sent> {
    let method = method(&asked.method)?;
    let url = filler.fill(&asked.url, Place::Url).map_err(Sent::failed)?;
    // The origin was judged without the secrets; it has to be the same with them.
    if Destination::origin(&url).ok().as_ref() != Some(to) {
        return Err(Sent::refused(format!("the URL {:?} does not stay at {to}", asked.url.redacted())));
    }
    let url = Url::parse(&url).map_err(|e| Sent::refused(format!("invalid URL {:?}: {e}", asked.url.redacted())))?;
    let (body, content_type) = body(&asked.body, filler)?;
    let mut headers = headers(&asked.headers, filler)?;
    if let Some(HttpLogin::Basic(login)) = &asked.login {
        let (user, password) = filler.login(login).map_err(Sent::failed)?;
        headers.insert(header::AUTHORIZATION, basic(&user, &password)?);
    }
    headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    if let Some(content_type) = content_type {
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    }
    let mut request = Request::new(method, url);
    *request.headers_mut() = headers;
    *request.body_mut() = Some(body.into());
    Ok(request)
}

fn keys<'a>(names: &'a [SecretName], filler: &mut Filler<'a>) -> Result<Vec<Vec<u8>>, Sent> {
    names.iter().map(|name| http_signature::key(name, &filler.secret(name).map_err(Sent::failed)?)).collect()
}

fn sign(headers: &mut HeaderMap, signed: Signed<'_>, keys: &[Vec<u8>]) -> Result<(), Sent> {
    headers.insert(HeaderName::from_static("webhook-timestamp"), HeaderValue::from(signed.at));
    let signature = value("webhook-signature", &http_signature::header(signed, keys))?;
    headers.insert(HeaderName::from_static("webhook-signature"), signature);
    Ok(())
}

/// With a token that the transport got.
pub(super) fn bearer(mut request: Request, token: &str) -> Result<Request, Sent> {
    let token = value("Authorization", &format!("Bearer {token}"))?;
    request.headers_mut().insert(header::AUTHORIZATION, token);
    Ok(request)
}

pub(super) fn basic(user: &str, password: &str) -> Result<HeaderValue, Sent> {
    value("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

fn method(text: &str) -> Result<Method, Sent> {
    match Method::from_bytes(text.to_ascii_uppercase().as_bytes()) {
        Ok(method) if method != Method::CONNECT => Ok(method),
        _ => Err(Sent::refused(format!("invalid method {text:?}: expected GET, POST, PUT, …"))),
    }
}

fn headers<'a>(fields: &'a [Field], filler: &mut Filler<'a>) -> Result<HeaderMap, Sent> {
    let mut headers = HeaderMap::new();
    for field in fields {
        let name = http_header_name(&field.name).map_err(Sent::refused)?;
        let filled = filler.fill(&field.value, Place::Plain).map_err(Sent::failed)?;
        headers.append(name, value(&field.name, &filled)?);
    }
    Ok(headers)
}

fn value(name: &str, text: &str) -> Result<HeaderValue, Sent> {
    http_header_value(name, text).map_err(Sent::refused)
}

/// The body, and its type unless a header says it.
fn body<'a>(body: &'a HttpBody, filler: &mut Filler<'a>) -> Result<(Bytes, Option<&'static str>), Sent> {
    Ok(match body {
        HttpBody::Empty => (Bytes::new(), None),
        HttpBody::Json(text) => {
            (filler.fill(text, Place::Json).map_err(Sent::failed)?.into(), Some("application/json"))
        }
        HttpBody::Form(fields) => {
            let mut filled = Vec::with_capacity(fields.len());
            for field in fields {
                filled.push((field.name.as_str(), filler.fill(&field.value, Place::Plain).map_err(Sent::failed)?));
            }
            let encoded = form_encoded(filled.iter().map(|(name, value)| (*name, value.as_str())));
            (encoded.into(), Some("application/x-www-form-urlencoded"))
        }
        HttpBody::Bytes(bytes) => (Bytes::copy_from_slice(bytes), None),
    })
}
