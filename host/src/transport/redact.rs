//! Takes what is secret out of texts that are recorded: servers like to repeat what they refuse.
//!
//! A value is looked for in each spelling in which it left the house, or in which a server may repeat it.
//! Invariant: a longer spelling is replaced before a shorter one that may be its part, of which the rest would stay.

use super::fill::Place;
use super::fill::escape;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::cmp::Reverse;
use std::fmt;

/// Shorter ones are not looked for: they would be found in innocent words.
const SHORTEST_REDACTED: usize = 4;

/// What not to record.
#[derive(Default)]
pub(super) struct Redactor {
    /// What to look for, the longest first, and what stands there instead.
    hidden: Vec<(String, String)>,
}

impl Redactor {
    /// Hides the value of a secret.
    pub(super) fn hide(&mut self, value: &str, shown: &str) {
        self.add(value, value, shown);
        self.hide_encoded(value, shown);
    }

    /// Hides what a login is sent as: by HTTP's Basic, AUTH PLAIN, and the two answers of AUTH LOGIN.
    pub(super) fn hide_login(&mut self, user: &str, password: &str) {
        for sent in [&format!("{user}:{password}"), &format!("\0{user}\0{password}"), user, password] {
            self.hide_encoded(sent, "<login>");
        }
    }

    pub(super) fn redact(&self, text: String) -> String {
        self.hidden.iter().fold(text, |text, (spelling, shown)| match text.contains(spelling) {
            true => text.replace(spelling, shown),
            false => text,
        })
    }

    /// The same of a text that was cut: what may be the beginning of something hidden is left out at its end.
    pub(super) fn redact_cut(&self, mut text: String) -> String {
        let spellings = || self.hidden.iter().map(|(spelling, _)| spelling.as_bytes());
        let begun = spellings().map(|spelling| begun(text.as_bytes(), spelling)).max().unwrap_or_default();
        let mut end = text.len() - begun;
        // What is whole is not cut apart: the rest of it would not be found any more.
        while let Some(start) = spellings().filter_map(|spelling| straddling(text.as_bytes(), spelling, end)).min() {
            end = start;
        }
        text.truncate(end);
        self.redact(text)
    }

    /// Hides the base64 of a value, with and without its padding.
    fn hide_encoded(&mut self, value: &str, shown: &str) {
        let encoded = BASE64_STANDARD.encode(value);
        self.add(value, &encoded, shown);
        self.add(value, encoded.trim_end_matches('='), shown);
    }

    fn add(&mut self, value: &str, spelling: &str, shown: &str) {
        if value.len() < SHORTEST_REDACTED {
            return;
        }
        let json = escape(spelling, Place::Json);
        // Some write JSON with a backslash before each slash.
        let slashed = json.replace('/', "\\/");
        let spellings = [spelling.into(), escape(spelling, Place::Url), json, slashed.into()];
        for spelling in spellings {
            if !self.hidden.iter().any(|(known, _)| *known == spelling) {
                self.hidden.push((spelling.into_owned(), shown.to_owned()));
            }
        }
        self.hidden.sort_by_key(|(spelling, _)| Reverse(spelling.len()));
    }
}

/// So many bytes at the end of a text are the beginning of a spelling, and not all of it.
fn begun(text: &[u8], spelling: &[u8]) -> usize {
    (1..spelling.len()).rev().find(|&length| text.ends_with(&spelling[..length])).unwrap_or_default()
}

/// Where a spelling begins that goes on behind `end`.
fn straddling(text: &[u8], spelling: &[u8], end: usize) -> Option<usize> {
    let first = (end + 1).saturating_sub(spelling.len());
    (first..end).find(|&start| text[start..].starts_with(spelling))
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_cut_out() {
        let mut redactor = Redactor::default();
        redactor.hide("s3c/\"et", "<secret:a>");
        redactor.hide("s3c/\"et, and longer", "<secret:b>");
        redactor.hide("abc", "<secret:short>");
        redactor.hide_login("me", "hunter2");
        let check = |text: &str, expected: &str| assert_eq!(redactor.redact(text.to_owned()), expected, "{text}");
        check("no s3c/\"et.", "no <secret:a>.");
        check("no s3c%2F%22et.", "no <secret:a>.");
        check("no s3c/\\\"et.", "no <secret:a>.");
        check("no s3c\\/\\\"et.", "no <secret:a>.");
        check("no czNjLyJldA==, czNjLyJldA, czNjLyJldA%3D%3D.", "no <secret:a>, <secret:a>, <secret:a>.");
        check("no s3c/\"et, and longer", "no <secret:b>");
        check("abc YWJj", "abc YWJj");
        check("Basic bWU6aHVudGVyMg==", "Basic <login>");
        check("AUTH PLAIN AG1lAGh1bnRlcjI=", "AUTH PLAIN <login>");
        check("334 VXNlcm5hbWU6 aHVudGVyMg==", "334 VXNlcm5hbWU6 <login>");
    }

    #[test]
    fn what_is_begun_at_a_cut_is_left_out() {
        let mut redactor = Redactor::default();
        redactor.hide("s3cr3t-t0ken", "<secret:a>");
        redactor.hide("abcabc", "<secret:b>");
        redactor.hide("xs3cr3t-t0keny", "<secret:c>");
        let check = |text: &str, expected: &str| assert_eq!(redactor.redact_cut(text.to_owned()), expected, "{text}");
        check("none.", "none.");
        check("no s3cr3t-t0ken.", "no <secret:a>.");
        check("no s3cr3t-t", "no ");
        check("no s", "no ");
        check("no czNjcjN0LXQwa2", "no ");
        // Whole ones are not halved, whichever of them begins at the end.
        check("no abcabc", "no ");
        check("no xs3cr3t-t0ken", "no ");
        check("abcabc abca", "<secret:b> ");
    }

    #[test]
    fn nothing_is_shown_by_debug() {
        let mut redactor = Redactor::default();
        redactor.hide("s3cret", "<secret:a>");
        assert_eq!(format!("{redactor:?}"), "Redactor");
    }
}
