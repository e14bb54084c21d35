//! Finished builds in the log, for those who measure what follows from them.

use crate::clients::Client;
use crate::clients::here;
use crate::host::Host;
use crate::mix;
use campanile_tests::Setup;
use campanile_tests::finished_build;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const CLIENTS: usize = 16;

/// Tells a host without reporters of so many builds, and stops it.
pub(crate) fn write(runtime: &Runtime, setup: &Setup, builds: usize) {
    write_each(runtime, setup, builds, |builder, _| finished_build(builder, 0));
}

/// The same of builds that differ: what tells of a build of this builder, by its number.
pub(crate) fn write_each(runtime: &Runtime, setup: &Setup, builds: usize, tells: fn(i64, usize) -> Value) {
    let host = Host::start(runtime, setup);
    let address = host.address();
    here(async move {
        let builder = mix::builder(&mut Client::connect(address).await).await;
        let mut tasks = JoinSet::new();
        for place in 0..CLIENTS {
            tasks.spawn_local(async move {
                let mut client = Client::connect(address).await;
                for number in (place..builds).step_by(CLIENTS) {
                    client.post("updates", &tells(builder, number).to_string()).await;
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("a client");
        }
    });
    host.stop();
}
