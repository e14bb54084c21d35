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
use super::irc_nickserv::OwnNick;
use super::irc_nickserv::ServiceSays;
use super::irc_nickserv::service_says;
use super::irc_outbox::Outbox;
use super::irc_support::Support;
use crate::model::ChatMessage;
use crate::model::ChatPresence;
use crate::model::Heard;
use crate::model::IrcConnection;
use crate::model::PresenceChange;
use irc_proto::Command;
use irc_proto::Message;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// Courtesies that wait to be sent; who asks for more gets none.
const MOST_COURTESIES: usize = 2;

/// How long the steps of a session may take, and how long to wait between some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChatTimes {
    /// From the connection to the end of the login.
    pub login: Duration,
    /// Nothing came for so long: we ask whether the server is there.
    pub quiet: Duration,
    /// No answer to that for so long: it is not. A channel that does not answer for so long was not entered, or left.
    pub answer: Duration,
    /// The server does not say for so long whether it took what we said, though it is there.
    pub confirm: Duration,
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
        // Some servers read slowly who says much.
        confirm: Duration::from_mins(3),
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
    /// To be written now, whatever the budget.
    pub(super) pongs: Vec<String>,
    /// To be written first.
    lines: VecDeque<String>,
    /// Whether it is for what is said to go, and not for another line of channels to be entered.
    speaks_next: bool,
    /// To be written when there is nothing else to say: notices.
    pub(super) courtesies: Vec<String>,
    pub(super) heard: Vec<Heard>,
    /// Something that people see has changed.
    pub(super) changed: bool,
    own_nick: OwnNick,
    /// What the operator has to know of the login.
    pub(super) warning: Option<String>,
}

impl<'a> Session<'a> {
    pub(super) fn new(
        connection: &'a IrcConnection,
        welcome: Welcome,
        (channels, outbox): (&'a mut Channels, &'a mut Outbox),
        (times, now): (ChatTimes, Instant),
    ) -> Self {
        let Welcome { nick, support, enabled, warning, service_password } = welcome;
        let own_nick = OwnNick::new((&connection.nick, service_password), times.nick);
        let mut session = Self {
            connection,
            support,
            nick,
            channels,
            outbox,
            has_account_tag: enabled.iter().any(|name| name == "account-tag"),
            times,
            pongs: Vec::new(),
            lines: VecDeque::new(),
            speaks_next: false,
            courtesies: Vec::new(),
            heard: Vec::new(),
            changed: true,
            own_nick,
            warning,
        };
        if session.nick != connection.nick {
            session.lines.extend(session.own_nick.begin(now));
        }
        session.tell(PresenceChange::Connected);
        session
    }

    /// What follows from the time alone.
    pub(super) fn pass_time(&mut self, now: Instant) {
        let unanswered = now.checked_sub(self.times.answer).map(|then| self.channels.unanswered(then));
        for folded in unanswered.unwrap_or_default() {
            match self.channels.is_leaving(&folded) {
                true => self.have_left(&folded, now),
                false => self.not_let_in(&folded, (None, "the server did not answer"), now),
            }
        }
        if self.outbox.asked_at().is_some_and(|at| at + self.times.confirm <= now) {
            self.outbox.not_answered();
        }
        self.lines.extend(self.own_nick.line(now));
    }

    /// When something follows from the time alone.
    pub(super) fn next_due(&self, now: Instant) -> Option<Instant> {
        let unanswered = self.channels.asked_since().map(|since| since + self.times.answer);
        let unconfirmed = self.outbox.asked_at().map(|at| at + self.times.confirm);
        [self.channels.next_due(now), unanswered, unconfirmed, self.own_nick.due()].into_iter().flatten().min()
    }

    /// Whether a line waits to be written as soon as the budget allows.
    pub(super) fn has_line(&self, now: Instant) -> bool {
        !self.lines.is_empty() || self.outbox.has_line() || self.channels.has_due(now)
    }

