//! Commits that Google Code told of: the dialect `googlecode` of Buildbot 0.8, for what speaks as Google Code did.

use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {
    "signature": [{"header": "Google-Code-Project-Hosting-Hook-Hmac", "by": "hmac-md5"}],
}))]
pub struct Settings {
    /// The branch of the changes, which Google Code does not say.
    #[serde(default = "usual")]
    branch: String,
}

fn usual() -> String {
    "default".into()
}

#[derive(Deserialize)]
struct Payload {
    project_name: String,
    repository_path: String,
    revisions: Vec<Revision>,
}

#[derive(Deserialize)]
struct Revision {
    revision: Number,
    url: String,
    author: String,
    timestamp: u64,
    message: String,
    #[serde(default)]
    branch: Option<String>,
    #[serde(default)]
    added: Vec<String>,
    #[serde(default)]
    modified: Vec<String>,
    #[serde(default)]
    removed: Vec<String>,
}

/// Of Subversion a number, of others a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

pub struct GoogleCode;

campanile_sdk::export!(hook GoogleCode);

impl ChangeHook for GoogleCode {
    const NAME: &'static str = "googlecode-hook";
    const SUMMARY: &'static str = "Commits that Google Code told of";
    type Settings = Settings;

    fn changes(settings: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        let payload: Payload = request.json()?;
        let change = |revision: Revision| {
            let mut files = [revision.added, revision.modified, revision.removed].concat();
            files.sort();
            files.dedup();
            let change = NewChange {
                author: Some(revision.author),
                comments: Some(revision.message),
                files,
                revision: Some(match revision.revision {
                    Number::Number(number) => number.to_string(),
                    Number::Text(text) => text,
                }),
                when_timestamp: Some(revision.timestamp),
                branch: Some(revision.branch.unwrap_or_else(|| settings.branch.clone())),
                revlink: Some(revision.url),
                repository: payload.repository_path.clone(),
                project: payload.project_name.clone(),
                src: Some("Google Code".into()),
                ..NewChange::default()
            };
            change.named_by(request)
        };
        Ok(HookOutcome::Changes(payload.revisions.into_iter().map(change).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use campanile_sdk::testing::a_hook_request;
    use serde_json::json;

    #[test]
    fn each_revision_is_a_change() {
        let body = json!({"project_name": "belfry", "repository_path": "http://belfry.googlecode.com/svn/", "revision_count": 2,
        "revisions": [
            {"revision": 33, "url": "http://x/33", "author": "ada@example.org", "timestamp": 1_229_470_699,
             "message": "Oil", "path_count": 2, "added": ["/b"], "modified": ["/a", "/b"], "removed": []},
            {"revision": "c0ffee", "url": "http://x/c", "author": "ben", "timestamp": 1, "message": "", "branch": "dev"},
        ]});
        let request = a_hook_request(&body, &[]);
        let found = Given::settings(json!({"branch": "trunk"})).hooked::<GoogleCode>(&request).expect("changes");
        let shown: Vec<_> = found.iter().map(|c| (c.revision.as_deref(), c.branch.as_deref(), c.files.len())).collect();
        assert_eq!(shown, [(Some("33"), Some("trunk"), 2), (Some("c0ffee"), Some("dev"), 0)]);
        assert_eq!(found[0].src.as_deref(), Some("Google Code"));
    }
}
