//! What became of it.

use super::api::Delivery;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

pub(super) struct Summary {
    pub(super) calls: usize,
    pub(super) events: i64,
    pub(super) mails: usize,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) slowest: Option<Duration>,
}

impl Summary {
    /// Whether something was sent, and all of it arrived.
    pub(super) fn is_good(&self) -> bool {
        let arrived = self.deliveries.iter().all(|delivery| delivery.state == "delivered");
        arrived && !self.deliveries.is_empty() && self.mails >= self.deliveries.len()
    }

    fn states(&self) -> String {
        let mut states = BTreeMap::<&str, usize>::new();
        for delivery in &self.deliveries {
            *states.entry(&delivery.state).or_default() += 1;
        }
        let states: Vec<_> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        if states.is_empty() { "none".to_owned() } else { states.join(", ") }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "came in     {} calls, {} events", self.calls, self.events)?;
        writeln!(f, "went out    {} mails", self.mails)?;
        writeln!(f, "deliveries  {}", self.states())?;
        if let Some(slowest) = self.slowest {
            writeln!(f, "slowest     {:.1} ms from an update's answer to its mail", slowest.as_secs_f64() * 1e3)?;
        }
        for delivery in self.deliveries.iter().filter(|delivery| delivery.state != "delivered") {
            let Delivery { deliveryid, reporter, destination, state, reason, .. } = delivery;
            let reason = reason.as_deref().unwrap_or("no reason given");
            writeln!(f, "  delivery {deliveryid} of {reporter} to {destination} is {state}: {reason}")?;
        }
        Ok(())
    }
}
