//! Who calls: whether a request proves that it comes from who knows a secret. In constant time: how long it takes to
//! refuse one tells nothing of the secret.
//!
//! Not here: which secret, and what is done with who does not know it.

use super::secrets::Secret;
use super::secrets::SecretError;
use super::secrets::Secrets;
use crate::model::Proof;
use crate::model::SecretName;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;

impl Secrets {
    /// Whether a user and a password are those. Both are looked at, whatever the first of them comes to.
    pub(crate) fn are(
        &self,
        (user, password): (&str, &SecretName),
        given: (&[u8], &[u8]),
    ) -> Result<bool, SecretError> {
        let is_password = same(self.for_caller(password)?.expose().as_bytes(), given.1);
        Ok(same(user.as_bytes(), given.0) & is_password)
    }

    /// Whether `given`, as a header has it, could only be made of `body` by who knows the secret.
    pub(crate) fn proves(
        &self,
        name: &SecretName,
        (proof, given): (Proof, &[u8]),
        body: &[u8],
    ) -> Result<bool, SecretError> {
        let secret = self.for_caller(name)?;
        Ok(match proof {
            Proof::Token => same(secret.expose().as_bytes(), given),
            Proof::HmacSha256 => signed::<Hmac<Sha256>>(&secret, given, body),
            Proof::HmacSha1 => signed::<Hmac<Sha1>>(&secret, given, body),
            Proof::HmacMd5 => signed::<Hmac<Md5>>(&secret, given, body),
        })
    }

    /// Whether it is there now, and would keep anybody out.
    pub(crate) fn check_for_callers(&self, name: &SecretName) -> Result<(), SecretError> {
        self.for_caller(name).map(drop)
    }

    /// An empty secret is known to everybody.
    fn for_caller(&self, name: &SecretName) -> Result<Secret, SecretError> {
        match self.read(&name.0)? {
            secret if secret.expose().is_empty() => Err(SecretError::Empty(name.0.clone())),
            secret => Ok(secret),
        }
    }
}

/// Whether they are the same, in a time that shows neither how far, nor how long the expected one is: what is compared is of
/// one length whatever was given.
fn same(expected: &[u8], given: &[u8]) -> bool {
    let digest = |bytes: &[u8]| <Sha256 as sha2::Digest>::digest(bytes);
    digest(expected).ct_eq(&digest(given)).into()
}

fn signed<M: Mac + KeyInit>(secret: &Secret, given: &[u8], body: &[u8]) -> bool {
    let Some(given) = unhex(given) else { return false };
    let mac = <M as KeyInit>::new_from_slice(secret.expose().as_bytes());
    mac.is_ok_and(|mac| mac.chain_update(body).verify_slice(&given).is_ok())
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"The quick brown fox jumps over the lazy dog";

    fn proves(proof: Proof, given: &str) -> bool {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "key\n").unwrap();
        let secrets = Secrets::new(Some(folder.path().into()));
        secrets.proves(&SecretName("key".into()), (proof, given.as_bytes()), BODY).unwrap()
    }

    #[test]
    fn signatures_of_all_kinds() {
        for (proof, given) in [
            (Proof::HmacSha256, "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"),
            (Proof::HmacSha1, "de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9"),
            (Proof::HmacMd5, "80070713463E7749B90C2DC24911E275"),
            (Proof::Token, "key"),
        ] {
            assert!(proves(proof, given), "{proof:?}");
            let (last, rest) = (given.len() - 1, "0123456789abcdef");
            for other in rest.chars().filter(|c| !given.to_lowercase().ends_with(*c)) {
                assert!(!proves(proof, &format!("{}{other}", &given[..last])), "{proof:?} {other}");
            }
        }
    }

    #[test]
    fn what_is_no_signature_proves_nothing() {
        for given in ["", "f", "zz", "f7bc83", &"é".repeat(32), &"00".repeat(4096)] {
            for proof in [Proof::HmacSha256, Proof::HmacSha1, Proof::HmacMd5, Proof::Token] {
                assert!(!proves(proof, given), "{proof:?} {given}");
            }
        }
    }

    #[test]
    fn an_empty_secret_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key"), "\n").unwrap();
        let secrets = Secrets::new(Some(folder.path().into()));
        let name = SecretName("key".into());
        let said = secrets.are(("", &name), (b"", b"")).unwrap_err().to_string();
        assert_eq!(said, "secret \"key\": it is empty, and would keep nobody out");
        assert!(secrets.check_for_callers(&name).is_err());
    }
}
