//! In a chat it does what it is told: `say`, `notice`, `act`, `lines N`, `flood N`, `join`, `leave`, `ttl`; anything else
//! it says back, with all that it knows of it. Notices of builds go to the channels that are named for that.

use campanile_sdk::contract::*;
use campanile_sdk::prelude::literal;
use campanile_sdk::prelude::secret;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Chat {
    /// Such as `127.0.0.1:6667`.
    #[schemars(extend("x-campanile" = "irc-server"))]
    server: String,
    nick: String,
    #[serde(default)]
    channels: Vec<Channel>,
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    password: Option<String>,
    /// pass, nickserv, sasl_plain, sasl_external.
    #[serde(default)]
    login: Vec<String>,
    /// Encrypted, and what the certificate is held against.
    #[serde(default)]
    #[schemars(extend("x-campanile" = "tls-verify"))]
    tls: Option<Tls>,
    #[serde(default)]
    #[schemars(extend("x-campanile" = "secret"))]
    identity: Option<String>,
    #[serde(default = "one")]
    burst: u32,
    #[serde(default)]
    interval_ms: u32,
    #[serde(default)]
    lost_ms: u32,
    #[serde(default)]
    failed_ms: u32,
    /// Where builds are told of.
    #[serde(default)]
    announce: Vec<String>,
    /// Where it says that it came or went, to a nick.
    #[serde(default)]
    presence: Option<String>,
    /// After so many seconds nothing of it is worth saying.
    #[serde(default)]
    ttl: Option<u32>,
    #[serde(default)]
    receipt: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Channel {
    name: String,
    #[serde(default)]
    key: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Tls {
    Verified(bool),
    By(String),
}

fn one() -> u32 {
    1
}

impl Chat {
    pub(crate) fn subscription(&self) -> Subscription {
        let (host, port) = self.server.rsplit_once(':').unwrap_or((&self.server, "6667"));
        let has = |way: &str| self.login.iter().any(|login| login == way);
        let mut login = IrcLogin::empty();
        for (way, flag) in [
            ("pass", IrcLogin::PASS),
            ("nickserv", IrcLogin::NICKSERV),
            ("sasl_plain", IrcLogin::SASL_PLAIN),
            ("sasl_external", IrcLogin::SASL_EXTERNAL),
        ] {
            if has(way) {
                login |= flag;
            }
        }
        let delay = |ms: u32| IrcDelay { least_ms: ms, most_ms: ms };
        let channel = |channel: &Channel| IrcChannel { name: channel.name.clone(), key: literal(channel.key.clone()) };
        Subscription::Chat(IrcConnection {
            name: "irc".to_owned(),
            host: host.to_owned(),
            port: port.parse().unwrap_or(0),
            tls: self.tls.as_ref().map(|tls| match tls {
                Tls::Verified(true) => TlsVerify::Usual,
                Tls::Verified(false) => TlsVerify::Nothing,
                Tls::By(file) => TlsVerify::Authorities(file.clone()),
            }),
            nick: self.nick.clone(),
            password: self.password.as_deref().map(secret).unwrap_or_default(),
            login,
            identity: self.identity.clone(),
            channels: self.channels.iter().map(channel).collect(),
            flood: IrcFlood { burst: self.burst, interval_ms: self.interval_ms },
            lost_delay: delay(self.lost_ms),
            failed_delay: delay(self.failed_ms),
        })
    }

    pub(crate) fn heard(&self, message: &ChatMessage) -> Vec<Effect> {
        let to = message.channel.as_ref().unwrap_or(&message.nick);
        let (verb, rest) = message.text.split_once(' ').unwrap_or((&message.text, ""));
        let one = |verb, text: String| vec![self.deliver("answer", verb, (to, text))];
        match verb {
            "say" => one(IrcVerb::Say, rest.replace("\\n", "\n").replace("\\r", "\r").replace("\\0", "\0")),
            "notice" => one(IrcVerb::Notice, rest.to_owned()),
            "act" => one(IrcVerb::Act, rest.to_owned()),
            "long" => one(IrcVerb::Say, "wörter ".repeat(rest.parse().unwrap_or(1))),
            "lines" => one(IrcVerb::Say, numbered(rest).collect::<Vec<_>>().join("\n")),
            "flood" => {
                let line = |line: String| self.deliver(&format!("answer/{line}"), IrcVerb::Say, (to, line));
                numbered(rest).map(line).collect()
            }
            "tell" => {
                let (target, text) = rest.split_once(' ').unwrap_or((rest, "hello"));
                vec![self.deliver("answer", IrcVerb::Say, (target, text.to_owned()))]
            }
            "join" => {
                let (channel, key) = rest.split_once(' ').unwrap_or((rest, ""));
                vec![self.deliver("join", IrcVerb::Join, (channel, key.to_owned()))]
            }
            "leave" => {
                let (channel, reason) = rest.split_once(' ').unwrap_or((rest, ""));
                vec![self.deliver("leave", IrcVerb::Leave, (channel, reason.to_owned()))]
            }
            "crash" => panic!("it was asked to"),
            _ => one(IrcVerb::Say, shown(message)),
        }
    }

    pub(crate) fn present(&self, seq: u64, presence: &ChatPresence) -> Vec<Effect> {
        let Some(to) = &self.presence else { return Vec::new() };
        let text = match &presence.change {
            PresenceChange::Connected => "connected".to_owned(),
            PresenceChange::Joined(channel) => format!("joined {channel}"),
            PresenceChange::Removed(channel) => format!("removed {channel}"),
        };
        vec![self.deliver(&format!("presence/{seq}"), IrcVerb::Say, (to, format!("{text} as {}", presence.me)))]
    }

    pub(crate) fn told(&self, build: &Build) -> Vec<Effect> {
        let text = format!("build {} {}", build.number, build.state_string);
        let tell = |to: &String| self.deliver(&format!("notice/{to}"), IrcVerb::Notice, (to, text.clone()));
        self.announce.iter().map(tell).collect()
    }

    pub(crate) fn receipt(&self, receipt: &Receipt) -> Vec<Effect> {
        let Some(to) = self.presence.as_ref().filter(|_| receipt.key != "receipt") else { return Vec::new() };
        let text = format!("{} {:?} {:?} {}", receipt.key, receipt.outcome, receipt.status, receipt.answer);
        let effect = self.deliver("receipt", IrcVerb::Say, (to, text));
        let Effect::Deliver(delivery) = effect else { return Vec::new() };
        vec![Effect::Deliver(Delivery { receipt: false, ..delivery })]
    }

    fn deliver(&self, key: &str, verb: IrcVerb, (target, text): (&str, String)) -> Effect {
        let action = IrcAction { connection: "irc".to_owned(), verb, target: target.to_owned(), text };
        Effect::Deliver(Delivery {
            key: key.to_owned(),
            lane: Some(target.to_owned()),
            replace: None,
            resend: Resend::Blind,
            ttl_seconds: self.ttl,
            receipt: self.receipt,
            message: Message::Irc(action),
        })
    }
}

fn numbered(count: &str) -> impl Iterator<Item = String> {
    (1..=count.trim().parse::<u32>().unwrap_or(1)).map(|number| format!("line {number}"))
}

fn shown(message: &ChatMessage) -> String {
    let ChatMessage { me, nick, account, channel, op, manner, text, .. } = message;
    let (account, channel) = (account.as_deref().unwrap_or("nobody"), channel.as_deref().unwrap_or("alone"));
    let manner = match manner {
        ChatManner::Said => "said",
        ChatManner::Acted => "acted",
    };
    format!("{nick} {manner} to {me} {channel} account={account} op={op}: {text}")
}
