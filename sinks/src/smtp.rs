//! A mail server that keeps the mails it is sent, and misbehaves on request.

use crate::arrivals::Arrivals;
use crate::listen::Listening;
use crate::listen::listen;
use crate::smtp_session::serve;
use crate::tls::ServerCertificate;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;
use tokio_rustls::TlsAcceptor;

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    pub tls: SmtpTls,
    /// The user and password that it takes by AUTH PLAIN and LOGIN; without them there is no AUTH.
    pub login: Option<(String, String)>,
    /// Mails without AUTH are refused with 530.
    pub login_required: bool,
    /// What EHLO offers besides STARTTLS and AUTH.
    pub extensions: Vec<String>,
    pub fault: SmtpFault,
    /// Before the greeting.
    pub delay: Duration,
    /// The answer to MAIL FROM, instead of 250.
    pub mail: Option<SmtpReply>,
    /// The answers to RCPT TO by address, instead of 250.
    pub recipients: HashMap<String, SmtpReply>,
    /// After so many refused recipients it says 421 to the next, and closes the connection.
    pub most_refused: Option<usize>,
    /// Before the answer to the end of the data.
    pub data_delay: Duration,
    /// The answer to the end of the data, instead of 250.
    pub data: Option<SmtpReply>,
    /// Connections are closed after so many mails.
    pub mails_per_connection: Option<usize>,
    /// Mails are counted, and forgotten.
    pub only_count: bool,
}

#[derive(Clone, Debug, Default)]
pub enum SmtpTls {
    #[default]
    None,
    Starttls(ServerCertificate),
    Implicit(ServerCertificate),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpFault {
    #[default]
    None,
    /// Connections are taken, and nothing is ever said.
    StallAtConnect,
    /// The mail is kept, its end never answered.
    StallAfterData,
    /// The mail is kept, the connection closed instead of an answer.
    DropAfterData,
    /// The connection is closed in the middle of the data; the mail is not kept.
    DropInData,
    /// Nothing is read any more in the middle of the data; the mail is not kept.
    StallInData,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpReply {
    pub code: u16,
    pub text: String,
}

impl SmtpReply {
    pub fn new(code: u16, text: &str) -> Self {
        Self { code, text: text.to_owned() }
    }
}

impl Default for SmtpOptions {
    fn default() -> Self {
        Self {
            tls: SmtpTls::None,
            login: None,
            login_required: false,
            extensions: ["PIPELINING", "8BITMIME", "SMTPUTF8"].map(str::to_owned).to_vec(),
            fault: SmtpFault::None,
            delay: Duration::ZERO,
            mail: None,
            recipients: HashMap::new(),
            most_refused: None,
            data_delay: Duration::ZERO,
            data: None,
            mails_per_connection: None,
            only_count: false,
        }
    }
}

/// A mail as it came.
#[derive(Clone, Debug)]
pub struct ReceivedMail {
    pub helo: String,
    pub from: String,
    pub recipients: Vec<String>,
    /// Header and body, dots unstuffed.
    pub data: Vec<u8>,
    /// When its sender was named, which is its first line.
    pub began: Instant,
    /// When all of it was there.
    pub at: Instant,
    pub tls: bool,
    /// The user who logged in.
    pub login: Option<String>,
    /// Which connection it came by, from 1.
    pub connection: usize,
}

impl ReceivedMail {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.data).into_owned()
    }
}

/// The server.
#[derive(Debug)]
pub struct SmtpSink {
    listening: Listening,
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    options: Mutex<Arc<SmtpOptions>>,
    connections: Mutex<usize>,
    pub(crate) mails: Arrivals<ReceivedMail>,
}

impl SmtpSink {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start(options: SmtpOptions) -> io::Result<Self> {
        let acceptor = match &options.tls {
            SmtpTls::None => None,
            SmtpTls::Starttls(certificate) | SmtpTls::Implicit(certificate) => Some(certificate.acceptor()?),
        };
        let options = Mutex::new(Arc::new(options));
        let shared = Arc::new(Shared { options, connections: Mutex::new(0), mails: Arrivals::default() });
        let serving = shared.clone();
        let listening = listen(move |stream| {
            let (shared, acceptor): (_, Option<TlsAcceptor>) = (serving.clone(), acceptor.clone());
            async move {
                // Whoever hangs up is gone.
                let _ = serve(stream, &shared, acceptor).await;
            }
        })
        .await?;
        Ok(Self { listening, shared })
    }

    pub fn port(&self) -> u16 {
        self.listening.port
    }

    /// Behaves differently from now on, but for TLS.
    pub fn change(&self, change: impl FnOnce(&mut SmtpOptions)) {
        let mut options = self.shared.options.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut options));
    }

    pub fn received(&self) -> Vec<ReceivedMail> {
        self.shared.mails.all()
    }

    pub fn count(&self) -> usize {
        self.shared.mails.count()
    }

    /// Waits until so many have come in all, and returns those that were kept.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        self.until(count).await;
        self.received()
    }

    /// Waits until so many have come in all.
    pub async fn until(&self, count: usize) {
        self.shared.mails.wait_for(count).await;
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    pub(crate) fn options(&self) -> Arc<SmtpOptions> {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The number of a new connection.
    pub(crate) fn connected(&self) -> usize {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        *connections += 1;
        *connections
    }
}
