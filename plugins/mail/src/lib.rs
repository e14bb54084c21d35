//! Tells people by mail how builds ended: Buildbot's `MailNotifier`.
//!
//! This file is the reporter's table of contents: what it wants to be told, and the way from an event to a mail.
//! Not here: sending, and what makes a mail of the parts (Date, Message-ID, encodings); that is the host's.

mod addresses;
mod content;
mod headers;
mod lookup;
mod problems;
mod recipients;
mod settings;
#[cfg(test)]
mod tests;
mod thread;

use campanile_sdk::contract::Credentials;
use campanile_sdk::contract::Mail;
use campanile_sdk::contract::SmtpRelay;
use campanile_sdk::contract::SmtpSecurity;
use campanile_sdk::generators;
use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;
use campanile_sdk::prelude::*;

use crate::recipients::Recipients;
use crate::settings::Settings;

/// The reporter.
#[derive(Debug)]
pub struct MailNotifier;

campanile_sdk::export!(MailNotifier);

impl Reporter for MailNotifier {
    const NAME: &'static str = "mail";
    const SUMMARY: &'static str = "Tells people by mail how builds ended (Buildbot's MailNotifier)";
    type Settings = Settings;

    fn subscribe(config: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
        let settings = &config.settings;
        problems::check(settings)?;
        let mut besides = Want::empty();
        besides.set(Want::USERS, settings.send_to_interested_users);
        Ok(generators::subscriptions(&settings.generators(), besides))
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let generators = config.settings.generators();
        let reports = generators::merged(generators::reports(&generators, config.site(), event, host)?);
        let mut effects = Vec::with_capacity(reports.len());
        for (index, report) in reports.into_iter().enumerate() {
            effects.extend(mail(config, report, index, host)?);
        }
        Ok(effects)
    }
}

fn mail(
    config: &Config<Settings>,
    mut report: Report<'_>,
    index: usize,
    host: &impl Host,
) -> Result<Option<Effect>, Failure> {
    let settings = &config.settings;
    let Some(Recipients { to, cc }) = recipients::choose(settings, &report, host)? else {
        let about = about(&report);
        host.log(Level::Info, "no mail, because nobody is to get it", &[(about.0, &about.1)]);
        return Ok(None);
    };
    let (subject, kind, body) = content::text(&mut report, &config.title);
    if settings.dump_mails_to_log {
        let to = to.iter().chain(&cc).map(String::as_str).collect::<Vec<_>>().join(", ");
        host.log(Level::Info, "a mail", &[("to", &to), ("subject", &subject), ("body", &body)]);
    }
    let mail = Mail {
        relay: relay(settings),
        sender: settings.fromaddr.clone(),
        to,
        cc,
        bcc: Vec::new(),
        subject,
        kind,
        body,
        thread: Some(thread::of(&report, &config.url)),
        headers: headers::fill(settings, report.sources(), host),
        attachments: content::attachments(&report),
    };
    // No lane: mails are read by their date, and one that a relay holds back should not hold back the others.
    Ok(Some(Delivery::new(key(&report, index), Message::Mail(mail)).into()))
}

/// Tells the mails about one event apart.
fn key(report: &Report<'_>, index: usize) -> String {
    let (kind, _) = about(report);
    if index == 0 { kind.to_owned() } else { format!("{kind}-{}", index + 1) }
}

fn about(report: &Report<'_>) -> (&'static str, String) {
    match &report.subject_matter {
        SubjectMatter::Build(build) => ("build", build.url.clone()),
        SubjectMatter::Buildset(set, _) => ("buildset", set.buildset.id.to_string()),
        SubjectMatter::Request(request) => ("request", request.url.clone()),
        SubjectMatter::Worker(worker) => ("worker", worker.worker.name.clone()),
    }
}

fn relay(settings: &Settings) -> SmtpRelay {
    let security = match (settings.use_tls, settings.use_smtps) {
        (_, true) => SmtpSecurity::Smtps,
        (true, false) => SmtpSecurity::Starttls,
        (false, false) => SmtpSecurity::Plain,
    };
    let login = settings.smtp_user.as_ref().zip(settings.smtp_password.as_ref());
    let login = login.map(|(user, password)| Credentials { user: literal(user), password: secret(password) });
    SmtpRelay { host: settings.relayhost.clone(), port: settings.smtp_port, security, login }
}
