//! Puts the values of secrets into texts, escaped for where they stand, and remembers what not to record.

use super::redact::Redactor;
use super::secrets::SecretError;
use super::secrets::Secrets;
use crate::model::Credentials;
use crate::model::Part;
use crate::model::Permit;
use crate::model::SecretName;
use crate::model::Text;
use crate::model::json_escaped;
use crate::model::url_escaped;
use std::borrow::Cow;

/// Where a secret stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A header, a login, a field that is encoded as a whole.
    Plain,
    Url,
    Json,
}

/// Fills the texts of one message and remembers what it revealed.
#[derive(Debug)]
pub(super) struct Filler<'a> {
    secrets: &'a Secrets,
    permit: &'a Permit<'a>,
    redactor: Redactor,
}

impl<'a> Filler<'a> {
    pub(super) fn new(secrets: &'a Secrets, permit: &'a Permit<'a>) -> Self {
        Self { secrets, permit, redactor: Redactor::default() }
    }

    pub(super) fn fill(&mut self, text: &'a Text, place: Place) -> Result<String, SecretError> {
        let mut filled = String::new();
        for part in &text.0 {
            match part {
                Part::Literal(literal) => filled.push_str(literal),
                Part::Secret(name) => filled.push_str(&escape(&self.secret(name)?, place)),
            }
        }
        Ok(filled)
    }

    /// A secret as a whole.
    pub(super) fn secret(&mut self, name: &SecretName) -> Result<String, SecretError> {
        let secret = self.secrets.reveal(self.permit, name)?;
        self.redactor.hide(secret.expose(), &format!("<secret:{name}>"));
        Ok(secret.expose().to_owned())
    }

    /// What else is not to be recorded.
    pub(super) fn hide(&mut self, value: &str, shown: &str) {
        self.redactor.hide(value, shown);
    }

    pub(super) fn login(&mut self, login: &'a Credentials) -> Result<(String, String), SecretError> {
        let (user, password) = (self.fill(&login.user, Place::Plain)?, self.fill(&login.password, Place::Plain)?);
        self.redactor.hide_login(&user, &password);
        Ok((user, password))
    }

    /// Takes what was revealed out of a text that came back.
    pub(super) fn redact(&self, text: String) -> String {
        self.redactor.redact(text)
    }

    /// The same of a text that was cut at its end.
    pub(super) fn redact_cut(&self, text: String) -> String {
        self.redactor.redact_cut(text)
    }
}

pub(super) fn escape(value: &str, place: Place) -> Cow<'_, str> {
    match place {
        Place::Plain => Cow::Borrowed(value),
        Place::Url => url_escaped(value),
        Place::Json => Cow::Owned(json_escaped(value)),
    }
}

/// `name=value&…`, as forms are sent.
pub(super) fn form_encoded<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> String {
    let field = |(name, value)| format!("{}={}", escape(name, Place::Url), escape(value, Place::Url));
    fields.into_iter().map(field).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_escaped_for_its_place() {
        let check = |place, expected: &str| assert_eq!(escape("a\"b\\ /?ü\n", place), expected);
        check(Place::Plain, "a\"b\\ /?ü\n");
        check(Place::Url, "a%22b%5C%20%2F%3F%C3%BC%0A");
        check(Place::Json, "a\\\"b\\\\ /?ü\\n");
    }

    #[test]
    fn forms() {
        assert_eq!(form_encoded([("a b", "c&d"), ("e", "=")]), "a%20b=c%26d&e=%3D");
    }
}
