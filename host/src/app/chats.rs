//! What a reporter asks for, taken apart: events, and chat connections that are looked at and granted.

use crate::model::ChatPermit;
use crate::model::Grants;
use crate::model::IrcConnection;
use crate::model::Subscription;
use crate::model::TopicFilter;
use std::collections::BTreeSet;

/// Connections of one reporter, and channels of one connection.
const MOST_CONNECTIONS: usize = 32;
const MOST_CHANNELS: usize = 2_000;

/// The longest nick that any server takes, in bytes.
const LONGEST_NICK: usize = 64;

/// The longest wait before another try, in milliseconds.
const LONGEST_DELAY: u32 = 24 * 60 * 60 * 1000;

/// The filters, and leave to keep up the connections; or all that is wrong with these.
pub(crate) fn permitted(
    wanted: Vec<Subscription>,
    grants: &mut Grants,
) -> Result<(Vec<TopicFilter>, Vec<ChatPermit>), Vec<String>> {
    let (mut filters, mut chats, mut problems) = (Vec::new(), Vec::new(), Vec::new());
    let mut names = BTreeSet::new();
    for subscription in wanted {
        match subscription {
            Subscription::Topic(filter) => filters.push(filter),
            Subscription::Chat(connection) => {
                let name = connection.name.clone();
                let mut found = wrong(&connection);
                if !names.insert(name.clone()) {
                    found.push("there are two of this name".to_owned());
                }
                if found.is_empty() {
                    match grants.connect(connection) {
                        Ok(permit) => chats.push(permit),
                        Err(denied) => found.push(denied.to_string()),
                    }
                }
                problems.extend(found.into_iter().map(|wrong| format!("the chat connection {name:?}: {wrong}")));
            }
            // The plugin floor made problems of these already.
            Subscription::Other(_) => {}
        }
    }
    if chats.len() > MOST_CONNECTIONS {
        problems.push(format!("{} chat connections: at most {MOST_CONNECTIONS} are kept up", chats.len()));
    }
    if problems.is_empty() { Ok((filters, chats)) } else { Err(problems) }
}

/// All that is wrong with it, whatever is granted.
fn wrong(connection: &IrcConnection) -> Vec<String> {
    let mut wrong = Vec::new();
    let login = connection.login;
    let is_word = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if connection.name.is_empty() || connection.name.contains('/') {
        wrong.push("its name is empty, or has a / in it".to_owned());
    }
    if !is_word(&connection.nick)
        || connection.nick.len() > LONGEST_NICK
        || connection.nick.starts_with([':', '#', '&', '$', '@', '+'])
        || connection.nick.contains([',', '!', '@', '*', '?'])
    {
        wrong.push(format!("{:?} is no nick", connection.nick));
    }
    for channel in &connection.channels {
        if !is_word(&channel.name) || channel.name.contains(',') || !channel.name.starts_with(['#', '&', '+', '!']) {
            wrong.push(format!("{:?} is no channel: expected a name such as #builds", channel.name));
        }
    }
    if connection.channels.len() > MOST_CHANNELS {
        wrong.push(format!("{} channels: at most {MOST_CHANNELS} are entered", connection.channels.len()));
    }
    if (login.pass || login.nickserv || login.sasl_plain) && connection.password.0.is_empty() {
        wrong.push("it is to log in with a password, and has none".to_owned());
    }
    if login.sasl_plain && login.sasl_external {
        wrong.push("it is to log in by SASL PLAIN and EXTERNAL: choose one".to_owned());
    }
    if login.sasl_external && (connection.identity.is_none() || connection.tls.is_none()) {
        wrong.push("SASL EXTERNAL needs TLS, and a certificate to show".to_owned());
    }
    if connection.identity.is_some() && connection.tls.is_none() {
        wrong.push("it has a certificate to show, and no TLS to show it with".to_owned());
    }
    for delay in [connection.lost_delay, connection.failed_delay] {
        if delay.least_ms > delay.most_ms || delay.most_ms > LONGEST_DELAY {
            wrong.push(format!("it is to wait from {} to {} ms, which is no time", delay.least_ms, delay.most_ms));
        }
    }
    wrong
}

/// What is dangerous in it, though it may be meant.
pub(crate) fn dangers(chats: &[ChatPermit]) -> Vec<String> {
    let is_open = |connection: &IrcConnection| {
        let login = connection.login;
        connection.tls.is_none() && (login.pass || login.nickserv || login.sasl_plain)
    };
    let open = chats.iter().map(ChatPermit::connection).filter(|connection| is_open(connection));
    open.map(|connection| {
        let IrcConnection { name, host, port, .. } = connection;
        format!("the chat connection {name:?} sends its password to {host}:{port} for all to read: encrypt it with TLS")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::IrcChannel;
    use crate::model::IrcDelay;
    use crate::model::IrcFlood;
    use crate::model::IrcLogin;
    use crate::model::Text;

    fn connection() -> IrcConnection {
        let delay = IrcDelay { least_ms: 1, most_ms: 2 };
        IrcConnection {
            name: "irc".into(),
            host: "irc.example.org".into(),
            port: 6667,
            tls: None,
            nick: "bot".into(),
            password: Text::default(),
            login: IrcLogin::default(),
            identity: None,
            channels: vec![IrcChannel { name: "#builds".into(), key: Text::default() }],
            flood: IrcFlood { burst: 4, interval_ms: 2000 },
            lost_delay: delay,
            failed_delay: delay,
        }
    }

    fn problems(wanted: Vec<IrcConnection>, allow: &[&str]) -> Vec<String> {
        let allow: Vec<String> = allow.iter().map(|&entry| entry.to_owned()).collect();
        let mut grants = Grants::new(&[], false, &allow).unwrap();
        let wanted = wanted.into_iter().map(Subscription::Chat).collect();
        permitted(wanted, &mut grants).map_or_else(|problems| problems, |_| Vec::new())
    }

    #[test]
    fn a_connection_has_to_be_granted() {
        assert_eq!(problems(vec![connection()], &["irc://irc.example.org"]), [""; 0]);
        let said = problems(vec![connection()], &[]);
        assert!(
            said[0].starts_with("the chat connection \"irc\": irc-server irc://irc.example.org:6667 is not granted: "),
            "{said:?}"
        );
    }

    #[test]
    fn all_that_is_wrong_is_said() {
        let channel = |name: &str| IrcChannel { name: name.into(), key: Text::default() };
        let bad = IrcConnection {
            nick: "a b".into(),
            channels: vec![channel("builds"), channel("#a,#b")],
            login: IrcLogin { pass: true, sasl_plain: true, sasl_external: true, nickserv: false },
            lost_delay: IrcDelay { least_ms: 5, most_ms: 2 },
            ..connection()
        };
        let said = problems(vec![bad, connection()], &["irc://irc.example.org"]);
        assert_eq!(said.len(), 8, "{said:#?}");
    }
}
