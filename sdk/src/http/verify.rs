//! Whom to believe: Buildbot's `verify`.

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;

use crate::contract::TlsVerify;

/// The setting `verify`: whether the server's certificate is verified, or a file of authorities that vouch for it. What
/// the operator writes there is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Verify {
    /// Verified, or not at all.
    Whether(bool),
    /// Verified by the authorities in this file.
    By(String),
}

impl Default for Verify {
    fn default() -> Self {
        Self::Whether(true)
    }
}

impl Verify {
    /// As a request says it.
    #[must_use]
    pub fn of_request(&self) -> TlsVerify {
        match self {
            Self::Whether(true) => TlsVerify::Usual,
            Self::Whether(false) => TlsVerify::Nothing,
            Self::By(file) => TlsVerify::Authorities(file.clone()),
        }
    }
}

impl JsonSchema for Verify {
    fn schema_name() -> Cow<'static, str> {
        "Verify".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["boolean", "string"], "x-campanile": "tls-verify"})
    }
}
