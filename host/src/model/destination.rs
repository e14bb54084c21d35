//! Destinations: where messages go, as far as grants are concerned.
//!
//! A destination is compared in one form: host in lower case and in ASCII (IDNA), addresses as they are usually
//! written, the port always there. Its text is a URL, which is also how an `allow` entry is written.

use super::HttpRequest;
use super::Message;
use super::Part;
use std::fmt;
use thiserror::Error;
use url::Host;
use url::Url;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Destination {
    HttpOrigin { tls: bool, host: String, port: u16 },
    SmtpRelay { host: String, port: u16 },
    SshHost { host: String, port: u16 },
    IrcServer { host: String, port: u16 },
}

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum DestinationError {
    #[error(
        "invalid destination {0:?}: expected https://host, http://host, smtp://host, ssh://host, irc://host or \
         ircs://host, each with or without :port"
    )]
    Entry(String),
    #[error("invalid host {0:?}: expected a name such as mail.example.org, or an address")]
    Host(String),
    #[error("invalid URL {0:?}: expected one that begins with https:// or http:// and a host")]
    Url(String),
    #[error("the host of the URL {0:?} has a secret in it: scheme, host and port have to be written out")]
    SecretInHost(String),
    #[error("the URL for {0} has a user or password in it: use the login of the request")]
    UserInUrl(String),
    #[error("what is said in a chat goes where its connection goes")]
    Chat,
    #[error("this version has no {0} transport")]
    NoTransport(&'static str),
}

impl Destination {
    /// Where a message goes. Of what is said in a chat that is known where its connections are (`Grants::destination`).
    pub fn of(message: &Message) -> Result<Self, DestinationError> {
        match message {
            Message::Mail(mail) => Self::smtp_relay(&mail.relay.host, mail.relay.port),
            Message::Http(request) => Self::of_request(request),
            Message::Ssh(command) => Self::ssh_host(&command.host, command.port),
            Message::Irc(_) => Err(DestinationError::Chat),
            Message::Other(_) => Err(DestinationError::NoTransport("such")),
        }
    }

    pub fn smtp_relay(host: &str, port: u16) -> Result<Self, DestinationError> {
        Ok(Self::SmtpRelay { host: plain_host(host)?, port })
    }

    pub fn ssh_host(host: &str, port: u16) -> Result<Self, DestinationError> {
        Ok(Self::SshHost { host: plain_host(host)?, port })
    }

    pub fn irc_server(host: &str, port: u16) -> Result<Self, DestinationError> {
        Ok(Self::IrcServer { host: plain_host(host)?, port })
    }

    /// Where what is said on a chat connection goes: each is a destination of its own, whoever else is at its server.
    pub fn of_chat(&self, reporter: &str, connection: &str) -> String {
        format!("{self}/{reporter}/{connection}")
    }

    /// The origin of an `http` or `https` URL.
    pub fn origin(url: &str) -> Result<Self, DestinationError> {
        let invalid = || DestinationError::Url(url.to_owned());
        let url = Url::parse(url).map_err(|_| invalid())?;
        let tls = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(invalid()),
        };
        let host = url.host().ok_or_else(invalid)?;
        let port = url.port_or_known_default().ok_or_else(invalid)?;
        let origin = Self::HttpOrigin { tls, host: host_text(host), port };
        match url.username().is_empty() && url.password().is_none() {
            true => Ok(origin),
            false => Err(DestinationError::UserInUrl(origin.to_string())),
        }
    }

    /// Reads what an `allow` entry says, such as `smtp://mail.example.org:25`.
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        let invalid = || DestinationError::Entry(text.to_owned());
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(invalid)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = split_port(rest).ok_or_else(invalid)?;
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => Self::origin(text.trim()).map_err(|_| invalid()),
            "smtp" => Self::smtp_relay(host, port.unwrap_or(25)),
            "smtps" => Self::smtp_relay(host, port.unwrap_or(465)),
            "ssh" => Self::ssh_host(host, port.unwrap_or(22)),
            "irc" => Self::irc_server(host, port.unwrap_or(6667)),
            "ircs" => Self::irc_server(host, port.unwrap_or(6697)),
            _ => Err(invalid()),
        }
    }

    /// The word for its kind, as schemas mark it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::HttpOrigin { .. } => "http-origin",
            Self::SmtpRelay { .. } => "smtp-relay",
            Self::SshHost { .. } => "ssh-host",
            Self::IrcServer { .. } => "irc-server",
        }
    }

    pub fn host(&self) -> &str {
        match self {
            Self::HttpOrigin { host, .. }
            | Self::SmtpRelay { host, .. }
            | Self::SshHost { host, .. }
            | Self::IrcServer { host, .. } => host,
        }
    }

    pub fn port(&self) -> u16 {
        match self {
            Self::HttpOrigin { port, .. }
            | Self::SmtpRelay { port, .. }
            | Self::SshHost { port, .. }
            | Self::IrcServer { port, .. } => *port,
        }
    }

    /// Only literal text decides where a request goes: the part up to the path has no secret in it.
    fn of_request(request: &HttpRequest) -> Result<Self, DestinationError> {
        let mut literal = String::new();
        let mut whole = true;
        for part in &request.url.0 {
            match part {
                Part::Literal(text) => literal.push_str(text),
                Part::Secret(_) => {
                    whole = false;
                    break;
                }
            }
        }
        let after_scheme = literal.find("://").map_or(literal.as_str(), |at| &literal[at + 3..]);
        if !whole && !after_scheme.contains(['/', '?', '#']) {
            return Err(DestinationError::SecretInHost(request.url.redacted()));
        }
        Self::origin(&literal)
    }
}

