//! Grants: what the operator lets a reporter reach, and the permit without which no transport sends.
//!
//! A grant comes from what the operator wrote: marked settings and `allow`. A default of a setting counts only for
//! bundled plugins, because otherwise the author of a plugin would grant it its destinations.
//!
//! Invariant: a permit is made here only, for one message or one chat connection, after its destination and every
//! secret it names were found among the grants.

use super::Destination;
use super::DestinationError;
use super::HttpLogin;
use super::IrcConnection;
use super::Message;
use super::Problem;
use super::SecretName;
use super::SshCommand;
use super::SshIdentity;
use super::TlsVerify;
use super::destination::split_port;
use serde_json::Value;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use thiserror::Error;

/// A setting that the plugin's schema marks with `x-campanile`, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// `http-origin`, `smtp-relay`, `ssh-host`, `ssh-identity`, `irc-server`, `secret`, `tls-verify` or `control`; any
    /// other grants nothing.
    pub kind: String,
    /// Where it stands in the settings: a JSON pointer.
    pub pointer: String,
    pub value: Value,
    /// The port that belongs to a host, from the setting next to it.
    pub port: Option<u16>,
    /// The operator did not write it.
    pub is_default: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    destinations: BTreeSet<Destination>,
    secrets: BTreeSet<SecretName>,
    /// Files of private keys.
    key_files: BTreeSet<String>,
    /// Other ways to look at certificates than the usual.
    verify: BTreeSet<TlsVerify>,
    control: bool,
    /// The chat connections that it keeps up, and where they go.
    chats: BTreeMap<String, Destination>,
    /// The settings that could grant something, by kind: what a refusal points to.
    settings: BTreeMap<String, BTreeSet<String>>,
}

/// Leave to send one message.
#[derive(Clone, Debug)]
pub struct Permit<'m> {
    message: &'m Message,
    destination: Destination,
}

/// Leave to keep up one chat connection.
#[derive(Clone, Debug)]
pub struct ChatPermit {
    connection: IrcConnection,
    destination: Destination,
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Denied {
    #[error("{kind} {destination} is not granted: {remedy} \"{destination}\" to the reporter's `allow`", kind = destination.kind())]
    Destination { destination: Destination, remedy: String },
    #[error("secret {name:?} is not granted: {remedy} \"secret:{name}\" to the reporter's `allow`", name = name.0)]
    Secret { name: SecretName, remedy: String },
    #[error("{asked} is not granted: write it in the setting {settings}", asked = shown(.verify))]
    Verify { verify: TlsVerify, settings: String },
    #[error("there is no chat connection {0:?}: the plugin has to subscribe to it")]
    Connection(String),
    #[error("the key file {file:?} is not granted: write it in the setting {settings}, or keep the key as a secret")]
    KeyFile { file: String, settings: String },
    #[error("control is not granted: add \"control\" to the reporter's `allow`")]
    Control,
    #[error(transparent)]
    Nowhere(#[from] DestinationError),
}

impl Grants {
    /// The grants of a reporter; or all that is wrong in its settings and in `allow`.
    pub fn new(marks: &[Mark], bundled: bool, allow: &[String]) -> Result<Self, Vec<Problem>> {
        let mut grants = Self::default();
        let mut problems = Vec::new();
        for mark in marks {
            grants.settings.entry(mark.kind.clone()).or_default().insert(mark.pointer.clone());
            if (!mark.is_default || bundled)
                && let Err(message) = grants.add_mark(mark, &mark.value)
            {
                problems.push(Problem { at: mark.pointer.clone(), message });
            }
        }
        for (i, entry) in allow.iter().enumerate() {
            if let Err(message) = grants.add_entry(entry) {
                problems.push(Problem { at: format!("/allow/{i}"), message });
            }
        }
        if problems.is_empty() { Ok(grants) } else { Err(problems) }
    }

    /// The grants of a step that a client asks for: this destination, and what the operator gave it.
    pub fn of_step(destination: Destination, secrets: impl IntoIterator<Item = SecretName>, verify: TlsVerify) -> Self {
        Self {
            destinations: [destination].into(),
            secrets: secrets.into_iter().collect(),
            verify: [verify].into(),
            ..Self::default()
        }
    }

    /// Leave to keep this connection up, if all it needs is granted. What is said on it is permitted from here on.
    pub fn connect(&mut self, connection: IrcConnection) -> Result<ChatPermit, Denied> {
        let destination = Destination::irc_server(&connection.host, connection.port)?;
        self.may_reach(&destination)?;
        if let Some(verify) = &connection.tls {
            self.may_verify(verify)?;
        }
        self.may_name(connection.secrets())?;
        self.chats.insert(connection.name.clone(), destination.clone());
        Ok(ChatPermit { connection, destination })
    }

    /// Where a message goes.
    pub fn destination(&self, message: &Message) -> Result<Destination, Denied> {
        match message {
            Message::Irc(action) => {
                let known = self.chats.get(&action.connection).cloned();
                known.ok_or_else(|| Denied::Connection(action.connection.clone()))
            }
            Message::Mail(_) | Message::Http(_) | Message::Ssh(_) | Message::Other(_) => Ok(Destination::of(message)?),
        }
    }

    /// Leave to send this message, if all it needs is granted.
    pub fn permit<'m>(&self, message: &'m Message) -> Result<Permit<'m>, Denied> {
        let destination = self.destination(message)?;
        self.may_reach(&destination)?;
        if let Message::Http(request) = message {
            self.may_verify(&request.verify)?;
            if let Some(HttpLogin::Oauth(oauth)) = &request.login {
                self.may_reach(&Destination::origin(&oauth.token_url)?)?;
            }
        }
        if let Message::Ssh(SshCommand { identity: Some(SshIdentity::File(file)), .. }) = message {
            self.may_read_key(file)?;
        }
        self.may_name(message.secrets())?;
        Ok(Permit { message, destination })
    }

