//! What is said to the bot: who speaks, which command it is, whether it may be used.

use campanile_sdk::contract::ChatManner;
use campanile_sdk::contract::ChatMessage;
use campanile_sdk::prelude::*;

use crate::call::Call;
use crate::commands;
use crate::commands::Command;
use crate::commands::Trouble;
use crate::echoes;
use crate::echoes::Mistake;
use crate::places::Standing;
use crate::places::key;
use crate::plain::plain;
use crate::plain::repeated;
use crate::settings::Settings;

/// Who speaks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Speaker {
    pub(crate) nick: String,
    /// Who it is for the services of the network, where they know.
    pub(crate) account: Option<String>,
    /// Absent: in private.
    pub(crate) channel: Option<String>,
    pub(crate) is_op: bool,
    /// What the bot is called there.
    pub(crate) me: String,
}

impl Speaker {
    fn of(message: &ChatMessage) -> Self {
        let ChatMessage { nick, account, channel, op, me, .. } = message;
        Self { nick: nick.clone(), account: account.clone(), channel: channel.clone(), is_op: *op, me: me.clone() }
    }

    /// Where the answer goes.
    pub(crate) fn place(&self) -> &str {
        self.channel.as_deref().unwrap_or(&self.nick)
    }

    /// Where the answer goes, and whether it is a place that is known.
    pub(crate) fn standing(&self, settings: &Settings) -> (&str, Standing) {
        let is_told = |nick: &String| key(nick) == key(&self.nick);
        let is_known =
            self.channel.is_some() || settings.pm_to_nicks.iter().any(is_told) || settings.rules().name(self);
        (self.place(), if is_known { Standing::Known } else { Standing::Stranger })
    }

    /// As reasons and owners say it.
    pub(crate) fn description(&self) -> String {
        match &self.channel {
            Some(channel) => format!("{} on {channel}", plain(&self.nick)),
            None => plain(&self.nick),
        }
    }
}

/// Something was said to us, or done to us.
pub(crate) fn said(call: &mut Call<'_>, message: &ChatMessage) {
    let who = Speaker::of(message);
    call.spoken_to_in.clone_from(&who.channel);
    match message.manner {
        ChatManner::Said => command(call, &who, &message.text),
        ChatManner::Acted => acted(call, &who, &message.text),
    }
}

fn command(call: &mut Call<'_>, who: &Speaker, text: &str) {
    let text = plain_line(text);
    let text = text.trim();
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    if word.is_empty() {
        return mistaken(call, who, Mistake::Empty, "Say what?");
    }
    match commands::find(word) {
        Some(command) => used(call, who, (command, rest)),
        None if who.channel.is_none() && echoes::is_ours(text) => {}
        None if text.ends_with('!') => mistaken(call, who, Mistake::Exclaimed, "What you say!"),
        None => {
            let list = commands::list();
            mistaken(call, who, Mistake::Unknown, &format!("I don't get this '{}'...\n{list}", repeated(word)));
        }
    }
}

/// It may be a bot, which makes a mistake of each answer.
fn mistaken(call: &mut Call<'_>, who: &Speaker, mistake: Mistake, answer: &str) {
    if echoes::is_answered(call, &who.nick, mistake) {
        call.say(who.place(), answer);
    }
}

fn used(call: &mut Call<'_>, who: &Speaker, (command, rest): (&Command, &str)) {
    if !call.settings().rules().allow(&command.name.to_uppercase(), who) {
        return call.say(who.place(), format!("Thou shall not pass, {}!!!", plain(&who.nick)));
    }
    let outcome = split(rest).and_then(|words| (command.run)(call, who, &words));
    match outcome {
        Ok(()) => {}
        Err(Trouble::Usage(text)) => call.say(who.place(), text),
        Err(Trouble::Data(reason)) => {
            call.host.log(Level::Error, "a command failed", &[("command", command.name), ("reason", &reason)]);
            call.say(who.place(), "Something bad happened (see logs)");
        }
    }
}

/// Without what is no text; two spaces in quotes stay two.
fn plain_line(text: &str) -> String {
    text.chars().filter(|char| crate::plain::is_harmless(*char) || *char == '\t').collect::<String>().replace('\t', " ")
}

/// The words as a POSIX shell splits them.
fn split(text: &str) -> Result<Vec<String>, Trouble> {
    // To a shell, a word with # before it is a comment; here it is a channel. No text has this character any more.
    const SIGN: &str = "\u{1}";
    let words = shlex::split(&text.replace('#', SIGN));
    let words = words.ok_or_else(|| Trouble::Usage(String::from("No closing quotation")))?;
    Ok(words.into_iter().map(|word| word.replace(SIGN, "#")).collect())
}

/// What is done to the bot it does in return.
fn acted(call: &mut Call<'_>, who: &Speaker, text: &str) {
    let me = who.me.to_lowercase();
    let text = plain(text);
    let words: Vec<&str> = text.split(' ').collect();
    let is_me = |word: &str| word.to_lowercase().trim_end_matches(|char: char| ".,!?:;".contains(char)) == me;
    let Some(at) = words.iter().position(|word| is_me(word)).filter(|at| *at > 0) else { return };
    let (verb, user) = (repeated(words[at - 1]), plain(&who.nick));
    let response = match verb.as_str() {
        "kicks" => String::from("kicks back"),
        "threatens" => format!("hosts a red wedding for {user}"),
        _ => format!("{verb} {user} too"),
    };
    call.act(who.place(), &response);
}
