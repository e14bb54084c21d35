//! `[[http_step]]`: where the HTTP steps which this host performs may go by an opening, and with which secrets.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpStep {
    /// Such as `https://deploy.example.org`.
    pub origin: String,
    /// The names of secrets.
    #[serde(default)]
    pub secrets: Vec<String>,
}
