//! What leaves the house: one message for one destination, as the reporter wrote it.
//!
//! Secrets stand in it by name. It is stored as JSON with its delivery.

use super::LogId;
use super::PatchId;
use super::SecretName;
use serde::Deserialize;
use serde::Serialize;

/// Text with secrets in it, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Text(pub Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Literal(String),
    Secret(SecretName),
}

impl Text {
    pub fn literal(text: impl Into<String>) -> Self {
        Self(vec![Part::Literal(text.into())])
    }

    /// The secrets it names.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.0.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(name),
            Part::Literal(_) => None,
        })
    }

    /// For people: secrets as `<secret:name>`.
    pub fn redacted(&self) -> String {
        self.0
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Secret(name) => format!("<secret:{name}>"),
            })
            .collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    Mail(Mail),
    Http(HttpRequest),
    Ssh(SshCommand),
    Irc(IrcAction),
    /// For a transport of a later host, as JSON.
    Other(String),
}

impl Message {
    /// The secrets it names, wherever they stand.
    pub fn secrets(&self) -> Vec<&SecretName> {
        let signers = if let Self::Http(request) = self { request.signed_by.as_slice() } else { &[] };
        let mut secrets = self.credentials();
        secrets.extend(signers);
        secrets
    }

    /// The secrets by which the far side knows who sends it: all but those that sign.
    pub fn credentials(&self) -> Vec<&SecretName> {
        match self {
            Self::Mail(mail) => {
                let headers = mail.headers.iter().flat_map(|field| field.value.secrets());
                login_secrets(mail.relay.login.as_ref()).chain(headers).collect()
            }
            Self::Http(request) => {
                let headers = request.headers.iter().flat_map(|field| field.value.secrets());
                let login = login_secrets(request.login.as_ref().map(HttpLogin::credentials));
                let identity = request.identity.iter();
                request
                    .url
                    .secrets()
                    .chain(headers)
                    .chain(login)
                    .chain(identity)
                    .chain(request.body.secrets())
                    .collect()
            }
            Self::Ssh(command) => command
                .identity
                .iter()
                .filter_map(SshIdentity::secret)
                .chain(command.command.iter().flat_map(Text::secrets))
                .collect(),
            Self::Irc(_) | Self::Other(_) => Vec::new(),
        }
    }
}

fn login_secrets(login: Option<&Credentials>) -> impl Iterator<Item = &SecretName> {
    login.into_iter().flat_map(|login| login.user.secrets().chain(login.password.secrets()))
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub user: Text,
    pub password: Text,
}

/// A header, or a field of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub relay: SmtpRelay,
    pub sender: String,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub subject: String,
    pub kind: BodyKind,
    pub body: String,
    /// Mails with the same thread stand together in a mail reader.
    pub thread: Option<String>,
    pub headers: Vec<Field>,
    pub attachments: Vec<Attachment>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmtpRelay {
    pub host: String,
    pub port: u16,
    pub security: SmtpSecurity,
    pub login: Option<Credentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmtpSecurity {
    Plain,
    Starttls,
    Smtps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyKind {
    Plain,
    Html,
    Json,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub filename: String,
    pub content_type: String,
    pub content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    Bytes(Vec<u8>),
    Log(LogId),
    Patch(PatchId),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    pub method: String,
    pub url: Text,
    pub headers: Vec<Field>,
    pub login: Option<HttpLogin>,
    pub body: HttpBody,
    #[serde(default, skip_serializing_if = "TlsVerify::is_usual")]
    pub verify: TlsVerify,
    /// A certificate to show to the server, and its private key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<SecretName>,
    /// What it is signed with; several while one takes the place of another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signed_by: Vec<SecretName>,
}

impl HttpRequest {
    /// Without headers and body, from nobody.
    pub fn new(method: &str, url: Text) -> Self {
        Self {
            method: method.to_owned(),
            url,
            headers: Vec::new(),
            login: None,
            body: HttpBody::Empty,
            verify: TlsVerify::Usual,
            identity: None,
            signed_by: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpLogin {
    Basic(Credentials),
    /// By a token that the transport gets.
    Oauth(OauthClient),
}

impl HttpLogin {
    pub fn credentials(&self) -> &Credentials {
        match self {
            Self::Basic(credentials) => credentials,
            Self::Oauth(oauth) => &oauth.client,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OauthClient {
    pub token_url: String,
    pub client: Credentials,
}

/// What the certificate of a server is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsVerify {
    #[default]
    Usual,
    /// The authorities in this file, and no others.
    Authorities(String),
    Nothing,
}

impl TlsVerify {
    fn is_usual(&self) -> bool {
        *self == Self::Usual
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBody {
    Empty,
    Json(Text),
    Form(Vec<Field>),
    Bytes(Vec<u8>),
}

impl HttpBody {
    fn secrets(&self) -> Vec<&SecretName> {
        match self {
            Self::Json(text) => text.secrets().collect(),
            Self::Form(fields) => fields.iter().flat_map(|field| field.value.secrets()).collect(),
            Self::Empty | Self::Bytes(_) => Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SshCommand {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub identity: Option<SshIdentity>,
    pub command: Vec<Text>,
    /// Which of the words people read.
    pub read: Option<u32>,
}

/// Where a private key is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SshIdentity {
    Secret(SecretName),
    /// A file of the host's machine.
    File(String),
}

impl SshIdentity {
    fn secret(&self) -> Option<&SecretName> {
        match self {
            Self::Secret(name) => Some(name),
            Self::File(_) => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IrcAction {
    pub connection: String,
    pub verb: IrcVerb,
    pub target: String,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IrcVerb {
    Say,
    Notice,
    Act,
    Join,
    Leave,
}
