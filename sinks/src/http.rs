//! A web server that keeps the requests it is sent, and answers as it was told.

use crate::arrivals::Arrivals;
use crate::listen::Listening;
use crate::listen::listen;
use crate::tls::ServerCertificate;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use http_body_util::BodyExt;
use http_body_util::StreamBody;
use hyper::Request;
use hyper::Response;
use hyper::body::Frame;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::future::pending;
use std::future::ready;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::sync::Semaphore;

/// An answer; as it comes, 200 with nothing in it.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Before the status line.
    pub delay: Duration,
    pub fault: HttpFault,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpFault {
    #[default]
    None,
    /// The request is kept, the connection closed instead of an answer.
    Drop,
    /// The connection is closed after the header and the body, of which more was promised.
    DropInBody,
    /// The answer never comes.
    Stall,
    /// The answer comes when [`HttpSink::release`] says so.
    Hold,
    /// The header and the body come, and never an end.
    StallInBody,
    /// The body is repeated for ever.
    Endless,
}

impl Default for Answer {
    fn default() -> Self {
        let (headers, body) = (Vec::new(), Vec::new());
        Self { status: 200, headers, body, delay: Duration::ZERO, fault: HttpFault::None }
    }
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub fn fault(mut self, fault: HttpFault) -> Self {
        self.fault = fault;
        self
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct ReceivedRequest {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
    /// Which connection it came by, from 1.
    pub connection: usize,
}

impl ReceivedRequest {
    /// The first header of that name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The server.
#[derive(Debug)]
pub struct HttpSink {
    listening: Listening,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    usual: Mutex<Answer>,
    connections: Mutex<usize>,
    requests: Arrivals<ReceivedRequest>,
    /// A permit for each answer that is held no longer.
    released: Semaphore,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            answers: Mutex::default(),
            usual: Mutex::default(),
            connections: Mutex::default(),
            requests: Arrivals::default(),
            released: Semaphore::new(0),
        }
    }
}

impl HttpSink {
    /// Listens on a free port of 127.0.0.1, with TLS if there is a certificate.
    pub async fn start(certificate: Option<ServerCertificate>) -> io::Result<Self> {
        let acceptor = certificate.map(|certificate| certificate.acceptor()).transpose()?;
        let shared = Arc::new(Shared::default());
        let serving = shared.clone();
        let listening = listen(move |stream| {
            let (shared, acceptor) = (serving.clone(), acceptor.clone());
            async move {
                match acceptor {
                    None => serve(stream, shared).await,
                    Some(acceptor) => {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, shared).await;
                        }
                    }
                }
            }
        })
        .await?;
        Ok(Self { listening, shared })
    }

    pub fn port(&self) -> u16 {
        self.listening.port
    }

    /// Answers one of the requests to come, after those that already have an answer.
    pub fn answer(&self, answer: Answer) {
        lock(&self.shared.answers).push_back(answer);
    }

    /// Answers all requests for which there is no other answer.
    pub fn answer_always(&self, answer: Answer) {
        *lock(&self.shared.usual) = answer;
    }

    /// Sends so many of the answers that are held, now or as they come.
    pub fn release(&self, count: usize) {
        self.shared.released.add_permits(count);
    }

    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.shared.requests.all()
    }

    pub fn count(&self) -> usize {
        self.shared.requests.count()
    }

    /// Waits until so many have come in all.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedRequest> {
        self.until(count).await;
        self.received()
    }

    /// The same, without a copy of all of them.
    pub async fn until(&self, count: usize) {
        self.shared.requests.wait_for(count).await;
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, shared: Arc<Shared>) {
    let connection = {
        let mut connections = lock(&shared.connections);
        *connections += 1;
        *connections
    };
    let service = service_fn(|request| respond(request, &shared, connection));
    // An error is a client that hung up, or a fault that was asked for.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

async fn respond(request: Request<Incoming>, shared: &Shared, connection: usize) -> io::Result<Response<Body>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes().to_vec();
    let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    let (method, target) = (head.method.to_string(), head.uri.to_string());
    let answer = lock(&shared.answers).pop_front().unwrap_or_else(|| lock(&shared.usual).clone());
    shared.requests.add(Some(ReceivedRequest { method, target, headers, body, at: Instant::now(), connection }));
    // A sleep takes a millisecond at least.
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    match answer.fault {
        HttpFault::Stall => pending().await,
        HttpFault::Hold => {
            shared.released.acquire().await.map_err(io::Error::other)?.forget();
            rendered(answer)
        }
        HttpFault::Drop => Err(io::Error::other("asked for")),
        HttpFault::None | HttpFault::DropInBody | HttpFault::StallInBody | HttpFault::Endless => rendered(answer),
    }
}

fn rendered(answer: Answer) -> io::Result<Response<Body>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let chunk = Bytes::from(answer.body);
    let body = match answer.fault {
        HttpFault::DropInBody => {
            let rest = stream::once(async {
                // What is there already goes out before the connection is closed.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(io::Error::other("asked for"))
            });
            StreamBody::new(stream::once(ready(Ok(Frame::data(chunk)))).chain(rest)).boxed_unsync()
        }
        HttpFault::StallInBody => {
            StreamBody::new(stream::once(ready(Ok(Frame::data(chunk)))).chain(stream::pending())).boxed_unsync()
        }
        HttpFault::Endless if !chunk.is_empty() => {
            StreamBody::new(stream::repeat_with(move || Ok(Frame::data(chunk.clone())))).boxed_unsync()
        }
        HttpFault::None | HttpFault::Drop | HttpFault::Stall | HttpFault::Hold | HttpFault::Endless => {
            http_body_util::Full::new(chunk).map_err(io::Error::other).boxed_unsync()
        }
    };
    response.body(body).map_err(io::Error::other)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
