//! What people see of a chat connection.

use crate::model::Millis;
use std::collections::BTreeMap;

/// How a connection stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatState {
    pub link: ChatLink,
    /// Since when.
    pub since: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatLink {
    /// On its way, with a login to come; `after`: why it was down before.
    Connecting { after: Option<String> },
    Connected {
        nick: String,
        /// Those we are in.
        channels: Vec<String>,
        /// Those we should be in and are not, and why.
        missing: BTreeMap<String, String>,
        /// What does not end the connection, and has to be seen: a password that NickServ does not take.
        warning: Option<String>,
    },
    /// Not there, and tried again.
    Down { reason: String, retry_at: Millis },
    /// Ended with the host.
    Ended,
}

/// What may begin on a connection now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatRoom {
    /// So many deliveries.
    Open(usize),
    /// None, until a line may go again.
    Later(Millis),
    /// None, until the connection is there.
    Closed,
}
