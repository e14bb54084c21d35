//! Signatures of requests, by standard-webhooks: HMAC-SHA256 over `id.timestamp.body`.
//!
//! A secret is base64, with or without `whsec_` before it, of 24 to 64 bytes.

use super::outcome::Sent;
use crate::model::SecretName;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use sha2::Sha256;

/// The bytes of a secret: fewer can be guessed.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What is signed.
#[derive(Clone, Copy)]
pub(super) struct Signed<'a> {
    pub(super) id: &'a str,
    /// Seconds since 1970.
    pub(super) at: i64,
    pub(super) body: &'a [u8],
}

/// The key that a secret holds.
pub(super) fn key(name: &SecretName, secret: &str) -> Result<Vec<u8>, Sent> {
    let trimmed = secret.trim();
    let key = BASE64_STANDARD.decode(trimmed.strip_prefix("whsec_").unwrap_or(trimmed)).unwrap_or_default();
    match KEY_BYTES.contains(&key.len()) {
        true => Ok(key),
        // Somebody will mend it.
        false => Err(Sent::failed(format!(
            "secret {:?} signs nothing: expected 24 to 64 random bytes in base64, such as from `openssl rand -base64 32`",
            name.0
        ))),
    }
}

/// The header `webhook-signature`.
pub(super) fn header(signed: Signed<'_>, keys: &[Vec<u8>]) -> String {
    keys.iter().map(|key| one(signed, key)).collect::<Vec<_>>().join(" ")
}

fn one(Signed { id, at, body }: Signed<'_>, key: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of HMAC has any length");
    mac.update(format!("{id}.{at}.").as_bytes());
    mac.update(body);
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own libraries.
    #[test]
    fn the_known_example() {
        let name = SecretName("s".into());
        let key = key(&name, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = Signed { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330, body };
        assert_eq!(header(signed, &[key]), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_can_be_guessed_signs_nothing() {
        let name = SecretName("s".into());
        for weak in ["", "hunter2", "whsec_aGVsbG8=", "not base64 at all, and longer than that"] {
            let said = key(&name, weak).unwrap_err().reason.unwrap();
            assert!(said.starts_with("secret \"s\" signs nothing: expected 24 to 64 random bytes"), "{weak}: {said}");
        }
    }
}