    fn may_name<'s>(&self, secrets: impl IntoIterator<Item = &'s SecretName>) -> Result<(), Denied> {
        match secrets.into_iter().find(|name| !self.secrets.contains(name)) {
            Some(name) => Err(Denied::Secret { name: name.clone(), remedy: self.remedy("secret") }),
            None => Ok(()),
        }
    }

    fn may_reach(&self, destination: &Destination) -> Result<(), Denied> {
        match self.destinations.contains(destination) {
            true => Ok(()),
            false => {
                let remedy = self.remedy(destination.kind());
                Err(Denied::Destination { destination: destination.clone(), remedy })
            }
        }
    }

    fn may_verify(&self, verify: &TlsVerify) -> Result<(), Denied> {
        if *verify == TlsVerify::Usual || self.verify.contains(verify) {
            return Ok(());
        }
        Err(Denied::Verify { verify: verify.clone(), settings: self.settings_for("tls-verify") })
    }

    fn may_read_key(&self, file: &str) -> Result<(), Denied> {
        match self.key_files.contains(file) {
            true => Ok(()),
            false => Err(Denied::KeyFile { file: file.to_owned(), settings: self.settings_for("ssh-identity") }),
        }
    }

    /// The settings that could grant it.
    fn settings_for(&self, kind: &str) -> String {
        let settings = self.settings.get(kind).map(|pointers| pointers.iter().map(String::as_str).collect());
        settings.map_or_else(|| "that its plugin has none for".to_owned(), |all: Vec<_>| all.join(" or "))
    }

    /// Whether certificates need not be verified.
    pub fn is_unverified(&self) -> bool {
        self.verify.contains(&TlsVerify::Nothing)
    }

    /// Whether the reporter may ask for builds, stops and shutdowns.
    pub fn control(&self) -> Result<(), Denied> {
        if self.control { Ok(()) } else { Err(Denied::Control) }
    }

    pub fn destinations(&self) -> impl Iterator<Item = &Destination> {
        self.destinations.iter()
    }

    pub fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.secrets.iter()
    }

    pub fn key_files(&self) -> impl Iterator<Item = &str> {
        self.key_files.iter().map(String::as_str)
    }

    fn add_mark(&mut self, mark: &Mark, value: &Value) -> Result<(), String> {
        if let Value::Array(values) = value {
            return values.iter().try_for_each(|value| self.add_mark(mark, value));
        }
        let said = |e: DestinationError| e.to_string();
        match (mark.kind.as_str(), value) {
            (_, Value::Null) => {}
            ("http-origin", Value::String(url)) => {
                self.destinations.insert(Destination::origin(url).map_err(said)?);
            }
            ("smtp-relay", Value::String(host)) => {
                let (host, port) = host_and_port(host, mark.port, 25)?;
                self.destinations.insert(Destination::smtp_relay(host, port).map_err(said)?);
            }
            ("ssh-host", Value::String(host)) => {
                let (host, port) = host_and_port(host, mark.port, 22)?;
                self.destinations.insert(Destination::ssh_host(host, port).map_err(said)?);
            }
            ("ssh-identity", Value::String(file)) if Path::new(file).is_absolute() => {
                self.key_files.insert(file.clone());
            }
            ("ssh-identity", other) => {
                return Err(format!("invalid ssh-identity: expected a file's whole path, found {other}"));
            }
            ("irc-server", Value::String(host)) => {
                let (host, port) = host_and_port(host, mark.port, 6667)?;
                self.destinations.insert(Destination::irc_server(host, port).map_err(said)?);
            }
            ("secret", Value::String(name)) => {
                self.secrets.insert(SecretName(name.clone()));
            }
            ("secret", Value::Object(object)) => {
                let name = object.get("secret").and_then(Value::as_str).ok_or("expected {secret = \"name\"}")?;
                self.secrets.insert(SecretName(name.to_owned()));
            }
            ("control", Value::Bool(yes)) => self.control |= yes,
            // Who may ask for it, by name.
            ("control", Value::String(_)) => self.control = true,
            ("tls-verify", Value::Bool(true)) => {}
            ("tls-verify", Value::Bool(false)) => {
                self.verify.insert(TlsVerify::Nothing);
            }
            ("tls-verify", Value::String(file)) if !Path::new(file).is_absolute() => {
                return Err(format!("invalid tls-verify {file:?}: expected a file's whole path, or true, or false"));
            }
            ("tls-verify", Value::String(file)) => {
                self.verify.insert(TlsVerify::Authorities(file.clone()));
            }
            ("tls-verify", other) => {
                return Err(format!(
                    "invalid tls-verify: expected true, false or a file of authorities, found {other}"
                ));
            }
            ("http-origin" | "smtp-relay" | "ssh-host" | "irc-server" | "secret" | "control", other) => {
                return Err(format!("invalid {}: expected a string, found {other}", mark.kind));
            }
            _ => {}
        }
        Ok(())
    }

    fn add_entry(&mut self, entry: &str) -> Result<(), String> {
        match (entry.trim(), entry.trim().strip_prefix("secret:")) {
            ("control", _) => self.control = true,
            (_, Some("")) => return Err("invalid entry \"secret:\": expected secret:NAME".to_owned()),
            (_, Some(name)) => {
                self.secrets.insert(SecretName(name.to_owned()));
            }
            (destination, None) => {
                let wrong = |e| format!("{e}; or \"control\", or \"secret:NAME\"");
                self.destinations.insert(Destination::parse(destination).map_err(wrong)?);
            }
        }
        Ok(())
    }

    /// "name it in the setting /relayhost, or add", where there is such a setting.
    fn remedy(&self, kind: &str) -> String {
        match self.settings.get(kind) {
            Some(pointers) => {
                let pointers: Vec<&str> = pointers.iter().map(String::as_str).collect();
                format!("name it in the setting {}, or add", pointers.join(" or "))
            }
            None => "add".to_owned(),
        }
    }
}

