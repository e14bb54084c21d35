//! Delivers builds of a spool one after the other. One that the host refuses is laid aside.

use super::host::Host;
use super::screen::Screen;
use super::sender::SendError;
use super::sender::Sender;
use super::sender::Sent;
use super::spool::Folder;
use super::spool::Spool;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::watch;
use tokio::time::Instant;

/// Builds that others left behind, brought to an end; what holds nothing is removed.
pub(super) fn left_behind(spool: &Spool) -> anyhow::Result<Vec<Folder>> {
    let mut found = Vec::new();
    for folder in spool.builds()? {
        match folder.recover()? {
            true => found.push(folder),
            false => folder.remove()?,
        }
    }
    Ok(found)
}

/// Delivers builds that are whole; returns how many were refused.
pub(super) async fn deliver_all(
    host: &Host,
    folders: &[Folder],
    (screen, sent): (&Screen, &watch::Sender<Sent>),
) -> Result<usize, SendError> {
    let mut refused = 0;
    for folder in folders {
        let sender = Sender::new(host, folder, (Arc::new(Notify::new()), sent.clone()))?;
        refused += usize::from(!settle(sender.deliver().await, folder, screen)?);
    }
    Ok(refused)
}

/// What is delivered is removed, what is refused is laid aside: then it is `false`.
pub(super) fn settle(delivered: Result<(), SendError>, folder: &Folder, screen: &Screen) -> Result<bool, SendError> {
    match delivered {
        Ok(()) => {
            folder.remove()?;
            Ok(true)
        }
        Err(SendError::Refused(reason)) => {
            let to = folder.lay_aside(&reason)?;
            screen.say(&format!("the host refuses a build: {reason}; it is laid aside in {}", to.display()));
            Ok(false)
        }
        Err(error @ (SendError::NotAllowed(_) | SendError::Spool(_))) => Err(error),
    }
}

/// Waits for what is being delivered, as long as it goes on; nothing when it stood still for too long.
pub(super) async fn patiently<T>(
    delivering: impl Future<Output = T>,
    mut sent: watch::Receiver<Sent>,
    (patience, screen): (Duration, &Screen),
) -> Option<T> {
    let mut delivering = pin!(delivering);
    let mut was_away = false;
    let mut until = Instant::now() + patience;
    loop {
        tokio::select! {
            biased;
            delivered = &mut delivering => return Some(delivered),
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
