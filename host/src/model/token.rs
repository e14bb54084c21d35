//! Who may call: tokens, what they may do, and how one is known without being kept.
//!
//! Not here: where tokens are stored (`store`), which call needs which scope (`api`).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// By this people and scanners for leaked secrets know a token.
pub const TOKEN_PREFIX: &str = "campanile_";

/// The bytes of chance in a token.
pub const CHANCE: usize = 32;

/// The longest name of a token, in bytes.
const LONGEST_NAME: usize = 64;

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading: the data API, events, deliveries.
    Read,
    /// Update calls, and appending to logs.
    Update,
    /// The same, saying when it happened.
    Import,
    /// Asking resources to do something: stop, rebuild, cancel, force, retry.
    Control,
    /// Everything, tokens too.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 5] = [Self::Read, Self::Update, Self::Import, Self::Control, Self::Admin];

    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Update => "update",
            Self::Import => "import",
            Self::Control => "control",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[derive(Debug, Error)]
#[error("no such scope {:?}: there are {}", .0, Scope::ALL.map(Scope::name).join(", "))]
pub struct NoScope(String);

impl FromStr for Scope {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| NoScope(text.to_owned()))
    }
}

/// The scopes of a token, each once and in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `admin` allows everything, and who may write the past may write the present.
    pub fn allow(&self, scope: Scope) -> bool {
        let implied = match scope {
            Scope::Update => self.0.contains(&Scope::Import),
            Scope::Read | Scope::Import | Scope::Control | Scope::Admin => false,
        };
        implied || self.0.contains(&scope) || self.0.contains(&Scope::Admin)
    }
}

/// With a blank between.
impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(" "))
    }
}

/// Words with blanks between.
impl FromStr for Scopes {
    type Err = NoScope;

    fn from_str(text: &str) -> Result<Self, NoScope> {
        Ok(Self::new(text.split_ascii_whitespace().map(str::parse).collect::<Result<Vec<_>, _>>()?))
    }
}

/// A token's name: what people call it, and who a control call is done by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct TokenName(String);

impl TokenName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Debug, Error)]
#[error("{0:?} names no token: at most {LONGEST_NAME} of A-Z a-z 0-9 . _ - @, beginning with a letter or a digit")]
pub struct NoTokenName(String);

impl FromStr for TokenName {
    type Err = NoTokenName;

    fn from_str(text: &str) -> Result<Self, NoTokenName> {
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        let legal = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@'));
        match begins && legal && text.len() <= LONGEST_NAME {
            true => Ok(Self(text.to_owned())),
            false => Err(NoTokenName(text.to_owned())),
        }
    }
}

/// A token itself. It can be shown once, to who asked for it; it is never written down.
pub struct Token(String);

impl Token {
    pub fn from_chance(chance: [u8; CHANCE]) -> Self {
        Self(format!("{TOKEN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(chance)))
    }

    /// For who asked for it, and nobody else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TOKEN_PREFIX}…")
    }
}

/// What is kept of a token. Plain SHA-256: 256 bits of chance cannot be tried out, so nothing slower is needed; and who
/// looks a hash up learns nothing from the time that it takes, because nobody can choose a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_allow_what_they_say() {
        let check = |scopes: &str, allowed: &str| {
            let scopes: Scopes = scopes.parse().expect("scopes");
            let found = Scopes::new(Scope::ALL.into_iter().filter(|scope| scopes.allow(*scope)));
            assert_eq!(found.to_string(), allowed, "{scopes}");
        };
        check("read", "read");
        check("update", "update");
        check("import", "update import");
        check("control read control", "read control");
        check("admin", "read update import control admin");
        check("", "");
        let error = "reed".parse::<Scopes>().expect_err("no scope").to_string();
        assert_eq!(error, "no such scope \"reed\": there are read, update, import, control, admin");
    }

    #[test]
    fn names_can_stand_in_a_path() {
        assert!(["ci", "ada@example.org", "7-up", "a.b_c"].into_iter().all(|name| name.parse::<TokenName>().is_ok()));
        for name in ["", ".", "..", "a/b", "a b", "ä", "_x", &"x".repeat(65)] {
            assert!(name.parse::<TokenName>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_token_is_known_by_its_beginning_and_not_shown_by_accident() {
        let token = Token::from_chance([0xff; CHANCE]);
        assert_eq!(token.reveal(), "campanile___________________________________________8");
        assert_eq!(format!("{token:?}"), "campanile_…");
        assert_eq!(token.hash(), TokenHash::of(token.reveal()));
    }
}
