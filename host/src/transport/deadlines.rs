//! How long each step of an attempt may take.
//!
//! Invariant: no step goes on after the whole exchange is over its time, but the answer to a mail: who gave up on that
//! would send the mail again.

use std::future::Future;
use std::time::Duration;
use thiserror::Error;
use tokio::time::Instant;

/// The limits of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    pub lookup: Duration,
    pub connect: Duration,
    pub tls: Duration,
    /// From the last byte of a request, or a command, to the first of its answer.
    pub answer: Duration,
    /// The whole exchange; those of a mail and of a command have their own.
    pub whole: Duration,
    pub mail: MailDeadlines,
    pub ssh: SshDeadlines,
}

/// What an SSH server takes its time for: a review may set off hooks, and indexing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SshDeadlines {
    /// Keys of the connection, and the key of the host.
    pub handshake: Duration,
    pub login: Duration,
    /// From the request for a command to its end.
    pub command: Duration,
    /// The wait for a free channel, which comes before all else.
    pub channel: Duration,
    /// The whole, from the free channel on.
    pub whole: Duration,
}

/// What takes longer with a mail than with anything else: it is large, and relays look at it before they answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MailDeadlines {
    /// 64 KiB of the mail.
    pub piece: Duration,
    /// All that comes before the last piece.
    pub whole: Duration,
    /// From the last piece to the answer.
    pub last: Duration,
}

impl Deadlines {
    pub const USUAL: Self = Self {
        lookup: Duration::from_secs(5),
        connect: Duration::from_secs(5),
        tls: Duration::from_secs(5),
        answer: Duration::from_secs(15),
        whole: Duration::from_secs(30),
        // As RFC 5321 (4.5.3.2) asks for, but for the whole, of which it says nothing.
        mail: MailDeadlines {
            piece: Duration::from_mins(3),
            whole: Duration::from_mins(30),
            last: Duration::from_mins(10),
        },
        ssh: SshDeadlines {
            handshake: Duration::from_secs(5),
            login: Duration::from_secs(10),
            command: Duration::from_secs(30),
            channel: Duration::from_mins(1),
            whole: Duration::from_mins(1),
        },
    };
}

impl Deadlines {
    /// With another time for an answer, and for all of an exchange.
    pub(super) fn with_whole(self, whole: Duration) -> Self {
        Self { answer: whole, whole, ..self }
    }
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::USUAL
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Lookup,
    Connect,
    Tls,
    /// Until one of the few commands at once has ended.
    Channel,
    Handshake,
    Login,
    Command,
    Answer,
    Piece,
    /// The end of a mail and its answer, which the whole exchange does not bound.
    Last,
    /// Whatever only the whole exchange bounds.
    Exchange,
}

#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("{what} took longer than {} s", limit.as_secs_f32())]
pub(crate) struct Late {
    what: &'static str,
    limit: Duration,
}

/// The limits of an attempt that has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    deadlines: Deadlines,
    whole: Duration,
    end: Instant,
}

impl Clock {
    pub(super) fn start(deadlines: Deadlines) -> Self {
        Self::of(deadlines, deadlines.whole)
    }

    pub(super) fn start_mail(deadlines: Deadlines) -> Self {
        Self::of(deadlines, deadlines.mail.whole)
    }

    pub(super) fn start_ssh(deadlines: Deadlines) -> Self {
        Self::of(deadlines, deadlines.ssh.whole)
    }

    /// For the wait for a channel, after which the time of the attempt itself begins.
    pub(super) fn before_ssh(deadlines: Deadlines) -> Self {
        Self::of(deadlines, deadlines.ssh.channel + deadlines.ssh.whole)
    }

    /// The same limits, from now on.
    pub(super) fn begin_ssh(&self) -> Self {
        Self::start_ssh(self.deadlines)
    }

    fn of(deadlines: Deadlines, whole: Duration) -> Self {
        Self { deadlines, whole, end: Instant::now() + whole }
    }

    pub(super) fn limit(&self, step: Step) -> Duration {
        match step {
            Step::Lookup => self.deadlines.lookup,
            Step::Connect => self.deadlines.connect,
            Step::Tls => self.deadlines.tls,
            Step::Channel => self.deadlines.ssh.channel,
            Step::Handshake => self.deadlines.ssh.handshake,
            Step::Login => self.deadlines.ssh.login,
            Step::Command => self.deadlines.ssh.command,
            Step::Answer => self.deadlines.answer,
            Step::Piece => self.deadlines.mail.piece,
            Step::Last => self.deadlines.mail.last,
            Step::Exchange => self.whole,
        }
    }

    /// Does a step within its time and that of the whole exchange.
    pub(super) async fn within<F: Future>(&self, step: Step, work: F) -> Result<F::Output, Late> {
        let limit = self.limit(step);
        let own_end = Instant::now() + limit;
        let (end, late) = if own_end < self.end || step == Step::Last {
            (own_end, Late { what: step.name(), limit })
        } else {
            (self.end, Late { what: Step::Exchange.name(), limit: self.whole })
        };
        tokio::time::timeout_at(end, work).await.map_err(|_| late)
    }
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Lookup => "the lookup",
            Self::Connect => "the connection",
            Self::Tls => "the TLS handshake",
            Self::Channel => "the wait for a channel",
            Self::Handshake => "the SSH handshake",
            Self::Login => "the login",
            Self::Command => "the command",
            Self::Answer => "the answer",
            Self::Piece => "a piece",
            Self::Last => "the answer to the mail",
            Self::Exchange => "the whole exchange",
        }
    }
}
