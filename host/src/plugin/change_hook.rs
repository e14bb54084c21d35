//! A change hook, ready to be called: its plugin, its settings, how it knows who calls, and what it may read.

use crate::model::Fetched;
use crate::model::Grants;
use crate::model::HookDescription;
use crate::model::HookOutcome;
use crate::model::HookRequest;
use crate::model::SecretName;
use crate::plugin::call::CallReport;
use crate::plugin::caller::Caller;
use crate::plugin::load::Plugin;
use std::sync::Arc;

pub struct ChangeHook {
    /// What it is called in the path of a request.
    pub dialect: String,
    pub plugin: Arc<Plugin>,
    /// JSON.
    pub settings: String,
    pub description: HookDescription,
    /// The secret that signs its requests, where there is one.
    pub secret: Option<SecretName>,
    /// Who may call, where somebody has to say who they are.
    pub login: Option<HookLogin>,
    pub grants: Grants,
}

/// A user, and the secret that is the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookLogin {
    pub user: String,
    pub password: SecretName,
}

impl ChangeHook {
    /// Whether who calls has to prove who they are.
    pub fn is_guarded(&self) -> bool {
        self.secret.is_some() || self.login.is_some()
    }

    /// What a request means; an error is what is wrong with the request.
    pub async fn changes(
        &self,
        caller: &Caller,
        request: &HookRequest,
        fetched: &[Fetched],
    ) -> CallReport<Result<HookOutcome, String>> {
        caller.changes(&self.plugin, &self.settings, (request, fetched)).await
    }
}
