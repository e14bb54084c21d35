//! Secrets: from a name to its value, as late as possible.
//!
//! A name is a file in the secrets directory, or `env:NAME`. The file is read each time, so that a changed secret
//! counts from the next attempt on.
//!
//! Invariant: a value is obtained only with a permit, or to look at who calls (`callers`), and never shown.

use crate::model::ChatPermit;
use crate::model::Part;
use crate::model::Permit;
use crate::model::SecretName;
use crate::model::Text;
use std::fmt;
use std::io;
use std::io::Read;
use std::path::PathBuf;
use thiserror::Error;

/// The longest secret; a private key fits well.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Where secrets are.
#[derive(Clone, Debug, Default)]
pub struct Secrets {
    directory: Option<PathBuf>,
}

/// The value of a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Secret(String);

#[derive(Debug, Error)]
pub(crate) enum SecretError {
    #[error(
        "secret {0:?}: not a name; expected the name of a file in the secrets directory (letters, digits, '.', '-', \
         '_', not beginning with '.'), or env:NAME"
    )]
    Name(String),
    #[error("secret {name:?}: {source}; write it to {path}", path = path.display())]
    File { name: String, path: PathBuf, source: io::Error },
    #[error("secret {0:?}: no secrets directory; set `directory` under [secrets], or use env:NAME")]
    NoDirectory(String),
    #[error("secret \"env:{0}\": the environment variable {0} is not set, or is not UTF-8")]
    Environment(String),
    #[error("secret {0:?}: longer than 64 KiB")]
    TooLong(String),
    #[error("secret {0:?}: it is empty, and would keep nobody out")]
    Empty(String),
}

impl Secrets {
    pub fn new(directory: Option<PathBuf>) -> Self {
        Self { directory }
    }

    /// Whether it is there now; asked at load, so that a typing error is found before the first failed build.
    pub(crate) fn check(&self, name: &SecretName) -> Result<(), SecretError> {
        self.read(&name.0).map(|_| ())
    }

    /// The value, for a message that was permitted to name it.
    pub(super) fn reveal(&self, permit: &Permit<'_>, name: &SecretName) -> Result<Secret, SecretError> {
        debug_assert!(permit.message().secrets().contains(&name), "a permit is for the secrets of its message");
        self.read(&name.0)
    }

    /// The value, for a chat connection that was permitted to name it.
    pub(super) fn reveal_for_chat(&self, permit: &ChatPermit, name: &SecretName) -> Result<Secret, SecretError> {
        debug_assert!(permit.connection().secrets().any(|own| own == name), "a permit is for its connection's secrets");
        self.read(&name.0)
    }

    /// A text of such a connection with its values.
    pub(super) fn fill_for_chat(&self, permit: &ChatPermit, text: &Text) -> Result<String, SecretError> {
        let filled = text.0.iter().map(|part| match part {
            Part::Literal(literal) => Ok(literal.clone()),
            Part::Secret(name) => Ok(self.reveal_for_chat(permit, name)?.0),
        });
        filled.collect()
    }

    pub(super) fn read(&self, name: &str) -> Result<Secret, SecretError> {
        if let Some(variable) = name.strip_prefix("env:") {
            let value = std::env::var(variable);
            return value.map(Secret).map_err(|_| SecretError::Environment(variable.to_owned()));
        }
        if !is_plain_file_name(name) {
            return Err(SecretError::Name(name.to_owned()));
        }
        let directory = self.directory.as_ref().ok_or_else(|| SecretError::NoDirectory(name.to_owned()))?;
        let path = directory.join(name);
        let wrong = |source| SecretError::File { name: name.to_owned(), path: path.clone(), source };
        // A few hundred bytes from the page cache: the way to the blocking pool would take longer.
        let mut text = String::new();
        let file = std::fs::File::open(&path).map_err(wrong)?;
        file.take(MAX_SECRET_BYTES + 1).read_to_string(&mut text).map_err(wrong)?;
        if text.len() as u64 > MAX_SECRET_BYTES {
            return Err(SecretError::TooLong(name.to_owned()));
        }
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(Secret(text))
    }
}

impl Secret {
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn is_plain_file_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    !name.is_empty() && !name.starts_with('.') && name.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_without_the_last_line_end() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("token"), "s3cret \r\n").unwrap();
        let secrets = Secrets::new(Some(directory.path().into()));
        let secret = secrets.read("token").unwrap();
        assert_eq!(secret.expose(), "s3cret ");
        assert_eq!(format!("{secret:?}"), "***");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_remedy() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("long"), vec![b'a'; 70_000]).unwrap();
        let secrets = Secrets::new(Some(directory.path().into()));
        let check = |name: &str, expected: &str| {
            let said = secrets.check(&SecretName(name.into())).unwrap_err().to_string();
            assert!(said.contains(expected), "{name}: {said}");
        };
        for name in ["", "..", ".hidden", "a/b", "../token", "/etc/passwd", "a\\b", "a\0b", "a b"] {
            check(name, "not a name; expected the name of a file");
        }
        check("missing", "; write it to ");
        check("long", "longer than 64 KiB");
        check("env:CAMPANILE_TEST_NOT_SET", "the environment variable CAMPANILE_TEST_NOT_SET is not set");
        let nowhere = Secrets::default().check(&SecretName("token".into())).unwrap_err().to_string();
        assert!(nowhere.contains("set `directory` under [secrets]"));
    }
}