/// As an `allow` entry: `https://api.github.com`, `smtp://mail.example.org:25`.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = match self {
            Self::HttpOrigin { tls: true, .. } => ("https", Some(443)),
            Self::HttpOrigin { tls: false, .. } => ("http", Some(80)),
            Self::SmtpRelay { .. } => ("smtp", None),
            Self::SshHost { .. } => ("ssh", None),
            Self::IrcServer { .. } => ("irc", None),
        };
        let (open, close) = if self.host().contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}://{open}{}{close}", self.host())?;
        if usual == Some(self.port()) { Ok(()) } else { write!(f, ":{}", self.port()) }
    }
}

/// `host`, `host:port`, `[v6]` and `[v6]:port`, and a bare v6 address.
pub(super) fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let bare_v6 = text.matches(':').count() > 1 && !text.starts_with('[');
    match text.rsplit_once(':') {
        Some((host, port)) if !bare_v6 && !port.ends_with(']') => Some((host, Some(port.parse().ok()?))),
        _ => Some((text, None)),
    }
}

fn plain_host(text: &str) -> Result<String, DestinationError> {
    let text = text.trim();
    let v6 = text.contains(':') && !text.starts_with('[');
    let parsed = if v6 { Host::parse(&format!("[{text}]")) } else { Host::parse(text) };
    parsed.map(host_text).map_err(|_| DestinationError::Host(text.to_owned()))
}

fn host_text<S: AsRef<str>>(host: Host<S>) -> String {
    match host {
        Host::Domain(name) => name.as_ref().trim_end_matches('.').to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretName;
    use crate::model::Text;

    fn request(parts: Vec<Part>) -> Message {
        Message::Http(HttpRequest::new("POST", Text(parts)))
    }

    #[test]
    fn entries_are_read_and_shown_in_one_form() {
        let check = |text: &str, expected: &str| {
            let shown = Destination::parse(text).map_or_else(|e| format!("error: {e}"), |d| d.to_string());
            assert!(shown.starts_with(expected), "{text}: {shown}");
            if !expected.starts_with("error") {
                assert_eq!(shown, expected, "{text}");
            }
        };
        check("https://API.GitHub.com", "https://api.github.com");
        check("https://api.github.com:443/", "https://api.github.com");
        check("http://ci.example.org:8080", "http://ci.example.org:8080");
        check("https://bücher.example", "https://xn--bcher-kva.example");
        check("http://0x7f.1/", "http://127.0.0.1");
        check("http://[::FFFF:1.2.3.4]:90", "http://[::ffff:1.2.3.4]:90");
        check("smtp://Mail", "smtp://mail:25");
        check("smtp://mail.example.org.:2525", "smtp://mail.example.org:2525");
        check("smtps://mail", "smtp://mail:465");
        check("smtp://[::1]:25", "smtp://[::1]:25");
        check("smtp://::1", "smtp://[::1]:25");
        check("smtp://bücher.example", "smtp://xn--bcher-kva.example:25");
        check("ssh://gerrit:29418", "ssh://gerrit:29418");
        check("irc://irc.libera.chat", "irc://irc.libera.chat:6667");
        check("ircs://irc.libera.chat", "irc://irc.libera.chat:6697");
        check("mail:25", "error: invalid destination \"mail:25\": expected https://host");
        check("ftp://mail", "error: invalid destination");
        check("smtp://mail:99999", "error: invalid destination");
        check("smtp://", "error: invalid host \"\"");
        check("smtp://a b", "error: invalid host \"a b\"");
        check("https://", "error: invalid destination");
    }

    #[test]
    fn the_origin_of_a_request_is_literal() {
        let secret = || Part::Secret(SecretName("token".into()));
        let literal = |text: &str| Part::Literal(text.into());
        let of = |parts| Destination::of(&request(parts)).map(|d| d.to_string());
        assert_eq!(of(vec![literal("https://a.example/"), secret()]), Ok("https://a.example".into()));
        assert_eq!(of(vec![literal("https://a."), literal("example?k="), secret()]), Ok("https://a.example".into()));
        for parts in [
            vec![literal("https://"), secret()],
            vec![literal("https://a.example"), secret()],
            vec![secret(), literal("https://a.example/")],
            vec![literal("https://a.example:"), secret(), literal("/")],
            vec![literal("https://user:"), secret(), literal("@a.example/")],
        ] {
            assert!(matches!(of(parts), Err(DestinationError::SecretInHost(_))));
        }
        assert_eq!(
            of(vec![literal("https://me:pw@a.example/")]),
            Err(DestinationError::UserInUrl("https://a.example".into()))
        );
        assert!(matches!(of(vec![literal("file:///etc/passwd")]), Err(DestinationError::Url(_))));
    }
}
