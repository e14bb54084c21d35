//! What counts as a mail address. Liberal with the local part, strict with what would break a mail apart.

/// Whether a mail can go to it: an address, or a name and an address in angle brackets, and the domain has at
/// least two labels.
pub(crate) fn is_recipient(text: &str) -> bool {
    parts(text).is_some_and(|(local, domain)| is_local(local) && is_domain(domain) && labels(domain).count() >= 2)
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
    !local.is_empty() && !local.contains(breaks)
}

fn is_domain(domain: &str) -> bool {
    labels(domain)
        .all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

fn labels(domain: &str) -> impl Iterator<Item = &str> {
    domain.strip_suffix('.').unwrap_or(domain).split('.')
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
        check("o'brien+ci/x@sub.example-site.org.", true, true);
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
