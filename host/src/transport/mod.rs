//! How messages leave the house: one attempt at a time, to addresses that were looked at, within a time limit.
//!
//! Owns the wire protocols, each in its file, the egress guard and the values of secrets. Does not choose what to
//! send, when, or whether to try again (`dispatch`), and keeps nothing but idle connections and those of chats.
//!
//! Invariants: nothing is sent without a permit; an attempt that may have had an effect never ends as `Failed`.

mod callers;
mod cause;
mod deadlines;
mod fetch;
mod fill;
mod guard;
mod hello;
mod http;
mod http_answer;
mod http_clients;
mod http_failure;
mod http_request;
mod http_signature;
mod http_step;
mod http_tls;
mod http_tokens;
mod irc;
mod irc_channels;
mod irc_drops;
mod irc_flood;
mod irc_heard;
mod irc_lines;
mod irc_link;
mod irc_login;
mod irc_nickserv;
mod irc_outbox;
mod irc_session;
mod irc_state;
mod irc_support;
mod irc_wire;
mod link;
mod mail_attachment;
mod mail_encoding;
mod mail_headers;
mod mail_message;
mod opening;
mod outcome;
mod pool;
mod ranges;
mod redact;
mod referred;
mod search;
mod secrets;
mod smtp;
mod smtp_offers;
mod smtp_recipients;
mod smtp_reply;
mod smtp_session;
mod smtp_wire;
mod ssh;
mod ssh_hosts;
mod ssh_identity;
mod ssh_links;
mod ssh_output;
mod ssh_session;
mod ssh_trouble;
mod ssh_words;
mod transports;
mod trust;

pub use deadlines::Deadlines;
pub use deadlines::MailDeadlines;
pub use deadlines::SshDeadlines;
pub use fetch::MOST_FETCHED_BYTES;
pub use guard::Guard;
pub use hello::Hello;
pub use http_step::Lost;
pub use http_step::Performed;
pub use irc_drops::Drops;
pub use irc_session::ChatTimes;
pub use irc_state::ChatLink;
pub use irc_state::ChatRoom;
pub use irc_state::ChatState;
pub use opening::Opening;
pub use opening::OpeningError;
pub use outcome::Sent;
pub use referred::Referred;
pub use secrets::Secrets;
pub use ssh::SshSetup;
pub use ssh_hosts::KnownHosts;
pub use ssh_hosts::NewHosts;
pub(crate) use ssh_identity::check_identity;
pub use transports::Outgoing;
pub use transports::Setup;
pub use transports::Transports;
pub use trust::Trust;
pub use trust::TrustError;

#[cfg(test)]
mod tests;