    /// The next line to write. Entering channels and talking take turns: each may be much.
    pub(super) fn next_line(&mut self, now: Instant) -> Option<String> {
        if let Some(line) = self.lines.pop_front() {
            return Some(line);
        }
        let speaks = std::mem::take(&mut self.speaks_next);
        if speaks && let Some(line) = self.outbox.next_line() {
            return Some(line);
        }
        if let Some(line) = self.channels.join_line(now, self.support.most_joined) {
            self.speaks_next = true;
            self.changed = true;
            return Some(line);
        }
        self.outbox.next_line()
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
            Command::PING(word, _) => self.pongs.push(format!("PONG :{word}")),
            Command::PONG(first, second) => self.outbox.answered(second.as_ref().unwrap_or(first)),
            Command::ERROR(reason) => return Err(format!("the server closed the connection: {reason}")),
            Command::PRIVMSG(target, text) if !self.is_me(source) => self.said(message, (source, target, text)),
            Command::NOTICE(target, text) if self.is_me(target) && source.eq_ignore_ascii_case("NickServ") => {
                self.service_said(text, now);
            }
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
            Command::Raw(command, words) if command == "MODE" => self.modes(words, now),
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

    /// What the service that watches over nicks tells us.
    fn service_said(&mut self, text: &str, now: Instant) {
        if service_says(text) == ServiceSays::No {
            let text = self.own_nick.hidden(irc_heard::plain(text));
            tracing::warn!(connection = self.connection.name, text, "NickServ will not");
        }
        self.lines.extend(self.own_nick.told(text, now));
    }

    fn joined(&mut self, (nick, channel): (&str, &str), account: Option<&str>, now: Instant) {
        let folded = self.fold(channel);
        if self.is_me(nick) {
            if self.channels.entered(folded.clone(), channel, now) {
                self.outbox.entered(&folded);
                self.tell(PresenceChange::Joined(folded));
            }
            return;
        }
        let account = account.filter(|account| *account != "*").map(str::to_owned);
        let nick = self.fold(nick);
        self.channels.joined(&folded, nick, (String::new(), account));
    }

    fn parted(&mut self, (nick, channel): (&str, &str), reason: Option<&str>, now: Instant) {
        self.gone((nick, channel), format!("we were made to leave: {}", reason.unwrap_or_default()), now);
    }

    /// Somebody is in the channel no more, and where it is us, we go in again after a while.
    fn gone(&mut self, (nick, channel): (&str, &str), why: String, now: Instant) {
        let folded = self.fold(channel);
        if !self.is_me(nick) {
            let nick = self.fold(nick);
            return self.channels.left(&folded, &nick);
        }
        // We are on our way out: thrown out is as good as gone.
        if self.channels.is_leaving(&folded) {
            return self.have_left(&folded, now);
        }
        self.channels.put_out(&folded, why, (now, self.times.reenter));
        self.tell(PresenceChange::Removed(folded));
    }

    /// We are out of a channel that we wanted to leave.
    fn have_left(&mut self, folded: &str, now: Instant) {
        self.channels.have_left(folded, now);
        self.outbox.left(folded);
        self.changed = true;
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
            self.own_nick.changed(has_it, now);
        }
        let (from, to) = (self.fold(from), self.fold(to));
        self.channels.renamed(&from, &to);
        self.free(&from, now);
    }

    /// Somebody gave up a nick: ours, perhaps.
    fn free(&mut self, folded: &str, now: Instant) {
        if folded == self.fold(&self.connection.nick) {
            self.own_nick.freed(now);
        }
    }

    fn modes(&mut self, words: &[String], now: Instant) {
        let Some((channel, words)) = words.split_first() else { return };
        let folded = self.fold(channel);
        let mut is_odd = false;
        for (mode, who, is_on) in self.support.ranks(words) {
            let nick = self.fold(who);
            is_odd |= !self.channels.mode(&folded, &nick, (mode, is_on));
        }
        // We have missed somebody: the server tells who is there.
        if is_odd && self.channels.may_ask_names(&folded, now) {
            self.lines.push_back(format!("NAMES {channel}"));
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
            (400..=599 | 707 | 716, [_, about, .., _]) => self.refused((code, about), said, now),
            _ => {}
        }
    }

    /// The server will not: let us in, or have what we said.
    fn refused(&mut self, (code, about): (u16, &str), said: &str, now: Instant) {
        let folded = self.fold(about);
        let place = self.channels.get(&folded).map(|channel| &channel.place);
        match place {
            Some(Place::Entering { .. }) => self.not_let_in(&folded, (Some(code), said), now),
            // We were not in it. Others are about what was said before.
            Some(Place::Leaving { .. }) if matches!(code, 403 | 442 | 461) => self.have_left(&folded, now),
            // Of what we ask of a channel, only leaving it ends so.
            _ if code == 442 => {}
            Some(Place::Outside { .. } | Place::Inside { .. } | Place::Leaving { .. }) | None => {
                self.outbox.refused(&folded, (code, said));
            }
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
            Place::Outside { why, .. } => Some(why.clone()).filter(|why| !why.is_empty()),
            Place::Entering { .. } | Place::Inside { .. } | Place::Leaving { .. } => None,
        }
    }

    /// To enter a channel as soon as the budget allows; tells whether there is room for it.
    pub(super) fn enter(&mut self, name: &str, key: &str, now: Instant) -> bool {
        let folded = self.fold(name);
        self.changed = true;
        self.channels.want(folded, (name, irc_lines::word(key)), now)
    }

    /// To leave a channel; tells whether there is one to leave.
    pub(super) fn leave(&mut self, (name, folded): (&str, &str), reason: &str, now: Instant) -> bool {
        let was_leaving = self.channels.is_leaving(folded);
        self.changed = true;
        self.outbox.turned_away(folded, "we have left the channel");
        if !self.channels.leave(folded, now) {
            return false;
        }
        let reason = irc_lines::rest(reason);
        if !was_leaving {
            self.lines.push_back(if reason.is_empty() {
                format!("PART {name}")
            } else {
                format!("PART {name} :{reason}")
            });
        }
        true
    }
}
