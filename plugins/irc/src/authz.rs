//! Who may use which command: Buildbot's `authz`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;

use crate::contact::Speaker;

/// Commands that nobody may use unless it is written.
pub(crate) const DANGEROUS: [&str; 5] = ["FORCE", "STOP", "SHUTDOWN", "JOIN", "LEAVE"];

/// Begins the name of an account.
const ACCOUNT: &str = "account:";

/// Who may: everybody, nobody, or these.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Users {
    /// Everybody or nobody.
    All(bool),
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// The rules, by what stands before them: a command in capitals, or `""`, `!` or `*`.
#[derive(Debug, Default)]
pub(crate) struct Rules(BTreeMap<String, Users>);

impl Rules {
    /// The rules as they are written: a key may name several commands.
    pub(crate) fn new(written: impl IntoIterator<Item = (String, Users)>) -> Self {
        let each = |(key, users): (String, Users)| {
            keys(&key).into_iter().map(move |key| (key, users.clone())).collect::<Vec<_>>()
        };
        Self(written.into_iter().flat_map(each).collect())
    }

    /// Whether this one may use a command.
    pub(crate) fn allow(&self, command: &str, who: &Speaker) -> bool {
        match self.rule(command) {
            Some(users) => users.include(who),
            None => !DANGEROUS.contains(&command),
        }
    }

    /// Whether a rule for just this command names or admits this one.
    pub(crate) fn allow_expressly(&self, command: &str, who: &Speaker) -> bool {
        self.0.get(command).is_some_and(|users| users.include(who))
    }

    /// Whether any rule names this one.
    pub(crate) fn name(&self, who: &Speaker) -> bool {
        self.0.values().any(|users| users.names().iter().any(|user| is(user, who)))
    }

    /// Whether there can be somebody who may.
    pub(crate) fn may_anybody(&self, command: &str) -> bool {
        match self.rule(command) {
            Some(Users::All(whether)) => *whether,
            Some(Users::One(_)) => true,
            Some(Users::Several(users)) => !users.is_empty(),
            None => !DANGEROUS.contains(&command),
        }
    }

    fn rule(&self, command: &str) -> Option<&Users> {
        let general = if DANGEROUS.contains(&command) { "!" } else { "" };
        [command, "*", general].into_iter().find_map(|key| self.0.get(key))
    }
}

impl Users {
    fn include(&self, who: &Speaker) -> bool {
        match self {
            Self::All(whether) => *whether,
            Self::One(user) => is(user, who),
            Self::Several(users) => users.iter().any(|user| is(user, who)),
        }
    }

    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::All(_) => &[],
            Self::One(user) => std::slice::from_ref(user),
            Self::Several(users) => users,
        }
    }
}

/// A nick is anybody's; an account is one's own.
fn is(user: &str, who: &Speaker) -> bool {
    match user.strip_prefix(ACCOUNT) {
        Some(account) => who.account.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(account)),
        None => user.eq_ignore_ascii_case(&who.nick),
    }
}

/// The keys that a written key stands for: `force, stop` are two.
pub(crate) fn keys(written: &str) -> Vec<String> {
    let found: Vec<String> = written
        .split([',', ' ', '(', ')'])
        .map(|word| word.trim().to_ascii_uppercase())
        .filter(|word| !word.is_empty())
        .collect();
    if found.is_empty() { vec![String::new()] } else { found }
}

impl JsonSchema for Users {
    fn schema_name() -> Cow<'static, str> {
        "Users".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// Who may command builds is who the operator lets ask for them.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["boolean", "string", "array"], "items": {"type": "string"}, "x-campanile": "control"})
    }
}
