//! Servers on loopback that keep what they are sent, for the demo and the tests.
//!
//! They are no servers for the world: no limits, no queues, and they misbehave on request. Each listens on a port of
//! its own, tells it, and ends with all its connections when it is dropped.

mod arrivals;
mod http;
mod listen;
mod smtp;
mod smtp_login;
mod smtp_session;
mod tls;

pub use http::Answer;
pub use http::HttpFault;
pub use http::HttpSink;
pub use http::ReceivedRequest;
pub use smtp::ReceivedMail;
pub use smtp::SmtpFault;
pub use smtp::SmtpOptions;
pub use smtp::SmtpReply;
pub use smtp::SmtpSink;
pub use smtp::SmtpTls;
pub use tls::ServerCertificate;
