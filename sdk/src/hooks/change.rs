//! Changes as dialects make them.

use serde::Serialize;

use crate::contract::HookOutcome;
use crate::contract::HookRequest;
use crate::contract::NewChange;

impl Default for NewChange {
    /// Nothing is known of it.
    fn default() -> Self {
        Self {
            author: None,
            committer: None,
            comments: None,
            files: Vec::new(),
            revision: None,
            when_timestamp: None,
            branch: None,
            category: None,
            revlink: None,
            properties: Vec::new(),
            repository: String::new(),
            codebase: None,
            project: String::new(),
            src: None,
        }
    }
}

impl NewChange {
    /// With this property besides; one of that name it takes the place of.
    ///
    /// # Panics
    /// If the value is nothing that JSON has, such as a map whose keys are no texts.
    #[must_use]
    pub fn property(mut self, name: &str, value: &impl Serialize) -> Self {
        let value = serde_json::to_string(value).expect("the value is JSON");
        self.properties.retain(|(known, _)| known != name);
        self.properties.push((String::from(name), value));
        self
    }

    /// With the project and the codebase that the request's URL names, as in `?project=belfry&codebase=src`.
    #[must_use]
    pub fn named_by(mut self, request: &HookRequest) -> Self {
        if let Some(project) = request.query("project") {
            self.project = String::from(project);
        }
        if let Some(codebase) = request.query("codebase") {
            self.codebase = Some(String::from(codebase));
        }
        self
    }
}

impl HookOutcome {
    /// The request tells of no change.
    pub const NOTHING: Self = Self::Changes(Vec::new());
}
