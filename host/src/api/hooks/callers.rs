//! Who calls a hook: looked at before anything else, and before the plugin sees a byte.
//!
//! The head comes first: who has no login, or says nothing that could prove who they are, is refused before a byte of the
//! body is read. A secret that is configured always demands its proof. Where there is neither a secret nor a login whoever
//! calls may, but no page in a browser: then the request must ask for this host by its own name, as all that need no token.

use super::hashing::over;
use crate::api::access::Gathered;
use crate::api::access::Misnamed;
use crate::api::error::Error;
use crate::api::origins::is_from_elsewhere;
use crate::model::Proof;
use crate::model::SecretName;
use crate::model::Signature;
use crate::plugin::ChangeHook;
use crate::plugin::HookLogin;
use crate::transport::Secrets;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// By it a browser says from where the page is that asks; no page can write it. Browsers send it by https and to loopback.
const SITE: &str = "sec-fetch-site";

/// What a head promises of its body.
#[must_use]
pub(super) struct Promise(Option<Signed>);

/// A signature of the body, and whose it should be.
struct Signed {
    header: String,
    by: Proof,
    given: Vec<u8>,
    secrets: Secrets,
    secret: SecretName,
}

/// All that the head shows.
pub(super) fn look(hook: &ChangeHook, secrets: &Secrets, head: &Parts) -> Result<Promise, Error> {
    let site = head.headers.get(SITE).map(|site| site.as_bytes());
    if matches!(site, Some(b"cross-site" | b"same-site")) || is_from_elsewhere(&head.headers) {
        return Err(Error::forbidden("a page of another site asks, and changes are not for pages to add"));
    }
    if !hook.is_guarded()
        && let Some(misnamed) = head.extensions.get::<Misnamed>()
    {
        return Err(misnamed.clone().into());
    }
    if let Some(login) = &hook.login {
        logged_in(login, secrets, &head.headers)?;
    }
    let Some(secret) = &hook.secret else { return Ok(Promise(None)) };
    let signed = signed(&hook.description.signature, (secrets, secret), &head.headers)?;
    match signed.by {
        Proof::Token => signed.check(&[]).map(|()| Promise(None)),
        Proof::HmacSha256 | Proof::HmacSha1 | Proof::HmacMd5 => Ok(Promise(Some(signed))),
    }
}

impl Promise {
    /// What was sent, if it is what was promised.
    pub(super) async fn kept(self, sent: Gathered) -> Result<Gathered, Error> {
        let Some(signed) = self.0 else { return Ok(sent) };
        let (sent, checked) = over(sent, move |body| signed.check(body)).await?;
        checked.map(|()| sent)
    }
}

fn logged_in(login: &HookLogin, secrets: &Secrets, headers: &HeaderMap) -> Result<(), Error> {
    let given = headers.get_all(AUTHORIZATION).iter().find_map(|header| basic(header.to_str().ok()?));
    let (user, password) = given.ok_or_else(Error::no_login)?;
    let is_they = secrets.are((&login.user, &login.password), (&user, &password));
    if is_they.map_err(|error| Error::internal(&error))? { Ok(()) } else { Err(Error::no_login()) }
}

fn basic(header: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (scheme, given) = header.split_once(' ')?;
    let given = scheme.eq_ignore_ascii_case("basic").then(|| BASE64_STANDARD.decode(given.trim()))?.ok()?;
    let colon = given.iter().position(|byte| *byte == b':')?;
    Some((given[..colon].to_vec(), given[colon + 1..].to_vec()))
}

/// The first of these headers that is there counts, so that a weaker one saves nobody who sends a wrong stronger one. What
/// can be no signature of any body is refused here, so that nothing is read for it.
fn signed(
    signatures: &[Signature],
    (secrets, secret): (&Secrets, &SecretName),
    headers: &HeaderMap,
) -> Result<Signed, Error> {
    let there = signatures.iter().find_map(|signature| Some((signature, headers.get(&signature.header)?)));
    let Some((Signature { header, by, prefix }, given)) = there else {
        let known: Vec<&str> = signatures.iter().map(|signature| signature.header.as_str()).collect();
        return Err(Error::unsigned(format!("Request has no required signature: {}", known.join(" or "))));
    };
    let Some(given) = given.as_bytes().strip_prefix(prefix.as_bytes()) else {
        return Err(Error::unsigned(format!("Wrong signature format: {header} does not begin with {prefix}")));
    };
    if let Some(digits) = by.digits()
        && (given.len() != digits || !given.iter().all(u8::is_ascii_hexdigit))
    {
        return Err(Error::unsigned(format!("Wrong signature format: {header} has not {digits} hexadecimal digits")));
    }
    let (header, given) = (header.clone(), given.to_vec());
    Ok(Signed { header, by: *by, given, secrets: secrets.clone(), secret: secret.clone() })
}

impl Signed {
    fn check(&self, body: &[u8]) -> Result<(), Error> {
        let header = &self.header;
        match self.secrets.proves(&self.secret, (self.by, &self.given), body) {
            Ok(true) => Ok(()),
            Ok(false) => {
                Err(Error::unsigned(format!("Hash mismatch: {header} is not of the hook's secret and this body")))
            }
            Err(error) => Err(Error::internal(&error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_as_they_are_sent() {
        let pair = |user: &str, password: &str| Some((user.as_bytes().to_vec(), password.as_bytes().to_vec()));
        assert_eq!(basic("Basic Z2l0aHViOnBhOnNz"), pair("github", "pa:ss"));
        assert_eq!(basic("basic  Z2l0aHViOg=="), pair("github", ""));
        for wrong in ["", "Basic", "Basic !", "Basic Z2l0aHVi", "Bearer Z2l0aHViOnBhOnNz"] {
            assert_eq!(basic(wrong), None, "{wrong}");
        }
    }
}
