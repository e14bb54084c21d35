//! The commands of a client, and what is answered.

use crate::api::error::Error;
use crate::api::live;
use crate::api::live::Live;
use crate::api::live::Told;
use crate::bus::Consumed;
use crate::bus::Listener;
use crate::bus::PathError;
use crate::model::Seq;
use axum::extract::ws::Message;
use axum::http::StatusCode;
use serde_json::Map;
use serde_json::Value;

/// What is refused: a code as HTTP's, and why.
struct Refusal(StatusCode, String);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self(error.status(), error.message().to_owned())
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, message.into())
}

/// Does what a frame asks for, and words the answer.
pub(super) async fn obey(text: &str, live: &Live, listener: &Listener<Told>) -> Message {
    let (id, command) = match parse(text) {
        Ok(parsed) => parsed,
        Err(refusal) => return answer(&Value::Null, Err(refusal)),
    };
    let done = match command {
        Command::Ping => Ok("pong"),
        Command::Start { path, from, numbered } => start(live, listener, (&path, from, numbered)).await.map(|()| "OK"),
        Command::Stop { path } => stop(listener, &path).map(|()| "OK"),
        Command::Refused(refusal) => Err(refusal),
    };
    answer(&id, done)
}

fn answer(id: &Value, done: Result<&str, Refusal>) -> Message {
    // By hand: the order of the keys is Buildbot's.
    let text = match done {
        Ok(said) => format!("{{\"msg\":\"{said}\",\"code\":200,\"_id\":{id}}}"),
        Err(Refusal(code, why)) => {
            format!("{{\"error\":{},\"code\":{},\"_id\":{id}}}", Value::from(why), code.as_u16())
        }
    };
    Message::Text(text.into())
}

enum Command {
    Ping,
    Start { path: String, from: Option<Seq>, numbered: bool },
    Stop { path: String },
    Refused(Refusal),
}

/// The frame's id and its command. What has no command is answered without its id, as Buildbot does it.
fn parse(text: &str) -> Result<(Value, Command), Refusal> {
    let frame: Value = serde_json::from_str(text).map_err(|error| bad(format!("the frame is no JSON: {error}")))?;
    let Value::Object(mut frame) = frame else { return Err(bad("the frame is no JSON object")) };
    let id = frame.remove("_id").ok_or_else(|| bad("no '_id' or 'type' in websocket frame"))?;
    let command = frame.remove("cmd").ok_or_else(|| bad("no 'cmd' in websocket frame"))?;
    Ok((id, command_of(&command, frame).unwrap_or_else(Command::Refused)))
}

fn command_of(command: &Value, mut arguments: Map<String, Value>) -> Result<Command, Refusal> {
    let parsed = match command.as_str() {
        Some("ping") => Command::Ping,
        Some("startConsuming") => {
            let path = path(&mut arguments)?;
            let from = arguments.remove("from").map(|from| position(&from)).transpose()?;
            let numbered = arguments.remove("seq").map(|seq| flag(&seq)).transpose()?.unwrap_or(false);
            Command::Start { path, from, numbered }
        }
        Some("stopConsuming") => Command::Stop { path: path(&mut arguments)? },
        _ => {
            let name = command.as_str().map_or_else(|| command.to_string(), str::to_owned);
            return Err(Refusal(StatusCode::NOT_FOUND, format!("no such command type '{name}'")));
        }
    };
    match arguments.keys().next() {
        Some(unknown) => Err(bad(format!("Invalid method argument '{unknown}'"))),
        None => Ok(parsed),
    }
}

fn path(arguments: &mut Map<String, Value>) -> Result<String, Refusal> {
    match arguments.remove("path") {
        Some(Value::String(path)) => Ok(path),
        Some(other) => Err(bad(format!("invalid path format '{other}'"))),
        None => Err(bad("Invalid method argument 'path': it is missing")),
    }
}

fn position(from: &Value) -> Result<Seq, Refusal> {
    let seq = from.as_i64().filter(|seq| *seq >= 0).map(Seq);
    seq.ok_or_else(|| bad(format!("Invalid method argument 'from': {from} is no event position")))
}

fn flag(seq: &Value) -> Result<bool, Refusal> {
    seq.as_bool().ok_or_else(|| bad(format!("Invalid method argument 'seq': {seq} is not true or false")))
}

async fn start(
    live: &Live,
    listener: &Listener<Told>,
    (path, from, numbered): (&str, Option<Seq>, bool),
) -> Result<(), Refusal> {
    let after = live.position(from).await?;
    match listener.consumption().add(&live::pattern(path)?, Consumed { after, numbered }) {
        Ok(()) => Ok(()),
        Err(PathError::Consumed) if from.is_none() => Ok(()),
        Err(PathError::Consumed) => {
            Err(bad(format!("path is consumed already '{path}': stop consuming it to begin from another position")))
        }
        Err(error @ (PathError::TooMany | PathError::TooLong | PathError::NotConsumed)) => {
            Err(bad(format!("path cannot be consumed '{path}': {error}")))
        }
    }
}

fn stop(listener: &Listener<Told>, path: &str) -> Result<(), Refusal> {
    let not_consumed = |_| bad(format!("path was not consumed '{path}'"));
    listener.consumption().remove(&live::pattern(path)?).map_err(not_consumed)
}
