//! Who logs in: a private key, from a secret or a file, in the form that OpenSSH or PEM have it.
//!
//! Invariant: a key is never shown; what is said of it is its kind and its fingerprint.

use super::ssh_hosts::shown;
use russh::keys::Algorithm;
use russh::keys::PrivateKey;
use russh::keys::decode_secret_key;
use std::fmt;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// The longest key; RSA of 16384 bits fits well.
const MAX_KEY_BYTES: u64 = 64 * 1024;

/// Where a key was had from, and its text. Two that are the same share a connection.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    from: String,
    text: String,
}

#[derive(Debug, Error)]
pub(crate) enum IdentityError {
    #[error("the key file {path}: {source}", path = path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{0} is longer than 64 KiB: that is no private key")]
    TooLong(String),
    #[error(
        "{0} is protected by a passphrase, and nobody is there to type it: take it off with `ssh-keygen -p`, or make a key \
         without one"
    )]
    Passphrase(String),
    #[error("{from} is no private key that can be read: {why}; expected one such as `ssh-keygen -t ed25519` makes")]
    Unreadable { from: String, why: String },
    #[error("{from} is a key of the kind {kind}, which is not supported; expected ed25519, ecdsa or rsa")]
    Kind { from: String, kind: String },
}

impl Identity {
    pub(super) fn of_secret(name: &str, text: String) -> Self {
        Self { from: format!("the secret {name:?}"), text }
    }

    /// Reads the file, each time: a key that was changed counts from the next connection on.
    pub(super) fn of_file(path: &Path) -> Result<Self, IdentityError> {
        let wrong = |source| IdentityError::File { path: path.to_owned(), source };
        let (from, mut text) = (format!("the key file {}", path.display()), String::new());
        let file = File::open(path).map_err(wrong)?;
        file.take(MAX_KEY_BYTES + 1).read_to_string(&mut text).map_err(wrong)?;
        if text.len() as u64 > MAX_KEY_BYTES { Err(IdentityError::TooLong(from)) } else { Ok(Self { from, text }) }
    }

    pub(super) fn key(&self) -> Result<Arc<PrivateKey>, IdentityError> {
        let from = || self.from.clone();
        let key = decode_secret_key(&self.text, None).map_err(|error| match error {
            russh::keys::Error::KeyIsEncrypted => IdentityError::Passphrase(from()),
            _ if is_encrypted(&self.text) => IdentityError::Passphrase(from()),
            other => IdentityError::Unreadable { from: from(), why: other.to_string() },
        })?;
        match key.algorithm() {
            Algorithm::Ed25519 | Algorithm::Ecdsa { .. } | Algorithm::Rsa { .. } => Ok(Arc::new(key)),
            other => Err(IdentityError::Kind { from: from(), kind: other.to_string() }),
        }
    }

    /// For people: where it is from, and which it is.
    pub(super) fn told(&self, key: &PrivateKey) -> String {
        format!("{} ({})", self.from, shown(key.public_key()))
    }
}

/// Whether a key file can be used; asked at load, so that a typing error is found before the first review.
pub(crate) fn check_identity(path: &Path) -> Result<(), IdentityError> {
    Identity::of_file(path)?.key().map(|_| ())
}

/// In the forms that say so outside of what they hold.
fn is_encrypted(text: &str) -> bool {
    text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || text.contains("Proc-Type: 4,ENCRYPTED")
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.from)
    }
}
