//! Projects: builders that belong together.

use super::ProjectId;
use serde::Deserialize;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub projectid: ProjectId,
    pub name: String,
    pub slug: String,
    /// Whether a master configures one of its builders; null unless it was filtered by.
    pub active: Option<bool>,
    pub description: Option<String>,
    pub description_format: Option<String>,
    pub description_html: Option<String>,
}
