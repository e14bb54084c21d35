//! `[[change_hook]]`: a dialect of change hooks that is enabled.

use super::problems::Reading;
use crate::model::SecretName;
use serde::Deserialize;
use std::collections::HashSet;
use toml::Table;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeHook {
    /// What it is called in `/change_hook/{dialect}`.
    pub dialect: String,
    /// The name of a file in the plugins' directory, without `.wasm`; absent: that of the dialect with `-hook`.
    #[serde(default)]
    pub plugin: Option<String>,
    /// The secret that requests are signed with.
    #[serde(default)]
    pub secret: Option<SecretName>,
    /// Who may call, by HTTP Basic.
    #[serde(default)]
    pub auth: Option<Auth>,
    /// What the plugin's schema describes, by Buildbot's option names.
    #[serde(default)]
    pub settings: Table,
    /// Destinations beyond those that stand in the settings.
    #[serde(default)]
    pub allow: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    pub user: String,
    /// The secret that holds it.
    pub password: SecretName,
}

pub(super) fn check(hooks: &[(usize, ChangeHook)], reading: &mut Reading) {
    let mut seen = HashSet::new();
    for (index, hook) in hooks {
        let (at, dialect) = (format!("change_hook[{index}].dialect"), &hook.dialect);
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if dialect.is_empty() || !dialect.chars().all(legal) {
            reading.problem(&at, format!("{dialect:?} must be letters, digits, `_` and `-`"));
        }
        if !seen.insert(dialect) {
            reading.problem(&at, format!("{dialect:?} is the dialect of another change hook, too"));
        }
        let user = hook.auth.as_ref().map(|auth| auth.user.as_str());
        if user.is_some_and(|user| user.is_empty() || user.contains(':') || user.contains(char::is_control)) {
            reading.problem(&format!("change_hook[{index}].auth.user"), "it must be a name without a colon");
        }
    }
}
