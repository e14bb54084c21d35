//! The beginning of a chat connection: capabilities, login, a nick, until the server takes what we say.
//!
//! Linear on purpose: each step waits for its answer. Not here: what is said afterwards (`irc_session`).

use super::irc_heard;
use super::irc_nickserv::ServiceSays;
use super::irc_nickserv::service_says;
use super::irc_support::Support;
use super::irc_wire::Wire;
use crate::model::IrcConnection;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use irc_proto::CapSubCommand;
use irc_proto::Command;
use irc_proto::Message;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// What makes us know better who speaks.
const WANTED: [&str; 4] = ["account-notify", "account-tag", "extended-join", "multi-prefix"];

/// Nicks that are tried while others have them.
const MOST_NICKS: usize = 12;

/// A nick as long as any server takes.
const SHORT_NICK: usize = 9;

/// SASL's answers go in pieces of so many bytes.
const PIECE: usize = 400;

/// For the service that watches over nicks to answer: after that we go on, so that its absence costs little.
const IDENTIFYING: Duration = Duration::from_secs(5);

/// A server whose greeting does not end is taken at its word that we are in.
const GREETING: Duration = Duration::from_secs(10);

/// A connection that stands.
pub(super) struct Welcome {
    pub(super) nick: String,
    pub(super) support: Support,
    /// The capabilities that are on.
    pub(super) enabled: Vec<String>,
    /// What went wrong, and does not keep us from talking.
    pub(super) warning: Option<String>,
    /// For the service that watches over nicks, where it may take ours from who has it.
    pub(super) service_password: Option<String>,
}

/// Logs in; or says why not.
pub(super) async fn log_in(wire: &mut Wire, connection: &IrcConnection, password: &str) -> Result<Welcome, String> {
    let mut login = Login {
        wire,
        connection,
        password,
        tried: 0,
        nick: connection.nick.clone(),
        offered: BTreeMap::new(),
        open: 0,
        has_answered: false,
        enabled: Vec::new(),
        support: Support::default(),
        greeted: None,
    };
    login.begin();
    while login.greeted.is_none() {
        let message = login.next().await?;
        login.take(message)?;
    }
    login.read_greeting().await?;
    let warning = if connection.login.nickserv { login.identify().await? } else { None };
    if let Some(warning) = &warning {
        tracing::warn!(connection = connection.name, warning, "the chat connection is up, but not as it should be");
    }
    let has_service = (connection.login.nickserv || connection.login.sasl_plain) && !password.is_empty();
    let service_password = has_service.then(|| password.to_owned());
    let Login { nick, support, enabled, .. } = login;
    Ok(Welcome { nick, support, enabled, warning, service_password })
}

struct Login<'a> {
    wire: &'a mut Wire,
    connection: &'a IrcConnection,
    password: &'a str,
    /// Nicks that somebody else has.
    tried: usize,
    nick: String,
    /// Capabilities with their values.
    offered: BTreeMap<String, String>,
    /// Requests for capabilities without an answer.
    open: usize,
    /// Whether the server said anything about capabilities.
    has_answered: bool,
    enabled: Vec<String>,
    support: Support,
    /// When the server let us in.
    greeted: Option<Instant>,
}

