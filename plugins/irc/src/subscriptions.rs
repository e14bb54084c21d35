//! What the bot asks to be told: only what it may have to say something about.

use campanile_sdk::contract::IrcChannel;
use campanile_sdk::contract::IrcConnection;
use campanile_sdk::contract::IrcDelay;
use campanile_sdk::contract::IrcFlood;
use campanile_sdk::contract::IrcLogin;
use campanile_sdk::prelude::*;

use crate::settings::PasswordFor;
use crate::settings::Settings;

/// What the one connection is called.
pub(crate) const CONNECTION: &str = "irc";

pub(crate) fn of(settings: &Settings) -> Vec<Subscription> {
    let mut wanted = Want::empty();
    if settings.use_revisions {
        wanted |= Want::CHANGES;
    }
    let is_older = settings.wording.is_of_0_8();
    let started = if is_older { wanted | Want::CHANGES } else { wanted };
    let users = if settings.show_blame_list { Want::USERS } else { Want::empty() };
    let mut all = vec![
        Subscription::Chat(connection(settings)),
        Subscription::to("builds/*/new", started),
        Subscription::to("builds/*/finished", wanted | users | Want::PREVIOUS),
        Subscription::to("workers/*/missing", Want::empty()),
        Subscription::to("workers/*/connected", Want::empty()),
    ];
    let rules = settings.rules();
    if rules.may_anybody("FORCE") {
        all.push(Subscription::to("buildrequests/*/complete", Want::empty()));
    }
    if rules.may_anybody("SHUTDOWN") {
        all.push(Subscription::to("control/shutdown/*", Want::empty()));
        all.push(Subscription::to("masters/*/*", Want::empty()));
    }
    all
}

fn connection(settings: &Settings) -> IrcConnection {
    let (floods, seconds) = (settings.flood_lines, settings.flood_seconds);
    IrcConnection {
        name: String::from(CONNECTION),
        host: settings.host.clone(),
        port: settings.port,
        tls: settings.use_ssl.then(|| settings.verify.of_request()),
        nick: settings.nick.clone(),
        password: settings.password.as_deref().map(secret).unwrap_or_default(),
        login: login(settings),
        identity: settings.certificate.clone(),
        channels: settings
            .channels
            .iter()
            .map(|channel| IrcChannel { name: channel.name().to_owned(), key: channel.key() })
            .collect(),
        flood: IrcFlood { burst: floods, interval_ms: milliseconds(seconds) },
        lost_delay: delay(settings.lost_delay, (1.0, 5.0)),
        failed_delay: delay(settings.failed_delay, (45.0, 60.0)),
    }
}

/// With a certificate and without a password, SASL logs in by the certificate.
fn login(settings: &Settings) -> IrcLogin {
    match (settings.use_sasl, &settings.password) {
        (true, None) => IrcLogin::SASL_EXTERNAL,
        (true, Some(_)) => IrcLogin::SASL_PLAIN,
        (false, None) => IrcLogin::empty(),
        (false, Some(_)) => {
            let way = |way: &PasswordFor| match way {
                PasswordFor::Server => IrcLogin::PASS,
                PasswordFor::Nickserv => IrcLogin::NICKSERV,
            };
            settings.password_for.iter().map(way).fold(IrcLogin::empty(), |all, one| all | one)
        }
    }
}

/// A number is a wait of just so long.
fn delay(seconds: Option<f64>, (least, most): (f64, f64)) -> IrcDelay {
    let (least, most) = seconds.map_or((least, most), |seconds| (seconds, seconds));
    IrcDelay { least_ms: milliseconds(least), most_ms: milliseconds(most) }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a day has 86.4 million milliseconds")]
fn milliseconds(seconds: f64) -> u32 {
    (seconds.clamp(0.0, 86_400.0) * 1000.0) as u32
}
