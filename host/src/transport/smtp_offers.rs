//! What a relay offers in its answer to EHLO.

/// The extensions that matter here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) pipelining: bool,
    pub(super) eight_bit: bool,
    pub(super) utf8: bool,
    pub(super) starttls: bool,
    /// The way to log in, if there is one that we know.
    pub(super) login: Option<Login>,
    /// The largest mail that it takes, if it says so.
    pub(super) most_bytes: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    Plain,
    Login,
}

impl Offers {
    /// The first line is the relay's name.
    pub(super) fn read(answer: &str) -> Self {
        let mut offers = Self::default();
        for line in answer.lines().skip(1) {
            // Old relays write `AUTH=LOGIN`.
            let mut words = line.split([' ', '=']).map(str::to_ascii_uppercase);
            match words.next().as_deref() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("8BITMIME") => offers.eight_bit = true,
                Some("SMTPUTF8") => offers.utf8 = true,
                Some("STARTTLS") => offers.starttls = true,
                // None, and 0, is any size.
                Some("SIZE") => offers.most_bytes = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0),
                Some("AUTH") => offers.login = login(words).or(offers.login),
                Some(_) | None => {}
            }
        }
        offers
    }
}

/// In one step, where that is offered.
fn login(mechanisms: impl Iterator<Item = String>) -> Option<Login> {
    let known = |name: String| match name.as_str() {
        "PLAIN" => Some(Login::Plain),
        "LOGIN" => Some(Login::Login),
        _ => None,
    };
    mechanisms.filter_map(known).min_by_key(|login| *login == Login::Login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read() {
        let read = Offers::read("mail.example.org\nPIPELINING\nSIZE 10240000\nauth LOGIN PLAIN\n8bitmime\nDSN");
        let expected = Offers {
            pipelining: true,
            eight_bit: true,
            login: Some(Login::Plain),
            most_bytes: Some(10_240_000),
            ..Offers::default()
        };
        assert_eq!(read, expected);
        let read = Offers::read("STARTTLS\nAUTH=LOGIN\nAUTH CRAM-MD5\nSIZE 0\nSMTPUTF8");
        assert_eq!(read, Offers { login: Some(Login::Login), utf8: true, ..Offers::default() });
    }
}
