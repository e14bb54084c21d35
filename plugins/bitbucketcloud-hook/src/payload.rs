//! Payloads of Bitbucket Cloud. Pull requests are also read as Buildbot expects them, in the shape of Bitbucket Server's.

use campanile_sdk::hooks::bitbucket::Pull;
use campanile_sdk::hooks::bitbucket::Push;
use campanile_sdk::hooks::bitbucket::Target;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Payload {
    pub(crate) actor: Actor,
    pub(crate) repository: Repository,
    pub(crate) push: Option<Push>,
    pub(crate) pullrequest: Option<PullRequest>,
}

#[derive(Deserialize)]
pub(crate) struct Actor {
    pub(crate) display_name: Option<String>,
    nickname: Option<String>,
    /// What it was called before; some payloads have both.
    username: Option<String>,
}

impl Actor {
    pub(crate) fn nickname(&self) -> Option<&str> {
        self.nickname.as_deref().or(self.username.as_deref())
    }
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    pub(crate) scm: Option<String>,
    pub(crate) project: Option<Project>,
    pub(crate) links: Links,
}

#[derive(Deserialize)]
pub(crate) struct Project {
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct Links {
    #[serde(rename = "self")]
    pub(crate) own: Link,
    html: Option<Link>,
}

#[derive(Deserialize)]
pub(crate) struct Link {
    pub(crate) href: String,
}

#[derive(Deserialize)]
pub(crate) struct PullRequest {
    id: u64,
    link: Option<String>,
    links: Option<PullLinks>,
    #[serde(alias = "fromRef")]
    source: Side,
    #[serde(alias = "toRef")]
    destination: Side,
}

#[derive(Deserialize)]
struct PullLinks {
    html: Option<Link>,
}

/// The side of a pull request. Of a fork that is gone there is no commit.
#[derive(Deserialize)]
struct Side {
    branch: Branch,
    commit: Option<Target>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
}

impl Repository {
    /// Where people see it.
    pub(crate) fn web(&self) -> &str {
        self.links.html.as_ref().map_or("", |link| link.href.as_str())
    }
}

impl PullRequest {
    pub(crate) fn told(&self) -> Result<Pull<'_>, String> {
        let html = self.links.as_ref().and_then(|links| links.html.as_ref());
        let commit = self.source.commit.as_ref().ok_or("the payload has no pullrequest.source.commit")?;
        Ok(Pull {
            id: self.id,
            link: self.link.as_deref().or(html.map(|link| link.href.as_str())),
            revision: &commit.hash,
            from: &self.source.branch.name,
            to: &self.destination.branch.name,
        })
    }
}
