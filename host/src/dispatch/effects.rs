//! From what a call returned to what is written: deliveries that are permitted, and those that are not, with the reason.

use crate::data::control;
use crate::model::*;
use crate::plugin::Reporter;
use crate::store::DeliveryRow;
use crate::store::Incident;
use crate::store::StoreError;
use crate::store::Tx;
use sha2::Digest;
use sha2::Sha256;
use std::fmt::Write;

/// What a call came to, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Written {
    deliveries: Vec<DeliveryRow>,
    remember: Vec<(String, Option<String>)>,
    wakes: Vec<(String, Millis)>,
    controls: Vec<ControlRequest>,
    pub(super) incidents: Vec<Incident>,
}

/// Which call it was.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) seq: Seq,
    pub(super) topic: String,
    /// Tells this call apart from all others of its reporter, over restarts.
    pub(super) id: String,
    pub(super) now: Millis,
}

impl Written {
    /// Checks and prepares the effects of one call.
    pub(super) fn add(&mut self, reporter: &Reporter, origin: &Origin, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Deliver(delivery) => self.deliver(reporter, origin, delivery),
                Effect::Remember { key, value } => self.remember.push((key, value)),
                Effect::Wake(wake) => self.wakes.push((wake.key, origin.now.plus(i64::from(wake.after_ms)))),
                Effect::Control(request) => match reporter.grants.control() {
                    Ok(()) => self.controls.push(request),
                    Err(denied) => self.incidents.push(incident(reporter, origin, "denied", denied.to_string())),
                },
                Effect::Other(_) => {
                    let reason = "this host does not know that effect".to_owned();
                    self.incidents.push(incident(reporter, origin, "refused", reason));
                }
            }
        }
    }

    fn deliver(&mut self, reporter: &Reporter, origin: &Origin, delivery: NewDelivery) {
        let denied = reporter.grants.permit(&delivery.message).err().map(|denied| denied.to_string());
        let destination = match Destination::of(&delivery.message) {
            Ok(destination) => destination.to_string(),
            Err(_) => "nowhere".to_owned(),
        };
        let message = serde_json::to_string(&delivery.message);
        let resend = serde_json::to_string(&delivery.resend);
        let (Ok(message), Ok(resend)) = (message, resend) else {
            let reason = format!("the delivery {:?} cannot be written down", delivery.key);
            self.incidents.push(incident(reporter, origin, "refused", reason));
            return;
        };
        let (transport, ttl) = transport(&delivery.message);
        let ttl = delivery.ttl_seconds.map_or(ttl, i64::from);
        self.deliveries.push(DeliveryRow {
            deliveryid: DeliveryId(0),
            uid: uid(&reporter.name, origin, &delivery.key),
            reporter: reporter.name.clone(),
            seq: origin.seq,
            key: delivery.key,
            transport: transport.to_owned(),
            lane: delivery.lane.map(|lane| format!("{destination} {lane}")),
            destination,
            replace: delivery.replace,
            resend,
            receipt: delivery.receipt,
            state: if denied.is_some() { DeliveryState::Dead } else { DeliveryState::Ready },
            settled_at: denied.is_some().then_some(origin.now),
            reason: denied,
            tries: 0,
            epoch: 0,
            created_at: origin.now,
            due_at: origin.now,
            expires_at: origin.now.plus(ttl.saturating_mul(1000)),
            message,
        });
    }

    /// Writes it all.
    pub(super) fn write(self, tx: &mut Tx<'_>, reporter: &ReporterName, now: Millis) -> Result<(), StoreError> {
        for row in &self.deliveries {
            let written = tx.insert_delivery(row)?;
            if let (Some(_), DeliveryState::Dead, true) = (written, row.state, row.receipt) {
                let answer = row.reason.clone().unwrap_or_default();
                let receipt = Receipt { key: row.key.clone(), outcome: Outcome::Refused, status: None, answer };
                tx.put_receipt(reporter, &receipt, now)?;
            }
        }
        for (key, value) in &self.remember {
            tx.remember(reporter, key, value.as_deref())?;
        }
        for (key, due_at) in &self.wakes {
            tx.put_wake(reporter, key, *due_at)?;
        }
        for request in self.controls {
            control_request(tx, reporter, request, now)?;
        }
        for incident in &self.incidents {
            tx.insert_incident(incident)?;
        }
        Ok(())
    }
}

fn control_request(
    tx: &mut Tx<'_>,
    reporter: &ReporterName,
    request: ControlRequest,
    now: Millis,
) -> Result<(), StoreError> {
    let (outcome, answer) = match control::apply(tx, now.seconds(), &request.control) {
        Ok(result) => (Outcome::Done, result.to_string()),
        Err(crate::data::updates::UpdateError::Store(error)) => return Err(error),
        Err(error) => (Outcome::Refused, error.to_string()),
    };
    if request.receipt {
        tx.put_receipt(reporter, &Receipt { key: request.key, outcome, status: None, answer }, now)?;
    }
    Ok(())
}

pub(super) fn incident(reporter: &Reporter, origin: &Origin, kind: &str, reason: String) -> Incident {
    Incident {
        reporter: reporter.name.clone(),
        seq: origin.seq,
        topic: origin.topic.clone(),
        at: origin.now,
        kind: kind.to_owned(),
        reason,
        stderr: String::new(),
    }
}

/// Its transport, and how long it is worth sending, in seconds.
fn transport(message: &Message) -> (&'static str, i64) {
    const DAYS: i64 = 24 * 60 * 60;
    match message {
        Message::Mail(_) => ("smtp", 3 * DAYS),
        Message::Http(_) => ("http", 3 * DAYS),
        Message::Ssh(_) => ("ssh", 3 * DAYS),
        Message::Irc(_) => ("irc", 30 * 60),
        Message::Other(_) => ("other", 3 * DAYS),
    }
}

/// The same for the same reporter, call and key, whenever it is rendered.
fn uid(reporter: &ReporterName, origin: &Origin, key: &str) -> String {
    let mut hash = Sha256::new();
    for part in [reporter.0.as_str(), &origin.id, key] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
