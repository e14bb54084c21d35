//! Somebody in a chat, by a client that is not ours.

use futures_util::StreamExt;
use irc::client::Client;
use irc::client::ClientStream;
use irc::client::data::Config;
use irc::proto::Command;
use irc::proto::Message;
use std::time::Duration;

/// What somebody waits for and does not come within this time fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that is connected, and all that it was told.
pub struct Person {
    client: Client,
    stream: ClientStream,
    nick: String,
    /// All that came, for the message of a test that fails.
    log: Vec<String>,
}

/// A line that somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub nick: String,
    /// A channel, or ourselves.
    pub target: String,
    pub text: String,
    /// By which programs are not to be answered.
    pub is_notice: bool,
}

impl Person {
    /// Connects, and enters channels.
    pub async fn join(port: u16, nick: &str, channels: &[&str]) -> Self {
        Self::with_password(port, nick, ("", channels)).await
    }

    pub async fn with_password(port: u16, nick: &str, (password, channels): (&str, &[&str])) -> Self {
        let config = Config {
            server: Some("127.0.0.1".to_owned()),
            port: Some(port),
            nickname: Some(nick.to_owned()),
            password: Some(password.to_owned()).filter(|password| !password.is_empty()),
            max_messages_in_burst: Some(1000),
            burst_window_length: Some(0),
            ..Config::default()
        };
        let mut client = Client::from_config(config).await.expect("a connection");
        let outgoing = client.outgoing().expect("what is sent");
        let stream = client.stream().expect("a stream");
        // What is sent leaves also while nobody listens.
        tokio::spawn(outgoing);
        client.identify().expect("a login");
        let mut person = Self { client, stream, nick: nick.to_owned(), log: Vec::new() };
        person.until(" 001 ").await;
        for channel in channels {
            person.enter(channel).await;
        }
        person
    }

    /// Enters a channel, or a channel and its key.
    pub async fn enter(&mut self, channel: &str) {
        let (name, key) = channel.split_once(' ').unwrap_or((channel, ""));
        self.client.send_join_with_keys(name, key).expect("it is sent");
        self.until(&format!(" 366 {} {name}", self.nick)).await;
    }

    pub fn say(&self, target: &str, text: &str) {
        self.client.send(Command::PRIVMSG(target.to_owned(), text.to_owned())).expect("it is sent");
    }

    /// A line of the protocol.
    pub fn send(&self, command: &str, words: &[&str]) {
        let words = words.iter().map(|&word| word.to_owned()).collect();
        self.client.send(Command::Raw(command.to_owned(), words)).expect("it is sent");
    }

    /// Asks `bot` something in private, and returns the first line of the answer.
    pub async fn ask(&mut self, bot: &str, text: &str) -> String {
        self.say(bot, text);
        self.hears(bot).await.text
    }

    /// The next line that this nick says.
    pub async fn hears(&mut self, nick: &str) -> Heard {
        loop {
            let message = self.next().await;
            let from = message.source_nickname().unwrap_or_default().to_owned();
            let (target, text, is_notice) = match message.command {
                Command::PRIVMSG(target, text) => (target, text, false),
                Command::NOTICE(target, text) => (target, text, true),
                _ => continue,
            };
            if from == nick {
                return Heard { nick: from, target, text, is_notice };
            }
        }
    }

    /// The next message with this in its line.
    pub async fn until(&mut self, part: &str) -> String {
        loop {
            let line = self.next().await.to_string();
            if line.contains(part) {
                return line;
            }
        }
    }

    async fn next(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.stream.next()).await;
        let next = next.unwrap_or_else(|_| panic!("{} waits in vain; so far: {:#?}", self.nick, self.log));
        let message = next.unwrap_or_else(|| panic!("the server ended: {:#?}", self.log)).expect("a message");
        self.log.push(message.to_string().trim_end().to_owned());
        message
    }

    /// Hangs up at once.
    pub fn quit(self) {
        let _ = self.client.send_quit("bye");
    }
}
