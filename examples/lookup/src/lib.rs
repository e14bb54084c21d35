//! A lookup of mail addresses: a table in its settings, and a domain for who is not in it.
//!
//! Not here: what counts as a mail address; the reporter that asks knows that.

use std::collections::BTreeMap;

use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Addresses by user. An empty one is none: that user gets no mail.
    #[serde(default)]
    addresses: BTreeMap<String, String>,
    /// What makes an address of a user's name that is not in the table. Without it, such a user has none.
    #[serde(default)]
    domain: Option<String>,
}

struct People;

campanile_sdk::export!(lookup People);

impl AddressLookup for People {
    const NAME: &'static str = "people";
    const SUMMARY: &'static str = "Addresses of users from a table";
    type Settings = Settings;

    fn address(settings: &Settings, user: &str, _: &impl PluginHost) -> Result<Option<String>, Failure> {
        let by_domain = || Some(format!("{user}@{}", settings.domain.as_ref()?));
        let found = match settings.addresses.get(user) {
            Some(address) => Some(address.clone()),
            None if user.contains('@') => Some(user.to_owned()),
            None => by_domain(),
        };
        Ok(found.filter(|address| !address.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use campanile_sdk::testing::Given;
    use serde_json::Value;
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(domain: Value, user: &str, address: Option<&str>) {
        let addresses = json!({"ann": "Ann Lee <ann.lee@example.org>", "bot": ""});
        let found = Given::settings(json!({"addresses": addresses, "domain": domain})).look_up::<People>(&[user]);
        assert_eq!(found, Ok(vec![address.map(str::to_owned)]));
    }

    #[test]
    fn the_table_goes_first() {
        check(json!("example.net"), "ann", Some("Ann Lee <ann.lee@example.org>"));
        check(json!("example.net"), "bot", None);
        check(json!("example.net"), "bob", Some("bob@example.net"));
        check(json!("example.net"), "Eve <eve@example.com>", Some("Eve <eve@example.com>"));
    }

    #[test]
    fn without_a_domain_a_stranger_has_no_address() {
        check(json!(null), "ann", Some("Ann Lee <ann.lee@example.org>"));
        check(json!(null), "bob", None);
    }

    #[test]
    fn each_user_has_a_place_in_the_answer() {
        let given = Given::settings(json!({"addresses": {"ann": "ann@example.org"}}));
        let found = given.look_up::<People>(&["bob", "ann", "bob"]);
        assert_eq!(found, Ok(vec![None, Some("ann@example.org".to_owned()), None]));
    }

    #[test]
    fn settings_that_it_does_not_know_are_refused() {
        let failure = Given::settings(json!({"table": {}})).look_up::<People>(&["ann"]).expect_err("is refused");
        let expected = "the settings do not fit: /table: unknown field `table`, expected `addresses` or `domain`";
        assert_eq!(failure, Failure::GiveUp(expected.to_owned()));
    }
}
