//! The page that shows a revision, for repositories of hosts that everybody knows.

/// Hosts, and what stands between repository and revision.
const HOSTS: [(&str, &str); 3] =
    [("github.com", "/commit/"), ("gitlab.com", "/-/commit/"), ("bitbucket.org", "/commits/")];

/// Nothing where the host is not known, or where one of the two looks odd.
pub fn revlink(repository: &str, revision: &str) -> Option<String> {
    let (host, path) = split(repository)?;
    let (host, between) = HOSTS.iter().find(|(known, _)| *known == host)?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let plain = |text: &str, also: char| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c) || c == also)
    };
    let good = plain(path, '/') && path.contains('/') && plain(revision, '-') && !path.contains("..");
    good.then(|| format!("https://{host}/{path}{between}{revision}"))
}

/// Host and path of `https://host/path`, `ssh://user@host:22/path` or `user@host:path`.
fn split(repository: &str) -> Option<(&str, &str)> {
    let (authority, path) = match repository.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => repository.split_once(':')?,
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some((host.split_once(':').map_or(host, |(host, _)| host), path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_revisions() {
        let check = |repository: &str, link: Option<&str>| {
            assert_eq!(revlink(repository, "abc123").as_deref(), link, "{repository}");
        };
        let github = Some("https://github.com/example/belfry/commit/abc123");
        check("https://github.com/example/belfry", github);
        check("https://github.com/example/belfry.git", github);
        check("git@github.com:example/belfry.git", github);
        check("ssh://git@github.com:22/example/belfry/", github);
        check("https://gitlab.com/a/b/c", Some("https://gitlab.com/a/b/c/-/commit/abc123"));
        check("https://bitbucket.org/a/b", Some("https://bitbucket.org/a/b/commits/abc123"));
        for odd in ["", "github.com", "https://example.org/a/b", "https://github.com/a", "https://github.com/a/<b>"] {
            check(odd, None);
        }
        assert_eq!(revlink("https://github.com/a/b", "a b"), None);
        assert_eq!(revlink("https://github.com/a/b", ""), None);
    }
}
