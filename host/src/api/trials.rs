//! Test reports: what people ask a reporter for, to see whether its messages arrive.
//!
//! The report is put into the reporter's inbox, and the answer waits a while for what becomes of it. Not here: making
//! the report and sending it; the loops of dispatch do that, and are met in the store and at the bell.

use super::State;
use super::access::Caller;
use super::clock;
use super::deliveries;
use super::error::Error;
use super::reporters;
use super::rpc;
use super::rpc::Failure;
use crate::model::*;
use crate::store::DeliveryRow;
use crate::store::Incident;
use crate::store::Reader;
use crate::store::StoreError;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

/// So long an answer waits until each delivery was tried once.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The largest description of a build.
const MOST_BYTES: usize = 64 * 1024;

/// Incidents of a reporter among which that of the test is looked for.
const INCIDENTS: usize = 20;

/// A test report that was asked for.
#[derive(Clone)]
struct Asked {
    reporter: ReporterName,
    name: TrialName,
    /// Its place in the inbox.
    place: (i64, Millis),
    /// The newest delivery before it.
    after: DeliveryId,
}

/// What became of it so far.
struct Came {
    is_made: bool,
    deliveries: Vec<DeliveryRow>,
    incident: Option<Incident>,
}

/// `POST /api/v2/reporters/{name}`, method `test`.
pub(super) async fn control(
    Shared(state): Shared<State>,
    (Extension(caller), Path(name)): (Extension<Caller>, Path<String>),
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (state, owner) = (&state, caller.owner());
    rpc::answered(&headers, body, |method, params| async move {
        match method.as_str() {
            "test" => test(state, name, params, owner).await,
            other => Err(Failure::unsupported(other)),
        }
    })
    .await
}

async fn test(state: &State, name: String, params: Map<String, Value>, owner: &str) -> Result<Value, Failure> {
    let trial = Value::Object(params);
    if trial.to_string().len() > MOST_BYTES {
        return Err(Failure::invalid(format!("the build is described in more than {MOST_BYTES} bytes")));
    }
    let trial: Trial = serde_json::from_value(trial).map_err(|error| Failure::invalid(error.to_string()))?;
    let reporter = state.reporters.get(&ReporterName(name.clone())).ok_or_else(|| {
        let known: Vec<&str> = state.reporters.keys().map(|known| known.0.as_str()).collect();
        Error::not_found(format!("no reporter {name:?}; there is: {}", known.join(", ")))
    })?;
    if Trial::topic(&reporter.patterns()).is_none() {
        let patterns: Vec<String> = reporter.patterns().iter().map(ToString::to_string).collect();
        let asks = patterns.join(", ");
        let message = format!("a test report is a build that ended, and {name:?} asks for none: only for {asks}");
        return Err(Failure::invalid(message));
    }
    tracing::info!(owner, reporter = name, "a test report is asked for");
    // Subscribe, then look: in the other order a ring is lost.
    let mut moved = state.progress.bell();
    let asked = ask(state, reporter.name.clone(), trial).await?;
    let deadline = tokio::time::Instant::now() + LONGEST_WAIT;
    loop {
        let came = look(state, &asked).await?;
        let over = came.is_over() || tokio::time::timeout_at(deadline, moved.changed()).await.is_err();
        if over {
            return Ok(came.shown(&asked));
        }
    }
}

async fn ask(state: &State, reporter: ReporterName, trial: Trial) -> Result<Asked, Failure> {
    let (now, name) = (clock::now(), reporter.clone());
    let put: Result<_, StoreError> =
        state.store.write(move |tx| Ok((tx.last_delivery()?, tx.put_trial(&name, &trial, now)?))).await;
    match put.map_err(Error::from)? {
        (after, Some(id)) => Ok(Asked { reporter, name: TrialName::new(id, now), place: (id, now), after }),
        (_, None) => {
            let message = format!("{:?} has test reports enough that wait for it; is it held?", reporter.0);
            Err(Failure::invalid(message))
        }
    }
}

async fn look(state: &State, asked: &Asked) -> Result<Came, Failure> {
    let asked = asked.clone();
    let look = move |reader: &Reader<'_>| -> Result<Came, StoreError> {
        let topic = asked.name.to_string();
        let incidents = reader.incidents(&asked.reporter, INCIDENTS)?;
        Ok(Came {
            is_made: !reader.is_in_inbox(asked.place.0, asked.place.1)?,
            deliveries: reader.deliveries_keyed(&asked.reporter, (asked.after, &asked.name.key_prefix()))?,
            incident: incidents.into_iter().find(|incident| incident.topic == topic),
        })
    };
    Ok(state.store.read(look).await.map_err(Error::from)?)
}

impl Came {
    /// Whether each delivery arrived or was tried once.
    fn is_over(&self) -> bool {
        let tried = |row: &DeliveryRow| row.tries > 0 && row.state != DeliveryState::Leased;
        self.is_made && self.deliveries.iter().all(|row| row.state.is_settled() || tried(row))
    }

    fn shown(&self, asked: &Asked) -> Value {
        json!({
            "name": asked.name.to_string(),
            "made": self.is_made,
            "deliveries": self.deliveries.iter().map(deliveries::summary).collect::<Vec<_>>(),
            "incident": self.incident.as_ref().map(reporters::incident),
        })
    }
}
