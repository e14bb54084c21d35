//! Reasons to end a command before its end: signals, and orders by others.

use crate::model::Results;
use nix::sys::signal::Signal;
use tokio::signal::unix::Signal as Arrivals;
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

/// Tells of each SIGINT and SIGTERM from now on, and of SIGHUP and SIGQUIT where whoever started us does not want them
/// ignored, as `nohup` does.
pub(super) fn listen(stops: watch::Sender<Stops>) -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let ignored = ignored();
    let heard = |kind: SignalKind| {
        let is_ignored = ignored & (1 << (kind.as_raw_value() - 1)) != 0;
        (!is_ignored).then(|| signal(kind)).transpose()
    };
    let (mut hangup, mut quit) = (heard(SignalKind::hangup())?, heard(SignalKind::quit())?);
    tokio::spawn(async move {
        loop {
            let number = tokio::select! {
                _ = interrupt.recv() => Signal::SIGINT,
                _ = terminate.recv() => Signal::SIGTERM,
                () = next(&mut hangup) => Signal::SIGHUP,
                () = next(&mut quit) => Signal::SIGQUIT,
            };
            tell(&stops, Stop::Signal(number as i32));
        }
    });
    Ok(())
}

/// The next of a kind that is listened to.
async fn next(arrivals: &mut Option<Arrivals>) {
    match arrivals {
        Some(arrivals) => {
            arrivals.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// The signals that were ignored before us, a bit each; none where the system does not say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
