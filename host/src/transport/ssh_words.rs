//! From a list of words to the one line that SSH carries, so that the far side's shell makes the same words of it.
//!
//! Within single quotes a POSIX shell knows nothing special, so a word in them can be anything but a single quote, which
//! goes outside as `\'`. Gerrit's daemon, which has no shell, splits by the same rules; but it drops empty words.
//!
//! Not here: which words a command needs, which the reporter knows.

use thiserror::Error;

/// The longest line. Linux takes 128 KiB in one argument, which the shell on the far side gets it as.
pub(super) const MAX_COMMAND_BYTES: usize = 120 * 1024;

/// What a shell reads as its own where a command is expected; the others have signs in them and are quoted anyway.
const RESERVED: [&str; 18] = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "in", "function",
    "select", "time", "coproc", "export",
];

#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum WordsError {
    #[error("a command without a word")]
    Nothing,
    #[error("the word {0} of the command has a NUL in it, which no command can be given")]
    Nul(usize),
    #[error("the command has {0} bytes when it is quoted; at most {MAX_COMMAND_BYTES} can be sent")]
    TooLong(usize),
}

/// The words as one line.
pub(super) fn line(words: &[String]) -> Result<String, WordsError> {
    if let Some(at) = words.iter().position(|word| word.contains('\0')) {
        return Err(WordsError::Nul(at + 1));
    }
    let (first, rest) = words.split_first().ok_or(WordsError::Nothing)?;
    let is_more = RESERVED.contains(&first.as_str()) || first.contains('=');
    let mut line = if is_more { in_quotes(first) } else { quoted(first) };
    for word in rest {
        line.push(' ');
        line.push_str(&quoted(word));
    }
    if line.len() > MAX_COMMAND_BYTES { Err(WordsError::TooLong(line.len())) } else { Ok(line) }
}

/// As it stands between quotes: how a secret may come back from the far side.
pub(super) fn escaped(word: &str) -> String {
    word.replace('\'', r"'\''")
}

fn quoted(word: &str) -> String {
    if is_plain(word) { word.to_owned() } else { in_quotes(word) }
}

fn in_quotes(word: &str) -> String {
    format!("'{}'", escaped(word))
}

/// Whether no shell sees anything in it but a word, where it is not the first, which with a `=` would be an assignment.
fn is_plain(word: &str) -> bool {
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/' | b':' | b',' | b'@' | b'+' | b'=');
    // To zsh, `=ls` is where ls is.
    !word.is_empty() && !word.starts_with('=') && word.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::process::Command;

    fn check(words: &[&str], expected: &str) {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        assert_eq!(line(&words).map_err(|e| e.to_string()), Ok(expected.to_owned()));
    }

    #[test]
    fn words_are_quoted_unless_they_are_plain() {
        check(&["gerrit", "review", "--project", "a/b-c.d"], "gerrit review --project a/b-c.d");
        check(&["gerrit", "--message", "it's $(done)"], r"gerrit --message 'it'\''s $(done)'");
        check(&["gerrit", "", "a\nb", "ü", "~", "a=b", "=a"], "gerrit '' 'a\nb' 'ü' '~' a=b '=a'");
        check(&["A=b", "if"], "'A=b' if");
        check(&["if", "true"], "'if' true");
        check(&["'"], r"''\'''");
    }

    #[test]
    fn what_no_command_can_be_given_is_refused() {
        let refused = |words: &[String]| line(words).unwrap_err().to_string();
        assert_eq!(refused(&[]), "a command without a word");
        assert!(refused(&["a".into(), "b\0c".into()]).starts_with("the word 2 of the command has a NUL"));
        assert!(refused(&["a".into(), "b".repeat(MAX_COMMAND_BYTES)]).starts_with("the command has 122882 bytes"));
    }

    /// Any words, most of them of what a shell knows: made of a seed, so that a failure comes again.
    fn any_words(seed: u64) -> Vec<String> {
        const SIGNS: &[char] = &[
            '\'', '\'', '"', '\\', '$', '`', ' ', '\n', '\t', '\r', '*', '?', '[', ']', '~', '#', '!', '&', '|', ';',
            '<', '>', '(', ')', '{', '}', '=', '-', '%', '^', ',', 'a', 'Z', '0', 'ü', '日', '🔔', '\u{1}', '\u{7f}',
            '\u{2028}',
        ];
        let mut random = StdRng::seed_from_u64(seed);
        let mut word = || {
            let length = random.random_range(0..12);
            (0..length).map(|_| SIGNS[random.random_range(0..SIGNS.len())]).collect()
        };
        (0..60).map(|_| word()).collect()
    }

    #[test]
    fn a_shell_makes_the_same_words_of_any_words() {
        for seed in 0..100 {
            let words = [vec!["printf".to_owned(), r"%s\0".to_owned()], any_words(seed)].concat();
            let output = Command::new("/bin/sh").args(["-c", &line(&words).unwrap()]).output().unwrap();
            let came: Vec<String> =
                String::from_utf8(output.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
            assert_eq!(came, words[2..], "seed {seed}");
        }
    }

    #[test]
    fn gerrit_makes_the_same_words_of_any_but_empty_ones() {
        for seed in 0..1000 {
            let mut words = any_words(seed);
            words.retain(|word| !word.is_empty());
            assert_eq!(gerrit(&line(&words).unwrap()), words, "seed {seed}");
        }
    }

    /// How Gerrit's daemon makes words of a line.
    fn gerrit(line: &str) -> Vec<String> {
        let (mut words, mut word) = (Vec::new(), String::new());
        let (mut single, mut double) = (false, false);
        let mut signs = line.chars();
        while let Some(sign) = signs.next() {
            match sign {
                ' ' | '\t' if !single && !double => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                }
                '"' if !single => double = !double,
                '\'' if !double => single = !single,
                '\\' if !single => word.extend(signs.next()),
                other => word.push(other),
            }
        }
        words.extend((!word.is_empty()).then_some(word));
        words
    }

    #[test]
    fn gerrit_makes_the_same_words_of_it() {
        let nasty =
            ["a b", "it's", "''", "\"", "\\", "\\'", "a\\\"b'c", "\t", "\n", "$(x) `y`", "--x", " ", "ü'\\ \"", "'"];
        for a in nasty {
            for b in nasty {
                let words: Vec<String> = ["gerrit", a, b].map(str::to_owned).to_vec();
                assert_eq!(gerrit(&line(&words).unwrap()), words);
            }
        }
    }
}
