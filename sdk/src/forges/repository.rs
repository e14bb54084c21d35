//! A repository at a forge, read from its URL or from a project's name.

use crate::contract::SourceStamp;

/// What stands before the host in a URL.
const SCHEMES: [&str; 6] = ["https://", "http://", "ssh://", "git://", "git+ssh://", "git+https://"];

/// A repository at a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// The forge's host, in small letters, without its port; `None` where only a project is known.
    pub domain: Option<String>,
    /// Who owns it: a user, an organisation, a project, or groups in groups such as `group/subgroup`.
    pub owner: String,
    /// What it is called, without `.git`.
    pub name: String,
}

impl Repository {
    /// Reads a URL: `https://host:8443/owner/name.git`, `ssh://git@host:7999/owner/name`, `git@host:owner/name.git` and
    /// the like, with or without `.git` and a slash behind it.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn from_url(url: &str) -> Result<Self, String> {
        if url.trim().is_empty() {
            return Err(String::from("there is no repository URL that would say where to tell it"));
        }
        let unreadable = || format!("the repository URL {:?} names no repository at a forge", without_login(url));
        let place = located(url.trim()).ok_or_else(unreadable)?;
        let (owner, name) = owner_and_name(place.path).ok_or_else(unreadable)?;
        Ok(Self { domain: Some(place.domain.to_ascii_lowercase()), owner, name })
    }

    /// Reads a project's name, `owner/name`; `None` if it is not of two parts.
    #[must_use]
    pub fn from_project(project: &str) -> Option<Self> {
        let (owner, name) = owner_and_name(project).filter(|(owner, _)| !owner.contains('/'))?;
        Some(Self { domain: None, owner, name })
    }

    /// Of a source stamp: its project where that is `owner/name`, else its repository's URL.
    ///
    /// # Errors
    /// Neither can be read.
    pub fn of(stamp: &SourceStamp) -> Result<Self, String> {
        match Self::from_project(&stamp.project) {
            Some(repository) => Ok(repository),
            None => Self::from_url(&stamp.repository),
        }
    }

    /// `owner/name`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The last of the groups that own it: the project of a server whose URLs have more before it.
    #[must_use]
    pub fn last_owner(&self) -> &str {
        self.owner.rsplit('/').next().unwrap_or(&self.owner)
    }

    /// The owner, where it is one and not groups in groups.
    ///
    /// # Errors
    /// It is more than one.
    pub fn only_owner(&self) -> Result<&str, String> {
        if self.owner.contains('/') {
            return Err(format!("{:?} is no repository here: expected owner/name", self.path()));
        }
        Ok(&self.owner)
    }
}

struct Place<'u> {
    domain: &'u str,
    path: &'u str,
}

fn located(url: &str) -> Option<Place<'_>> {
    let scheme = SCHEMES.iter().find(|scheme| starts_with(url, scheme));
    let rest = url.get(scheme.map_or(0, |scheme| scheme.len())..)?;
    // Some other scheme, or a folder.
    if scheme.is_none() && (rest.contains("://") || rest.starts_with(['/', '.', '~'])) {
        return None;
    }
    // Who logs in stands before the host. In a path, an `@` is just a character.
    let first = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..first].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let end = rest.find([':', '/'])?;
    let (domain, path) = (&rest[..end], &rest[end + 1..]);
    let is_host =
        !domain.is_empty() && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    // Without a scheme, only the colon tells a host from a folder.
    let is_colon = rest[end..].starts_with(':');
    if !is_host || (scheme.is_none() && !is_colon) {
        return None;
    }
    let path = if is_colon { without_port(path) } else { path };
    Some(Place { domain, path })
}

fn starts_with(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// `22/owner/name` begins with a port; `22/name` is the repository of an owner with such a name.
fn without_port(path: &str) -> &str {
    match path.split_once('/') {
        Some((port, rest))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && segments(rest) > 1 =>
        {
            rest
        }
        _ => path,
    }
}

fn segments(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.is_empty()).count()
}

fn owner_and_name(path: &str) -> Option<(String, String)> {
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let (owner, name) = path.rsplit_once('/')?;
    let fits = |segment: &str| {
        !segment.is_empty()
            && segment.bytes().any(|byte| byte != b'.')
            && !segment.contains(|char: char| char.is_control() || char.is_whitespace() || "?#\\%".contains(char))
    };
    (fits(name) && owner.split('/').all(fits)).then(|| (owner.to_owned(), name.to_owned()))
}

