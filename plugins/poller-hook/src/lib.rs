//! Makes change sources look for changes now: Buildbot's dialect `poller`.
//!
//! Not here: which change sources there are; the host knows them.

use campanile_sdk::contract::Poke;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The change sources that may be asked, by name. Without it: all.
    #[serde(default)]
    allowed: Option<Vec<String>>,
}

pub struct Poller;

campanile_sdk::export!(hook Poller);

impl ChangeHook for Poller {
    const NAME: &'static str = "poller-hook";
    const SUMMARY: &'static str = "Makes change sources look for changes now";
    type Settings = Settings;

    fn changes(settings: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        let named = request.fields()?.into_iter().filter(|(name, _)| name == "poller");
        let pollers = named.map(|(_, poller)| poller).collect();
        Ok(HookOutcome::Poke(Poke { pollers, among: settings.allowed.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use campanile_sdk::testing::a_hook_request;
    use serde_json::json;

    #[test]
    fn who_is_named_is_asked() {
        let mut request = a_hook_request(&json!({}), &[]);
        request.query = vec![("poller".into(), "svn".into()), ("x".into(), "y".into())];
        (request.content_type, request.body) = ("application/x-www-form-urlencoded".into(), b"poller=hg".into());
        let outcome = Given::settings(json!({"allowed": ["svn"]})).hook::<Poller>(&request, &[]);
        let (pollers, among) = (vec!["svn".into(), "hg".into()], Some(vec!["svn".into()]));
        assert_eq!(outcome, Ok(HookOutcome::Poke(Poke { pollers, among })));
    }
}
