//! The setting `lookup`: how users become addresses.

use std::borrow::Cow;

use campanile_sdk::PluginChoice;
use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Deserializer;

/// A domain, or a plugin.
#[derive(Debug)]
pub(crate) enum Lookup {
    /// What a name without a domain gets.
    Domain(String),
    /// `{plugin = "people"}`.
    Plugin(PluginChoice),
}

impl<'de> Deserialize<'de> for Lookup {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = PluginChoice::deserialize(from)?;
        Ok(written.text().map_or(Self::Plugin(written), Self::Domain))
    }
}

impl JsonSchema for Lookup {
    fn schema_name() -> Cow<'static, str> {
        "Lookup".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{"type": "string"}, {"type": "object", "required": ["plugin"], "x-campanile": "address-lookup"}],
        })
    }
}
