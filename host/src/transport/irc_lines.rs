//! From what shall be said to lines that a chat server takes: short enough, and nothing in them but what is said.
//!
//! Invariant: whatever the text is, a line has no end within it, begins no command of its own and no CTCP.

use super::outcome::Sent;
use crate::model::IrcAction;
use crate::model::IrcVerb;

/// A line of the protocol with its end, in bytes.
const LINE: usize = 512;

/// What a server puts before a line besides the nick, at most: `:`, `!`, a user of 11, `@`, a host of 63, a space.
const PREFIX: usize = 1 + 1 + 11 + 1 + 63 + 1;

/// The longest target: a channel's name is at most 200, mostly 50.
const TARGET: usize = 200;

/// The shortest piece that a text is split into, whatever the names are.
const LEAST: usize = 64;

/// The lines that say it, without their ends. `nick` is ours.
pub(super) fn lines(action: &IrcAction, nick: &str) -> Vec<String> {
    let (command, before, after) = match action.verb {
        IrcVerb::Say | IrcVerb::Join | IrcVerb::Leave => ("PRIVMSG", "", ""),
        IrcVerb::Notice => ("NOTICE", "", ""),
        IrcVerb::Act => ("PRIVMSG", "\u{1}ACTION ", "\u{1}"),
    };
    let head = format!("{command} {} :{before}", action.target);
    let taken = PREFIX + nick.len() + head.len() + after.len() + "\r\n".len();
    let room = LINE.saturating_sub(taken).max(LEAST);
    let said = action.text.split(['\n', '\r']).map(clean).filter(|line| !line.trim().is_empty());
    said.flat_map(|line| pieces(line.trim_end(), room).map(|piece| format!("{head}{piece}{after}")).collect::<Vec<_>>())
        .collect()
}

/// Refuses what is no name of a channel or a nick: it would become a command of its own, or several targets.
pub(super) fn target(target: &str) -> Result<&str, Sent> {
    let wrong = |c: char| c.is_whitespace() || c.is_control() || c == ',';
    match target {
        "" => Err(Sent::refused("there is no target: name a channel or a nick")),
        _ if target.len() > TARGET || target.starts_with(':') || target.contains(wrong) => {
            Err(Sent::refused(format!("{target:?} is no channel and no nick")))
        }
        _ => Ok(target),
    }
}

/// A word of a command, such as a channel's key: the part that can be one.
pub(super) fn word(text: &str) -> String {
    let word: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != ',').collect();
    word.trim_start_matches(':').to_owned()
}

/// The end of a command, such as a reason.
pub(super) fn rest(text: &str) -> String {
    pieces(&clean(text.trim()), LINE / 2).next().unwrap_or_default().to_owned()
}

/// Without control characters, but for colours and the like.
fn clean(line: &str) -> String {
    let is_format =
        |c| matches!(c, '\u{2}' | '\u{3}' | '\u{4}' | '\u{f}' | '\u{11}' | '\u{16}' | '\u{1d}' | '\u{1e}' | '\u{1f}');
    let kept = |c: char| match c {
        '\t' => Some(' '),
        c if c.is_control() && !is_format(c) => None,
        c => Some(c),
    };
    line.chars().filter_map(kept).collect()
}

/// Cut at words, or where there are none that are short enough, between characters.
fn pieces(line: &str, room: usize) -> impl Iterator<Item = &str> {
    let mut left = line;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        if left.len() <= room {
            return Some(std::mem::take(&mut left));
        }
        let most = (0..=room).rev().find(|&at| left.is_char_boundary(at)).unwrap_or(0);
        // Never without progress, also where the room is less than a character.
        let most = if most == 0 { left.chars().next().map_or(left.len(), char::len_utf8) } else { most };
        // A space stands on a boundary of characters wherever it is.
        let at = left.as_bytes().iter().take(most + 1).rposition(|&byte| byte == b' ');
        let at = at.filter(|&at| !left[..at].trim().is_empty()).unwrap_or(most);
        let piece = &left[..at];
        left = left[at..].trim_start_matches(' ');
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(verb: IrcVerb, text: &str) -> Vec<String> {
        let action = IrcAction { connection: "c".into(), verb, target: "#c".into(), text: text.into() };
        lines(&action, "bot")
    }

    #[test]
    fn each_line_is_a_message_of_its_own() {
        assert_eq!(
            said(IrcVerb::Say, "a\n\n b\r\nc\u{3}04d\u{f}"),
            ["PRIVMSG #c :a", "PRIVMSG #c : b", "PRIVMSG #c :c\u{3}04d\u{f}"]
        );
        assert_eq!(said(IrcVerb::Act, "waves"), ["PRIVMSG #c :\u{1}ACTION waves\u{1}"]);
        assert_eq!(said(IrcVerb::Notice, "hi"), ["NOTICE #c :hi"]);
    }

    #[test]
    fn nothing_is_injected() {
        assert_eq!(
            said(IrcVerb::Say, "a\rQUIT\nb\0c\u{1}VERSION\u{1}\u{7}\u{1b}[0m\u{85}\t."),
            ["PRIVMSG #c :a", "PRIVMSG #c :QUIT", "PRIVMSG #c :bcVERSION[0m ."]
        );
        for wrong in ["", "#a,#b", "a b", "a\nQUIT", ":a", "a\u{1}", &"a".repeat(201)] {
            assert!(target(wrong).is_err(), "{wrong}");
        }
        assert_eq!(word(" :ke y,\r\nx"), "keyx");
        assert_eq!(rest("bye\r\nQUIT"), "byeQUIT");
    }

    #[test]
    fn long_lines_are_split_at_words_and_between_characters() {
        let text = "wörter ".repeat(200);
        let lines = said(IrcVerb::Say, &text);
        assert!(lines.iter().all(|line| line.len() + PREFIX + 3 + 2 <= LINE && line.ends_with("wörter")), "{lines:?}");
        let together: String = lines.iter().map(|line| line["PRIVMSG #c :".len()..].to_owned() + " ").collect();
        assert_eq!(together.trim(), text.trim());
        let lines = said(IrcVerb::Say, &"💥".repeat(300));
        assert!(lines.len() == 3 && lines.iter().all(|line| line.len() + PREFIX + 3 + 2 <= LINE), "{lines:?}");
        assert_eq!(lines.iter().map(|line| line.matches('💥').count()).sum::<usize>(), 300);
    }

    #[test]
    fn pieces_end_whatever_the_room_is() {
        assert_eq!(pieces("💥a b", 1).collect::<Vec<_>>(), ["💥", "a", "b"]);
        assert_eq!(pieces("ab cd", 2).collect::<Vec<_>>(), ["ab", "cd"]);
        assert_eq!(pieces("   abcdef", 4).collect::<Vec<_>>(), ["   a", "bcde", "f"]);
    }
}
