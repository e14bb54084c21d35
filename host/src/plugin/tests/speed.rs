//! What a call costs. Prints, asserts nothing: `cargo test --release -p campanile -- --ignored --nocapture speed`.

use super::*;
use std::time::Instant;

const ROUNDS: usize = 5_000;

#[tokio::test]
#[ignore = "a measurement, not a test"]
async fn speed_of_a_fresh_call() {
    let host = host(Limits::default()).await;
    let formatter = json!({"plugin": "misbehaving_formatter"});
    for settings in [json!({"behaviour": "nothing"}), json!({"behaviour": "format", "messageFormatter": formatter})] {
        let (plugin, config) = (host.plugin("misbehaving"), config(settings.clone()));
        let event = Arc::new(event(7));
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let occasion = Occasion { event: event.clone(), overlay: Overlay::new() };
            let started = Instant::now();
            let report = host.caller.handle(&plugin, &config, occasion).await;
            times.push(started.elapsed());
            assert!(report.outcome.is_ok());
        }
        times.sort();
        println!("{settings}: p50 {:?}, p99 {:?}", times[ROUNDS / 2], times[ROUNDS * 99 / 100]);
    }
}
