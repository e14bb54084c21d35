//! A chat connection after its login: what comes in, and what follows from it. No input or output of its own: lines to
//! write and what was heard are left for who drives it (`irc_link`).
//!
//! Not here: what we were asked to say (`irc_outbox`).

use super::irc_channels::Channels;
use super::irc_channels::Place;
use super::irc_heard;
use super::irc_lines;
use super::irc_login::Welcome;
use super::irc_login::numeric;
use super::irc_outbox::Outbox;
use super::irc_support::Support;
use crate::model::ChatMessage;
use crate::model::ChatPresence;
use crate::model::Heard;
use crate::model::IrcConnection;
use crate::model::PresenceChange;
use irc_proto::ChannelMode;
use irc_proto::Command;
use irc_proto::Message;
use irc_proto::Mode;
use std::time::Duration;
use tokio::time::Instant;

/// A line with several channels to enter is no longer than this, in bytes.
const JOIN_LINE: usize = 400;

/// Courtesies that wait to be sent; who asks for more gets none.
const MOST_COURTESIES: usize = 2;

/// How long the steps of a session may take, and how long to wait between some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatTimes {
    /// From the connection to the end of the login.
    pub login: Duration,
    /// Nothing came for so long: we ask whether the server is there.
    pub quiet: Duration,
    /// No answer to that for so long: it is not.
    pub answer: Duration,
    /// Before the first try to enter a channel that we were thrown out of, or not let into.
    pub reenter: Duration,
    /// Between tries to have the nick that somebody had.
    pub nick: Duration,
}

impl ChatTimes {
    pub const USUAL: Self = Self {
        // Some servers look for an ident server first, and wait for it.
        login: Duration::from_mins(1),
        quiet: Duration::from_mins(1),
        answer: Duration::from_secs(30),
        reenter: Duration::from_secs(10),
        nick: Duration::from_mins(1),
    };
}

