//! The façade: hands a permitted message to its transport.

use super::deadlines::Clock;
use super::deadlines::Deadlines;
use super::fetch;
use super::fill::Filler;
use super::guard::Guard;
use super::hello::Hello;
use super::http::Answered;
use super::http::Http;
use super::http::MAX_READ_BYTES;
use super::http_step::Lost;
use super::http_step::Performed;
use super::irc::Irc;
use super::irc_session::ChatTimes;
use super::irc_state::ChatRoom;
use super::irc_state::ChatState;
use super::link::Network;
use super::outcome::Sent;
use super::referred::Referred;
use super::secrets::Secrets;
use super::smtp::Smtp;
use super::ssh::Ssh;
use super::ssh::SshSetup;
use super::trust::Trust;
use super::trust::TrustError;
use crate::model::ChatPermit;
use crate::model::Destination;
use crate::model::Heard;
use crate::model::HttpRequest;
use crate::model::HttpStep;
use crate::model::Message;
use crate::model::Millis;
use crate::model::Permit;
use crate::model::Probe;
use crate::model::Recipient;
use crate::model::StepGrants;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// What the transports are made of.
#[derive(Clone, Debug)]
pub struct Setup {
    pub guard: Guard,
    pub secrets: Secrets,
    pub trust: Trust,
    /// The name to give in EHLO.
    pub hello: Hello,
    pub ssh: SshSetup,
    pub deadlines: Deadlines,
    pub chat_times: ChatTimes,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            guard: Guard::default(),
            secrets: Secrets::default(),
            trust: Trust::default(),
            hello: Hello::Address,
            ssh: SshSetup::default(),
            deadlines: Deadlines::USUAL,
            chat_times: ChatTimes::USUAL,
        }
    }
}

/// A delivery as an attempt sees it; its message is in the permit.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// `Delivery::uid`: the same in each try.
    pub uid: &'a str,
    /// The name of the reporter that made it.
    pub reporter: &'a str,
    /// When the delivery was made: the date of a mail.
    pub created_at: Millis,
    pub now: Millis,
    /// What reads the logs and patches that are attached.
    pub contents: &'a dyn Referred,
    /// What is known of the recipients of a mail from earlier attempts.
    pub recipients: &'a [Recipient],
}

/// All transports. Cheap to clone; the clones share their idle connections.
#[derive(Clone, Debug)]
pub struct Transports(Arc<Inner>);

/// One try: what it needs whatever the transport.
#[derive(Debug)]
pub(super) struct Try<'a> {
    pub(super) outgoing: &'a Outgoing<'a>,
    pub(super) destination: &'a Destination,
    pub(super) filler: Filler<'a>,
    pub(super) clock: Clock,
    /// What to look for in the answer, if the message is its question.
    pub(super) probe: Option<&'a Probe>,
    /// The most of an answer that is read.
    pub(super) most_bytes: usize,
}

#[derive(Debug)]
struct Inner {
    secrets: Secrets,
    deadlines: Deadlines,
    smtp: Smtp,
    http: Http,
    irc: Irc,
    ssh: Ssh,
}

impl Transports {
    /// Reads the certificates that are trusted.
    pub fn new(setup: Setup) -> Result<Self, TrustError> {
        let network = Network { guard: setup.guard, trusted: setup.trust.load()? };
        let smtp = Smtp::new(network.clone(), setup.hello);
        let ssh = Ssh::new(&network, setup.ssh);
        let http = Http::new(network.clone(), setup.deadlines);
        let irc = Irc::new(network, (setup.deadlines, setup.chat_times));
        Ok(Self(Arc::new(Inner { secrets: setup.secrets, deadlines: setup.deadlines, smtp, http, irc, ssh })))
    }

