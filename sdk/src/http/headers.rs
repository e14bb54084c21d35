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
            let message = wrong_name(name).or_else(|| value.problem())?;
            Some(Problem::new(format!("{at}/{}", pointer_key(name)), message))
        };
        self.0.iter().filter_map(problem).collect()
    }
}

/// What the host writes by itself; it refuses requests that have one of these.
const OF_THE_HOST: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A name is a token (RFC 9110, 5.6.2).
fn wrong_name(name: &str) -> Option<String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Some(format!("`{name}` is no name of a header: expected letters, digits and `-`"));
    }
    let lower = name.to_ascii_lowercase();
    let own = OF_THE_HOST.contains(&lower.as_str()) || ["proxy-", "webhook-"].iter().any(|own| lower.starts_with(own));
    own.then(|| format!("the header `{name}` is the host's to write"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_request_may_have_are_problems() {
        let check = |name: &str, expected: Option<&str>| {
            let headers: Headers = serde_json::from_value(serde_json::json!({name: "x"})).expect("headers");
            let problems = headers.problems("/headers");
            assert_eq!(problems.first().map(|problem| problem.message.as_str()), expected, "{name}");
        };
        check("X-Build_1", None);
        check("Authorization", None);
        check("Host", Some("the header `Host` is the host's to write"));
        check("webhook-id", Some("the header `webhook-id` is the host's to write"));
        check("a b", Some("`a b` is no name of a header: expected letters, digits and `-`"));
        check("", Some("`` is no name of a header: expected letters, digits and `-`"));
    }
}
