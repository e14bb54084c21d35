//! Finished builds in the log, for those who measure what follows from them.

use crate::clients::Client;
use crate::clients::here;
use crate::host::Host;
use crate::mix;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const CLIENTS: usize = 16;

/// Tells a host without reporters of so many builds, and stops it.
pub(crate) fn write(runtime: &Runtime, setup: &Setup, builds: usize) {
    let host = Host::start(runtime, setup);
    let address = host.address();
    here(async move {
        let builder = mix::builder(&mut Client::connect(address).await).await;
        let mut tasks = JoinSet::new();
        for _ in 0..CLIENTS {
            tasks.spawn_local(async move {
                let mut client = Client::connect(address).await;
                let body = finished_build(builder, 0).to_string();
                for _ in 0..builds / CLIENTS {
                    client.post("updates", &body).await;
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("a client");
        }
    });
    host.stop();
}
