//! A dialect of change hooks: each commit that a forge posts becomes a change.

use campanile_sdk::prelude::*;

/// What the operator may write into `[change_hook.settings]`. Its JSON Schema is published with the plugin; what stands
/// there under `x-campanile-hook` the host does by itself, before it asks the plugin.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-campanile-hook" = {
    "signature": [{"header": "X-Signature", "by": "hmac-sha256", "prefix": "sha256="}],
    "delivery": ["X-Delivery"],
    "headers": ["X-Event"],
}))]
struct Settings {
    /// The project of the changes.
    #[serde(default)]
    project: String,
}

#[derive(serde::Deserialize)]
struct Payload {
    repository: String,
    branch: String,
    commits: Vec<Commit>,
}

#[derive(serde::Deserialize)]
struct Commit {
    id: String,
    author: String,
    message: String,
    files: Vec<String>,
}

struct Plugin;

campanile_sdk::export!(hook Plugin);

impl ChangeHook for Plugin {
    const NAME: &'static str = "__NAME__";
    const SUMMARY: &'static str = "Commits of a forge of our own";
    type Settings = Settings;

    /// An error is what is wrong with the request: who sent it is told.
    fn changes(settings: &Settings, request: &HookRequest, _: &[Fetched]) -> Result<HookOutcome, String> {
        if request.header("x-event") != Some("push") {
            return Ok(HookOutcome::Changes(Vec::new()));
        }
        let payload: Payload = request.json()?;
        let change = |commit: Commit| NewChange {
            author: Some(commit.author),
            comments: Some(commit.message),
            files: commit.files,
            revision: Some(commit.id),
            branch: Some(payload.branch.clone()),
            repository: payload.repository.clone(),
            project: settings.project.clone(),
            src: Some("git".to_owned()),
            ..NewChange::default()
        };
        Ok(HookOutcome::Changes(payload.commits.into_iter().map(change).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_sdk::testing::Given;
    use campanile_sdk::testing::a_hook_request;

    #[test]
    fn a_push_is_its_commits() {
        let commit = serde_json::json!({"id": "c0ffee", "author": "Ada", "message": "Ring", "files": ["bell"]});
        let body = serde_json::json!({"repository": "https://forge/belfry", "branch": "main", "commits": [commit]});
        let request = a_hook_request(&body, &[("X-Event", "push")]);
        let changes = Given::settings(serde_json::json!({"project": "belfry"})).hooked::<Plugin>(&request).unwrap();
        assert_eq!((changes.len(), changes[0].revision.as_deref()), (1, Some("c0ffee")));
        assert_eq!(changes[0].project, "belfry");
    }
}
