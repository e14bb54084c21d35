//! What is wrong with the settings, all at once.
//!
//! Not here: settings of the wrong type; the SDK reports them before.

use campanile_sdk::contract::Problem;
use campanile_sdk::generators;
use campanile_sdk::pointer_key;

use crate::addresses::is_recipient;
use crate::addresses::is_sender;
use crate::headers;
use crate::lookup::Lookup;
use crate::recipients::cut;
use crate::settings::Settings;

/// Nothing, if nothing is wrong.
pub(crate) fn check(settings: &Settings) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    match &settings.generators {
        Some(generators) => {
            let message = "this stands in each of the `generators` where there are some";
            problems.extend(settings.flat().map(|name| Problem::new(format!("/{name}"), message)));
            problems.extend(generators::problems(generators, "/generators"));
        }
        None => problems.extend(settings.generators().iter().flat_map(|generator| generator.problems(""))),
    }
    check_addresses(settings, &mut problems);
    check_relay(settings, &mut problems);
    for (name, value) in settings.extra_headers.iter().flatten() {
        let problem = headers::problem(name, value);
        problems.extend(problem.map(|text| Problem::new(format!("/extraHeaders/{}", pointer_key(name)), text)));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
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
    if let Some(Lookup::Domain(domain)) = &settings.lookup
        && (domain.contains('@') || !is_recipient(&["user@", domain].concat()))
    {
        let message = format!("`{domain}` is no domain: expected one with a dot, or `{{plugin = …}}`");
        problems.push(Problem::new("/lookup", message));
    }
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
