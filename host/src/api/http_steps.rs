//! `POST /api/v2/builds/{id}/http_steps`: a step that makes an HTTP request, made by the host within its egress guard.
//!
//! A step that was begun is ended, also when who asked for it does not wait, and when the host stops.

use super::State;
use super::clock;
use super::error::Error;
use super::updates::json_text;
use crate::data::http_steps::BegunStep;
use crate::data::http_steps::StepEnd;
use crate::data::http_steps::add_contents;
use crate::data::http_steps::begin;
use crate::data::http_steps::content_calls;
use crate::data::http_steps::end_calls;
use crate::data::http_steps::read_calls;
use crate::data::updates::apply_batch;
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
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Steps that are performed at one time.
const MOST: usize = 64;

/// What such steps may use, how many there may be, and which there are.
pub struct HttpSteps {
    grants: StepGrants,
    room: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl HttpSteps {
    /// Those under way end when `stop` is cancelled.
    pub fn new(grants: StepGrants, stop: CancellationToken) -> Self {
        Self { grants, room: Arc::new(Semaphore::new(MOST)), stop, tasks: TaskTracker::new() }
    }

    /// Those that are under way, to be waited for.
    pub fn tasks(&self) -> TaskTracker {
        self.tasks.clone()
    }

    fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        if self.stop.is_cancelled() {
            return Err(Error::busy("the host stops"));
        }
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
    // In a task of its own: who asked may go away, the step ends all the same.
    let tasks = state.http_steps.tasks();
    let performed = tasks.spawn(async move {
        let _room = room;
        made(&state, (step, message), build).await
    });
    performed.await.map_err(|error| Error::internal(&error))?
}

async fn made(state: &State, (step, message): (HttpStep, Message), build: BuildId) -> Result<Json<Value>, Error> {
    let (name, now) = (step.name.clone(), clock::now().seconds());
    let begun = state.store.write(move |tx| begin(tx, (build, &name), now)).await?;
    let (grants, stop) = (&state.http_steps.grants, state.http_steps.stop.cancelled());
    let permit = grants.permit(&message).map_err(Error::bad_request)?;
    let performed = state.transports.perform(&permit, (&step, grants), stop).await;
    let state_string = performed.state_string();
    let mut answer = json!(begun);
    answer["results"] = json!(performed.results);
    answer["state_string"] = json!(state_string);
    answer["status"] = json!(performed.status);
    let ended = StepEnd { results: performed.results, state_string, log: performed.log, contents: performed.contents };
    end(state, &begun, &ended).await?;
    Ok(Json(json!({"result": answer})))
}

/// Two transactions, so that the texts are made ready for logs that are there, and not by the writer.
async fn end(state: &State, begun: &BegunStep, ended: &StepEnd) -> Result<(), Error> {
    let now = clock::now().seconds();
    let contents = read_calls(content_calls(begun, ended.contents.len()))?;
    let contents = match contents.is_empty() {
        true => Vec::new(),
        false => state.store.write(move |tx| add_contents(tx, contents, now)).await?,
    };
    let calls = read_calls(end_calls(begun, &contents, ended))?;
    state.store.write(move |tx| apply_batch(calls, tx, now)).await?;
    Ok(())
}

fn read(text: &str) -> Result<HttpStepArguments, String> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let arguments = serde_path_to_error::deserialize(&mut reader);
    let arguments = arguments.map_err(|error: serde_path_to_error::Error<_>| match error.path().iter().len() {
        0 => error.inner().to_string(),
        _ => format!("{}: {}", error.path(), error.inner()),
    })?;
    reader.end().map_err(|error| error.to_string())?;
    Ok(arguments)
}
