//! Commits that Gitorious tells of, as a form with a payload: Buildbot's dialect `gitorious`.

use campanile_sdk::hooks::Person;
use campanile_sdk::hooks::is_zero;
use campanile_sdk::hooks::timestamp;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// It has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

#[derive(Deserialize)]
struct Payload {
    after: String,
    #[serde(rename = "ref")]
    reference: String,
    repository: Repository,
    project: Project,
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct Repository {
    url: String,
}

#[derive(Deserialize)]
struct Project {
    name: String,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
    author: Person,
    message: String,
    timestamp: String,
    url: String,
}

pub struct Gitorious;

campanile_sdk::export!(hook Gitorious);

impl ChangeHook for Gitorious {
    const NAME: &'static str = "gitorious-hook";
    const SUMMARY: &'static str = "Commits that Gitorious tells of";
    type Settings = Settings;

    fn changes(_: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        let payload: Payload = request.payload_field()?;
        // What is deleted has no revision.
        if is_zero(&payload.after) {
            return Ok(HookOutcome::NOTHING);
        }
        let change = |commit: Commit| {
            let change = NewChange {
                author: commit.author.text(),
                comments: Some(commit.message),
                revision: Some(commit.id),
                when_timestamp: timestamp(&commit.timestamp),
                branch: Some(payload.reference.clone()),
                revlink: Some(commit.url),
                repository: payload.repository.url.clone(),
                project: payload.project.name.clone(),
                src: Some("git".into()),
                ..NewChange::default()
            };
            change.named_by(request)
        };
        Ok(HookOutcome::Changes(payload.commits.into_iter().map(change).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use campanile_sdk::testing::a_hook_request;
    use serde_json::Value;
    use serde_json::json;

    fn changes(payload: &Value) -> Result<Vec<NewChange>, String> {
        let mut request = a_hook_request(&json!({}), &[]);
        request.content_type = "application/x-www-form-urlencoded".into();
        request.body = format!("payload={}", payload.to_string().replace('+', "%2B")).into();
        Given::settings(json!({})).hooked::<Gitorious>(&request)
    }

    fn pushed(after: &str) -> Value {
        json!({
            "after": after, "before": "0", "ref": "main", "project": {"name": "belfry"},
            "repository": {"url": "http://gitorious/belfry/bells"},
            "commits": [{"id": "c0ffee", "author": {"name": "Ada", "email": "ada@example.org"}, "message": "Oil",
                "timestamp": "2012-09-28T11:43:05+02:00", "url": "http://gitorious/c0ffee"}],
        })
    }

    #[test]
    fn each_commit_is_a_change() {
        let found = changes(&pushed("c0ffee")).expect("changes");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].author.as_deref(), Some("Ada <ada@example.org>"));
        assert_eq!((found[0].branch.as_deref(), found[0].when_timestamp), (Some("main"), Some(1_348_825_385)));
    }

    #[test]
    fn what_is_deleted_is_no_change() {
        assert_eq!(changes(&pushed(&"0".repeat(40))), Ok(Vec::new()));
        assert!(changes(&json!({})).expect_err("it is refused").contains("missing field `after`"));
    }
}
