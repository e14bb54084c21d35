//! Listens whether somebody wants the build stopped.

use super::events::Rings;
use super::host::Host;
use super::screen::Screen;
use super::sender::Sent;
use super::stops;
use super::stops::Stop;
use super::stops::Stops;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// After a look that failed.
const ANOTHER_LOOK: Duration = Duration::from_secs(1);

/// Ends with the value.
pub(super) struct Orders(JoinHandle<()>);

impl Orders {
    /// As soon as the build is known. Who may not listen is told so.
    pub(super) fn of(
        (host, screen): (&Host, &Arc<Screen>),
        sent: watch::Receiver<Sent>,
        stops: watch::Sender<Stops>,
    ) -> Self {
        Self(tokio::spawn(listen((host.clone(), Arc::clone(screen)), sent, stops)))
    }
}

impl Drop for Orders {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn listen((host, screen): (Host, Arc<Screen>), mut sent: watch::Receiver<Sent>, stops: watch::Sender<Stops>) {
    let known = sent.wait_for(|sent| sent.build.is_some() && sent.request.is_some()).await;
    let Some((build, request)) = known.ok().and_then(|sent| Some((sent.build?, sent.request?))) else { return };
    let rings = Rings::of(&host, format!("control/builds/{build}/stop"));
    let (mut last, mut is_told) = (0, false);
    let mut not_allowed = rings.not_allowed.clone();
    loop {
        tokio::select! {
            () = rings.bell.notified() => {}
            Ok(why) = async { not_allowed.wait_for(Option::is_some).await.map(|why| why.clone()) }, if !is_told => {
                let why = why.unwrap_or_default();
                screen.say(&format!("nobody can stop this build by way of the host, for we may not listen: {why}"));
                is_told = true;
                continue;
            }
        }
        let found = host.get(&format!("buildrequests/{request}/orders?orderid__gt={last}&order=orderid")).await;
        let Ok(found) = found else {
            tokio::time::sleep(ANOTHER_LOOK).await;
            rings.bell.notify_one();
            continue;
        };
        for order in found["orders"].as_array().into_iter().flatten() {
            last = order["orderid"].as_i64().unwrap_or(last).max(last);
            // Those of the request's other builds are not ours.
            if order["buildid"] == build || order["buildid"] == Value::Null {
                stops::tell(&stops, Stop::Order(order["reason"].as_str().unwrap_or("no reason").to_owned()));
            }
        }
    }
}
