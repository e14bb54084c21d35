//! Chat connections: which there are, how they stand, and the way to say something on one.
//!
//! Not here: when something is said (`dispatch`), and what drives a connection (`irc_link`).

use super::deadlines::Deadlines;
use super::irc_flood::Flood;
use super::irc_link;
use super::irc_link::Driver;
use super::irc_link::Request;
use super::irc_session::ChatTimes;
use super::irc_state::ChatLink;
use super::irc_state::ChatRoom;
use super::irc_state::ChatState;
use super::link::Network;
use super::outcome::Sent;
use super::secrets::Secrets;
use crate::model::ChatPermit;
use crate::model::Heard;
use crate::model::IrcAction;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// Deliveries under way at once on a connection without a flood budget: enough for one commit to carry many.
const PLACES: usize = 32;

/// Deliveries that take turns while lines wait: few, for the host forgets what it had begun when its machine dies.
const TURNS: usize = 16;

/// Requests that a connection has not looked at yet.
const MOST_REQUESTS: usize = 64;

/// The connections of all reporters.
#[derive(Debug)]
pub(super) struct Irc {
    network: Network,
    deadlines: Deadlines,
    times: ChatTimes,
    /// By `Destination::of_chat`.
    links: Mutex<BTreeMap<String, Link>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    bell: watch::Sender<u64>,
    stop: CancellationToken,
}

/// One of them, from outside.
#[derive(Clone, Debug)]
struct Link {
    requests: mpsc::Sender<Request>,
    state: watch::Receiver<ChatState>,
    flood: Arc<Mutex<Flood>>,
}

impl Irc {
    pub(super) fn new(network: Network, (deadlines, times): (Deadlines, ChatTimes)) -> Self {
        Self {
            network,
            deadlines,
            times,
            links: Mutex::default(),
            tasks: Mutex::default(),
            bell: watch::Sender::new(0),
            stop: CancellationToken::new(),
        }
    }

    /// Keeps a connection up from now on. What is heard on it comes out of what is returned.
    pub(super) fn keep(&self, reporter: &str, permit: ChatPermit, secrets: Secrets) -> mpsc::Receiver<Heard> {
        let connection = permit.connection().clone();
        let address = permit.destination().of_chat(reporter, &connection.name);
        let (requests, asked) = mpsc::channel(MOST_REQUESTS);
        let (heard, hearing) = mpsc::channel(irc_link::MOST_HEARD);
        let state =
            watch::Sender::new(ChatState { link: ChatLink::Connecting { after: None }, since: irc_link::now() });
        let flood = Arc::new(Mutex::new(Flood::new(connection.flood, Instant::now())));
        let link = Link { requests, state: state.subscribe(), flood: Arc::clone(&flood) };
        let span = tracing::info_span!("chat", reporter, connection = connection.name);
        let driver = Driver {
            permit,
            network: self.network.clone(),
            secrets,
            deadlines: self.deadlines,
            times: self.times,
            requests: asked,
            heard,
            state,
            bell: self.bell.clone(),
            flood,
            stop: self.stop.clone(),
        };
        let links = &mut *self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.insert(address, link);
        let task = tokio::spawn(driver.run().instrument(span));
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).push(task);
        hearing
    }

    /// Says it, or does it. Waits until the server has it, however long the budget makes that.
    pub(super) async fn send(&self, address: &str, action: &IrcAction) -> Sent {
        let Some(link) = self.link(address) else {
            return Sent::failed(format!("the chat connection {address} is not kept up here"));
        };
        let (reply, ended) = oneshot::channel();
        if link.requests.send(Request { action: action.clone(), reply }).await.is_err() {
            return Sent::failed("the chat connection has ended with the host");
        }
        ended.await.unwrap_or_else(|_| Sent::unknown("the chat connection ended with the host"))
    }

    fn link(&self, address: &str) -> Option<Link> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner).get(address).cloned()
    }

    /// How each connection stands.
    pub(super) fn states(&self) -> BTreeMap<String, ChatState> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.iter().map(|(address, link)| (address.clone(), link.state.borrow().clone())).collect()
    }

    /// What may begin on each connection.
    pub(super) fn rooms(&self) -> BTreeMap<String, ChatRoom> {
        let links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        links.iter().map(|(address, link)| (address.clone(), link.room())).collect()
    }

    /// Whether one delivery may follow another without a look at the budget.
    pub(super) fn is_unlimited(&self, address: &str) -> bool {
        self.link(address).is_some_and(|link| {
            let limited = link.flood.lock().unwrap_or_else(PoisonError::into_inner).is_limited();
            !limited && link.is_up()
        })
    }

    /// Rings when something may begin, or looks different.
    pub(super) fn bell(&self) -> watch::Receiver<u64> {
        self.bell.subscribe()
    }

    /// Says goodbye everywhere.
    pub(super) async fn end(&self) {
        self.stop.cancel();
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            // A panic of its was logged.
            let _ = task.await;
        }
    }
}

impl Link {
    fn is_up(&self) -> bool {
        matches!(self.state.borrow().link, ChatLink::Connected { .. })
    }

    fn room(&self) -> ChatRoom {
        if !self.is_up() {
            return ChatRoom::Closed;
        }
        let now = Instant::now();
        let flood = self.flood.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lines = flood.room(now).map(|lines| usize::try_from(lines).unwrap_or(usize::MAX).min(PLACES));
        match lines {
            // Whoever talks takes each line that there is. Others do not wait for the end of that: they take turns.
            Ok(_) | Err(_) if flood.is_waited_for => ChatRoom::Open(lines.unwrap_or_default().max(TURNS)),
            Ok(lines) => ChatRoom::Open(lines),
            Err(at) => {
                let wait = i64::try_from((at - now).as_millis()).unwrap_or(i64::MAX).saturating_add(1);
                ChatRoom::Later(irc_link::now().plus(wait))
            }
        }
    }
}
