//! HTTP: one delivery is one request over HTTP/1.1, to the origin that was granted.
//!
//! On hyper itself, because a client on top of it does not tell whether any of a request left the house: that decides
//! between `Failed` and `Unknown`. One request at a time and connection, no redirects, no proxies, no cookies, no
//! decompression: none of it is there.

use super::deadlines::Clock;
use super::deadlines::Late;
use super::deadlines::Step;
use super::http_answer::judge;
use super::http_connection::Connection;
use super::http_connection::Origin;
use super::http_request::rendered;
use super::link::LinkError;
use super::link::Network;
use super::outcome::Sent;
use super::pool::MAX_IDLE;
use super::pool::Pool;
use super::transports::Try;
use crate::model::Destination;
use crate::model::HttpRequest;
use bytes::Bytes;
use http::Method;
use http::Request;
use http::Response;
use http_body_util::BodyExt;
use http_body_util::Full;
use hyper::body::Incoming;

/// The most of an answer that is read.
const MAX_READ_BYTES: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Http {
    network: Network,
    idle: Pool<Origin, Connection>,
}

/// Why there is no answer.
enum Lost {
    /// Nothing of the request left; here it is again.
    Unsent(Box<Request<Full<Bytes>>>),
    Unanswered(hyper::Error),
    Late(Late),
}

impl Http {
    pub(super) fn new(network: Network) -> Self {
        Self { network, idle: Pool::new(MAX_IDLE) }
    }

    pub(super) async fn send<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Sent {
        match self.attempt(asked, this).await {
            Ok(sent) | Err(sent) => sent,
        }
    }

    async fn attempt<'a>(&self, asked: &'a HttpRequest, this: &mut Try<'a>) -> Result<Sent, Sent> {
        let mut request = rendered(asked, this)?;
        let harmless = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let Destination::HttpOrigin { tls, host, port } = this.destination.clone() else {
            return Err(Sent::refused(format!("{} is no place for an HTTP request", this.destination)));
        };
        let origin = Origin { tls, host, port };
        if let Some(mut connection) = self.idle.take(&origin) {
            match ask(&mut connection, request, &this.clock).await {
                // The other side had closed it: a fresh connection will tell.
                Err(Lost::Unsent(unsent)) => request = *unsent,
                Err(lost) => return Err(unanswered(lost, harmless)),
                Ok(response) => return Ok(self.take((origin, connection), response, this).await),
            }
        }
        let mut connection = Connection::open(&self.network, &origin, &this.clock).await.map_err(|e| failed(&e))?;
        match ask(&mut connection, request, &this.clock).await {
            Ok(response) => Ok(self.take((origin, connection), response, this).await),
            Err(lost) => Err(unanswered(lost, harmless)),
        }
    }

    /// Reads the answer. What its head says counts, whatever becomes of its body.
    async fn take(&self, from: (Origin, Connection), response: Response<Incoming>, this: &Try<'_>) -> Sent {
        let (head, body) = response.into_parts();
        let mut read = Vec::new();
        if this.clock.within(Step::Exchange, read_body(body, &mut read)).await == Ok(true) {
            self.idle.put(from.0, from.1);
        }
        judge(head.status, &head.headers, this.outgoing.now, String::from_utf8_lossy(&read).into_owned())
    }
}

async fn ask(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
    clock: &Clock,
) -> Result<Response<Incoming>, Lost> {
    match clock.within(Step::Answer, connection.sender.try_send_request(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(mut e)) => Err(match e.take_message() {
            Some(request) => Lost::Unsent(Box::new(request)),
            None => Lost::Unanswered(e.into_error()),
        }),
        Err(late) => Err(Lost::Late(late)),
    }
}

/// Whether it was read to its end, within what is read at most.
async fn read_body(mut body: Incoming, read: &mut Vec<u8>) -> bool {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        if let Some(chunk) = frame.data_ref() {
            let room = MAX_READ_BYTES - read.len();
            read.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                return false;
            }
        }
    }
    true
}

/// A request that changes nothing may be lost; any other may have had its effect.
fn unanswered(lost: Lost, harmless: bool) -> Sent {
    let reason = match lost {
        Lost::Unsent(_) => return Sent::failed("the connection was closed before the request left"),
        Lost::Unanswered(e) => match std::error::Error::source(&e) {
            Some(source) => format!("no answer: {e}: {source}"),
            None => format!("no answer: {e}"),
        },
        Lost::Late(late) => late.to_string(),
    };
    if harmless { Sent::failed(reason) } else { Sent::unknown(reason) }
}

fn failed(e: &LinkError) -> Sent {
    if e.is_closed() { Sent::refused(e) } else { Sent::failed(e) }
}