impl Login<'_> {
    fn begin(&mut self) {
        if self.connection.login.pass {
            self.wire.put(&format!("PASS :{}", self.password));
        }
        self.wire.put("CAP LS 302");
        self.wire.put(&format!("NICK {}", self.nick));
        // The user's name is a word of letters everywhere; the nick may be none.
        self.wire.put("USER campanile 0 * :Campanile");
    }

    async fn next(&mut self) -> Result<Message, String> {
        let message = self.wire.next().await.map_err(|error| error.to_string())?;
        match &message.command {
            Command::PING(word, _) => self.wire.put(&format!("PONG :{word}")),
            Command::ERROR(reason) => return Err(format!("the server closed the connection: {reason}")),
            _ => {}
        }
        Ok(message)
    }

    fn take(&mut self, message: Message) -> Result<(), String> {
        match &message.command {
            Command::CAP(_, sub, more, list) => self.capabilities(*sub, (more.as_deref(), list.as_deref())),
            Command::AUTHENTICATE(word) if word == "+" => {
                self.authenticate();
                Ok(())
            }
            _ => match numeric(&message) {
                Some((code, words)) => self.answer(code, words),
                None => Ok(()),
            },
        }
    }

    fn answer(&mut self, code: u16, words: &[String]) -> Result<(), String> {
        let said = || words.last().map_or("", String::as_str);
        match code {
            1 => {
                if let Some(nick) = words.first() {
                    nick.clone_into(&mut self.nick);
                }
                self.greeted = Some(Instant::now());
            }
            433 | 436 | 437 => self.another_nick(said())?,
            // Too long with what was put behind it.
            432 if self.tried > 0 => self.another_nick(said())?,
            432 => return Err(format!("the server takes no nick {:?}: 432 {}", self.nick, said())),
            900 => {}
            903 | 907 => self.wire.put("CAP END"),
            902 | 904 | 905 | 906 | 908 => {
                return Err(format!("the server refuses the login by SASL: {code} {}", said()));
            }
            // It does not know of capabilities, or not before the login, so there is no SASL either.
            410 | 421 | 451 if !self.has_answered && self.wants_sasl() => return Err(NO_SASL.to_owned()),
            451 if !self.has_answered => {}
            464 | 465 | 463 | 484 => return Err(format!("the server does not let us in: {code} {}", said())),
            451 | 461 | 462 => return Err(format!("the server refuses the login: {code} {}", said())),
            _ => {}
        }
        Ok(())
    }

    fn capabilities(&mut self, sub: CapSubCommand, (more, list): (Option<&str>, Option<&str>)) -> Result<(), String> {
        self.has_answered = true;
        // With `*` there is another line to come.
        let (last, list) = match (more, list) {
            (Some("*"), Some(list)) => (false, list),
            (Some(list), None) | (_, Some(list)) => (true, list),
            (None, None) => (true, ""),
        };
        match sub {
            CapSubCommand::LS => {
                let named = list.split_whitespace().map(|one| one.split_once('=').unwrap_or((one, "")));
                self.offered.extend(named.map(|(name, value)| (name.to_owned(), value.to_owned())));
                if last { self.request() } else { Ok(()) }
            }
            CapSubCommand::ACK => {
                let names = list.split_whitespace().map(str::to_owned);
                self.enabled.extend(names.filter(|name| !name.starts_with('-')));
                self.answered(list)
            }
            CapSubCommand::NAK if list.split_whitespace().any(|name| name == "sasl") => Err(NO_SASL.to_owned()),
            CapSubCommand::NAK => self.answered(list),
            _ => Ok(()),
        }
    }

    /// Asks for what is wanted and offered; for SASL by itself, so that nothing else is refused with it.
    fn request(&mut self) -> Result<(), String> {
        let wanted: Vec<&str> = WANTED.into_iter().filter(|name| self.offered.contains_key(*name)).collect();
        if !wanted.is_empty() {
            self.open += 1;
            self.wire.put(&format!("CAP REQ :{}", wanted.join(" ")));
        }
        if let Some(mechanism) = self.mechanism() {
            let offered = self.offered.get("sasl").ok_or(NO_SASL)?;
            if !offered.is_empty() && !offered.split(',').any(|one| one.eq_ignore_ascii_case(mechanism)) {
                return Err(format!("the server takes no login by SASL {mechanism}, but {offered}"));
            }
            self.open += 1;
            self.wire.put("CAP REQ :sasl");
        }
        if self.open == 0 {
            self.wire.put("CAP END");
        }
        Ok(())
    }

    fn answered(&mut self, list: &str) -> Result<(), String> {
        self.open = self.open.saturating_sub(1);
        if list.split_whitespace().any(|name| name == "sasl")
            && let Some(mechanism) = self.mechanism()
        {
            self.wire.put(&format!("AUTHENTICATE {mechanism}"));
        }
        if self.open == 0 && !self.wants_sasl() {
            self.wire.put("CAP END");
        }
        Ok(())
    }

    fn authenticate(&mut self) {
        if self.connection.login.sasl_external {
            // Who we are is what the certificate says.
            self.wire.put("AUTHENTICATE +");
            return;
        }
        let nick = &self.connection.nick;
        let encoded = BASE64_STANDARD.encode(format!("{nick}\0{nick}\0{}", self.password));
        for piece in encoded.as_bytes().chunks(PIECE) {
            self.wire.put(&format!("AUTHENTICATE {}", String::from_utf8_lossy(piece)));
        }
        if encoded.len().is_multiple_of(PIECE) {
            self.wire.put("AUTHENTICATE +");
        }
    }

    fn mechanism(&self) -> Option<&'static str> {
        match self.connection.login {
            login if login.sasl_external => Some("EXTERNAL"),
            login if login.sasl_plain => Some("PLAIN"),
            _ => None,
        }
    }

    fn wants_sasl(&self) -> bool {
        self.mechanism().is_some()
    }

    /// Somebody has that one: the next that is like it.
    fn another_nick(&mut self, why: &str) -> Result<(), String> {
        self.tried += 1;
        if self.tried > MOST_NICKS {
            return Err(format!("others have the nick {:?} and those like it: {why}", self.connection.nick));
        }
        self.nick = similar(&self.connection.nick, self.tried);
        self.wire.put(&format!("NICK {}", self.nick));
        Ok(())
    }

    /// What the server says of itself, to the end of its message of the day.
    async fn read_greeting(&mut self) -> Result<(), String> {
        let end = Instant::now() + GREETING;
        loop {
            let Ok(message) = tokio::time::timeout_at(end, self.next()).await else { return Ok(()) };
            let message = message?;
            match numeric(&message) {
                Some((5, words)) => words.iter().skip(1).for_each(|word| self.support.take(word)),
                Some((376 | 422, _)) => return Ok(()),
                _ => {}
            }
        }
    }

    /// Tells the service that watches over nicks who we are, and waits a moment for what it says: a channel may let in
    /// only those who are known. Returns what it has against us.
    async fn identify(&mut self) -> Result<Option<String>, String> {
        let account =
            if self.nick == self.connection.nick { String::new() } else { self.connection.nick.clone() + " " };
        self.wire.put(&format!("PRIVMSG NickServ :IDENTIFY {account}{}", self.password));
        let end = Instant::now() + IDENTIFYING;
        loop {
            let Ok(message) = tokio::time::timeout_at(end, self.next()).await else {
                return Ok(Some("NickServ did not say whether it takes the password".to_owned()));
            };
            let message = message?;
            let from_service = message.source_nickname().is_some_and(|nick| nick.eq_ignore_ascii_case("NickServ"));
            match (numeric(&message), &message.command) {
                (Some((900, _)), _) => return Ok(None),
                (Some((401, _)), _) => return Ok(Some("there is no NickServ to give the password to".to_owned())),
                (None, Command::NOTICE(_, text)) if from_service => match service_says(text) {
                    ServiceSays::Known => return Ok(None),
                    ServiceSays::No | ServiceSays::NoSuchCommand => {
                        return Ok(Some(hidden(format!("NickServ says: {}", irc_heard::plain(text)), self.password)));
                    }
                    // Such as that the nick is registered, which it says by itself.
                    ServiceSays::Else => {}
                },
                _ => {}
            }
        }
    }
}

