//! What of a chat is meant for us. Pure rules.

use crate::model::ChatManner;
use irc_proto::Message;

/// The longest word of a ping that is sent back, in bytes.
const PING: usize = 64;

/// The answer to a question of a program to a program, if it is one that we answer.
pub(super) fn courtesy(text: &str) -> Option<String> {
    let asked = text.strip_prefix('\u{1}')?.trim_end_matches('\u{1}');
    let (what, rest) = asked.split_once(' ').unwrap_or((asked, ""));
    match what.to_ascii_uppercase().as_str() {
        "VERSION" => Some(format!("VERSION Campanile {}", env!("CARGO_PKG_VERSION"))),
        "PING" if rest.len() <= PING => Some(format!("PING {}", rest.replace(char::is_control, ""))),
        _ => None,
    }
}

/// Whether it was said or done, and what, without colours and the like; nothing if it is a program's.
pub(super) fn manner(text: &str) -> Option<(ChatManner, String)> {
    let (manner, text) = match text.strip_prefix('\u{1}') {
        None => (ChatManner::Said, text),
        Some(done) => (ChatManner::Acted, done.trim_end_matches('\u{1}').strip_prefix("ACTION ")?),
    };
    Some((manner, plain(text).trim().to_owned()))
}

/// What was said to us in a channel: behind `nick:` or `nick,`, or done with our name somewhere in it.
pub(super) fn addressed(
    text: &str,
    (manner, nick): (ChatManner, &str),
    fold: impl Fn(&str) -> String,
) -> Option<String> {
    let me = fold(nick);
    match manner {
        ChatManner::Said => {
            let (name, rest) = text.split_at(text.find([':', ','])?);
            (fold(name.trim_end()) == me).then(|| rest[1..].trim().to_owned())
        }
        ChatManner::Acted => {
            let is_of_name = |c: char| c.is_alphanumeric() || "[]\\`_^{|}-".contains(c);
            let named = text.split(|c| !is_of_name(c)).any(|word| fold(word) == me);
            named.then(|| text.to_owned())
        }
    }
}

/// The account that the server knows the speaker by.
pub(super) fn account_tag(message: &Message) -> Option<String> {
    let tags = message.tags.as_ref()?;
    tags.iter().find(|tag| tag.0 == "account").and_then(|tag| tag.1.clone())
}

/// Without colours, bold and the like.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\u{3}' => {
                let digits = |rest: &mut std::iter::Peekable<std::str::Chars<'_>>| {
                    (0..2).filter(|_| rest.next_if(char::is_ascii_digit).is_some()).count()
                };
                let has_colour = digits(&mut rest) > 0;
                let mut ahead = rest.clone();
                if has_colour && ahead.next() == Some(',') && ahead.next().is_some_and(|c| c.is_ascii_digit()) {
                    rest.next();
                    digits(&mut rest);
                }
            }
            '\u{4}' => {
                let mut digits = 0;
                while digits < 6 && rest.next_if(char::is_ascii_hexdigit).is_some() {
                    digits += 1;
                }
            }
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Option<String> {
        let (manner, text) = manner(text)?;
        addressed(&text, (manner, "Bot"), str::to_lowercase)
    }

    #[test]
    fn what_is_said_to_us_in_a_channel() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(told(text).as_deref(), expected, "{text:?}");
        check("bot: status", Some("status"));
        check("BOT, force build x", Some("force build x"));
        check("bot :hello", Some("hello"));
        check("bot:", Some(""));
        check("bot hello", None);
        check("robot: hello", None);
        check("a bot: hello", None);
        check("hello", None);
        check("\u{2}bot\u{2}: \u{3}04,12status\u{f}", Some("status"));
        check("\u{3}4,bot: x", None);
        check("\u{1}ACTION kicks bot\u{1}", Some("kicks bot"));
        check("\u{1}ACTION kicks Bot!", Some("kicks Bot!"));
        check("\u{1}ACTION kicks robot\u{1}", None);
        check("\u{1}DCC SEND bot\u{1}", None);
    }

    #[test]
    fn programs_are_answered_a_little() {
        assert_eq!(courtesy("\u{1}PING 1 2\u{1}").as_deref(), Some("PING 1 2"));
        assert!(courtesy("\u{1}VERSION\u{1}").is_some_and(|said| said.starts_with("VERSION Campanile ")));
        assert_eq!(courtesy("\u{1}TIME\u{1}"), None);
        assert_eq!(courtesy("VERSION"), None);
        assert_eq!(courtesy(&format!("\u{1}PING {}\u{1}", "x".repeat(65))), None);
    }
}
