//! Pull requests and merge requests, by the branch that forges build them from.

/// How a branch of a pull request is called: what stands before its number.
const BEFORE: [&str; 3] = ["refs/pull/", "refs/merge-requests/", "refs/pull-requests/"];

/// What may stand behind it. Bitbucket says `from`.
const BEHIND: [&str; 3] = ["/head", "/merge", "/from"];

/// The number of the pull request whose branch this is: `refs/pull/7/head`, `refs/merge-requests/7/merge`.
#[must_use]
pub fn pull_request(branch: &str) -> Option<u64> {
    BEFORE.iter().find_map(|before| {
        branch.match_indices(before).find_map(|(at, _)| {
            let rest = &branch[at + before.len()..];
            let end = rest.find(|char: char| !char.is_ascii_digit())?;
            BEHIND.iter().any(|behind| rest[end..].starts_with(behind)).then(|| rest[..end].parse().ok())?
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(branch: &str, number: Option<u64>) {
        assert_eq!(pull_request(branch), number, "{branch}");
    }

    #[test]
    fn the_number_of_a_pull_request() {
        check("refs/pull/7/head", Some(7));
        check("refs/pull/4242/merge", Some(4242));
        check("refs/remotes/refs/pull/7/head", Some(7));
        check("refs/merge-requests/7/head", Some(7));
        check("refs/pull-requests/7/from", Some(7));
        check("refs/pull//head", None);
        check("refs/pull/7", None);
        check("refs/pull/7/other", None);
        check("refs/pull/x7/head", None);
        check("refs/pull/99999999999999999999/head", None);
        check("refs/heads/main", None);
        check("", None);
    }
}
