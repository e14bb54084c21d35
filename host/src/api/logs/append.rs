//! `POST /api/v2/logs/{id}/append`: a body of any length, written as it comes.
//!
//! Whole lines are written when there are many of them, and at the latest after a second. The body is read only as fast
//! as that. Whatever ends it, whole lines that came are kept.

use crate::api::State;
use crate::api::access::Caller;
use crate::api::clock;
use crate::api::error::Error;
use crate::api::media_type;
use crate::data::logs::AppendError;
use crate::data::logs::Appended;
use crate::data::logs::Appender;
use crate::model::LogId;
use crate::model::Timestamp;
use axum::Extension;
use axum::Json;
use axum::body::Body;
use axum::body::BodyDataStream;
use axum::extract::Path;
use axum::extract::RawQuery;
use axum::extract::State as Shared;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::StreamExt;
use serde_json::Value;
use serde_json::json;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// A page of another site can make a browser send text or a form, but not this.
const TYPE: &str = "application/octet-stream";

/// Appends at the same time. Each holds two batches in memory, or one long line.
const MOST_APPENDS: usize = 512;

/// Lines that came stand on disk after so long, however few.
const WRITTEN_WITHIN: Duration = Duration::from_secs(1);

/// Room for appends.
#[derive(Clone)]
pub struct Appends(Arc<Semaphore>);

impl Default for Appends {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_APPENDS)))
    }
}

/// What ended the body.
enum End {
    Done,
    Refused(AppendError),
    Stalled(Duration),
    /// The caller may no more: its token was revoked.
    ShownOut,
    /// The host is stopping.
    Stopped,
    /// The connection: nobody hears the answer.
    Lost,
}

/// `?first_line=N`: the number that the first line of the body must get, else nothing is appended.
pub(in crate::api) async fn append(
    (Shared(state), Extension(caller)): (Shared<State>, Extension<Caller>),
    (Path(log), RawQuery(query)): (Path<String>, RawQuery),
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Error> {
    let log = log.parse().map(LogId).map_err(|_| Error::not_found(format!("no log {log:?}: its id is a number")))?;
    if !media_type::is(&headers, TYPE) {
        return Err(Error::not_of_type(TYPE));
    }
    let first = first_line(query.as_deref().unwrap_or_default())?;
    let Ok(permit) = Arc::clone(&state.appends.0).try_acquire_owned() else {
        return Err(Error::busy(format!("{MOST_APPENDS} logs are being appended to: try again")));
    };
    let appender = match Appender::open(&state.store, log, first).await {
        Ok(appender) => appender,
        Err(error) => return Ok(refusal(error, None)),
    };
    // A task of its own: when the connection is lost, what came is still written.
    let until = Until { stall: state.append_stall, caller, stop: state.live.stop().clone() };
    let task = tokio::spawn(run(appender, body.into_data_stream(), until, permit).in_current_span());
    let (end, appended) = task.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Error::busy("the host is stopping"),
    })?;
    Ok(match end {
        End::Done => Json(numbers(&appended)).into_response(),
        End::Refused(error) => refusal(error, Some(&appended)),
        End::Stalled(after) => {
            let seconds = after.as_secs_f64();
            told(Error::stalled(format!("nothing came for {seconds} s: go on from line num_lines")), &appended)
        }
        End::ShownOut => {
            told(Error::shown_out("the token was revoked: go on from line num_lines with another"), &appended)
        }
        End::Stopped => told(Error::busy("the host is stopping: go on from line num_lines"), &appended),
        End::Lost => told(Error::bad_request("the connection was lost"), &appended),
    })
}

fn first_line(query: &str) -> Result<Option<i64>, Error> {
    let mut first = None;
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name != "first_line" {
            return Err(Error::bad_request(format!("unrecognized query parameter {name:?}")));
        }
        let number = value.parse().ok().filter(|number| *number >= 0);
        first = Some(number.ok_or_else(|| Error::bad_request(format!("invalid first_line {value:?}")))?);
    }
    Ok(first)
}

/// What ends a body before its end.
struct Until {
    stall: Duration,
    caller: Caller,
    stop: CancellationToken,
}

/// Appends the body to its end, or as far as it goes.
async fn run(
    mut appender: Appender,
    body: BodyDataStream,
    until: Until,
    permit: OwnedSemaphorePermit,
) -> (End, Appended) {
    let mut end = take(&mut appender, body, until).await;
    if !matches!(end, End::Refused(_)) {
        let rest = match end {
            End::Done => appender.finish(now()).await,
            End::Stalled(_) | End::ShownOut | End::Stopped | End::Lost | End::Refused(_) => appender.flush(now()).await,
        };
        end = rest.err().map_or(end, End::Refused);
    }
    if let End::Lost = end {
        tracing::info!(lines = appender.so_far().lines, "the connection of an append was lost; whole lines are kept");
    }
    drop(permit);
    (end, appender.so_far())
}

async fn take(appender: &mut Appender, mut body: BodyDataStream, until: Until) -> End {
    let Until { stall, caller, stop } = until;
    let mut shown_out = pin!(caller.shown_out());
    let mut given_up = Instant::now() + stall;
    // When what came has to be written.
    let mut due: Option<Instant> = None;
    loop {
        let wake = due.map_or(given_up, |due| due.min(given_up));
        // Cancel-safe: a frame that is not there yet is not lost.
        let next = tokio::select! {
            // Else a body that never pauses would never be looked away from.
            biased;
            () = &mut shown_out => return End::ShownOut,
            () = stop.cancelled() => return End::Stopped,
            next = tokio::time::timeout_at(wake, body.next()) => next,
        };
        let step = match next {
            Ok(None) => return End::Done,
            Ok(Some(Err(_))) => return End::Lost,
            Ok(Some(Ok(bytes))) => {
                due = due.or(Some(Instant::now() + WRITTEN_WITHIN));
                let pushed = appender.push(&bytes, now()).await;
                // What the writer takes is not the client's time.
                given_up = Instant::now() + stall;
                pushed
            }
            Err(_) if wake == given_up => return End::Stalled(stall),
            Err(_) => {
                due = None;
                appender.flush(now()).await
            }
        };
        if let Err(error) = step {
            return End::Refused(error);
        }
    }
}

fn now() -> Timestamp {
    clock::now().seconds()
}

fn numbers(appended: &Appended) -> Value {
    let Appended { first_line, lines, num_lines, replaced, cut } = appended;
    json!({"first_line": first_line, "appended": lines, "num_lines": num_lines, "replaced": replaced, "cut": cut})
}

/// Why it went no further, and how far it came: a client goes on from line `num_lines`.
fn refusal(error: AppendError, appended: Option<&Appended>) -> Response {
    let there = match error {
        AppendError::Place { num_lines, .. } => Some(num_lines),
        _ => None,
    };
    let error = Error::from(error);
    let mut answer = appended.map_or_else(|| json!({"appended": 0}), numbers);
    if let Some(num_lines) = there {
        answer["num_lines"] = json!(num_lines);
    }
    answer["error"] = json!(error.message());
    (error.status(), Json(answer)).into_response()
}

fn told(error: Error, appended: &Appended) -> Response {
    let mut answer = numbers(appended);
    answer["error"] = json!(error.message());
    error.answer(answer)
}
