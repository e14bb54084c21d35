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
use std::sync::Arc;

/// What a call came to, ready to be written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The database's.
    identity: Arc<str>,
    deliveries: Vec<DeliveryRow>,
    remember: Vec<(String, Option<String>)>,
    wakes: Vec<(String, Millis)>,
    controls: Vec<ControlRequest>,
    /// Receipts of what was refused at once.
    receipts: Vec<Receipt>,
    bytes: usize,
    pub(super) incidents: Vec<Incident>,
}

/// Keys that a reporter may keep.
const MOST_KEYS: i64 = 10_000;

/// A wake-up comes no sooner, in milliseconds.
const SHORTEST_WAKE: i64 = 100;

/// Which call it was.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) seq: Seq,
    pub(super) topic: String,
    /// Tells this call apart from all others of its reporter, over restarts.
    pub(super) id: String,
    pub(super) now: Millis,
    /// Where it is about a test report.
    pub(super) trial: Option<TrialName>,
}

impl Written {
    /// Nothing yet.
    pub(super) fn of(identity: &Arc<str>) -> Self {
        Self { identity: Arc::clone(identity), ..Self::default() }
    }

    /// Checks and prepares the effects of one call.
    pub(super) fn add(&mut self, reporter: &Reporter, origin: &Origin, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Deliver(delivery) => self.deliver(reporter, origin, delivery),
                Effect::Skip(skipped) => self.skip(reporter, origin, skipped),
                Effect::Remember { key, value } => {
                    self.bytes += key.len() + value.as_ref().map_or(0, String::len);
                    self.remember.push((key, value));
                }
                Effect::Wake(wake) => {
                    let after = i64::from(wake.after_ms).max(SHORTEST_WAKE);
                    self.wakes.push((wake.key, origin.now.plus(after)));
                }
                Effect::Control(request) => self.control(reporter, origin, request),
                Effect::Other(_) => {
                    let reason = "this host does not know that effect".to_owned();
                    self.incidents.push(incident(reporter, origin, "refused", reason));
                }
            }
        }
    }

    /// How much it is, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same for the same reporter, call and key, whenever it is rendered; of other databases others.
    fn uid(&self, reporter: &ReporterName, origin: &Origin, key: &str) -> String {
        let mut hash = Sha256::new();
        for part in [&*self.identity, reporter.0.as_str(), &origin.id, key] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.finalize().iter().take(16).fold(String::with_capacity(32), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn control(&mut self, reporter: &Reporter, origin: &Origin, request: ControlRequest) {
        let Err(denied) = reporter.grants.control() else {
            self.controls.push(request);
            return;
        };
        let reason = denied.to_string();
        if request.receipt {
            let (key, answer) = (request.key, reason.clone());
            self.receipts.push(Receipt { key, outcome: Outcome::Refused, status: None, answer });
        }
        self.incidents.push(incident(reporter, origin, "denied", reason));
    }

    fn deliver(&mut self, reporter: &Reporter, origin: &Origin, delivery: NewDelivery) {
        let asked = match &delivery.resend {
            Resend::Probe(probe) => Some(&probe.ask),
            Resend::Upsert | Resend::Blind => None,
        };
        let denied = std::iter::once(&delivery.message).chain(asked).find_map(|m| reporter.grants.permit(m).err());
        let denied = denied.map(|denied| denied.to_string());
        let destination = destination(reporter, &delivery.message);
        let message = serde_json::to_string(&delivery.message);
        let resend = serde_json::to_string(&delivery.resend);
        let (Ok(message), Ok(resend)) = (message, resend) else {
            let reason = format!("the delivery {:?} cannot be written down", delivery.key);
            self.incidents.push(incident(reporter, origin, "refused", reason));
            return;
        };
        let (transport, ttl) = transport(&delivery.message);
        let ttl = delivery.ttl_seconds.map_or(ttl, i64::from);
        self.bytes += message.len();
        self.deliveries.push(DeliveryRow {
            deliveryid: DeliveryId(0),
            uid: self.uid(&reporter.name, origin, &delivery.key),
            reporter: reporter.name.clone(),
            seq: origin.seq,
            key: delivery.key,
            transport: transport.to_owned(),
            lane: delivery.lane.map(|lane| format!("{destination} {lane}")),
            bucket: bucket(&destination, &delivery.message),
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
            ttl: ttl.saturating_mul(1000),
            expires_at: origin.now.plus(ttl.saturating_mul(1000)),
            message,
        });
    }

    fn skip(&mut self, reporter: &Reporter, origin: &Origin, Skipped { key, reason }: Skipped) {
        self.bytes += reason.len();
        self.deliveries.push(DeliveryRow {
            deliveryid: DeliveryId(0),
            uid: self.uid(&reporter.name, origin, &key),
            reporter: reporter.name.clone(),
            seq: origin.seq,
            key,
            transport: "none".to_owned(),
            destination: "nowhere".to_owned(),
            bucket: "nowhere".to_owned(),
            lane: None,
            replace: None,
            resend: "null".to_owned(),
            receipt: false,
            state: DeliveryState::Skipped,
            reason: Some(reason),
            tries: 0,
            epoch: 0,
            created_at: origin.now,
            due_at: origin.now,
            ttl: 0,
            expires_at: origin.now,
            settled_at: Some(origin.now),
            message: "null".to_owned(),
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
        for receipt in &self.receipts {
            tx.put_receipt(reporter, receipt, now)?;
        }
        write_memory(tx, reporter, &self.remember, now)?;
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

/// Keeps and forgets; a reporter that keeps too much keeps no new keys.
fn write_memory(
    tx: &mut Tx<'_>,
    reporter: &ReporterName,
    remember: &[(String, Option<String>)],
    now: Millis,
) -> Result<(), StoreError> {
    if remember.is_empty() {
        return Ok(());
    }
    let full = tx.remembered_count(reporter)? >= MOST_KEYS;
    for (key, value) in remember {
        if full && value.is_some() && tx.remembered(reporter, key)?.is_none() {
            let reason = format!("{key:?} is not kept: a reporter keeps at most {MOST_KEYS} keys");
            tracing::warn!(%reporter, reason, "a value is not kept");
            tx.insert_incident(&Incident {
                reporter: reporter.clone(),
                seq: Seq(0),
                topic: String::new(),
                at: now,
                kind: "refused".to_owned(),
                reason,
                stderr: String::new(),
            })?;
        } else {
            tx.remember(reporter, key, value.as_deref())?;
        }
    }
    Ok(())
}

fn control_request(
    tx: &mut Tx<'_>,
    reporter: &ReporterName,
    request: ControlRequest,
    now: Millis,
) -> Result<(), StoreError> {
    let (outcome, answer) = match tx.apart(|tx| control::apply(tx, now.seconds(), &request.control)) {
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

/// Where a message goes.
fn destination(reporter: &Reporter, message: &Message) -> String {
    match (reporter.grants.destination(message), message) {
        (Ok(server), Message::Irc(action)) => server.of_chat(&reporter.name.0, &action.connection),
        (Ok(destination), _) => destination.to_string(),
        (Err(_), _) => "nowhere".to_owned(),
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

/// What a request to wait is about: the destination, and as whom.
fn bucket(destination: &str, message: &Message) -> String {
    let mut secrets: Vec<&str> = message.credentials().into_iter().map(|name| name.0.as_str()).collect();
    secrets.sort_unstable();
    secrets.dedup();
    [&[destination], secrets.as_slice()].concat().join(" ")
}
