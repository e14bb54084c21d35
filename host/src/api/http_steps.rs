//! `POST /api/v2/builds/{id}/http_steps`: a step that makes an HTTP request, made by the host within its egress guard.
//!
//! A step that was begun is ended, also when who asked for it does not wait, and when the host stops. With the header
//! `Idempotency-Key` a call can be sent again: its request is made once.

mod ending;

use self::ending::ends;
use super::State;
use super::access::Caller;
use super::clock;
use super::error::Error;
use super::updates::json_text;
use super::updates::key;
use super::updates::said;
use crate::data::http_steps::Begun;
use crate::data::http_steps::Earlier;
use crate::data::http_steps::StepEnd;
use crate::data::http_steps::answer;
use crate::data::http_steps::begin;
use crate::data::http_steps::earlier;
use crate::data::updates::idempotency::Key;
use crate::data::updates::idempotency::Reply;
use crate::model::BuildId;
use crate::model::HttpStep;
use crate::model::HttpStepArguments;
use crate::model::HttpStepLog;
use crate::model::Message;
use crate::model::Results;
use crate::model::StepGrants;
use crate::model::read_json;
use crate::transport::Lost;
use crate::transport::Performed;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State as Shared;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Steps that are performed at one time.
const MOST: usize = 64;

/// Why a step ended at which the host went wrong.
const PANICKED: &str = "the host failed during the request, which may have been made or not: its log says why";

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

    /// How those under way end when the host stops.
    async fn stopped(&self) -> Lost {
        self.stop.cancelled().await;
        Lost { results: Results::Exception, why: "the host stopped".to_owned() }
    }
}

/// A step to be made, in which build, and under which key.
struct Asked {
    build: BuildId,
    step: HttpStep,
    message: Message,
    key: Option<Key>,
}

pub(super) async fn perform(
    Shared(state): Shared<State>,
    (Extension(caller), Path(id)): (Extension<Caller>, Path<String>),
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Error> {
    let body = body?;
    let arguments: HttpStepArguments = read_json(json_text(&headers, &body)?).map_err(Error::bad_request)?;
    let build = id.parse().map(BuildId).map_err(|_| Error::not_found(format!("no build {id}")))?;
    let key = key((&caller, &headers), &[b"http_step", &build.0.to_le_bytes(), &body])?;
    // What was done is answered also where it could not be done now.
    if let Some(key) = key.clone() {
        let now = clock::now().seconds();
        let found = state.store.read(move |reader| earlier(reader, &key, now)).await?;
        if let Some(found) = found {
            return again(found);
        }
    }
    let room = state.http_steps.enter()?;
    state.data.build(build).await?;
    let step = arguments.step(&state.data.build_properties(build).await?).map_err(Error::bad_request)?;
    let message = Message::Http(step.request.clone());
    // Before anything is written: what may not be done leaves no step.
    state.http_steps.grants.permit(&message).map_err(Error::bad_request)?;
    // In a task of its own: who asked may go away, the step ends all the same.
    let tasks = state.http_steps.tasks();
    let performed = tasks.spawn(async move {
        let _room = room;
        made(&state, Asked { build, step, message, key }).await
    });
    performed.await.map_err(|error| Error::internal(&error))?
}

async fn made(state: &State, Asked { build, step, message, key }: Asked) -> Result<Response, Error> {
    let (name, now) = (step.name.clone(), clock::now().seconds());
    let permit = state.http_steps.grants.permit(&message).map_err(Error::bad_request)?;
    let begun = match state.store.write(move |tx| begin(tx, (build, &name), key.as_ref(), now)).await? {
        Begun::New(begun) => begun,
        Begun::Earlier(earlier) => return again(earlier),
    };
    let (grants, stopped) = (&state.http_steps.grants, state.http_steps.stopped());
    let performed = caught(state.transports.perform(&permit, (&step, grants), stopped)).await;
    let answer = answer(&begun, performed.results, performed.status);
    let state_string = performed.state_string();
    let ended = StepEnd { results: performed.results, state_string, log: performed.log, contents: performed.contents };
    ends(state, begun, (ended, &answer)).await?;
    Ok(said(Reply::First(answer)))
}

/// Of a panic the step hears too: left open it would keep its key until the host starts again.
async fn caught(performing: impl Future<Output = Performed>) -> Performed {
    let panicked = |_| {
        let mut log = HttpStepLog::default();
        log.failed(PANICKED);
        Performed { results: Results::Exception, status: None, log: log.take(), contents: Vec::new() }
    };
    AssertUnwindSafe(performing).catch_unwind().await.unwrap_or_else(panicked)
}

/// The request is not made a second time.
fn again(earlier: Earlier) -> Result<Response, Error> {
    match earlier {
        Earlier::Answered(answer) => Ok(said(Reply::Replayed(answer))),
        Earlier::UnderWay(step) => Err(Error::conflict(format!(
            "step {step} is under way under this Idempotency-Key: send the call again when it has ended"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;

    #[tokio::test]
    async fn a_panic_ends_a_step_as_an_exception() {
        let performed = caught(poll_fn(|_| panic!("asked for"))).await;
        assert_eq!((performed.results, performed.status), (Results::Exception, None));
        assert!(performed.log.contains(PANICKED), "{}", performed.log);
    }
}
