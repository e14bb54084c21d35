//! What the service that watches over nicks says, and having our own nick back that somebody else has. Pure rules.
//!
//! Not here: logging in (`irc_login`), and the lines of a session (`irc_session`).

use super::irc_heard;
use super::irc_login::hidden;
use std::time::Duration;
use tokio::time::Instant;

/// What it says, as far as we care. Services word it as they like: these are the words of Anope, Atheme and Ergo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceSays {
    /// We are known to it now.
    Known,
    /// It will not have the password, or knows of no such nick.
    No,
    /// It has no such command.
    NoSuchCommand,
    Else,
}

pub(super) fn service_says(text: &str) -> ServiceSays {
    let text = irc_heard::plain(text).to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if has(&["unknown command", "invalid command", "no such command", "unrecognized command"]) {
        ServiceSays::NoSuchCommand
    } else if has(&["incorrect", "invalid", "not registered", "isn't registered", "wrong", "denied", "failed"]) {
        ServiceSays::No
    } else if has(&["password accepted", "you are now", "you're now", "logged in", "recognized", "identified for"]) {
        ServiceSays::Known
    } else {
        ServiceSays::Else
    }
}

/// Our own nick, which somebody else may have. It is asked for now and then, and of the service first, which can take it
/// from who has it: `REGAIN`, or where that is not known, `GHOST`.
#[derive(Debug)]
pub(super) struct OwnNick {
    wanted: String,
    every: Duration,
    /// When to ask for it; never while we have it.
    due: Option<Instant>,
    /// The service's part in it, and what it has not answered.
    password: Option<String>,
    asked: Option<&'static str>,
}

impl OwnNick {
    /// With a password where the service may be asked.
    pub(super) fn new((wanted, password): (&str, Option<String>), every: Duration) -> Self {
        Self { wanted: wanted.to_owned(), every, due: None, password, asked: None }
    }

    /// We have another nick: what to say to the service, if anything.
    pub(super) fn begin(&mut self, now: Instant) -> Option<String> {
        self.due = Some(now + self.every);
        self.ask_service("REGAIN")
    }

    fn ask_service(&mut self, command: &'static str) -> Option<String> {
        let password = self.password.as_ref()?;
        self.asked = Some(command);
        Some(format!("PRIVMSG NickServ :{command} {} {password}", self.wanted))
    }

    /// What the service said: what to say to it next, if anything.
    pub(super) fn told(&mut self, text: &str, now: Instant) -> Option<String> {
        let asked = self.asked?;
        match (service_says(text), asked) {
            (ServiceSays::NoSuchCommand, "REGAIN") => self.ask_service("GHOST"),
            (ServiceSays::NoSuchCommand | ServiceSays::No, _) => {
                self.asked = None;
                None
            }
            // Perhaps it is about something else, and the answer is yet to come.
            (ServiceSays::Known | ServiceSays::Else, _) => {
                self.freed(now);
                None
            }
        }
    }

    /// What is shown to people: whoever goes by that nick may say our own words.
    pub(super) fn hidden(&self, text: String) -> String {
        hidden(text, self.password.as_deref().unwrap_or_default())
    }

    /// Whoever had it may have it no more.
    pub(super) fn freed(&mut self, now: Instant) {
        if self.due.is_some() {
            self.due = Some(now);
        }
    }

    /// We go by this name now.
    pub(super) fn changed(&mut self, has_it: bool, now: Instant) {
        self.due = (!has_it).then(|| now + self.every);
        self.asked = None;
    }

    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// The line that asks for it, when it is time.
    pub(super) fn line(&mut self, now: Instant) -> Option<String> {
        self.due.filter(|due| *due <= now)?;
        self.due = Some(now + self.every);
        Some(format!("NICK {}", self.wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_services_say() {
        let check = |text: &str, expected: ServiceSays| assert_eq!(service_says(text), expected, "{text}");
        check("Password incorrect.", ServiceSays::No);
        check("Invalid password for \u{2}bot\u{2}.", ServiceSays::No);
        check("Your nick isn't registered.", ServiceSays::No);
        check("\u{2}bot\u{2} is not registered.", ServiceSays::No);
        check("Password accepted - you are now recognized.", ServiceSays::Known);
        check("You are now identified for \u{2}bot\u{2}.", ServiceSays::Known);
        check("You're now logged in as bot", ServiceSays::Known);
        check("This nickname is registered and protected.", ServiceSays::Else);
        check("Unknown command \u{2}REGAIN\u{2}.", ServiceSays::NoSuchCommand);
        check("Invalid command. Use /msg NickServ help for a command listing.", ServiceSays::NoSuchCommand);
    }

    #[test]
    fn the_nick_is_taken_back_by_whatever_the_service_knows() {
        let (now, minute) = (Instant::now(), Duration::from_mins(1));
        let mut nick = OwnNick::new(("bot", Some("pw".into())), minute);
        assert_eq!(nick.begin(now).as_deref(), Some("PRIVMSG NickServ :REGAIN bot pw"));
        assert_eq!(nick.told("Unknown command REGAIN.", now).as_deref(), Some("PRIVMSG NickServ :GHOST bot pw"));
        assert_eq!(nick.line(now), None);
        assert_eq!(nick.told("Ghost with your nick has been killed.", now), None);
        assert_eq!(nick.line(now).as_deref(), Some("NICK bot"));
        // What it says later is about something else.
        assert_eq!(nick.told("Unknown command GHOST.", now), None);
        assert_eq!(nick.due(), Some(now + minute));
        nick.changed(true, now);
        assert_eq!((nick.due(), nick.line(now + minute)), (None, None));
    }

    #[test]
    fn who_may_not_have_it_asks_the_server_now_and_then() {
        let (now, minute) = (Instant::now(), Duration::from_mins(1));
        let mut nick = OwnNick::new(("bot", Some("pw".into())), minute);
        nick.begin(now);
        assert_eq!(nick.told("Password incorrect.", now), None);
        assert_eq!((nick.line(now), nick.due()), (None, Some(now + minute)));
        let mut alone = OwnNick::new(("bot", None), minute);
        assert_eq!(alone.begin(now), None);
        assert_eq!(alone.line(now + minute).as_deref(), Some("NICK bot"));
    }
}
