//! One chat connection, kept up: connected, logged in, driven, and begun anew when it was lost.
//!
//! Not here: what the lines mean (`irc_session`), and what of it is written down (`dispatch`).

use super::deadlines::Clock;
use super::deadlines::Deadlines;
use super::http_tls::Look;
use super::irc_channels::Channels;
use super::irc_drops::Drops;
use super::irc_flood::Flood;
use super::irc_lines;
use super::irc_login;
use super::irc_login::Welcome;
use super::irc_outbox::Item;
use super::irc_outbox::Outbox;
use super::irc_session::ChatTimes;
use super::irc_session::Session;
use super::irc_state::ChatLink;
use super::irc_state::ChatState;
use super::irc_wire::Wire;
use super::link::Network;
use super::outcome::Sent;
use super::secrets::Secrets;
use crate::model::AttemptOutcome;
use crate::model::ChatPermit;
use crate::model::Heard;
use crate::model::IrcAction;
use crate::model::IrcChannel;
use crate::model::IrcConnection;
use crate::model::IrcDelay;
use crate::model::IrcVerb;
use crate::model::Millis;
use crate::model::Text;
use crate::model::Wait;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What was heard and nobody has taken; more is dropped.
pub(super) const MOST_HEARD: usize = 1024;

/// A connection that lasted no longer counts as one that was not to be had, from the second in a row on.
const SHORT_LIFE: Duration = Duration::from_secs(30);

/// A courtesy goes only where so many lines could go.
const COURTESY_ROOM: u32 = 2;

/// For the goodbye to arrive.
const GOODBYE: Duration = Duration::from_secs(2);

/// Something to do on the connection.
pub(super) struct Request {
    pub(super) action: IrcAction,
    pub(super) reply: oneshot::Sender<Sent>,
}

/// What drives one connection.
pub(super) struct Driver {
    pub(super) permit: ChatPermit,
    pub(super) network: Network,
    pub(super) secrets: Secrets,
    pub(super) deadlines: Deadlines,
    pub(super) times: ChatTimes,
    pub(super) requests: mpsc::Receiver<Request>,
    pub(super) heard: mpsc::Sender<Heard>,
    pub(super) state: watch::Sender<ChatState>,
    /// Rings when something may begin.
    pub(super) bell: watch::Sender<u64>,
    pub(super) flood: Arc<Mutex<Flood>>,
    pub(super) stop: CancellationToken,
}

/// A connection behind its login, and the channels that it is for, with their keys.
struct Opened {
    wire: Wire,
    welcome: Welcome,
    keys: Vec<(String, String)>,
}

impl Driver {
    pub(super) async fn run(mut self) {
        let (mut channels, mut outbox) = (Channels::default(), Outbox::default());
        let connection = self.permit.connection().clone();
        let (mut short_lives, mut is_first, mut after) = (0, true, None);
        while !self.stop.is_cancelled() {
            self.show(ChatLink::Connecting { after: after.take() });
            let stop = self.stop.clone();
            let opened = tokio::select! {
                opened = self.open() => opened,
                () = stop.cancelled() => break,
            };
            let (reason, delay) = match opened {
                Err(reason) => (reason, connection.failed_delay),
                Ok(Opened { wire, welcome, keys }) => {
                    let begun = Instant::now();
                    for (name, key) in keys {
                        let folded = welcome.support.fold(&name);
                        // What an effect left is not entered again.
                        if is_first || channels.get(&folded).is_some() {
                            channels.want(folded, (&name, key), begun);
                        }
                    }
                    is_first = false;
                    *self.flood.lock().unwrap_or_else(PoisonError::into_inner) = Flood::new(connection.flood, begun);
                    let session = Session::new(&connection, welcome, (&mut channels, &mut outbox), (self.times, begun));
                    let Err(reason) = self.drive(session, wire).await else { break };
                    short_lives = if begun.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
                    (reason, if short_lives > 1 { connection.failed_delay } else { connection.lost_delay })
                }
            };
            let wait = drawn(delay);
            let retry_at = now().plus(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
            tracing::warn!(connection = connection.name, reason, ?wait, "the chat connection is down");
            channels.lose_all(Instant::now());
            outbox.lose(&reason, Wait::Until(retry_at));
            self.show(ChatLink::Down { reason: reason.clone(), retry_at });
            self.pause(wait, (&reason, retry_at)).await;
            after = Some(reason);
        }
        outbox.lose("the host ended", Wait::Until(now()));
        self.show(ChatLink::Ended);
    }

    fn show(&self, link: ChatLink) {
        self.state.send_replace(ChatState { link, since: now() });
        self.bell.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Nothing can be said meanwhile.
    async fn pause(&mut self, wait: Duration, (reason, until): (&str, Millis)) {
        let end = Instant::now() + wait;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(end) => return,
                () = self.stop.cancelled() => return,
                Some(request) = self.requests.recv() => {
                    let _ = request.reply.send(Sent { wait: Some(Wait::Until(until)), ..Sent::failed(reason) });
                }
            }
        }
    }