impl<'m> Permit<'m> {
    pub fn message(&self) -> &'m Message {
        self.message
    }

    pub fn destination(&self) -> &Destination {
        &self.destination
    }
}

impl ChatPermit {
    pub fn connection(&self) -> &IrcConnection {
        &self.connection
    }

    pub fn destination(&self) -> &Destination {
        &self.destination
    }
}

fn shown(verify: &TlsVerify) -> String {
    match verify {
        TlsVerify::Usual => "to verify certificates".to_owned(),
        TlsVerify::Authorities(file) => format!("to verify certificates by {file}"),
        TlsVerify::Nothing => "to leave certificates unverified".to_owned(),
    }
}

fn host_and_port(text: &str, beside: Option<u16>, usual: u16) -> Result<(&str, u16), String> {
    let (host, port) = split_port(text).ok_or_else(|| format!("invalid port in {text:?}"))?;
    Ok((host, beside.or(port).unwrap_or(usual)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Credentials;
    use crate::model::Field;
    use crate::model::HttpBody;
    use crate::model::HttpRequest;
    use crate::model::OauthClient;
    use crate::model::Part;
    use crate::model::Text;
    use serde_json::json;

    fn mark(kind: &str, value: Value) -> Mark {
        Mark { kind: kind.into(), pointer: format!("/{kind}"), value, port: None, is_default: false }
    }

    fn secret(name: &str) -> Text {
        Text(vec![Part::Literal("a ".into()), Part::Secret(SecretName(name.into()))])
    }

    fn request(url: &str) -> HttpRequest {
        HttpRequest::new("POST", Text::literal(url))
    }

    fn refusal(grants: &Grants, request: HttpRequest) -> String {
        grants.permit(&Message::Http(request)).map_or_else(|denied| denied.to_string(), |p| p.destination().to_string())
    }

    #[test]
    fn what_is_granted_is_permitted_and_nothing_else() {
        let marks = [mark("http-origin", json!("https://API.example.org/v1")), mark("secret", json!("token"))];
        let grants = Grants::new(&marks, false, &[]).unwrap();
        assert_eq!(refusal(&grants, request("https://api.example.org:443/x")), "https://api.example.org");
        assert_eq!(
            refusal(&grants, request("http://api.example.org/x")),
            "http-origin http://api.example.org is not granted: name it in the setting /http-origin, or add \
             \"http://api.example.org\" to the reporter's `allow`"
        );
        let login = Some(HttpLogin::Basic(Credentials { user: Text::literal("me"), password: secret("other") }));
        assert_eq!(
            refusal(&grants, HttpRequest { login, ..request("https://api.example.org") }),
            "secret \"other\" is not granted: name it in the setting /secret, or add \"secret:other\" to the \
             reporter's `allow`"
        );
    }

    #[test]
    fn a_secret_is_looked_for_everywhere() {
        let grants = Grants::new(&[mark("http-origin", json!("https://a.example"))], false, &[]).unwrap();
        let field = || vec![Field { name: "n".into(), value: secret("hidden") }];
        let base = || request("https://a.example/");
        let url = Text([base().url.0, secret("hidden").0].concat());
        let hidden = || SecretName("hidden".into());
        let basic = Credentials { user: secret("hidden"), password: Text::default() };
        let oauth = OauthClient { token_url: base().url.redacted(), client: basic.clone() };
        for request in [
            HttpRequest { url, ..base() },
            HttpRequest { login: Some(HttpLogin::Basic(basic)), ..base() },
            HttpRequest { login: Some(HttpLogin::Oauth(oauth)), ..base() },
            HttpRequest { identity: Some(hidden()), ..base() },
            HttpRequest { signed_by: vec![hidden()], ..base() },
            HttpRequest { headers: field(), ..base() },
            HttpRequest { body: HttpBody::Json(secret("hidden")), ..base() },
            HttpRequest { body: HttpBody::Form(field()), ..base() },
        ] {
            assert!(refusal(&grants, request).starts_with("secret \"hidden\" is not granted: add \"secret:hidden\""));
        }
    }

    #[test]
    fn where_tokens_are_had_is_granted_too() {
        let grants = Grants::new(&[mark("http-origin", json!("https://a.example"))], false, &[]).unwrap();
        let client = Credentials { user: Text::literal("id"), password: Text::literal("pw") };
        let token_url = "https://tokens.example/get".to_owned();
        let login = Some(HttpLogin::Oauth(OauthClient { token_url, client }));
        let said = refusal(&grants, HttpRequest { login, ..request("https://a.example/") });
        assert!(said.starts_with("http-origin https://tokens.example is not granted: "), "{said}");
    }

    #[test]
    fn who_may_ask_is_granted_where_it_is_written() {
        let asking = |value: Value| Grants::new(&[mark("control", value)], false, &[]).unwrap().control();
        for granted in [json!(true), json!("ann"), json!(["ann"])] {
            assert_eq!(asking(granted.clone()), Ok(()), "{granted}");
        }
        for not in [json!(false), json!([]), Value::Null] {
            assert_eq!(asking(not.clone()), Err(Denied::Control), "{not}");
        }
    }

    #[test]
    fn another_look_at_certificates_is_granted() {
        let asking = |verify| HttpRequest { verify, ..request("https://a.example/") };
        let own = || TlsVerify::Authorities("/etc/ca.pem".to_owned());
        let with = |value: Value| {
            let marks = [mark("http-origin", json!("https://a.example")), mark("tls-verify", value)];
            Grants::new(&marks, false, &[]).unwrap()
        };
        let denied = "to leave certificates unverified is not granted: write it in the setting /tls-verify";
        assert_eq!(refusal(&with(json!(true)), asking(TlsVerify::Nothing)), denied);
        assert_eq!(refusal(&with(json!("/etc/ca.pem")), asking(TlsVerify::Nothing)), denied);
        assert_eq!(refusal(&with(json!(false)), asking(TlsVerify::Nothing)), "https://a.example");
        assert_eq!(refusal(&with(json!("/etc/ca.pem")), asking(own())), "https://a.example");
        let said = refusal(&with(json!(false)), asking(own()));
        assert!(said.starts_with("to verify certificates by /etc/ca.pem is not granted"), "{said}");
        assert_eq!(refusal(&with(json!(null)), asking(TlsVerify::Usual)), "https://a.example");
    }

    #[test]
    fn a_key_file_is_granted_by_its_setting_alone() {
        let of = |value: Value, file: &str| {
            let marks = [mark("ssh-host", json!("gerrit:29418")), mark("ssh-identity", value)];
            let grants = Grants::new(&marks, false, &[]).unwrap();
            let identity = Some(SshIdentity::File(file.to_owned()));
            let (host, user) = ("gerrit".to_owned(), "ci".to_owned());
            let message =
                Message::Ssh(SshCommand { host, port: 29418, user, identity, command: Vec::new(), read: None });
            grants.permit(&message).map(|permit| permit.destination().to_string()).map_err(|denied| denied.to_string())
        };
        assert_eq!(of(json!("/keys/ci"), "/keys/ci"), Ok("ssh://gerrit:29418".to_owned()));
        let denied = "the key file \"/etc/shadow\" is not granted: write it in the setting /ssh-identity, or keep the key \
                      as a secret";
        assert_eq!(of(json!("/keys/ci"), "/etc/shadow"), Err(denied.to_owned()));
        assert_eq!(of(json!(null), "/etc/shadow"), Err(denied.to_owned()));
    }

    #[test]
    fn defaults_count_for_bundled_plugins_only() {
        let marks = [Mark { is_default: true, ..mark("smtp-relay", json!("localhost")) }];
        let of = |bundled| Grants::new(&marks, bundled, &[]).unwrap().destinations().count();
        assert_eq!((of(true), of(false)), (1, 0));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let marks = [
            mark("http-origin", json!("api.example.org")),
            mark("smtp-relay", json!(25)),
            mark("secret", json!({"name": "x"})),
            mark("plugin", json!(3)),
            mark("tls-verify", json!("ca.pem")),
            mark("ssh-identity", json!("id_ed25519")),
        ];
        let allow = ["mail".to_owned(), "control".to_owned(), "secret:".to_owned()];
        let problems = Grants::new(&marks, false, &allow).unwrap_err();
        let at: Vec<&str> = problems.iter().map(|p| p.at.as_str()).collect();
        assert_eq!(
            at,
            ["/http-origin", "/smtp-relay", "/secret", "/tls-verify", "/ssh-identity", "/allow/0", "/allow/2"]
        );
    }

    #[test]
    fn marks_and_entries_add_up() {
        let marks = [
            Mark { port: Some(2525), ..mark("smtp-relay", json!("Mail.Example.ORG")) },
            mark("irc-server", json!(["irc.libera.chat", "irc.oftc.net:6697"])),
            mark("ssh-host", json!(null)),
            mark("secret", json!({"secret": "irc"})),
        ];
        let allow = ["ssh://gerrit:29418", "control", "secret:key"].map(str::to_owned);
        let grants = Grants::new(&marks, false, &allow).unwrap();
        let destinations: Vec<String> = grants.destinations().map(Destination::to_string).collect();
        assert_eq!(
            destinations,
            [
                "smtp://mail.example.org:2525",
                "ssh://gerrit:29418",
                "irc://irc.libera.chat:6667",
                "irc://irc.oftc.net:6697"
            ]
        );
        assert_eq!(grants.secrets().count(), 2);
        assert_eq!(grants.control(), Ok(()));
        assert_eq!(Grants::default().control(), Err(Denied::Control));
    }
}
