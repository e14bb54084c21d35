//! Addresses: a path behind the one that the operator wrote.

/// The address of `path` below `base`, with one slash between them, whether either has one or not.
///
/// Nothing of the base is lost: a path in it stays, and its query stands at the end, behind the path's own. A fragment is
/// no part of a request. What of `path` comes from outside has to be encoded.
///
/// ```
/// use campanile_sdk::http::join;
/// assert_eq!(join("https://git.example.org/api/v4/", "/projects"), "https://git.example.org/api/v4/projects");
/// assert_eq!(join("https://chat.example.org?key=k", "api?stream=ci"), "https://chat.example.org/api?stream=ci&key=k");
/// ```
#[must_use]
pub fn join(base: &str, path: &str) -> String {
    let base = base.split('#').next().unwrap_or_default();
    let (base, query) = base.split_once('?').unwrap_or((base, ""));
    let (base, path) = (base.trim_end_matches('/'), path.trim_start_matches('/'));
    let slash = if path.is_empty() || path.starts_with('?') { "" } else { "/" };
    let joint = match (query.is_empty(), path.contains('?')) {
        (true, _) => "",
        (false, true) => "&",
        (false, false) => "?",
    };
    [base, slash, path, joint, query].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_and_nothing_lost() {
        for base in ["https://h/a", "https://h/a/", "https://h/a//", "https://h/a#top"] {
            for path in ["b/c", "/b/c"] {
                assert_eq!(join(base, path), "https://h/a/b/c", "{base} {path}");
            }
        }
        assert_eq!(join("https://h", "b"), "https://h/b");
        assert_eq!(join("https://h/a/", ""), "https://h/a");
        assert_eq!(join("https://h/a/?k=1", ""), "https://h/a?k=1");
        assert_eq!(join("https://h/a?k=1#f", "b?l=2"), "https://h/a/b?l=2&k=1");
        assert_eq!(join("https://h/a?k=1", "?l=2"), "https://h/a?l=2&k=1");
        assert_eq!(join("https://h/a", "b%2Fc"), "https://h/a/b%2Fc");
    }
}
