//! `POST /api/v2/builds/{id}/http_steps`: a step that makes an HTTP request, made by the host within its egress guard.
//!
//! A step that was begun is ended, also when who asked for it does not wait.

use super::State;
use super::clock;
use super::error::Error;
use super::updates::json_text;
use crate::data::http_steps::BegunStep;
use crate::data::http_steps::StepEnd;
use crate::data::http_steps::begin;
use crate::data::http_steps::end;
use crate::model::BuildId;
use crate::model::HttpStep;
use crate::model::HttpStepArguments;
use crate::model::Message;
use crate::model::StepGrants;
use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use serde_json::Value;
use serde_json::json;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

/// Steps that are performed at one time.
const MOST: usize = 64;

/// What such steps may use, and how many there may be.
pub struct HttpSteps {
    grants: StepGrants,
    room: Arc<Semaphore>,
}

impl HttpSteps {
    pub fn new(grants: StepGrants) -> Self {
        Self { grants, room: Arc::new(Semaphore::new(MOST)) }
    }

    fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        let room = Arc::clone(&self.room).try_acquire_owned();
        room.map_err(|_| Error::busy(format!("{MOST} HTTP steps are being performed: try again")))
    }
}

pub(super) async fn perform(
    Shared(state): Shared<State>,
    Path(id): Path<i64>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, Error> {
    let body = body?;
    let arguments = read(json_text(&headers, &body)?).map_err(Error::bad_request)?;
    let room = state.http_steps.enter()?;
    let build = BuildId(id);
    state.data.build(build).await?;
    let step = arguments.step(&state.data.build_properties(build).await?).map_err(Error::bad_request)?;
    let message = Message::Http(step.request.clone());
    // Before anything is written: what may not be done leaves no step.
    state.http_steps.grants.permit(&message).map_err(Error::bad_request)?;
    let (name, now) = (step.name.clone(), clock::now().seconds());
    let begun = state.store.write(move |tx| begin(tx, (build, &name), now)).await?;
    // In a task of its own: who asked may go away, the step ends all the same.
    let performed = tokio::spawn(async move {
        let _room = room;
        finish(&state, (step, message), begun).await
    });
    performed.await.map_err(|error| Error::internal(&error))?
}

async fn finish(state: &State, (step, message): (HttpStep, Message), begun: BegunStep) -> Result<Json<Value>, Error> {
    let permit = state.http_steps.grants.permit(&message).map_err(Error::bad_request)?;
    let performed = state.transports.perform(&permit, &step).await;
    let state_string = performed.state_string();
    let mut answer = json!(begun);
    answer["results"] = json!(performed.results);
    answer["state_string"] = json!(state_string);
    answer["status"] = json!(performed.status);
    let ended = StepEnd { results: performed.results, state_string, log: performed.log, contents: performed.contents };
    let now = clock::now().seconds();
    state.store.write(move |tx| end(tx, &begun, (&ended, now))).await?;
    Ok(Json(json!({"result": answer})))
}

fn read(text: &str) -> Result<HttpStepArguments, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| match error.path().iter().len() {
        0 => error.inner().to_string(),
        _ => format!("{}: {}", error.path(), error.inner()),
    })
}
