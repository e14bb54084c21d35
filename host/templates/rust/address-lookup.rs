//! The mail addresses of users: those that the settings name, and a domain for all others.

use campanile_sdk::prelude::*;
use std::collections::BTreeMap;

/// What the operator may write beside the plugin's name. Its JSON Schema is published with the plugin.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// What makes an address of a user's name.
    domain: String,
    /// Addresses by user, where the domain does not fit.
    #[serde(default)]
    people: BTreeMap<String, String>,
}

struct Plugin;

campanile_sdk::export!(lookup Plugin);

impl AddressLookup for Plugin {
    const NAME: &'static str = "__NAME__";
    const SUMMARY: &'static str = "Addresses by user, and a domain for all others";
    type Settings = Settings;

    /// A user is called as changes and properties call them. `None` is for who has no address, and gets no mail.
    fn address(settings: &Settings, user: &str, _: &impl PluginHost) -> Result<Option<String>, Failure> {
        if let Some(address) = settings.people.get(user) {
            return Ok(Some(address.clone()));
        }
        // What has an address in it already, such as `Ada <ada@example.org>`, and what can be none.
        if user.contains('@') {
            return Ok(Some(user.to_owned()));
        }
        Ok((!user.contains(' ')).then(|| format!("{user}@{}", settings.domain)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;

    #[test]
    fn the_table_goes_first() {
        let settings = serde_json::json!({"domain": "example.org", "people": {"ada": "ada.king@example.net"}});
        let found = Given::settings(settings).look_up::<Plugin>(&["ada", "ben", "the night build"]).unwrap();
        assert_eq!(found, [Some("ada.king@example.net".to_owned()), Some("ben@example.org".to_owned()), None]);
    }
}
