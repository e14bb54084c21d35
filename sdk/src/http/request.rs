//! A request, piece by piece.

use crate::contract::Credentials;
use crate::contract::Field;
use crate::contract::HttpBody;
use crate::contract::HttpLogin;
use crate::contract::HttpRequest;
use crate::contract::OauthClient;
use crate::contract::Text;
use crate::contract::TlsVerify;
use crate::http::Access;

impl HttpRequest {
    /// Without headers and body, from nobody.
    pub fn new(method: impl Into<String>, url: Text) -> Self {
        Self {
            method: method.into(),
            url,
            headers: Vec::new(),
            login: None,
            body: HttpBody::Empty,
            verify: TlsVerify::Usual,
            identity: None,
            signed_by: Vec::new(),
        }
    }

    /// A `POST` without a body.
    pub fn post(url: Text) -> Self {
        Self::new("POST", url)
    }

    /// A `GET`.
    pub fn get(url: Text) -> Self {
        Self::new("GET", url)
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: Text) -> Self {
        self.body = HttpBody::Json(body);
        self
    }

    /// With a form as its body; the host encodes it.
    #[must_use]
    pub fn form(mut self, fields: impl IntoIterator<Item = (String, Text)>) -> Self {
        self.body = HttpBody::Form(fields.into_iter().map(|(name, value)| Field { name, value }).collect());
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: Text) -> Self {
        self.headers.push(Field { name: name.into(), value });
        self
    }

    /// With a header in the place of those of this name.
    #[must_use]
    pub fn set_header(mut self, name: impl Into<String>, value: Text) -> Self {
        let name = name.into();
        self.headers.retain(|field| !field.name.eq_ignore_ascii_case(&name));
        self.header(name, value)
    }

    /// With HTTP basic authentication.
    #[must_use]
    pub fn login(mut self, user: Text, password: Text) -> Self {
        self.login = Some(HttpLogin::Basic(Credentials { user, password }));
        self
    }

    /// With a token that the host gets from `token_url` for a client of OAuth 2, by its id and its secret.
    #[must_use]
    pub fn oauth(mut self, token_url: impl Into<String>, id: Text, secret: Text) -> Self {
        let client = Credentials { user: id, password: secret };
        self.login = Some(HttpLogin::Oauth(OauthClient { token_url: token_url.into(), client }));
        self
    }

    /// Signed by the secret of this name, as standard-webhooks has it. One that was named before signs too.
    #[must_use]
    pub fn signed_by(mut self, secret: impl Into<String>) -> Self {
        self.signed_by.push(secret.into());
        self
    }

    /// As the operator's settings say: who asks, and whom to believe.
    #[must_use]
    pub fn with(self, access: &Access<'_>) -> Self {
        access.put_onto(self)
    }
}
