//! What is wrong with the settings, all at once.
//!
//! Not here: settings of the wrong type; the SDK reports them before.

use campanile_sdk::contract::Problem;
use campanile_sdk::generators::Modes;
use campanile_sdk::pointer_key;

use crate::addresses::is_recipient;
use crate::addresses::is_sender;
use crate::recipients::cut;
use crate::settings::Settings;
use crate::subject;

/// Headers that the mail has anyway. Another one of the same name would be a second From or Subject.
const OWN_HEADERS: [&str; 11] = [
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "sender",
    "subject",
    "to",
];

/// The modes, if nothing is wrong.
pub(crate) fn check(settings: &Settings) -> Result<Modes, Vec<Problem>> {
    let mut problems = Vec::new();
    let modes = settings.modes().unwrap_or_else(|wrong| {
        problems.extend(wrong);
        Modes::default()
    });
    check_addresses(settings, &mut problems);
    problems.extend(settings.filters().problem());
    let subject = settings.subject.as_deref().and_then(subject::problem);
    problems.extend(subject.map(|message| Problem::new("/subject", message)));
    check_relay(settings, &mut problems);
    check_headers(settings, &mut problems);
    if problems.is_empty() { Ok(modes) } else { Err(problems) }
}

fn check_addresses(settings: &Settings, problems: &mut Vec<Problem>) {
    if !is_sender(&settings.fromaddr) {
        problems.push(Problem::new("/fromaddr", format!("`{}` is no mail address", settings.fromaddr)));
    }
    for (index, address) in settings.extra_recipients.iter().enumerate() {
        if !is_recipient(cut(address)) {
            problems.push(Problem::new(format!("/extraRecipients/{index}"), format!("`{address}` is no mail address")));
        }
    }
    let wrong = settings.lookup.as_deref().filter(|domain| !is_sender(&["user@", domain].concat()));
    problems.extend(wrong.map(|domain| Problem::new("/lookup", format!("`{domain}` is no domain"))));
}

fn check_relay(settings: &Settings, problems: &mut Vec<Problem>) {
    if settings.use_tls && settings.use_smtps {
        problems.push(Problem::new("/useSmtps", "give either useTls or useSmtps, not both"));
    }
    match (&settings.smtp_user, &settings.smtp_password) {
        (Some(_), None) => problems.push(Problem::new("/smtpUser", "a login needs smtpPassword too")),
        (None, Some(_)) => problems.push(Problem::new("/smtpPassword", "a login needs smtpUser too")),
        (Some(_), Some(_)) | (None, None) => {}
    }
}

fn check_headers(settings: &Settings, problems: &mut Vec<Problem>) {
    for (name, value) in settings.extra_headers.iter().flatten() {
        if let Some(message) = header_problem(name, value) {
            problems.push(Problem::new(format!("/extraHeaders/{}", pointer_key(name)), message));
        }
    }
}

fn header_problem(name: &str, value: &str) -> Option<&'static str> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        Some("a header's name is visible ASCII characters without a colon")
    } else if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        Some("the mail has this header already")
    } else if value.contains(char::is_control) {
        Some("a header's value has no control characters")
    } else if value.contains("%(") {
        Some("a header's value stands as it is: this version fills nothing into %(…)")
    } else {
        None
    }
}
