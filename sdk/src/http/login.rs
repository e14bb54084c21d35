//! Who asks: Buildbot's `auth`.

use std::borrow::Cow;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;

use crate::contract::HttpRequest;
use crate::text::literal;
use crate::text::secret;

/// The setting `auth`: `["user", "secret"]` logs in by HTTP basic authentication, where the secret that holds the
/// password stands by its name; so does `{user = "user", password = "secret"}`; and `{token = "secret"}` sends the
/// secret as a bearer's token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Login {
    /// A user, and the name of the secret with the password.
    Pair(String, String),
    /// The same, by name.
    #[serde(rename_all = "snake_case")]
    Basic {
        /// The user.
        user: String,
        /// The name of the secret with the password.
        password: String,
    },
    /// A token.
    Bearer {
        /// The name of the secret that holds it.
        token: String,
    },
}

impl Login {
    /// The request, from this one.
    #[must_use]
    pub fn put_onto(&self, request: HttpRequest) -> HttpRequest {
        match self {
            Self::Pair(user, password) | Self::Basic { user, password } => {
                request.login(literal(user), secret(password))
            }
            Self::Bearer { token } => request.set_header("Authorization", [literal("Bearer "), secret(token)].concat()),
        }
    }
}

impl JsonSchema for Login {
    fn schema_name() -> Cow<'static, str> {
        "Login".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let secret = || serde_json::json!({"type": "string", "x-campanile": "secret"});
        json_schema!({
            "oneOf": [
                {
                    "type": "array",
                    "prefixItems": [{"type": "string"}, secret()],
                    "minItems": 2,
                    "maxItems": 2,
                },
                {
                    "type": "object",
                    "properties": {"user": {"type": "string"}, "password": secret()},
                    "required": ["user", "password"],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": {"token": secret()},
                    "required": ["token"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
