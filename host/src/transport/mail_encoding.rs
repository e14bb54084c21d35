//! Values of headers as they stand in a mail: ASCII, in lines that are short enough (RFC 5322, 2047).
//!
//! Lettre does this too, but leaves lists of addresses and long words in lines of any length, which relays refuse
//! beyond 998 characters, and folds inside of quoted names, which changes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::message::Mailbox;

/// Lines are folded here, where there is a blank.
const LINE: usize = 76;

/// A longer word is encoded, for its line could not be folded.
const LONGEST_WORD: usize = 800;

/// What stands in one encoded word, before it is encoded; with its frame it has 72 characters.
const ENCODED_BYTES: usize = 45;

/// Text that means nothing to machines, but for the words in it that do: those of ASCII stay as they are.
pub(super) fn text(name: &str, value: &str) -> String {
    let words: Vec<&str> = value.split(' ').collect();
    let mut lines = Lines::after(name);
    if value.contains(&" ".repeat(LONGEST_WORD)) {
        // Between blanks alone a line is not folded.
        encoded(value).for_each(|word| lines.word(&word));
        return lines.text;
    }
    let mut at = 0;
    while let Some(word) = words.get(at) {
        // The blank between two encoded words is not read, so neighbours are encoded together with it.
        let run = words[at..].iter().take_while(|word| needs_encoding(word)).count();
        if run == 0 {
            lines.word(word);
            at += 1;
        } else {
            encoded(&words[at..at + run].join(" ")).for_each(|word| lines.word(&word));
            at += run;
        }
    }
    lines.text
}

pub(super) fn addresses(name: &str, mailboxes: &[Mailbox]) -> String {
    let mut lines = Lines::after(name);
    for (index, mailbox) in mailboxes.iter().enumerate() {
        let comma = if index + 1 < mailboxes.len() { "," } else { "" };
        match &mailbox.name {
            None => lines.word(&format!("{}{comma}", mailbox.email)),
            Some(name) => {
                phrase(name).iter().for_each(|word| lines.word(word));
                lines.word(&format!("<{}>{comma}", mailbox.email));
            }
        }
    }
    lines.text
}

/// The name of somebody: words, one quoted word, or encoded ones.
fn phrase(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split_ascii_whitespace().collect();
    let is_atom = |char: char| char.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(char);
    if words.iter().any(|word| needs_encoding(word)) || name.len() > LONGEST_WORD {
        encoded(name).collect()
    } else if words.iter().all(|word| word.chars().all(is_atom)) {
        words.into_iter().map(str::to_owned).collect()
    } else if name.len() < LINE / 2 {
        vec![format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))]
    } else {
        // One word, however long, cannot be folded.
        encoded(name).collect()
    }
}

fn needs_encoding(word: &str) -> bool {
    !word.is_ascii() || word.contains("=?") || word.len() > LONGEST_WORD
}

fn encoded(text: &str) -> impl Iterator<Item = String> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = (1..=rest.len().min(ENCODED_BYTES)).rev().find(|&end| rest.is_char_boundary(end))?;
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(format!("=?utf-8?b?{}?=", STANDARD.encode(piece)))
    })
}

/// Words with a blank between, each line begun by one.
struct Lines {
    text: String,
    column: usize,
    /// Whether all words were empty: a line of blanks alone must not come about. A later one begins with a word.
    blank: bool,
}

impl Lines {
    fn after(name: &str) -> Self {
        Self { text: String::new(), column: name.len() + 1, blank: true }
    }

    fn word(&mut self, word: &str) {
        let is_first = self.text.is_empty() && self.column > 0 && self.blank;
        if !is_first {
            let folds = !self.blank && !word.is_empty() && self.column + 1 + word.len() > LINE;
            self.text.push_str(if folds { "\r\n " } else { " " });
            self.column = if folds { 1 } else { self.column + 1 };
        }
        self.text.push_str(word);
        self.column += word.len();
        self.blank &= word.is_empty();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_folded_and_encoded_where_that_is_needed() {
        let check = |value: &str, expected: &str| assert_eq!(text("Subject", value), expected, "{value}");
        check("build 7 failed", "build 7 failed");
        check("grün ist es", "=?utf-8?b?Z3LDvG4=?= ist es");
        check("grün für alle", "=?utf-8?b?Z3LDvG4gZsO8cg==?= alle");
        check("a  b", "a  b");
        check(&"a  ".repeat(26), &format!("{}a \r\n a  a  a  ", "a  ".repeat(22)));
        check("=?x", "=?utf-8?b?PT94?=");
        check(&"words ".repeat(14), &format!("{}\r\n {}", ["words"; 11].join(" "), "words words words "));
    }

    #[test]
    fn names_are_atoms_or_quoted_or_encoded() {
        let check = |name: &str, expected: &str| {
            let mailbox = Mailbox::new(Some(name.to_owned()), "a@b.org".parse().unwrap());
            assert_eq!(addresses("To", &[mailbox]), format!("{expected} <a@b.org>"));
        };
        check("Doe", "Doe");
        check("John Doe", "John Doe");
        check("Doe, John", "\"Doe, John\"");
        check("a \"b\\\"", "\"a \\\"b\\\\\\\"\"");
        check("Jürgen", "=?utf-8?b?SsO8cmdlbg==?=");
    }
}