    /// Connects and logs in; or says why not.
    async fn open(&self) -> Result<Opened, String> {
        let connection = self.permit.connection();
        let password = self.fill(&connection.password)?;
        let key = |channel: &IrcChannel| Ok((channel.name.clone(), irc_lines::word(&self.fill(&channel.key)?)));
        let keys = connection.channels.iter().map(key).collect::<Result<_, String>>()?;
        let mut wire = self.connect(connection).await?;
        let login = irc_login::log_in(&mut wire, connection, &password);
        let welcome = tokio::time::timeout(self.times.login, login).await;
        let late = || format!("the login took longer than {} s", self.times.login.as_secs_f32());
        let welcome = welcome.map_err(|_| late())?.map_err(|reason| irc_login::hidden(reason, &password))?;
        Ok(Opened { wire, welcome, keys })
    }

    async fn connect(&self, connection: &IrcConnection) -> Result<Wire, String> {
        let clock = Clock::start(self.deadlines);
        let (host, port) = (self.permit.destination().host(), self.permit.destination().port());
        let tcp = self.network.guard.connect(host, port, &clock).await.map_err(|error| error.to_string())?;
        let Some(verify) = &connection.tls else { return Ok(Wire::clear(tcp)) };
        let identity = match &connection.identity {
            Some(name) => {
                let secret = self.secrets.reveal_for_chat(&self.permit, name).map_err(|error| error.to_string())?;
                Some(secret.expose().to_owned())
            }
            None => None,
        };
        let look = Look::of_chat(verify, identity.as_deref());
        let config = look.config(&self.network.trusted).map_err(|error| error.to_string())?;
        let tls = self.network.encrypt_with(Arc::new(config), tcp, (host, &clock)).await;
        Ok(Wire::encrypted(tls.map_err(|error| error.to_string())?))
    }

    /// A text with the values of its secrets, which is one line.
    fn fill(&self, text: &Text) -> Result<String, String> {
        let filled = self.secrets.fill_for_chat(&self.permit, text).map_err(|error| error.to_string())?;
        match filled.contains(['\r', '\n', '\0']) {
            true => Err(format!("{} has more than one line", text.redacted())),
            false => Ok(filled),
        }
    }

    /// Until the connection is lost, or the host stops.
    async fn drive(&mut self, mut session: Session<'_>, mut wire: Wire) -> Result<(), String> {
        let (mut heard_at, mut asked_at, mut drops) = (Instant::now(), None, Drops::default());
        loop {
            let now = Instant::now();
            session.pass_time(now);
            let may_say_at = self.write(&mut session, &mut wire, now);
            self.publish(&mut session, &mut drops);
            if wire.is_stuck() {
                return Err("the server does not read what we say".to_owned());
            }
            let dead_at = match asked_at {
                Some(asked) => asked + self.times.answer,
                None => heard_at + self.times.quiet,
            };
            let due = [session.next_due(now), may_say_at, Some(dead_at)].into_iter().flatten().min().unwrap_or(dead_at);
            // All of these are cancel-safe: the wire moves no byte that it does not keep.
            tokio::select! {
                message = wire.next() => {
                    (heard_at, asked_at) = (Instant::now(), None);
                    session.take(&message.map_err(|error| error.to_string())?, heard_at)?;
                }
                Some(request) = self.requests.recv() => begin(&mut session, request),
                () = tokio::time::sleep_until(due) => {
                    let now = Instant::now();
                    if asked_at.is_some() && now >= dead_at {
                        return Err(format!("the server did not answer for {} s", self.times.answer.as_secs_f32()));
                    }
                    if now >= dead_at {
                        asked_at = Some(now);
                        self.flood.lock().unwrap_or_else(PoisonError::into_inner).take(now);
                        wire.put("PING :campanile");
                    }
                }
                () = self.stop.cancelled() => {
                    wire.put("QUIT :The host is stopped");
                    let _ = tokio::time::timeout(GOODBYE, goodbye(&mut wire)).await;
                    return Ok(());
                }
            }
        }
    }

