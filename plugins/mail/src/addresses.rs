//! What counts as a mail address. Liberal with the local part, strict with what would break a mail apart.

/// Bytes before the `@`, behind it, and between two dots there (RFC 5321, 1035).
const LOCAL_BYTES: usize = 64;
const DOMAIN_BYTES: usize = 254;
const LABEL_BYTES: usize = 63;

/// Whether a mail can go to it: an address, or a name and an address in angle brackets, and the domain has at
/// least two labels.
pub(crate) fn is_recipient(text: &str) -> bool {
    parts(text).is_some_and(|(local, domain)| is_local(local) && is_domain(domain) && domain.contains('.'))
}

/// Whether a mail can come from it: as [`is_recipient`], but `buildbot@localhost` will do.
pub(crate) fn is_sender(text: &str) -> bool {
    parts(text).is_some_and(|(local, domain)| is_local(local) && is_domain(domain))
}

/// Local part and domain.
fn parts(text: &str) -> Option<(&str, &str)> {
    if text.contains(char::is_control) {
        return None;
    }
    let address = match text.split_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => text,
    };
    address.rsplit_once('@')
}

fn is_local(local: &str) -> bool {
    // These would end the address, or begin another one, where it stands in a header or a command.
    let breaks = |char: char| char.is_whitespace() || "<>()[],;:\\\"@".contains(char);
    local.len() <= LOCAL_BYTES && !local.contains(breaks) && local.split('.').all(|atom| !atom.is_empty())
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let edges = label.starts_with('-') || label.ends_with('-');
        (1..=LABEL_BYTES).contains(&label.len())
            && !edges
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    domain.len() <= DOMAIN_BYTES && domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, recipient: bool, sender: bool) {
        assert_eq!((is_recipient(text), is_sender(text)), (recipient, sender), "{text:?}");
    }

    #[test]
    fn addresses() {
        check("full.name@example.net", true, true);
        check("Full Name <full.name@example.net>", true, true);
        check("<full.name@example.net>", true, true);
        check("o'brien+ci/x@sub.example-site.org", true, true);
        check("jürgen@example.org", true, true);
        check("buildbot@localhost", false, true);
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "user",
            "@",
            "@example.org",
            "user@",
            "user@example..org",
            "user@.org",
            "user@exa_mple.org",
            "user@example.org.",
            "user@localhost.",
            "user@-example.org",
            "user@example.org-",
            "a..b@example.org",
            ".a@example.org",
            "a.@example.org",
            &format!("{}@example.org", "a".repeat(65)),
            &format!("a@{}.org", "a".repeat(64)),
            &format!("a@{}org", "a.".repeat(126)),
            "a b@example.org",
            "a@b.org, c@d.org",
            "a,b@example.org",
            "Full Name <full.name@example.net",
            "a@b.org>",
            "Full <Name> <a@b.org>",
            "a@b.org\r\nBcc: c@d.org",
            "a@b.org\n",
            "a@b@c.org",
            "full name@example.net",
        ] {
            check(text, false, false);
        }
    }
}
