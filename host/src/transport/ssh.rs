//! SSH: one delivery is one command, on one of the few channels of a connection that its server and login share.
//!
//! Invariant: a command that may have begun never ends as `Failed`, unless it said how it ended.
//!
//! Not here: the line that is sent (`ssh_words`), the connection (`ssh_session`), who waits for it (`ssh_links`).

use super::fill::Place;
use super::link::Network;
use super::outcome::Sent;
use super::ssh_hosts::Hosts;
use super::ssh_hosts::KnownHosts;
use super::ssh_identity::Identity;
use super::ssh_links::Links;
use super::ssh_output::Output;
use super::ssh_session::NotBegun;
use super::ssh_session::Peer;
use super::ssh_words::escaped;
use super::ssh_words::line;
use super::transports::Try;
use crate::model::SshCommand;
use crate::model::SshIdentity;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

/// What the operator says of SSH.
#[derive(Clone, Debug, Default)]
pub struct SshSetup {
    pub hosts: KnownHosts,
    /// The host's own key, for commands that name none.
    pub identity: Option<PathBuf>,
}

#[derive(Debug)]
pub(super) struct Ssh {
    links: Links,
    identity: Option<PathBuf>,
}

impl Ssh {
    pub(super) fn new(network: &Network, setup: SshSetup) -> Self {
        let links = Links::new(network.guard.clone(), Arc::new(Hosts::new(setup.hosts)));
        Self { links, identity: setup.identity }
    }

    pub(super) async fn send<'a>(&self, command: &'a SshCommand, this: &mut Try<'a>) -> Sent {
        match self.attempt(command, this).await {
            Ok(sent) | Err(sent) => sent,
        }
    }

    async fn attempt<'a>(&self, command: &'a SshCommand, this: &mut Try<'a>) -> Result<Sent, Sent> {
        let line = filled(command, this)?;
        let peer = self.peer(command, this)?;
        let link = self.links.get(&peer);
        let _place = link.place(&this.clock).await.map_err(|trouble| trouble.sent())?;
        // Who waited for others has as much time as they had.
        this.clock = this.clock.begin_ssh();
        let mut again = true;
        loop {
            let (session, pooled) =
                self.links.session(&link, &peer, &this.clock).await.map_err(|trouble| trouble.sent())?;
            let mut output = Output::new(this.probe);
            match session.run(&line, &mut output, &this.clock).await {
                Ok(end) => {
                    link.used();
                    return Ok(output.judged(&end, |text| this.filler.redact(text)));
                }
                // A connection that waited may be dead without our knowing.
                Err(NotBegun::Stale(_)) if pooled && again => {
                    again = false;
                    link.drop_session(&session).await;
                }
                Err(NotBegun::Stale(trouble) | NotBegun::Refused(trouble)) => return Err(trouble.sent()),
            }
        }
    }

    fn peer<'a>(&self, command: &'a SshCommand, this: &mut Try<'a>) -> Result<Peer, Sent> {
        let file = |path: &Path| Identity::of_file(path).map_err(Sent::failed);
        let identity = match (&command.identity, &self.identity) {
            (Some(SshIdentity::Secret(name)), _) => {
                Identity::of_secret(&name.0, this.filler.secret(name).map_err(Sent::failed)?)
            }
            (Some(SshIdentity::File(path)), _) => file(Path::new(path))?,
            (None, Some(path)) => file(path)?,
            (None, None) => {
                return Err(Sent::failed(
                    "there is no key to log in with: name one in the reporter's settings, or set identity under [ssh] of \
                     the configuration",
                ));
            }
        };
        let (host, port) = (this.destination.host().to_owned(), this.destination.port());
        Ok(Peer { host, port, user: command.user.clone(), identity })
    }
}

fn filled<'a>(command: &'a SshCommand, this: &mut Try<'a>) -> Result<String, Sent> {
    let mut words = Vec::new();
    for word in &command.command {
        for name in word.secrets() {
            let value = this.filler.secret(name).map_err(Sent::failed)?;
            this.filler.hide(&escaped(&value), &format!("<secret:{name}>"));
        }
        words.push(this.filler.fill(word, Place::Plain).map_err(Sent::failed)?);
    }
    line(&words).map_err(Sent::refused)
}
