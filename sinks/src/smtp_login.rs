//! AUTH PLAIN and AUTH LOGIN of the mail server.

use crate::smtp_session::Next;
use crate::smtp_session::Session;
use crate::smtp_session::say;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use smtp_proto::AUTH_LOGIN;
use smtp_proto::AUTH_PLAIN;
use std::slice::Iter;

/// A login in several lines.
pub(crate) enum Login {
    Plain,
    User,
    Password(String),
}

impl Session<'_> {
    pub(crate) fn begin_login(&mut self, mechanism: u64, response: &str, output: &mut Vec<u8>) {
        match mechanism {
            _ if self.options.login.is_none() => say(output, 502, "5.5.1 not here"),
            AUTH_PLAIN if !response.is_empty() => self.end_plain(response.as_bytes(), output),
            AUTH_PLAIN => {
                self.login = Some((Login::Plain, Vec::new()));
                say(output, 334, "");
            }
            AUTH_LOGIN => {
                self.login = Some((Login::User, Vec::new()));
                say(output, 334, &BASE64_STANDARD.encode("Username:"));
            }
            _ => say(output, 504, "5.5.4 no such mechanism"),
        }
    }

    pub(crate) fn take_login(&mut self, bytes: &mut Iter<'_, u8>, output: &mut Vec<u8>) -> Next {
        let Some((step, mut line)) = self.login.take() else { return Next::More };
        let complete = bytes.by_ref().any(|&b| {
            line.push(b);
            b == b'\n'
        });
        if !complete {
            self.login = Some((step, line));
            return Next::More;
        }
        let line = line.trim_ascii();
        match step {
            Login::Plain => self.end_plain(line, output),
            Login::User => {
                self.login = Some((Login::Password(decoded(line)), Vec::new()));
                say(output, 334, &BASE64_STANDARD.encode("Password:"));
            }
            Login::Password(user) => self.end_login(user, decoded(line), output),
        }
        Next::More
    }

    fn end_plain(&mut self, response: &[u8], output: &mut Vec<u8>) {
        let decoded = decoded(response);
        let mut words = decoded.split('\0').skip(1).map(str::to_owned);
        let (user, password) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        self.end_login(user, password, output);
    }

    fn end_login(&mut self, user: String, password: String, output: &mut Vec<u8>) {
        match &self.options.login {
            Some((u, p)) if *u == user && *p == password => {
                self.user = Some(user);
                say(output, 235, "2.7.0 welcome");
            }
            _ => say(output, 535, "5.7.8 wrong user or password"),
        }
    }
}

fn decoded(base64: &[u8]) -> String {
    String::from_utf8_lossy(&BASE64_STANDARD.decode(base64).unwrap_or_default()).into_owned()
}
