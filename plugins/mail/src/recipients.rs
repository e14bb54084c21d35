//! Who gets a mail.

use campanile_sdk::generators::Report;
use campanile_sdk::generators::SubjectMatter;
use campanile_sdk::prelude::*;

use crate::addresses::is_recipient;
use crate::lookup::Lookup;
use crate::settings::Settings;

/// Sorted and distinct; `to` is not empty.
pub(crate) struct Recipients {
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
}

/// To the interested users, with the extra recipients in copy; without such users, to the extra recipients. About a
/// worker, to those whom it names, and to nobody else. `None` if that is nobody.
pub(crate) fn choose(
    settings: &Settings,
    report: &Report<'_>,
    host: &impl Host,
) -> Result<Option<Recipients>, Failure> {
    if let SubjectMatter::Worker(_) = report.subject_matter {
        let to = valid(report.users.iter().map(|user| cut(user).to_owned()), host);
        return Ok((!to.is_empty()).then_some(Recipients { to, cc: Vec::new() }));
    }
    let interested = match settings.send_to_interested_users {
        true => interested(settings.lookup.as_ref(), &report.users, host)?,
        false => Vec::new(),
    };
    let extra = distinct(settings.extra_recipients.iter().map(|address| cut(address).to_owned()).collect());
    Ok(match (interested.is_empty(), extra.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Recipients { to: extra, cc: Vec::new() }),
        (false, _) => Some(Recipients { to: interested, cc: extra }),
    })
}

fn interested(lookup: Option<&Lookup>, users: &[String], host: &impl Host) -> Result<Vec<String>, Failure> {
    let addresses: Vec<String> = match lookup {
        None => users.iter().map(|user| cut(user).to_owned()).collect(),
        Some(Lookup::Domain(domain)) => users.iter().map(|user| in_domain(user, domain)).collect(),
        Some(Lookup::Plugin(_)) if users.is_empty() => Vec::new(),
        Some(Lookup::Plugin(plugin)) => match host.addresses(plugin.json(), users) {
            Ok(addresses) => addresses.into_iter().flatten().collect(),
            Err(Failure::GiveUp(reason)) => {
                // Those who are certain to get it shall get it.
                host.log(Level::Warn, "no mail to interested users, because the lookup failed", &[("why", &reason)]);
                Vec::new()
            }
            Err(later @ Failure::Retry(_)) => return Err(later),
        },
    };
    Ok(valid(addresses.into_iter(), host))
}

fn valid(addresses: impl Iterator<Item = String>, host: &impl Host) -> Vec<String> {
    let is_good = |address: &String| {
        let good = is_recipient(address);
        if !good {
            host.log(Level::Warn, "no mail to a user, because this is no mail address", &[("address", address)]);
        }
        good
    };
    distinct(addresses.filter(is_good).collect())
}

/// A user's name becomes an address by the domain; what looks like an address is taken as one.
fn in_domain(user: &str, domain: &str) -> String {
    if user.contains('@') { cut(user).to_owned() } else { [user, "@", domain].concat() }
}

/// Cuts at the last of several `@`: git-cvs and the like make `Name <a@b.org>@host` of an address.
pub(crate) fn cut(address: &str) -> &str {
    match address.rsplit_once('@') {
        Some((before, _)) if before.contains('@') => before,
        Some(_) | None => address,
    }
}

fn distinct(mut addresses: Vec<String>) -> Vec<String> {
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
