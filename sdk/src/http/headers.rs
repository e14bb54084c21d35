//! More headers: Buildbot's `headers`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::HttpRequest;
use crate::contract::Problem;
use crate::interpolate::Renderable;
use crate::interpolate::Sources;
use crate::settings::pointer_key;

/// The setting `headers`: names and values, with placeholders. Each takes the place of one that the request has anyway.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Headers(BTreeMap<String, Renderable>);

impl Headers {
    /// The request, with them.
    #[must_use]
    pub fn put_onto(&self, request: HttpRequest, sources: Sources<'_>) -> HttpRequest {
        self.0.iter().fold(request, |request, (name, value)| match value.read() {
            Ok(text) => request.set_header(name, text.fill(sources)),
            // `problems` has told it.
            Err(_) => request,
        })
    }

    /// What is wrong with them; `at` is where they stand.
    #[must_use]
    pub fn problems(&self, at: &str) -> Vec<Problem> {
        let problem = |(name, value): (&String, &Renderable)| {
            Some(Problem::new(format!("{at}/{}", pointer_key(name)), value.problem()?))
        };
        self.0.iter().filter_map(problem).collect()
    }
}