pub(super) struct Session<'a> {
    pub(super) connection: &'a IrcConnection,
    pub(super) support: Support,
    pub(super) nick: String,
    pub(super) channels: &'a mut Channels,
    pub(super) outbox: &'a mut Outbox,
    /// What the server told with a tag is who the speaker is.
    has_account_tag: bool,
    times: ChatTimes,
    /// To be written now.
    pub(super) lines: Vec<String>,
    /// To be written when there is nothing else to say: notices.
    pub(super) courtesies: Vec<String>,
    pub(super) heard: Vec<Heard>,
    /// Something that people see has changed.
    pub(super) changed: bool,
    nick_due: Option<Instant>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        connection: &'a IrcConnection,
        welcome: Welcome,
        (channels, outbox): (&'a mut Channels, &'a mut Outbox),
        (times, now): (ChatTimes, Instant),
    ) -> Self {
        let Welcome { nick, support, enabled } = welcome;
        let nick_due = (nick != connection.nick).then(|| now + times.nick);
        let mut session = Self {
            connection,
            support,
            nick,
            channels,
            outbox,
            has_account_tag: enabled.iter().any(|name| name == "account-tag"),
            times,
            lines: Vec::new(),
            courtesies: Vec::new(),
            heard: Vec::new(),
            changed: true,
            nick_due,
        };
        session.tell(PresenceChange::Connected);
        session.pass_time(now);
        session
    }

    /// What follows from the time alone.
    pub(super) fn pass_time(&mut self, now: Instant) {
        for line in join_lines(self.channels.enter_due(now), self.support.most_joined) {
            self.lines.push(line);
        }
        for folded in now.checked_sub(self.times.answer).map(|then| self.channels.unanswered(then)).unwrap_or_default()
        {
            self.not_let_in(&folded, (None, "the server did not answer"), now);
        }
        if self.nick_due.is_some_and(|due| due <= now) {
            self.nick_due = Some(now + self.times.nick);
            self.lines.push(format!("NICK {}", self.connection.nick));
        }
    }

    /// When something follows from the time alone.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let unanswered = self.channels.entering_since().map(|since| since + self.times.answer);
        [self.channels.next_due(), unanswered, self.nick_due].into_iter().flatten().min()
    }

    pub(super) fn fold(&self, name: &str) -> String {
        self.support.fold(name)
    }

    fn is_me(&self, nick: &str) -> bool {
        self.fold(nick) == self.fold(&self.nick)
    }

    /// A message of the server; says why it ended the connection.
    pub(super) fn take(&mut self, message: &Message, now: Instant) -> Result<(), String> {
        let source = message.source_nickname().unwrap_or_default();
        match &message.command {
            Command::PING(word, _) => self.lines.push(format!("PONG :{word}")),
            Command::PONG(first, second) => self.outbox.answered(second.as_ref().unwrap_or(first)),
            Command::ERROR(reason) => return Err(format!("the server closed the connection: {reason}")),
            Command::PRIVMSG(target, text) if !self.is_me(source) => self.said(message, (source, target, text)),
            // Programs do not answer notices, and what we say ourselves is nothing to answer either.
            Command::PRIVMSG(..) | Command::NOTICE(..) => {}
            Command::JOIN(channel, account, _) => self.joined((source, channel), account.as_deref(), now),
            Command::PART(channel, reason) => self.parted((source, channel), reason.as_deref(), now),
            Command::KICK(channel, nick, reason) => {
                let why = format!("{source} threw us out: {}", reason.as_deref().unwrap_or_default());
                self.gone((nick, channel), why, now);
            }
            Command::QUIT(_) => self.quit(source, now),
            Command::NICK(to) => self.renamed(source, to, now),
            Command::ACCOUNT(account) => {
                let nick = self.fold(source);
                self.channels.has_account(&nick, Some(account.as_str()).filter(|account| *account != "*"));
            }
            Command::ChannelMODE(channel, modes) => self.modes(channel, modes),
            _ => {
                if let Some((code, words)) = numeric(message) {
                    self.answer(code, words, now);
                }
            }
        }
        Ok(())
    }

    fn tell(&mut self, change: PresenceChange) {
        self.changed = true;
        let (connection, me) = (self.connection.name.clone(), self.nick.clone());
        self.heard.push(Heard::Presence(ChatPresence { connection, me, change }));
    }

    fn said(&mut self, message: &Message, (source, target, text): (&str, &str, &str)) {
        if source.is_empty() {
            return;
        }
        if let Some(reply) = irc_heard::courtesy(text) {
            if self.courtesies.len() < MOST_COURTESIES {
                self.courtesies.push(format!("NOTICE {source} :\u{1}{reply}\u{1}"));
            }
            return;
        }
        let Some((manner, text)) = irc_heard::manner(text) else { return };
        let channel = self.support.channel(target).map(|channel| self.fold(channel));
        let told = match &channel {
            None if !self.is_me(target) => None,
            None => Some(text),
            Some(_) => irc_heard::addressed(&text, (manner, &self.nick), |name| self.support.fold(name)),
        };
        let Some(text) = told else { return };
        let nick = self.fold(source);
        let member = channel.as_ref().and_then(|channel| self.channels.member(channel, &nick));
        let account = if self.has_account_tag {
            irc_heard::account_tag(message)
        } else {
            member.and_then(|member| member.account().map(str::to_owned))
        };
        let op = member.is_some_and(|member| member.modes().chars().any(|mode| self.support.is_op(mode)));
        let connection = self.connection.name.clone();
        let (me, nick) = (self.nick.clone(), source.to_owned());
        self.heard.push(Heard::Said(ChatMessage { connection, me, nick, account, channel, op, manner, text }));
    }

    fn joined(&mut self, (nick, channel): (&str, &str), account: Option<&str>, now: Instant) {
        let folded = self.fold(channel);
        if self.is_me(nick) {
            self.channels.entered(folded.clone(), channel, now);
            self.outbox.entered(&folded);
            self.tell(PresenceChange::Joined(folded));
            return;
        }
        let account = account.filter(|account| *account != "*").map(str::to_owned);
        let nick = self.fold(nick);
        self.channels.joined(&folded, nick, (String::new(), account));
    }

    fn parted(&mut self, (nick, channel): (&str, &str), reason: Option<&str>, now: Instant) {
        let folded = self.fold(channel);
        if self.is_me(nick) && matches!(self.channels.get(&folded).map(|channel| &channel.place), Some(Place::Leaving))
        {
            self.channels.forget(&folded);
            self.outbox.left(&folded);
            self.changed = true;
            return;
        }
        self.gone((nick, channel), format!("we were made to leave: {}", reason.unwrap_or_default()), now);
    }

    /// Somebody is in the channel no more, and where it is us, we go in again after a while.
    fn gone(&mut self, (nick, channel): (&str, &str), why: String, now: Instant) {
        let folded = self.fold(channel);
        if !self.is_me(nick) {
            let nick = self.fold(nick);
            return self.channels.left(&folded, &nick);
        }
        self.channels.put_out(&folded, why, (now, self.times.reenter));
        self.tell(PresenceChange::Removed(folded));
    }

    fn quit(&mut self, nick: &str, now: Instant) {
        let folded = self.fold(nick);
        self.channels.quit(&folded);
        self.free(&folded, now);
    }

    fn renamed(&mut self, from: &str, to: &str, now: Instant) {
        if self.is_me(from) {
            to.clone_into(&mut self.nick);
            self.changed = true;
            let has_it = self.fold(to) == self.fold(&self.connection.nick);
            self.nick_due = (!has_it).then(|| now + self.times.nick);
        }
        let (from, to) = (self.fold(from), self.fold(to));
        self.channels.renamed(&from, &to);
        self.free(&from, now);
    }

    /// Somebody gave up a nick: ours, perhaps.
    fn free(&mut self, folded: &str, now: Instant) {
        if self.nick_due.is_some() && folded == self.fold(&self.connection.nick) {
            self.nick_due = Some(now);
        }
    }

    fn modes(&mut self, channel: &str, modes: &[Mode<ChannelMode>]) {
        let folded = self.fold(channel);
        let mut is_odd = false;
        for mode in modes {
            let (what, who, is_on) = match mode {
                Mode::Plus(what, Some(who)) => (what, who, true),
                Mode::Minus(what, Some(who)) => (what, who, false),
                Mode::Plus(_, None) | Mode::Minus(_, None) | Mode::NoPrefix(_) => continue,
            };
            let Some(letter) = letter(what) else { continue };
            let nick = self.fold(who);
            is_odd |= !self.channels.mode(&folded, &nick, (letter, is_on));
        }
        // A mode before it took a word that the crate does not know of: the server tells who is what.
        if is_odd {
            self.lines.push(format!("NAMES {channel}"));
        }
    }

    fn answer(&mut self, code: u16, words: &[String], now: Instant) {
        let said = words.last().map_or("", String::as_str);
        match (code, words) {
            (5, words) => words.iter().skip(1).for_each(|word| self.support.take(word)),
            // NAMES: nick, sign, channel, members.
            (353, [_, _, channel, names]) => {
                let folded = self.fold(channel);
                for name in names.split_whitespace() {
                    let (nick, modes) = self.support.member(name);
                    let nick = self.fold(nick);
                    self.channels.joined(&folded, nick, (modes, None));
                }
            }
            // Somebody has the nick that we would like, who may be spoken to all the same.
            (431..=436, _) => {}
            (400..=599, [_, about, .., _]) => self.refused((code, about), said, now),
            _ => {}
        }
    }

    /// The server will not: let us in, or have what we said.
    fn refused(&mut self, (code, about): (u16, &str), said: &str, now: Instant) {
        let folded = self.fold(about);
        let place = self.channels.get(&folded).map(|channel| &channel.place);
        match place {
            Some(Place::Entering { .. }) => self.not_let_in(&folded, (Some(code), said), now),
            // We were not in it.
            Some(Place::Leaving) => {
                self.channels.forget(&folded);
                self.outbox.left(&folded);
            }
            Some(Place::Outside { .. } | Place::Inside { .. }) | None => self.outbox.refused(&folded, (code, said)),
        }
    }

    fn not_let_in(&mut self, folded: &str, (code, said): (Option<u16>, &str), now: Instant) {
        let code_and = code.map(|code| format!("{code} ")).unwrap_or_default();
        self.channels.put_out(folded, format!("{code_and}{said}"), (now, self.times.reenter));
        self.outbox.not_let_in(folded, (code, said));
        self.changed = true;
    }

    pub(super) fn is_inside(&self, folded: &str) -> bool {
        matches!(self.channels.get(folded).map(|channel| &channel.place), Some(Place::Inside { .. }))
    }

    /// Why we are not in a channel for now, where we were thrown out or not let in.
    pub(super) fn is_kept_out(&self, folded: &str) -> Option<String> {
        match &self.channels.get(folded)?.place {
            Place::Outside { why, .. } => Some(why.clone()),
            Place::Entering { .. } | Place::Inside { .. } | Place::Leaving => None,
        }
    }

    /// To enter a channel now.
    pub(super) fn enter(&mut self, name: &str, key: &str, now: Instant) -> bool {
        let folded = self.fold(name);
        let wanted = self.channels.want(folded, (name, irc_lines::word(key)), now);
        self.pass_time(now);
        wanted
    }
}

