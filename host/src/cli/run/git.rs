//! What git says of a folder: the commit, its branch, where it comes from. Who has no git, or no repository, is told nothing.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use url::Url;

/// A git that does not answer within this time says nothing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Files of a commit that are told of.
const MOST_FILES: usize = 1000;

/// What is known of the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sources {
    pub(super) revision: Option<String>,
    pub(super) branch: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) project: Option<String>,
}

/// What git says of the folder.
pub(super) async fn sources(folder: &Path) -> Sources {
    let Some(revision) = ask(folder, &["rev-parse", "--verify", "--quiet", "HEAD"]).await else {
        return Sources::default();
    };
    let branch = ask(folder, &["symbolic-ref", "--short", "--quiet", "HEAD"]).await;
    let remote = ask(folder, &["remote", "get-url", "origin"]).await;
    let repository = remote.as_deref().and_then(without_password);
    let project = repository.as_deref().and_then(project);
    Sources { revision: Some(revision), branch, repository, project }
}

/// The commit that is checked out, as the parameters of `addChange`.
pub(super) async fn head(folder: &Path) -> Option<Map<String, Value>> {
    let told = ask(folder, &["log", "-1", "--format=%an <%ae>%x00%cn <%ce>%x00%ct%x00%H%x00%B"]).await?;
    let mut parts = told.splitn(5, '\0');
    let mut next = || parts.next().map(str::trim);
    let (author, committer, when) = (next()?, next()?, next()?.parse::<i64>().ok()?);
    let (revision, comments) = (next()?, next()?);
    let files = ask(folder, &["diff-tree", "--no-commit-id", "--name-only", "-r", "--root", "-z", "HEAD"]).await;
    let files: Vec<String> =
        files.unwrap_or_default().split('\0').filter(|f| !f.is_empty()).take(MOST_FILES).map(str::to_owned).collect();
    let change = json!({"author": author, "committer": committer, "when_timestamp": when, "revision": revision,
        "comments": comments, "files": files, "src": "git"});
    change.as_object().cloned()
}

/// What git prints, if it says that all is well.
async fn ask(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, git.output()).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// A URL may hold a password or a token, which is nobody's business; `git@` alone stays. Of one that may hold some and
/// does not parse nothing is told.
fn without_password(url: &str) -> Option<String> {
    let Ok(mut parsed) = Url::parse(url) else {
        let may_hold_one = url.contains("://") && url.contains('@');
        return (!may_hold_one).then(|| url.to_owned());
    };
    let is_web = matches!(parsed.scheme(), "http" | "https");
    let is_plain = parsed.username().is_empty() || !is_web;
    if is_plain && parsed.password().is_none() {
        return Some(url.to_owned());
    }
    // A URL that cannot have a user has none.
    let _ = parsed.set_password(None);
    if is_web {
        let _ = parsed.set_username("");
    }
    Some(parsed.into())
}

/// `acme/belfry` of `https://forge.example.org/acme/belfry.git` and of `git@forge.example.org:acme/belfry.git`; nothing
/// for a folder.
fn project(url: &str) -> Option<String> {
    let path = match Url::parse(url) {
        Ok(parsed) if parsed.has_host() && parsed.scheme() != "file" => parsed.path().to_owned(),
        Ok(_) => return None,
        Err(_) => url.split_once(':').filter(|(host, _)| !host.contains('/'))?.1.to_owned(),
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!path.is_empty()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_stay_at_home() {
        let check = |url, told: &str| assert_eq!(without_password(url).as_deref(), Some(told));
        check("https://me:secret@forge.example.org/acme/belfry.git", "https://forge.example.org/acme/belfry.git");
        check("https://token@forge.example.org/acme/belfry", "https://forge.example.org/acme/belfry");
        check("ssh://git:secret@forge.example.org/acme/belfry", "ssh://git@forge.example.org/acme/belfry");
        check("git@forge.example.org:acme/belfry.git", "git@forge.example.org:acme/belfry.git");
        check("/srv/git/belfry.git", "/srv/git/belfry.git");
        assert_eq!(without_password("https://me:secret@forge.example.org:port/acme/belfry.git"), None);
    }

    #[test]
    fn a_project_is_the_path_at_a_forge() {
        let check = |url, name: Option<&str>| assert_eq!(project(url).as_deref(), name);
        check("https://forge.example.org/acme/belfry.git", Some("acme/belfry"));
        check("git@forge.example.org:acme/belfry.git", Some("acme/belfry"));
        check("ssh://git@forge.example.org:2222/group/sub/belfry/", Some("group/sub/belfry"));
        check("/srv/git/belfry.git", None);
        check("../belfry", None);
        check("file:///srv/git/belfry", None);
    }
}
