//! Payloads of Bitbucket Server and Data Center, as they send them (since 5.4) and as Buildbot expects them.

use campanile_sdk::hooks::bitbucket::Pull;
use campanile_sdk::hooks::bitbucket::Push;
use campanile_sdk::hooks::bitbucket::Pushed;
use campanile_sdk::hooks::bitbucket::Target;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Payload {
    pub(crate) actor: Actor,
    repository: Option<Repository>,
    /// As Bitbucket sends them.
    #[serde(default)]
    pub(crate) changes: Vec<RefChange>,
    /// As Buildbot expects them.
    pub(crate) push: Option<Push>,
    #[serde(rename = "pullRequest", alias = "pullrequest")]
    pub(crate) pull: Option<PullRequest>,
}

#[derive(Deserialize)]
pub(crate) struct Actor {
    #[serde(rename = "displayName")]
    pub(crate) display_name: Option<String>,
    name: Option<String>,
    /// As Buildbot expects it; some payloads have both.
    username: Option<String>,
}

impl Actor {
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref().or(self.username.as_deref())
    }
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    slug: Option<String>,
    #[serde(rename = "scmId")]
    pub(crate) scm: Option<String>,
    pub(crate) project: Option<Project>,
    links: Option<Links>,
}

#[derive(Deserialize)]
pub(crate) struct Project {
    key: Option<String>,
    name: Option<String>,
}

impl Project {
    /// That of a person may have no name but its key, such as `~ADA`.
    pub(crate) fn called(&self) -> Option<&str> {
        self.name.as_deref().or(self.key.as_deref())
    }
}

/// Where nothing is configured, Bitbucket writes null into the list.
#[derive(Deserialize)]
struct Links {
    #[serde(rename = "self", default)]
    own: Vec<Option<Link>>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Deserialize)]
pub(crate) struct RefChange {
    #[serde(rename = "ref")]
    reference: RefId,
    #[serde(rename = "fromHash")]
    from: String,
    #[serde(rename = "toHash")]
    to: String,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct RefId {
    id: String,
}

#[derive(Deserialize)]
pub(crate) struct PullRequest {
    id: u64,
    link: Option<String>,
    links: Option<Links>,
    #[serde(rename = "fromRef")]
    from: Side,
    #[serde(rename = "toRef")]
    to: Side,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "displayId")]
    display_id: Option<String>,
    #[serde(rename = "latestCommit")]
    latest_commit: Option<String>,
    repository: Option<Repository>,
    branch: Option<Branch>,
    commit: Option<Target>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

impl Payload {
    /// A pull request is of the repository that it is for.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        let of_pull = || self.pull.as_ref().and_then(|pull| pull.to.repository.as_ref());
        self.repository.as_ref().or_else(of_pull)
    }
}

impl Links {
    fn first(&self) -> Option<&str> {
        self.own.iter().flatten().map(|link| link.href.as_str()).next()
    }
}

impl Repository {
    /// What it is called in a change: where people see it, or, as some versions tell no address, `PROJECT/repository`.
    pub(crate) fn place(&self) -> Result<String, String> {
        let key = self.project.as_ref().and_then(|project| project.key.as_deref());
        match (self.web(), key, &self.slug) {
            ("", Some(key), Some(slug)) => Ok(format!("{key}/{slug}")),
            ("", _, _) => {
                Err("the payload has neither repository.links.self nor repository.project.key and repository.slug"
                    .into())
            }
            (web, _, _) => Ok(web.to_owned()),
        }
    }

    /// Where people see it. Not the page with its files, which the payload names.
    pub(crate) fn web(&self) -> &str {
        let link = self.links.as_ref().and_then(Links::first).unwrap_or_default();
        link.strip_suffix("browse").unwrap_or(link)
    }
}

impl RefChange {
    pub(crate) fn pushed(&self) -> Pushed<'_> {
        let deleted = self.kind == "DELETE";
        let revision = if deleted { &self.from } else { &self.to };
        Pushed { reference: Some(self.reference.id.clone()), revision, deleted }
    }
}

impl Side {
    fn branch(&self) -> Option<&str> {
        self.branch.as_ref().map(|branch| branch.name.as_str()).or(self.display_id.as_deref())
    }

    fn revision(&self) -> Option<&str> {
        self.commit.as_ref().map(|commit| commit.hash.as_str()).or(self.latest_commit.as_deref())
    }
}

impl PullRequest {
    pub(crate) fn told(&self) -> Result<Pull<'_>, String> {
        Ok(Pull {
            id: self.id,
            link: self.link.as_deref().or_else(|| self.links.as_ref()?.first()),
            revision: self.from.revision().ok_or("the payload has no pullRequest.fromRef.latestCommit")?,
            from: self.from.branch().ok_or("the payload has no pullRequest.fromRef.displayId")?,
            to: self.to.branch().ok_or("the payload has no pullRequest.toRef.displayId")?,
        })
    }
}
