//! What is heard on the chat connections of the reporters: into their inboxes, a commit for what came together.
//!
//! Not here: the connections (`transport`), and what comes of what was heard (`render`).

use super::Context;
use super::clock;
use crate::model::Heard;
use crate::model::ReporterName;
use crate::store::StoreError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Written down together.
const MOST: usize = 64;

/// Keeps all connections up, and listens on each until it ends.
pub(super) fn keep(context: &Context) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    for reporter in context.reporters.values() {
        for permit in &reporter.chats {
            let heard = context.transports.keep_chat(&reporter.name.0, permit.clone());
            let span = tracing::info_span!("listen", reporter = %reporter.name, connection = permit.connection().name);
            let listening = listen(context.clone(), reporter.name.clone(), heard);
            tasks.push(tokio::spawn(listening.instrument(span)));
        }
    }
    tasks
}

async fn listen(context: Context, name: ReporterName, mut heard: mpsc::Receiver<Heard>) {
    let mut together = Vec::new();
    while heard.recv_many(&mut together, MOST).await > 0 {
        let (name, heard, now) = (name.clone(), std::mem::take(&mut together), clock::now());
        let written: Result<Vec<Heard>, StoreError> = context
            .store
            .write(move |tx| {
                let mut dropped = Vec::new();
                for heard in heard {
                    if !tx.put_heard(&name, &heard, now)? {
                        dropped.push(heard);
                    }
                }
                Ok(dropped)
            })
            .await;
        match written {
            Ok(dropped) => {
                if let Some(speaker) = dropped.first().and_then(Heard::speaker) {
                    tracing::warn!(speaker, dropped = dropped.len(), "more is said than is answered");
                }
            }
            Err(StoreError::Closed) => return,
            Err(error) => tracing::error!(%error, "what was heard in a chat is lost"),
        }
    }
}
