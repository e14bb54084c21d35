//! What is heard on the chat connections of the reporters: into their inboxes, a commit for what came together.
//!
//! Not here: the connections (`transport`), and what comes of what was heard (`render`).

use super::Context;
use super::clock;
use crate::model::Heard;
use crate::model::ReporterName;
use crate::store::StoreError;
use crate::transport::Drops;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::Instrument;

/// Written down together.
const MOST: usize = 64;

/// After a failed write, the next try is so much later, in milliseconds.
const AFTER_FAILURE: i64 = 1000;

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
    let (mut together, mut drops) = (Vec::new(), Drops::default());
    while heard.recv_many(&mut together, MOST).await > 0 {
        let some = std::mem::take(&mut together);
        // As often as it takes: who said it waits for an answer. What comes meanwhile waits in the channel.
        let dropped = loop {
            match write(&context, &name, some.clone()).await {
                Ok(dropped) => break dropped,
                Err(StoreError::Closed) => return,
                Err(error) if heard.is_closed() => {
                    tracing::error!(%error, lines = some.len(), "what was heard in a chat is lost with the end of the host");
                    return;
                }
                Err(error) => tracing::warn!(%error, "what was heard in a chat is not written down yet"),
            }
            clock::reached(Some(clock::now().plus(AFTER_FAILURE))).await;
        };
        if let Some(speaker) = dropped.first().and_then(Heard::speaker)
            && drops.begins(clock::now())
        {
            tracing::warn!(speaker, "more is said than is answered: some of it is dropped");
        }
    }
}

/// Writes it down; returns what there is no room for.
async fn write(context: &Context, name: &ReporterName, heard: Vec<Heard>) -> Result<Vec<Heard>, StoreError> {
    let (name, now) = (name.clone(), clock::now());
    context
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
        .await
}
