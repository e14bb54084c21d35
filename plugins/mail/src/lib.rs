//! Tells people by mail how builds ended: Buildbot's `MailNotifier`.
//!
//! This file is the reporter's table of contents: what it wants to be told, and the way from an event to a mail.
//! Not here: sending, and what makes a mail of the parts (Date, Message-ID, encodings); that is the host's.

mod addresses;
mod content;
mod problems;
mod recipients;
mod settings;
mod subject;
#[cfg(test)]
mod tests;

use campanile_sdk::contract::Credentials;
use campanile_sdk::contract::Field;
use campanile_sdk::contract::Mail;
use campanile_sdk::contract::SmtpRelay;
use campanile_sdk::contract::SmtpSecurity;
use campanile_sdk::generators::Modes;
use campanile_sdk::prelude::*;

use crate::content::Content;
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
        let modes = problems::check(&config.settings)?;
        let mut want = Want::PROPERTIES | Want::STEPS | Want::LOGS | Want::USERS;
        want.set(Want::PREVIOUS, modes.need_previous());
        Ok(vec![Subscription::to("builds/*/finished", want)])
    }

    fn handle(config: &Config<Settings>, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
        let EventBody::Build(report) = &event.body else { return Ok(Vec::new()) };
        let settings = &config.settings;
        let modes = settings.modes().map_err(refused)?;
        let worth_it = settings.filters().pass(report) && modes.fit(report.build.results, report.previous.as_ref());
        if !worth_it {
            return Ok(Vec::new());
        }
        mail(config, report, modes, host)
    }
}

fn mail(
    config: &Config<Settings>,
    report: &BuildReport,
    modes: Modes,
    host: &impl Host,
) -> Result<Vec<Effect>, Failure> {
    // First the recipients: for nobody, nothing needs to be formatted.
    let Some(Recipients { to, cc }) = recipients::choose(&config.settings, &report.users, host) else {
        host.log(Level::Info, "no mail, because nobody is to get it", &[("build", &report.url)]);
        return Ok(Vec::new());
    };
    let Some(Content { subject, kind, body }) = content::write(config, report, modes, host)? else {
        return Ok(Vec::new());
    };
    let settings = &config.settings;
    let mail = Mail {
        relay: relay(settings),
        sender: settings.fromaddr.clone(),
        to,
        cc,
        bcc: Vec::new(),
        subject,
        kind,
        body,
        headers: headers(settings),
        attachments: Vec::new(),
    };
    // No lane: mails are read by their date, and one that a relay holds back should not hold back the others.
    Ok(vec![Delivery::new("build", Message::Mail(mail)).into()])
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

fn headers(settings: &Settings) -> Vec<Field> {
    let headers = settings.extra_headers.iter().flatten();
    headers.map(|(name, value)| Field { name: name.clone(), value: literal(value) }).collect()
}

/// Settings that `subscribe` would refuse; the host does not call `handle` with them.
fn refused(problems: Vec<Problem>) -> Failure {
    let said: Vec<String> = problems.iter().map(|problem| format!("{}: {}", problem.at, problem.message)).collect();
    Failure::GiveUp(format!("the settings do not fit: {}", said.join("; ")))
}
