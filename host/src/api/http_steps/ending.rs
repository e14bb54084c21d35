//! The end of an HTTP step that was performed: written as soon as the store takes it.
//!
//! Its request was made, so nobody but the host can end it: an error that passes is waited for, until the host stops; its
//! next life ends the step then. Not here: how it went, and what it is answered.

use crate::api::State;
use crate::api::clock;
use crate::api::error::Error;
use crate::data::http_steps::BegunStep;
use crate::data::http_steps::StepEnd;
use crate::data::http_steps::add_contents;
use crate::data::http_steps::content_calls;
use crate::data::http_steps::end;
use crate::data::http_steps::end_calls;
use crate::data::http_steps::end_rest;
use crate::data::http_steps::read_calls;
use crate::data::updates::UpdateError;
use crate::store::StoreError;
use std::time::Duration;
use tokio::time::sleep;

/// Before the store is asked again; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Never longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

pub(super) async fn ends(state: &State, begun: BegunStep, (ended, answer): (StepEnd, &str)) -> Result<(), Error> {
    match told(state, &begun, (&ended, answer)).await {
        Ok(()) => Ok(()),
        // The host stops, or its store did.
        Err(UpdateError::Store(error)) if error.passes() => Err(error.into()),
        // Somebody else ended the step, or its log. It was performed all the same, and is answered.
        Err(error) => {
            let log = format!("e{}\n", format!("the log of the step is left out: {error}").replace('\n', " "));
            let rest = StepEnd { log, contents: Vec::new(), ..ended };
            let write = || {
                let (begun, rest, answer, now) =
                    (begun.clone(), rest.clone(), answer.to_owned(), clock::now().seconds());
                state.store.write(move |tx| end_rest(tx, &begun, (&rest, answer), now))
            };
            Ok(repeated(state, write).await?)
        }
    }
}

/// The logs that are written to are made before, so that their texts are made ready here, and not by the writer.
async fn told(state: &State, begun: &BegunStep, (ended, answer): (&StepEnd, &str)) -> Result<(), UpdateError> {
    let contents = repeated(state, || made(state, begun, ended.contents.len())).await?;
    repeated(state, || ended_by(state, begun, (ended, &contents, answer))).await
}

async fn ended_by(
    state: &State,
    begun: &BegunStep,
    (ended, contents, answer): (&StepEnd, &[i64], &str),
) -> Result<(), UpdateError> {
    let (begun, answer, now) = (begun.clone(), answer.to_owned(), clock::now().seconds());
    let calls = read_calls(end_calls(&begun, contents, ended))?;
    state.store.write(move |tx| end(tx, &begun, (calls, answer), now)).await
}

/// The logs for the bodies that came back.
async fn made(state: &State, begun: &BegunStep, count: usize) -> Result<Vec<i64>, UpdateError> {
    let now = clock::now().seconds();
    let contents = read_calls(content_calls(begun, count))?;
    match contents.is_empty() {
        true => Ok(Vec::new()),
        false => state.store.write(move |tx| add_contents(tx, contents, now)).await,
    }
}

/// Writes, again and again while what fails may pass.
async fn repeated<T, F: Future<Output = Result<T, UpdateError>>>(
    state: &State,
    write: impl Fn() -> F,
) -> Result<T, UpdateError> {
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match write().await {
            Err(UpdateError::Store(error)) if error.passes() && !matches!(error, StoreError::Closed) => error,
            done => return done,
        };
        tracing::warn!(%error, "an HTTP step stays open: its end is not written yet");
        tokio::select! {
            () = state.http_steps.stop.cancelled() => return Err(error.into()),
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
        }
    }
}
