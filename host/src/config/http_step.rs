//! `[[http_step]]`: secrets that the HTTP steps which this host performs may name, and where they go.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpStep {
    /// Such as `https://deploy.example.org`.
    pub origin: String,
    /// The names of secrets.
    pub secrets: Vec<String>,
}
