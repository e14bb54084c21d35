//! Delivers builds of a spool one after the other. One that the host refuses is laid aside.

use super::folder::Folder;
use super::folder::is_broken;
use super::host::Host;
use super::recorder::Live;
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
            Ok(sender) => sender.deliver().await,
            Err(error) => Err(error.into()),
        };
        refused += usize::from(!settle(delivered, folder, screen)?);
    }
    Ok(refused)
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
            let to = folder.lay_aside(&reason)?;
            let spool = to.parent().and_then(Path::parent).unwrap_or(&to).display();
            screen.say(&format!(
                "the host refuses a build: {reason}; it is laid aside in {}, and told once more by `campanile run \
                 --resume --refused --spool {spool}`",
                to.display()
            ));
            Ok(false)
        }
        Err(error @ (SendError::NotAllowed(_) | SendError::Spool(_))) => Err(error),
    }
}

/// Waits for what is being delivered, as long as it goes on; nothing when it stood still for too long, or at a stop.
pub(super) async fn patiently<T>(
    delivering: impl Future<Output = T>,
    (mut sent, mut stops): (watch::Receiver<Sent>, watch::Receiver<Stops>),
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
            Ok(()) = sent.changed() => {
                let away = sent.borrow_and_update().away.clone();
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
