//! Tokens of OAuth 2 (client credentials): got when they are needed, kept as long as they are good for, never recorded.
//!
//! They are kept in memory only: a host that starts gets new ones.

use super::http::Answered;
use super::http::Http;
use super::http_answer::judge;
use super::http_request::basic;
use super::http_tls::Look;
use super::outcome::Sent;
use super::transports::Try;
use crate::model::AttemptOutcome;
use crate::model::Destination;
use crate::model::Millis;
use crate::model::OauthClient;
use http::HeaderValue;
use http::Method;
use http::header;
use reqwest::Request;
use serde::Deserialize;
use sha2::Digest;
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use url::Url;

/// For how long a token is good whose server does not say it, in seconds.
const USUAL_LIFE: i64 = 60 * 60;

/// It is given up so much sooner, in seconds: clocks differ, and requests take their time.
const SPARE: i64 = 60;

/// The longest answer that is read as a token, in bytes, is what is read of any answer; so many are kept.
const MAX_KEPT: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<Key, Slot>>);

/// Where it comes from and for whom, as a digest that has the secret in it.
type Key = ([u8; 32], Look);

/// Held while a token is fetched, so that those who need the same wait for one request.
type Slot = Arc<tokio::sync::Mutex<Option<Token>>>;

struct Token {
    text: String,
    until: Millis,
}

/// Where a token was had from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Had {
    Kept,
    New,
}

/// What a server of tokens answers.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
}

impl Tokens {
    pub(super) async fn get<'a>(
        &self,
        http: &Http,
        (oauth, look): (&'a OauthClient, &Look),
        this: &mut Try<'a>,
    ) -> Result<(String, Had), Sent> {
        let login = this.filler.login(&oauth.client).map_err(Sent::failed)?;
        let slot = self.slot((digest(oauth, &login), look.clone()));
        let mut kept = slot.lock().await;
        let now = this.outgoing.now;
        if let Some(token) = kept.as_ref().filter(|token| token.until > now) {
            this.filler.hide(&token.text, "<token>");
            return Ok((token.text.clone(), Had::Kept));
        }
        let answered = http.exchange(asked(oauth, &login)?, look, this).await.map_err(|sent| failed(oauth, sent))?;
        let token = granted(oauth, &answered, this)?;
        this.filler.hide(&token.access_token, "<token>");
        let life = token.expires_in.unwrap_or(USUAL_LIFE).saturating_sub(SPARE).max(0);
        let (text, until) = (token.access_token, now.plus(life.saturating_mul(1000)));
        *kept = Some(Token { text: text.clone(), until });
        Ok((text, Had::New))
    }

    /// A server has refused it. One that is fetched meanwhile stays.
    pub(super) fn forget(&self, token: &str) {
        let is = |slot: &Slot| slot.try_lock().is_ok_and(|kept| kept.as_ref().is_some_and(|kept| kept.text == token));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, slot| !is(slot));
    }

    fn slot(&self, key: Key) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MAX_KEPT && !slots.contains_key(&key) {
            slots.clear();
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

fn digest(oauth: &OauthClient, (user, password): &(String, String)) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [&oauth.token_url, user, password] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn asked(oauth: &OauthClient, (user, password): &(String, String)) -> Result<Request, Sent> {
    let invalid = |e| Sent::refused(format!("invalid URL {:?}: {e}", oauth.token_url));
    let mut request = Request::new(Method::POST, Url::parse(&oauth.token_url).map_err(invalid)?);
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, basic(user, password)?);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    *request.body_mut() = Some("grant_type=client_credentials".into());
    Ok(request)
}

/// An answer that is a success is not shown: there is a token in it.
fn granted(oauth: &OauthClient, answered: &Answered, this: &Try<'_>) -> Result<Granted, Sent> {
    let said = if answered.status.is_success() { String::new() } else { text(answered, this) };
    let sent = judge(answered.status, &answered.headers, this.outgoing.now, said);
    if sent.outcome != AttemptOutcome::Done {
        return Err(failed(oauth, sent));
    }
    serde_json::from_slice(&answered.body)
        .map_err(|_| failed(oauth, Sent::failed("it answers without an access_token, or not in JSON")))
}

fn text(answered: &Answered, this: &Try<'_>) -> String {
    this.filler.redact(String::from_utf8_lossy(&answered.body).into_owned())
}

/// Whatever happened, the message itself did not leave. Who is refused a token today may have it tomorrow.
fn failed(oauth: &OauthClient, sent: Sent) -> Sent {
    let from = Destination::origin(&oauth.token_url).map_or_else(|_| "nowhere".to_owned(), |to| to.to_string());
    let reason = format!("no token from {from}: {}", sent.reason.as_deref().unwrap_or_default());
    let outcome = match sent.outcome {
        // A closed address, a request that cannot be: waiting does not help.
        AttemptOutcome::Refused if sent.status.is_none() => AttemptOutcome::Refused,
        _ => AttemptOutcome::Failed,
    };
    Sent { outcome, ..sent }.with_reason(reason)
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}
