//! Mail (being written).
use super::deadlines::Clock;
use super::fill::Filler;
use super::link::Network;
use super::outcome::Sent;
use super::transports::Outgoing;
use crate::model::Mail;

#[derive(Debug)]
pub(super) struct Smtp {}

impl Smtp {
    pub(super) fn new(_network: Network, _hello: String) -> Self {
        Self {}
    }

    pub(super) async fn send(&self, _: &Mail, _: &Outgoing<'_>, _: &mut Filler<'_>, _: &Clock) -> Sent {
        Sent::refused("being written")
    }
}
