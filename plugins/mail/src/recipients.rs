//! Who gets a mail.

use campanile_sdk::prelude::*;

use crate::addresses::is_recipient;
use crate::settings::Settings;

/// Sorted and distinct; `to` is not empty.
pub(crate) struct Recipients {
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
}

/// To the interested users, with the extra recipients in copy; without such users, to the extra recipients.
/// `None` if that is nobody.
pub(crate) fn choose(settings: &Settings, users: &[String], host: &impl Host) -> Option<Recipients> {
    let interested = if settings.send_to_interested_users { interested(settings, users, host) } else { Vec::new() };
    let extra = distinct(settings.extra_recipients.iter().map(|address| cut(address).to_owned()).collect());
    match (interested.is_empty(), extra.is_empty()) {
        (true, true) => None,
        (true, false) => Some(Recipients { to: extra, cc: Vec::new() }),
        (false, _) => Some(Recipients { to: interested, cc: extra }),
    }
}

fn interested(settings: &Settings, users: &[String], host: &impl Host) -> Vec<String> {
    let mut addresses = Vec::with_capacity(users.len());
    for user in users {
        let address = look_up(user, settings.lookup.as_deref());
        if is_recipient(&address) {
            addresses.push(address);
        } else {
            host.log(Level::Warn, "no mail to a user, because this is no mail address", &[("address", &address)]);
        }
    }
    distinct(addresses)
}

/// A user's name becomes an address by the domain; what looks like an address is taken as one.
fn look_up(user: &str, domain: Option<&str>) -> String {
    match domain {
        Some(domain) if !user.contains('@') => [user, "@", domain].concat(),
        Some(_) | None => cut(user).to_owned(),
    }
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