/// Several channels in a line, those with keys first, as the protocol has it; not more of them than the server takes.
fn join_lines(mut channels: Vec<(String, String)>, most: usize) -> Vec<String> {
    channels.sort_by_key(|(_, key)| key.is_empty());
    let mut lines: Vec<(String, String)> = Vec::new();
    for (place, (name, key)) in channels.into_iter().enumerate() {
        match lines.last_mut().filter(|_| place % most != 0) {
            Some((names, keys)) if names.len() + keys.len() + name.len() + key.len() < JOIN_LINE => {
                names.push(',');
                names.push_str(&name);
                if !key.is_empty() {
                    keys.push(',');
                    keys.push_str(&key);
                }
            }
            _ => lines.push((name, key)),
        }
    }
    lines.into_iter().map(|(names, keys)| format!("JOIN {names} {keys}").trim_end().to_owned()).collect()
}

/// The letter of a mode of members.
fn letter(mode: &ChannelMode) -> Option<char> {
    match mode {
        ChannelMode::Founder => Some('q'),
        ChannelMode::Admin => Some('a'),
        ChannelMode::Oper => Some('o'),
        ChannelMode::Halfop => Some('h'),
        ChannelMode::Voice => Some('v'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_entered_together_those_with_keys_first() {
        let of = |name: &str, key: &str| (name.to_owned(), key.to_owned());
        let three = || vec![of("#a", ""), of("#b", "k"), of("#c", "")];
        assert_eq!(join_lines(three(), 16), ["JOIN #b,#a,#c k"]);
        assert_eq!(join_lines(three(), 2), ["JOIN #b,#a k", "JOIN #c"]);
        assert_eq!(join_lines(vec![of("#a", "")], 1), ["JOIN #a"]);
        let many = (0..200).map(|i| of(&format!("#channel-{i}"), "")).collect();
        let lines = join_lines(many, 1000);
        assert!(lines.len() > 4 && lines.iter().all(|line| line.len() <= 5 + JOIN_LINE), "{lines:?}");
    }
}