/// Why there is no connection where one by SASL is wanted.
const NO_SASL: &str = "the server offers no login by SASL";

/// A server may tell us our own words.
pub(super) fn hidden(reason: String, password: &str) -> String {
    if password.is_empty() { reason } else { reason.replace(password, "<password>") }
}

/// The code of an answer, and its words: the first is our nick.
pub(super) fn numeric(message: &Message) -> Option<(u16, &[String])> {
    match &message.command {
        Command::Response(code, words) => Some((*code as u16, words)),
        Command::Raw(code, words) if code.len() == 3 => Some((code.parse().ok()?, words)),
        _ => None,
    }
}

/// A nick like the one that somebody has: with `_` behind it, and then short enough for any server.
fn similar(nick: &str, tried: usize) -> String {
    if tried <= 3 {
        return format!("{nick}{}", "_".repeat(tried));
    }
    let tail = format!("_{}", tried - 3);
    let most = SHORT_NICK - tail.len();
    let end = (0..=most.min(nick.len())).rev().find(|&at| nick.is_char_boundary(at)).unwrap_or(0);
    format!("{}{tail}", &nick[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nicks_that_are_alike() {
        let tried: Vec<String> = [1, 2, 4, 12].into_iter().map(|tried| similar("campanile", tried)).collect();
        assert_eq!(tried, ["campanile_", "campanile__", "campani_1", "campani_9"]);
        assert_eq!(similar("bot", 5), "bot_2");
    }

    #[test]
    fn answers_known_and_unknown_to_the_crate() {
        let read = |line: &str| {
            let message: Message = line.parse().unwrap();
            numeric(&message).map(|(code, words)| (code, words.len()))
        };
        assert_eq!(read(":s 001 bot :hi"), Some((1, 2)));
        assert_eq!(read(":s 900 bot a!b@c bot :You are"), Some((900, 4)));
        assert_eq!(read(":s 531 bot ada :no"), Some((531, 3)));
        assert_eq!(read(":s PING x"), None);
    }
}
