//! What settings say about requests, put onto one.

use crate::contract::HttpRequest;
use crate::http::Headers;
use crate::http::Login;
use crate::http::Verify;
use crate::interpolate::Sources;
use crate::text::literal;
use crate::text::secret;

/// The settings that HTTP reporters have alike, as far as a reporter has them.
///
/// ```
/// use campanile_sdk::http::{Access, Verify, join};
/// use campanile_sdk::prelude::*;
/// let verify = Verify::Whether(false);
/// let access = Access { user: Some("ci"), password: Some("ci-password"), verify: Some(&verify), ..Access::default() };
/// let request = HttpRequest::post(literal(join("https://ci.example", "/hook"))).with(&access);
/// assert!(request.login.is_some());
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Access<'s> {
    /// The user who logs in; together with `password`.
    pub user: Option<&'s str>,
    /// The name of the secret with the user's password.
    pub password: Option<&'s str>,
    /// Who asks, in another form.
    pub auth: Option<&'s Login>,
    /// More headers.
    pub headers: Option<&'s Headers>,
    /// What the headers' placeholders stand for.
    pub sources: Sources<'s>,
    /// Whom to believe.
    pub verify: Option<&'s Verify>,
    /// The name of the secret with a certificate to show, and its key.
    pub cert: Option<&'s str>,
    /// The name of the secret that signs.
    pub secret: Option<&'s str>,
}

impl Access<'_> {
    pub(super) fn put_onto(&self, mut request: HttpRequest) -> HttpRequest {
        if let Some((user, password)) = self.user.zip(self.password) {
            request = request.login(literal(user), secret(password));
        }
        if let Some(auth) = self.auth {
            request = auth.put_onto(request);
        }
        if let Some(headers) = self.headers {
            request = headers.put_onto(request, self.sources);
        }
        if let Some(verify) = self.verify {
            request.verify = verify.of_request();
        }
        if let Some(cert) = self.cert {
            request.identity = Some(cert.to_owned());
        }
        match self.secret {
            Some(secret) => request.signed_by(secret),
            None => request,
        }
    }

    /// What is wrong with `user`, `password` and `auth` as they stand together, if anything.
    #[must_use]
    pub fn problem(&self) -> Option<&'static str> {
        match (self.user, self.password, self.auth) {
            (Some(_), None, _) => Some("user goes together with password, the name of a secret"),
            (None, Some(_), _) => Some("password goes together with user"),
            (Some(_), Some(_), Some(_)) => Some("give user and password, or auth, not both"),
            (None, None, _) | (Some(_), Some(_), None) => None,
        }
    }
}