    /// Writes what may be written now; says when there may be more. All but the answers that keep us in is of the budget.
    fn write(&self, session: &mut Session<'_>, wire: &mut Wire, now: Instant) -> Option<Instant> {
        session.pongs.drain(..).for_each(|line| wire.put(&line));
        let mut flood = self.flood.lock().unwrap_or_else(PoisonError::into_inner);
        let mut later = None;
        while session.has_line(now) {
            if let Err(at) = flood.room(now) {
                later = Some(at);
                break;
            }
            let Some(line) = session.next_line(now) else { break };
            flood.take(now);
            wire.put(&line);
        }
        flood.is_waited_for = session.has_line(now);
        // Strangers ask for them: they get what nobody else needs, and do not wait.
        for line in session.courtesies.drain(..) {
            if flood.room(now).is_ok_and(|room| room >= COURTESY_ROOM) {
                flood.take(now);
                wire.put(&line);
            }
        }
        // It goes at once, for who waits for the answer holds up what comes after; the next line waits for it instead.
        if let Some(question) = session.outbox.question(now) {
            flood.take(now);
            wire.put(&question);
        }
        later
    }

    /// Hands on what was heard, and shows what has changed.
    fn publish(&self, session: &mut Session<'_>, drops: &mut Drops) {
        // Waiting here would cost the connection.
        let dropped = session.heard.drain(..).filter_map(|heard| self.heard.try_send(heard).err()).count();
        if dropped > 0 && drops.begins(now()) {
            tracing::warn!(connection = session.connection.name, "more is said than is written down: some is dropped");
        }
        if std::mem::take(&mut session.changed) {
            let (channels, missing) = session.channels.shown();
            let (nick, warning) = (session.nick.clone(), session.warning.clone());
            let link = ChatLink::Connected { nick, channels, missing, warning };
            let before = self.state.borrow().clone();
            let since = if matches!(before.link, ChatLink::Connected { .. }) { before.since } else { now() };
            self.state.send_replace(ChatState { link, since });
            self.bell.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

/// Takes up what we are asked to do.
fn begin(session: &mut Session<'_>, Request { action, reply }: Request) {
    let target = match irc_lines::target(&action.target) {
        Ok(target) => target.to_owned(),
        Err(refused) => return drop(reply.send(refused)),
    };
    let (folded, is_channel) = (session.fold(&target), session.support.is_channel(&target));
    let lines = match action.verb {
        IrcVerb::Say | IrcVerb::Notice | IrcVerb::Act => irc_lines::lines(&action, &session.nick).into(),
        IrcVerb::Join | IrcVerb::Leave if !is_channel => {
            return drop(reply.send(Sent::refused(format!("{target:?} is no channel of this server"))));
        }
        IrcVerb::Join => std::collections::VecDeque::new(),
        IrcVerb::Leave => return leave(session, (target, folded), (&action.text, reply)),
    };
    let item = Item { target: folded.clone(), lines, reply };
    if !is_channel || session.is_inside(&folded) {
        return session.outbox.say(item);
    }
    // What was to be said before we left does not lead us in again.
    if action.verb != IrcVerb::Join && session.channels.was_left(&folded) {
        return item.end(Sent::refused(format!("we have left {target}")));
    }
    if let Some(why) = session.is_kept_out(&folded)
        && action.verb != IrcVerb::Join
    {
        return item.end(Sent::failed(format!("we are not in {target}, and try again: {why}")));
    }
    let key = if action.verb == IrcVerb::Join { action.text.as_str() } else { "" };
    session.outbox.say_inside(item);
    if !session.enter(&target, key, Instant::now()) {
        session.outbox.not_let_in(&folded, (None, "we are in too many channels"));
    }
}

fn leave(
    session: &mut Session<'_>,
    (target, folded): (String, String),
    (reason, reply): (&str, oneshot::Sender<Sent>),
) {
    match session.leave((&target, &folded), reason, Instant::now()) {
        true => session.outbox.leave(folded, reply),
        // There is nothing to leave.
        false => drop(reply.send(Sent::new(AttemptOutcome::Done, None, String::new()))),
    }
}

/// What was written arrives before the end does.
async fn goodbye(wire: &mut Wire) -> std::io::Result<()> {
    wire.shut_down().await?;
    while wire.next().await.is_ok() {}
    Ok(())
}

fn drawn(delay: IrcDelay) -> Duration {
    let most = delay.most_ms.max(delay.least_ms);
    Duration::from_millis(u64::from(rand::random_range(delay.least_ms..=most)))
}

pub(super) fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
