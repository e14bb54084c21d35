//! Builds in private spools of `campanile run`s that are gone: killed, or out of patience. The next that talks to the same
//! host tells it of them, beside its own build.
//!
//! Not here: spools that somebody named by `--spool`, which are his.

use super::delivery;
use super::delivery::Advance;
use super::delivery::Left;
use super::host::Host;
use super::private;
use super::screen::Screen;
use super::sender::Sent;
use super::spool::Spool;
use super::stops::Stops;
use anyhow::Context;
use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the folder of a private spool begins with.
const PRIVATE: &str = "run-";

/// So many are delivered by one run; the next goes on.
const MOST: usize = 100;

/// A new private spool's folder, which goes with the value.
pub(super) fn new_folder(state: &Path) -> anyhow::Result<TempDir> {
    private::folder(state).context("say --spool")?;
    private::is_ours(state).context("say --spool")?;
    let folder = tempfile::Builder::new().prefix(PRIVATE).tempdir_in(state);
    folder.with_context(|| format!("making a folder in {}; say --spool", state.display()))
}

/// The delivery of what is left. Ends with the value.
pub(super) struct Leftovers {
    task: JoinHandle<()>,
    sent: watch::Receiver<Sent>,
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Leftovers {
    /// Begins to deliver what is left for this host in the folder of states.
    pub(super) fn deliver(host: &Host, state: &Path, screen: &Arc<Screen>) -> Self {
        let (tell, sent) = watch::channel(Sent::default());
        let (host, state, screen) = (host.clone(), state.to_owned(), Arc::clone(screen));
        let task = tokio::spawn(async move {
            let mut opened = 0;
            for folder in folders(&state) {
                match deliver(&host, &folder, (&screen, &tell)).await {
                    Ok(found) => opened += usize::from(found == Found::Builds),
                    // Who was about to end removed it.
                    Err(_) if !folder.exists() => {}
                    Err(error) => {
                        let folder = folder.display();
                        screen.say(&format!("what another run left in {folder} is not delivered: {error:#}"));
                        return;
                    }
                }
                if opened == MOST {
                    return;
                }
            }
        });
        Self { task, sent }
    }

    /// Waits for its end, as long as that makes sense.
    pub(super) async fn end(mut self, (patience, screen): (Duration, &Screen), stops: watch::Receiver<Stops>) {
        let sent = self.sent.clone();
        delivery::patiently(&mut self.task, (Advance::of(sent), stops), (patience, screen)).await;
    }
}

fn folders(state: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(state).into_iter().flatten().flatten();
    let is_private = |name: &OsStr| name.to_str().is_some_and(|name| name.starts_with(PRIVATE));
    listed.filter(|entry| is_private(&entry.file_name())).map(|entry| entry.path()).collect()
}

/// What is in a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Builds,
    NothingForUs,
}

async fn deliver(host: &Host, folder: &Path, (screen, sent): (&Screen, &watch::Sender<Sent>)) -> anyhow::Result<Found> {
    let Some(spool) = Spool::left_behind(folder, &host.address())? else { return Ok(Found::NothingForUs) };
    let Left { builds, broken } = delivery::left_behind(&spool, screen)?;
    let refused = delivery::deliver_all(host, &builds, (screen, sent)).await?;
    let told = builds.len() - refused;
    screen.say(&format!("{told} builds delivered that another run left in {}", folder.display()));
    if refused + broken == 0 {
        spool.remove()?;
    }
    Ok(Found::Builds)
}
