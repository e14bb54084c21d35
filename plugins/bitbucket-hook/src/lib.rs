//! Commits that the POST service of Bitbucket tells of, as a form with a payload: Buildbot's dialect `bitbucket`.

use campanile_sdk::hooks::timestamp;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// It has no settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {"headers": ["X-Event-Key"]}))]
pub struct Settings {}

#[derive(Deserialize)]
struct Payload {
    canon_url: String,
    repository: Repository,
    #[serde(default)]
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct Repository {
    absolute_url: String,
    scm: String,
}

#[derive(Deserialize)]
struct Commit {
    raw_author: String,
    #[serde(default)]
    files: Vec<File>,
    message: String,
    raw_node: String,
    utctimestamp: String,
    branch: Option<String>,
}

#[derive(Deserialize)]
struct File {
    file: String,
}

pub struct Bitbucket;

campanile_sdk::export!(hook Bitbucket);

impl ChangeHook for Bitbucket {
    const NAME: &'static str = "bitbucket-hook";
    const SUMMARY: &'static str = "Commits that the POST service of Bitbucket tells of";
    type Settings = Settings;

    fn changes(_: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        let payload: Payload = request.payload_field()?;
        let repository = format!("{}{}", payload.canon_url, payload.repository.absolute_url);
        let change = |commit: Commit| {
            let change = NewChange {
                author: Some(commit.raw_author),
                comments: Some(commit.message),
                files: commit.files.into_iter().map(|file| file.file).collect(),
                revlink: Some(format!("{repository}commits/{}", commit.raw_node)),
                revision: Some(commit.raw_node),
                when_timestamp: timestamp(&commit.utctimestamp),
                branch: commit.branch,
                repository: repository.clone(),
                src: Some(payload.repository.scm.clone()),
                ..NewChange::default()
            };
            change.property("event", &request.header("x-event-key")).named_by(request)
        };
        Ok(HookOutcome::Changes(payload.commits.into_iter().map(change).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use campanile_sdk::testing::a_hook_request;
    use serde_json::json;

    #[test]
    fn each_commit_is_a_change() {
        let payload = json!({"canon_url": "https://bitbucket.org", "user": "ada",
            "repository": {"absolute_url": "/ada/belfry/", "scm": "git", "name": "belfry"},
            "commits": [{"author": "ada", "branch": "main", "files": [{"file": "bells.py", "type": "modified"}],
                "message": "Oil\n", "node": "620ade18607a", "raw_author": "Ada <ada@example.org>",
                "raw_node": "620ade18607ac42d872b568bb92acaa9a28620e9", "utctimestamp": "2012-05-30 03:58:56+00:00"}]});
        let mut request = a_hook_request(&json!({}), &[("X-Event-Key", "repo:push")]);
        request.content_type = "application/x-www-form-urlencoded".into();
        request.query = vec![("project".into(), "belfry".into())];
        request.body = format!("payload={}", payload.to_string().replace('+', "%2B")).into();
        let found = Given::settings(json!({})).hooked::<Bitbucket>(&request).expect("changes");
        let link = "https://bitbucket.org/ada/belfry/commits/620ade18607ac42d872b568bb92acaa9a28620e9";
        assert_eq!((found.len(), found[0].revlink.as_deref()), (1, Some(link)));
        assert_eq!((found[0].project.as_str(), found[0].when_timestamp), ("belfry", Some(1_338_350_336)));
        assert_eq!(found[0].properties, [("event".into(), "\"repo:push\"".into())]);
    }
}
