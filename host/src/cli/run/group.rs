//! A command's process group: signals to all that it started, and the end of all of it.
//!
//! What made a group or a session of its own (`setsid`, a daemon) is out of it, and goes on.

use super::stops::Stops;
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::sys::signal::killpg;
use nix::unistd::Pid;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::Instant;

/// Between two looks whether somebody is left: the kernel tells nobody when a group is empty.
const LOOK: Duration = Duration::from_millis(20);

/// A group that ends with the value, unless it was let go.
pub(super) struct Group {
    id: Option<Pid>,
}

impl Group {
    /// That of a child which leads one.
    pub(super) fn of(child: &Child) -> Option<Self> {
        let id = i32::try_from(child.id()?).ok()?;
        Some(Self { id: Some(Pid::from_raw(id)) })
    }

    pub(super) fn send(&self, signal: Signal) {
        if let Some(id) = self.id {
            // It may have ended just now.
            let _ = killpg(id, signal);
        }
    }

    /// What is left of it may stay.
    pub(super) fn let_go(&mut self) {
        self.id = None;
    }

    /// Returns when nobody is left. Who is there after that time, or when somebody asks once more, is killed.
    pub(super) async fn ends(&mut self, by: Instant, mut stops: watch::Receiver<Stops>) {
        let seen = stops.borrow().count;
        let is_over = |stops: &Stops| stops.count > seen || Instant::now() >= by;
        while !self.is_empty() && !is_over(&stops.borrow()) {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                Ok(_) = stops.wait_for(|stops| stops.count > seen) => {}
            }
        }
        if !self.is_empty() {
            self.send(Signal::SIGKILL);
        }
        self.let_go();
    }

    fn is_empty(&self) -> bool {
        self.id.is_none_or(|id| killpg(id, None) == Err(Errno::ESRCH))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.send(Signal::SIGKILL);
    }
}
