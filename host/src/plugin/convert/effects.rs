//! What a reporter wants done, from a guest.

mod message;

pub(super) use message::text;
pub(super) use message::tls_verify;

use crate::model;
use crate::plugin::bindings::wit::effects as wit;
use crate::plugin::convert::is_json;
use crate::plugin::convert::signed;
use std::collections::HashSet;

/// What one call may ask for: a notice for each channel of a large network.
const EFFECTS: usize = 2_048;
const MESSAGE_BYTES: usize = 1 << 20;
const VALUE_BYTES: usize = 256 << 10;
/// Keys, lanes, and what a lane replaces.
const KEY_BYTES: usize = 1_024;
const REASON_BYTES: usize = 4 << 10;

type Checked<T> = Result<T, String>;

pub(in crate::plugin) fn effects(effects: Vec<wit::Effect>) -> Checked<Vec<model::Effect>> {
    if effects.len() > EFFECTS {
        return Err(format!("it has {} effects, the limit is {EFFECTS}", effects.len()));
    }
    let mut keys = HashSet::new();
    for effect in &effects {
        if let Some(key) = own_key(effect)
            && !keys.insert(key)
        {
            return Err(format!("it uses the key {key:?} twice"));
        }
    }
    effects.into_iter().map(effect).collect()
}

/// Keys that receipts go by, and rows: they must tell what a call asked for apart.
fn own_key(effect: &wit::Effect) -> Option<&str> {
    match effect {
        wit::Effect::Deliver(delivery) => Some(&delivery.key),
        wit::Effect::Skip(skipped) => Some(&skipped.key),
        wit::Effect::Control(request) => Some(&request.key),
        wit::Effect::Remember(_) | wit::Effect::Wake(_) | wit::Effect::Other(_) => None,
    }
}

fn effect(effect: wit::Effect) -> Checked<model::Effect> {
    Ok(match effect {
        wit::Effect::Deliver(delivery) => model::Effect::Deliver(self::delivery(delivery)?),
        wit::Effect::Skip(skipped) => skip(skipped)?,
        wit::Effect::Remember(entry) => remember(entry)?,
        wit::Effect::Wake(wake) => model::Effect::Wake(model::WakeUp { key: key(wake.key)?, after_ms: wake.after_ms }),
        wit::Effect::Control(request) => model::Effect::Control(model::ControlRequest {
            key: key(request.key)?,
            receipt: request.receipt,
            control: control(request.control)?,
        }),
        wit::Effect::Other(_) => {
            return Err("it asks for an effect that this version of Campanile does not know".into());
        }
    })
}

fn delivery(delivery: wit::Delivery) -> Checked<model::NewDelivery> {
    let named = format!("delivery {:?}", delivery.key);
    Ok(model::NewDelivery {
        key: key(delivery.key)?,
        lane: delivery.lane.map(key).transpose()?,
        replace: delivery.replace.map(key).transpose()?,
        resend: match delivery.resend {
            wit::Resend::Upsert => model::Resend::Upsert,
            wit::Resend::Blind => model::Resend::Blind,
            wit::Resend::Probe(probe) => {
                let ask = bounded(probe.ask).map_err(|e| format!("{named}, its probe: {e}"))?;
                let (marker, whole) = (marker(probe.marker)?, probe.whole.map(key).transpose()?);
                model::Resend::Probe(Box::new(model::Probe { ask, marker, whole }))
            }
        },
        ttl_seconds: delivery.ttl_seconds,
        receipt: delivery.receipt,
        message: bounded(delivery.message).map_err(|e| format!("{named}: {e}"))?,
    })
}

fn marker(marker: wit::Marker) -> Checked<model::Marker> {
    Ok(match marker {
        wit::Marker::Letters(letters) => model::Marker::Letters(key(letters)?),
        wit::Marker::JsonString(text) => model::Marker::JsonString { begins: key(text.begins)?, ends: key(text.ends)? },
    })
}

fn bounded(message: wit::Message) -> Checked<model::Message> {
    let message = message::message(message)?;
    let size = message::size(&message);
    if size > MESSAGE_BYTES {
        return Err(format!("the message has {size} bytes, the limit is {MESSAGE_BYTES}; attach logs by their id"));
    }
    Ok(message)
}

fn skip(skipped: wit::Skipped) -> Checked<model::Effect> {
    let (key, reason) = (key(skipped.key)?, skipped.reason);
    if reason.len() > REASON_BYTES {
        return Err(format!("why it skips {key:?} has {} bytes, the limit is {REASON_BYTES}", reason.len()));
    }
    Ok(model::Effect::Skip(model::Skipped { key, reason }))
}

fn remember(entry: wit::Entry) -> Checked<model::Effect> {
    let key = key(entry.key)?;
    if let Some(value) = &entry.value {
        if value.len() > VALUE_BYTES {
            return Err(format!("it remembers {} bytes under {key:?}, the limit is {VALUE_BYTES}", value.len()));
        }
        is_json(value).map_err(|e| format!("what it remembers under {key:?} is {e}"))?;
    }
    Ok(model::Effect::Remember { key, value: entry.value })
}

fn control(control: wit::Control) -> Checked<model::Control> {
    Ok(match control {
        wit::Control::Force(force) => {
            for (name, value) in &force.properties {
                is_json(value).map_err(|e| format!("property {name:?} of a forced build is {e}"))?;
            }
            model::Control::Force(model::ForceBuild {
                builder: model::BuilderId(signed(force.builder_id)),
                reason: force.reason,
                owner: force.owner,
                branch: force.branch,
                revision: force.revision,
                project: force.project,
                codebase: force.codebase,
                properties: force.properties,
            })
        }
        wit::Control::Stop(stop) => {
            model::Control::Stop { build: model::BuildId(signed(stop.build_id)), reason: stop.reason }
        }
        wit::Control::Shutdown(when) => model::Control::Shutdown(match when {
            wit::Shutdown::Start => model::Shutdown::Start,
            wit::Shutdown::Cancel => model::Shutdown::Cancel,
            wit::Shutdown::Now => model::Shutdown::Now,
        }),
        wit::Control::Other(json) => {
            is_json(&json).map_err(|e| format!("a control request is {e}"))?;
            model::Control::Other(json)
        }
    })
}

fn key(key: String) -> Checked<String> {
    if key.len() > KEY_BYTES {
        return Err(format!("a key has {} bytes, the limit is {KEY_BYTES}", key.len()));
    }
    Ok(key)
}
