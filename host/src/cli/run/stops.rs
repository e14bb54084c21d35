//! Reasons to end a command before its end: signals, and orders by others.

use crate::model::Results;
use nix::sys::signal::Signal;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;
use tokio::sync::watch;

/// What happened so far. It only grows.
#[derive(Clone, Debug, Default)]
pub(super) struct Stops {
    /// So many things happened.
    pub(super) count: u64,
    /// The last of them.
    pub(super) last: Option<Stop>,
}

/// Somebody wants the command to end.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// Whoever sent this signal to us.
    Signal(i32),
    /// Whoever asked the host for it, with a reason.
    Order(String),
    /// We, who end: somebody else shall take the request.
    HandBack,
}

impl Stop {
    /// What the command is sent.
    pub(super) fn signal(&self) -> Signal {
        match self {
            Self::Signal(number) => Signal::try_from(*number).unwrap_or(Signal::SIGTERM),
            Self::Order(_) | Self::HandBack => Signal::SIGTERM,
        }
    }

    /// How what it ends has ended.
    pub(super) fn results(&self) -> Results {
        match self {
            Self::Signal(_) | Self::Order(_) => Results::Cancelled,
            Self::HandBack => Results::Retry,
        }
    }

    pub(super) fn why(&self) -> String {
        match self {
            Self::Signal(number) => name(*number),
            Self::Order(reason) => reason.clone(),
            Self::HandBack => "handed back".to_owned(),
        }
    }
}

/// Adds one more.
pub(super) fn tell(stops: &watch::Sender<Stops>, stop: Stop) {
    stops.send_modify(|stops| {
        stops.count += 1;
        stops.last = Some(stop);
    });
}

/// `SIGTERM` for 15.
pub(super) fn name(number: i32) -> String {
    Signal::try_from(number).map_or_else(|_| format!("signal {number}"), |signal| signal.as_str().to_owned())
}

/// Tells of each SIGINT and SIGTERM from now on.
pub(super) fn listen(stops: watch::Sender<Stops>) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            let number = tokio::select! {
                _ = interrupt.recv() => Signal::SIGINT,
                _ = terminate.recv() => Signal::SIGTERM,
            };
            tell(&stops, Stop::Signal(number as i32));
        }
    });
    Ok(())
}
