//! Delivers builds of a spool one after the other. One that the host refuses is laid aside.

use super::build::short;
use super::folder::Folder;
use super::folder::is_broken;
use super::host::Host;
use super::host::Trouble;
use super::recorder::Live;
use super::requests;
use super::screen::Screen;
use super::sender::SendError;
use super::sender::Sender;
use super::sender::Sent;
use super::spool::Spool;
use super::stops::Stops;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// Between tries to end a build while the host is away.
const AGAIN: Duration = Duration::from_secs(1);

/// What others left behind.
pub(super) struct Left {
    /// Brought to an end, and to be told.
    pub(super) builds: Vec<Folder>,
    /// So many did not read, and are laid aside.
    pub(super) broken: usize,
}

/// Builds that others left behind, brought to an end; what holds nothing is removed.
pub(super) fn left_behind(spool: &Spool, screen: &Screen) -> anyhow::Result<Left> {
    let mut left = Left { builds: Vec::new(), broken: 0 };
    for folder in spool.builds()? {
        let recovered =
            folder.recover().and_then(|holds| if holds { Ok(true) } else { folder.remove().map(|()| false) });
        match recovered {
            Ok(true) => left.builds.push(folder),
            Ok(false) => {}
            Err(error) if is_broken(&error) => {
                set_broken(&folder, &error, screen)?;
                left.broken += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(left)
}

/// One that does not read is in the way of nobody.
fn set_broken(folder: &Folder, error: &anyhow::Error, screen: &Screen) -> anyhow::Result<()> {
    let to = folder.set_broken()?;
    screen.say(&format!("a build cannot be delivered: {error:#}; it is laid aside in {}", to.display()));
    Ok(())
}

/// Delivers builds that are whole; returns how many were laid aside.
pub(super) async fn deliver_all(
    host: &Host,
    folders: &[Folder],
    (screen, sent): (&Screen, &watch::Sender<Sent>),
) -> Result<usize, SendError> {
    let mut refused = 0;
    for folder in folders {
        let delivered = match Sender::new(host, folder, (Live::default(), sent.clone())) {
            Ok(sender) => deliver(sender, host, (folder, sent)).await,
            Err(error) => Err(error.into()),
        };
        refused += usize::from(!settle(delivered, folder, screen)?);
    }
    Ok(refused)
}

/// Delivers a build. One that the host refuses when it has begun ends there as an exception.
pub(super) async fn deliver(
    sender: Sender,
    host: &Host,
    (folder, sent): (&Folder, &watch::Sender<Sent>),
) -> Result<(), SendError> {
    let delivered = sender.deliver().await;
    let (Err(SendError::Refused(reason)), Ok(told)) = (&delivered, folder.told()) else { return delivered };
    let reason = short(&format!("not told to its end: {reason}"));
    loop {
        match requests::end(host, (&told, None), &reason).await {
            Err(Trouble::Away { why, .. }) => {
                sent.send_modify(|sent| sent.away = Some(why));
                tokio::time::sleep(AGAIN).await;
            }
            Err(Trouble::NotAllowed(why)) => return Err(SendError::NotAllowed(why)),
            // Why it was refused says more than why its end is.
            Err(Trouble::Refused { .. }) | Ok(_) => {
                sent.send_modify(|sent| sent.away = None);
                return delivered;
            }
        }
    }
}

/// What is delivered is removed, what is refused or does not read is laid aside: then it is `false`.
pub(super) fn settle(delivered: Result<(), SendError>, folder: &Folder, screen: &Screen) -> Result<bool, SendError> {
    match delivered {
        Ok(()) => {
            if let Err(error) = folder.remove() {
                set_broken(folder, &error, screen)?;
            }
            Ok(true)
        }
        Err(SendError::Spool(error)) if is_broken(&error) => {
            set_broken(folder, &error, screen)?;
            Ok(false)
        }
        Err(SendError::Refused(reason)) => {
            let has_begun = folder.told().is_ok_and(|told| told.build.is_some());
            let to = folder.lay_aside(&reason)?;
            let spool = to.parent().and_then(Path::parent).unwrap_or(&to).display();
            let then = match has_begun {
                true => "for who wants to read it: at the host it is over".to_owned(),
                false => format!("and told once more by `campanile run --resume --refused --spool {spool}`"),
            };
            screen.say(&format!("the host refuses a build: {reason}; it is laid aside in {}, {then}", to.display()));
            Ok(false)
        }
        Err(error @ (SendError::NotAllowed(_) | SendError::Spool(_))) => Err(error),
    }
}

/// Waits for what is being delivered, as long as it goes on; nothing when it stood still for too long, or at a stop.
pub(super) async fn patiently<T>(
    delivering: impl Future<Output = T>,
    (mut advance, mut stops): (Advance, watch::Receiver<Stops>),
    (patience, screen): (Duration, &Screen),
) -> Option<T> {
    let mut delivering = pin!(delivering);
    let mut was_away = false;
    let mut until = Instant::now() + patience;
    let seen = stops.borrow().count;
    loop {
        tokio::select! {
            biased;
            delivered = &mut delivering => return Some(delivered),
            Ok(_) = stops.wait_for(|stops| stops.count > seen) => return None,
            () = tokio::time::sleep_until(until) => return None,
            away = advance.away() => {
                match &away {
                    None => until = Instant::now() + patience,
                    Some(why) if !was_away => screen.say(&format!("{why}; trying again")),
                    Some(_) => {}
                }
                was_away = away.is_some();
            }
        }
    }
}

/// How a delivery comes on: that of a build, and of those that go before.
pub(super) struct Advance {
    of_this: watch::Receiver<Sent>,
    of_earlier: Option<watch::Receiver<Sent>>,
}

impl Advance {
    pub(super) fn of(of_this: watch::Receiver<Sent>) -> Self {
        Self { of_this, of_earlier: None }
    }

    pub(super) fn behind(of_this: watch::Receiver<Sent>, of_earlier: watch::Receiver<Sent>) -> Self {
        Self { of_this, of_earlier: Some(of_earlier) }
    }

    /// Why it does not go on, each time that there is news.
    async fn away(&mut self) -> Option<String> {
        tokio::select! {
            away = news(Some(&mut self.of_this)) => away,
            away = news(self.of_earlier.as_mut()) => away,
        }
    }
}

async fn news(sent: Option<&mut watch::Receiver<Sent>>) -> Option<String> {
    let Some(sent) = sent else { return std::future::pending().await };
    match sent.changed().await {
        Ok(()) => sent.borrow_and_update().away.clone(),
        // Who told of it has ended.
        Err(_) => std::future::pending().await,
    }
}
