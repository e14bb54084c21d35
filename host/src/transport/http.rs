//! HTTP (being written).
use super::deadlines::Clock;
use super::fill::Filler;
use super::link::Network;
use super::outcome::Sent;
use super::transports::Outgoing;
use crate::model::Permit;

#[derive(Debug)]
pub(super) struct Http {}

impl Http {
    pub(super) fn new(_network: Network) -> Self {
        Self {}
    }

    pub(super) async fn send(&self, _: &Permit<'_>, _: &Outgoing<'_>, _: &mut Filler<'_>, _: &Clock) -> Sent {
        Sent::refused("being written")
    }
}