/// The URL for people, without a password in it.
fn without_login(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let first = rest.find('/').unwrap_or(rest.len());
            let rest = rest[..first].rfind('@').map_or(rest, |at| &rest[at + 1..]);
            format!("{scheme}://{rest}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, domain: &str, path: &str) {
        let repository = Repository::from_url(url).expect("it can be read");
        assert_eq!((repository.domain.as_deref(), repository.path().as_str()), (Some(domain), path), "{url}");
    }

    #[test]
    fn urls() {
        for url in [
            "https://github.com/o/r",
            "https://github.com/o/r.git",
            "https://github.com/o/r/",
            "https://github.com/o/r.git/",
            "HTTPS://GitHub.com/o/r",
            "http://user:pass@github.com/o/r.git",
            "https://user@github.com:8443/o/r.git",
            "git@github.com:o/r.git",
            "git@github.com:o/r",
            "git@github.com:/o/r.git",
            "github.com:o/r",
            "ssh://git@github.com/o/r.git",
            "ssh://git@github.com:22/o/r.git",
            "git@github.com:22/o/r.git",
            "git://github.com/o/r.git",
            "git+ssh://git@github.com/o/r.git",
            " https://github.com/o/r ",
        ] {
            check(url, "github.com", "o/r");
        }
        check("https://gitlab.com/group/sub/r.git", "gitlab.com", "group/sub/r");
        check("git@gitlab.com:group/sub/r.git", "gitlab.com", "group/sub/r");
        check("git@host:22/r.git", "host", "22/r");
        check("https://host/o/a.b.git", "host", "o/a.b");
        check("https://host/o@x/r", "host", "o@x/r");
        check("https://bbs.example:7990/scm/PROJ/r.git", "bbs.example", "scm/PROJ/r");
        assert_eq!(Repository::from_url("https://bbs.example/scm/PROJ/r").expect("fits").last_owner(), "PROJ");
    }

    #[track_caller]
    fn refuse(url: &str) {
        assert!(Repository::from_url(url).is_err(), "{url}");
    }

    #[test]
    fn what_is_none() {
        for url in
            ["", "r", "o/r", "/srv/git/o/r.git", "file:///srv/o/r.git", "https://github.com", "https://github.com/r"]
        {
            refuse(url);
        }
        for url in [
            "https://h/../r",
            "https://h/o/..",
            "https://h/o/.git",
            "svn://h/o/r",
            "https://h/o/r?x",
            "https://h/o r/x",
        ] {
            refuse(url);
        }
        let problem = Repository::from_url("https://me:tower@host/r").expect_err("one part is too few");
        assert_eq!(problem, r#"the repository URL "https://host/r" names no repository at a forge"#);
    }

    #[test]
    fn projects() {
        let path = |project: &str| Repository::from_project(project).map(|repository| repository.path());
        assert_eq!(path("o/r").as_deref(), Some("o/r"));
        for project in ["", "proj", "a/b/c", "/", "o/", "../r"] {
            assert_eq!(path(project), None, "{project}");
        }
    }

    #[test]
    fn a_source_stamp_has_a_project_or_a_url() {
        let stamp = |project: &str, repository: &str| {
            let mut stamp = crate::testing::a_build("linux").report().buildset.source_stamps.remove(0);
            (stamp.project, stamp.repository) = (project.to_owned(), repository.to_owned());
            Repository::of(&stamp).map(|repository| repository.path())
        };
        assert_eq!(stamp("o/r", "https://h/other/one"), Ok("o/r".to_owned()));
        assert_eq!(stamp("belfry", "https://h/other/one"), Ok("other/one".to_owned()));
        assert_eq!(stamp("a/b/c", "https://h/other/one"), Ok("other/one".to_owned()));
        assert!(stamp("belfry", "").is_err());
    }

    #[test]
    fn one_owner() {
        let owner = |url| Repository::from_url(url).expect("fits").only_owner().map(str::to_owned);
        assert_eq!(owner("https://h/o/r"), Ok("o".to_owned()));
        assert_eq!(owner("https://h/g/o/r"), Err(r#""g/o/r" is no repository here: expected owner/name"#.to_owned()));
    }
}