    /// The values of secrets, for checks at load and for hooks.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.0.secrets
    }

    /// Tries once to send a message. Ends within the whole of its `Deadlines`; a mail within that and the time for its answer.
    pub async fn send(&self, permit: &Permit<'_>, outgoing: &Outgoing<'_>) -> Sent {
        self.exchange(permit, outgoing, None).await
    }

    /// What came back of a request for reading; and what takes secrets out of a text that is told.
    pub(super) async fn read<'p>(
        &'p self,
        request: &'p HttpRequest,
        permit: &'p Permit<'_>,
        outgoing: &'p Outgoing<'_>,
    ) -> (Result<Answered, Sent>, impl Fn(String) -> String + 'p) {
        let filler = Filler::new(&self.0.secrets, permit);
        let (clock, most_bytes) = (Clock::start(self.0.deadlines), fetch::MOST_FETCHED_BYTES);
        let mut this = Try { outgoing, destination: permit.destination(), filler, clock, probe: None, most_bytes };
        let answered = self.0.http.fetch(request, &mut this).await;
        (answered, move |text| this.filler.redact(text))
    }

    /// Makes the request of a step, once, and follows where it is led. Ends early, and says so, when `stop` does.
    pub async fn perform(
        &self,
        permit: &Permit<'_>,
        (step, grants): (&HttpStep, &StepGrants),
        stop: impl Future<Output = Lost>,
    ) -> Performed {
        let filler = Filler::new(&self.0.secrets, permit);
        let deadlines = self.0.deadlines.with_whole(step.timeout);
        self.0.http.perform((step, grants), (permit, filler), (deadlines, stop)).await
    }

    /// Keeps a chat connection of a reporter up from now on; what is heard on it comes out of what is returned.
    pub fn keep_chat(&self, reporter: &str, permit: ChatPermit) -> mpsc::Receiver<Heard> {
        self.0.irc.keep(reporter, permit, self.0.secrets.clone())
    }

    /// How the chat connections stand, by `Destination::of_chat`.
    pub fn chats(&self) -> BTreeMap<String, ChatState> {
        self.0.irc.states()
    }

    /// What may begin on the chat connections, by `Destination::of_chat`.
    pub fn chat_rooms(&self) -> BTreeMap<String, ChatRoom> {
        self.0.irc.rooms()
    }

    /// Whether on a chat connection one delivery may follow another without a look at its budget.
    pub fn is_chat_unlimited(&self, address: &str) -> bool {
        self.0.irc.is_unlimited(address)
    }

    /// Rings when something may begin on a chat connection, or one stands otherwise.
    pub fn chat_bell(&self) -> watch::Receiver<u64> {
        self.0.irc.bell()
    }

    /// Ends the chat connections.
    pub async fn end_chats(&self) {
        self.0.irc.end().await;
    }

    /// Asks whether an earlier message arrived; `permit` is for the question of `probe`. `ProbeFound` if the answer is a
    /// success and has the marker in it, `ProbeAbsent` if it is a whole success without.
    pub(crate) async fn probe(&self, permit: &Permit<'_>, outgoing: &Outgoing<'_>, probe: &Probe) -> Sent {
        if probe.marker.is_empty() {
            return Sent::refused("a probe without a marker, which would be found in any answer");
        }
        if !matches!(permit.message(), Message::Http(_) | Message::Ssh(_)) {
            return Sent::refused("this version probes by HTTP and SSH only");
        }
        self.exchange(permit, outgoing, Some(probe)).await
    }

    async fn exchange(&self, permit: &Permit<'_>, outgoing: &Outgoing<'_>, probe: Option<&Probe>) -> Sent {
        let clock = match permit.message() {
            Message::Mail(_) => Clock::start_mail(self.0.deadlines),
            Message::Ssh(_) => Clock::before_ssh(self.0.deadlines),
            Message::Http(_) | Message::Irc(_) | Message::Other(_) => Clock::start(self.0.deadlines),
        };
        let filler = Filler::new(&self.0.secrets, permit);
        let (destination, most_bytes) = (permit.destination(), MAX_READ_BYTES);
        let mut this = Try { outgoing, destination, filler, clock, probe, most_bytes };
        let sent = match permit.message() {
            Message::Mail(mail) => self.0.smtp.send(mail, &mut this).await,
            Message::Http(request) => self.0.http.send(request, &mut this).await,
            Message::Ssh(command) => self.0.ssh.send(command, &mut this).await,
            Message::Irc(action) => {
                let address = this.destination.of_chat(outgoing.reporter, &action.connection);
                self.0.irc.send(&address, action).await
            }
            Message::Other(_) => Sent::refused("this version has no transport for such a message"),
        };
        sent.map_texts(|text| this.filler.redact(text))
    }
}
