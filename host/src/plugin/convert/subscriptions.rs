//! What a reporter asks to be told, from a guest.
//!
//! What this host cannot do becomes a problem: the operator is told at load, not when nothing happens.

use crate::model;
use crate::plugin::bindings::wit::events as wit;
use crate::plugin::bindings::wit::types::Want;
use crate::plugin::convert::effects;

/// What one reporter may subscribe to, and the problems it may report.
const MANY: usize = 256;

pub(in crate::plugin) fn subscriptions(
    answer: Result<Vec<wit::Subscription>, Vec<wit::Problem>>,
) -> Result<Vec<model::Subscription>, Vec<model::Problem>> {
    let wanted = match answer {
        Ok(wanted) => wanted,
        Err(problems) => return Err(reported(problems)),
    };
    if wanted.len() > MANY {
        return Err(vec![problem(format!("the plugin asks for {} subscriptions, the limit is {MANY}", wanted.len()))]);
    }
    let (mut subscriptions, mut problems) = (Vec::new(), Vec::new());
    for wanted in wanted {
        match subscription(wanted) {
            Ok(subscription) => subscriptions.push(subscription),
            Err(message) => problems.push(problem(message)),
        }
    }
    if problems.is_empty() { Ok(subscriptions) } else { Err(problems) }
}

pub(in crate::plugin) fn want(want: Want) -> model::Want {
    model::Want {
        properties: want.contains(Want::PROPERTIES),
        steps: want.contains(Want::STEPS) || want.contains(Want::LOGS),
        logs: want.contains(Want::LOGS),
        previous: want.contains(Want::PREVIOUS),
        changes: want.contains(Want::CHANGES),
        users: want.contains(Want::USERS),
    }
}

pub(super) fn reported(problems: Vec<wit::Problem>) -> Vec<model::Problem> {
    if problems.is_empty() {
        return vec![problem("the plugin refuses these settings without saying why".into())];
    }
    let own = |problem: wit::Problem| model::Problem { at: problem.at, message: problem.message };
    problems.into_iter().take(MANY).map(own).collect()
}

fn subscription(wanted: wit::Subscription) -> Result<model::Subscription, String> {
    match wanted {
        wit::Subscription::Topic(filter) => {
            let pattern = model::Pattern::parse(&filter.pattern).map_err(|e| format!("the plugin asks for an {e}"))?;
            Ok(model::Subscription::Topic(model::TopicFilter { pattern, want: want(filter.want) }))
        }
        wit::Subscription::Chat(connection) => Ok(model::Subscription::Chat(chat(connection))),
        wit::Subscription::Other(_) => {
            Err("the plugin asks for something that only a later version of Campanile can tell it".into())
        }
    }
}

fn chat(connection: wit::IrcConnection) -> model::IrcConnection {
    let delay = |delay: wit::IrcDelay| model::IrcDelay { least_ms: delay.least_ms, most_ms: delay.most_ms };
    model::IrcConnection {
        name: connection.name,
        host: connection.host,
        port: connection.port,
        tls: connection.tls.map(effects::tls_verify),
        nick: connection.nick,
        password: effects::text(connection.password),
        login: model::IrcLogin {
            pass: connection.login.contains(wit::IrcLogin::PASS),
            nickserv: connection.login.contains(wit::IrcLogin::NICKSERV),
            sasl_plain: connection.login.contains(wit::IrcLogin::SASL_PLAIN),
            sasl_external: connection.login.contains(wit::IrcLogin::SASL_EXTERNAL),
        },
        identity: connection.identity.map(model::SecretName),
        channels: connection.channels.into_iter().map(channel).collect(),
        flood: model::IrcFlood { burst: connection.flood.burst, interval_ms: connection.flood.interval_ms },
        lost_delay: delay(connection.lost_delay),
        failed_delay: delay(connection.failed_delay),
    }
}

fn channel(channel: wit::IrcChannel) -> model::IrcChannel {
    model::IrcChannel { name: channel.name, key: effects::text(channel.key) }
}

fn problem(message: String) -> model::Problem {
    model::Problem { at: String::new(), message }
}
