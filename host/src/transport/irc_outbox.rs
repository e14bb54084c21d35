//! What we were asked to say on a chat connection, and how each of it ends.
//!
//! Lines go in order, as fast as the budget allows. Behind the last line of what is said goes a PING: the server takes
//! lines in order, so its answer says that they arrived, and a refusal comes before it.
//!
//! Invariant: each request is answered once. What was not begun when the connection was lost has `Failed` and may be
//! sent again; what was begun is `Unknown`.

use super::outcome::Sent;
use crate::model::AttemptOutcome;
use crate::model::Wait;
use std::collections::VecDeque;
use tokio::sync::oneshot;

/// Something to say, and who waits to hear how it ended.
#[derive(Debug)]
pub(super) struct Item {
    /// The channel or nick, folded.
    pub(super) target: String,
    pub(super) lines: VecDeque<String>,
    pub(super) reply: oneshot::Sender<Sent>,
}

#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// To be said as soon as we are in the channel.
    at_the_door: Vec<Item>,
    /// To be said; of the first a part may have been.
    queue: VecDeque<Item>,
    /// Whether a part of the first was said.
    is_begun: bool,
    /// Said, and not known to have arrived; each with the number of the question behind it.
    unconfirmed: VecDeque<(u64, Item)>,
    /// To be left.
    leaving: Vec<(String, oneshot::Sender<Sent>)>,
    /// The question without an answer, and the number of the next one.
    asked: Option<u64>,
    next: u64,
}

impl Outbox {
    pub(super) fn say(&mut self, item: Item) {
        self.queue.push_back(item);
    }

    pub(super) fn say_inside(&mut self, item: Item) {
        self.at_the_door.push(item);
    }

    pub(super) fn leave(&mut self, folded: String, reply: oneshot::Sender<Sent>) {
        self.leaving.push((folded, reply));
    }

    /// Whether a line waits to be written.
    pub(super) fn has_line(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next line to write.
    pub(super) fn next_line(&mut self) -> Option<String> {
        loop {
            let first = self.queue.front_mut()?;
            let line = first.lines.pop_front();
            self.is_begun |= line.is_some();
            if first.lines.is_empty() {
                let item = self.queue.pop_front()?;
                match std::mem::take(&mut self.is_begun) {
                    true => self.unconfirmed.push_back((self.next, item)),
                    // There was nothing to say.
                    false => item.end(Sent::new(AttemptOutcome::Done, None, String::new())),
                }
            }
            if line.is_some() {
                return line;
            }
        }
    }

    /// The question whether all that was said arrived, if one is due.
    pub(super) fn question(&mut self) -> Option<String> {
        let newest = self.unconfirmed.back()?.0;
        if self.asked.is_some() || newest < self.next {
            return None;
        }
        let number = self.next;
        (self.asked, self.next) = (Some(number), number + 1);
        Some(format!("PING :{PREFIX}{number}"))
    }

    /// The answer to a question.
    pub(super) fn answered(&mut self, word: &str) {
        let Some(number) = word.strip_prefix(PREFIX).and_then(|number| number.parse::<u64>().ok()) else { return };
        if self.asked == Some(number) {
            self.asked = None;
        }
        while self.unconfirmed.front().is_some_and(|(behind, _)| *behind <= number) {
            if let Some((_, item)) = self.unconfirmed.pop_front() {
                item.end(Sent::new(AttemptOutcome::Done, None, String::new()));
            }
        }
    }

    /// The server will not have what was said to that target. Of several it is the oldest that it is about.
    pub(super) fn refused(&mut self, folded: &str, (code, said): (u16, &str)) {
        if let Some(at) = self.unconfirmed.iter().position(|(_, item)| item.target == folded) {
            if let Some((_, item)) = self.unconfirmed.remove(at) {
                item.end(refusal(code, said));
            }
        } else if let Some(first) = self.queue.pop_front_if(|item| self.is_begun && item.target == folded) {
            // Its other lines would be refused as well.
            self.is_begun = false;
            first.end(refusal(code, said));
        }
    }

    /// We are in the channel: what waited for that goes.
    pub(super) fn entered(&mut self, folded: &str) {
        let (inside, others) =
            std::mem::take(&mut self.at_the_door).into_iter().partition(|item| item.target == folded);
        let inside: Vec<Item> = inside;
        self.at_the_door = others;
        self.queue.extend(inside);
    }

    pub(super) fn not_let_in(&mut self, folded: &str, (code, said): (Option<u16>, &str)) {
        let sent = || match code {
            Some(code) => refusal(code, said),
            None => Sent::failed(format!("{folded} could not be entered: {said}")),
        };
        let (outside, others) =
            std::mem::take(&mut self.at_the_door).into_iter().partition(|item| item.target == folded);
        let outside: Vec<Item> = outside;
        self.at_the_door = others;
        outside.into_iter().for_each(|item| item.end(sent()));
    }

    pub(super) fn left(&mut self, folded: &str) {
        let (left, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.leaving).into_iter().partition(|(channel, _)| channel == folded);
        self.leaving = others;
        for (_, reply) in left {
            let _ = reply.send(Sent::new(AttemptOutcome::Done, None, String::new()));
        }
    }

    /// The connection is lost: nothing that was not begun has arrived, and it can be tried when there is another one.
    pub(super) fn lose(&mut self, why: &str, until: Wait) {
        let begun = std::mem::take(&mut self.is_begun);
        let first = if begun { self.queue.pop_front() } else { None };
        let unconfirmed = std::mem::take(&mut self.unconfirmed).into_iter().map(|(_, item)| item);
        for item in unconfirmed.chain(first) {
            item.end(Sent::unknown(format!("the connection was lost before the server said that it arrived: {why}")));
        }
        let waiting = std::mem::take(&mut self.queue).into_iter().chain(std::mem::take(&mut self.at_the_door));
        for item in waiting {
            item.end(Sent { wait: Some(until), ..Sent::failed(why) });
        }
        // We are in no channel without a connection.
        for (_, reply) in std::mem::take(&mut self.leaving) {
            let _ = reply.send(Sent::new(AttemptOutcome::Done, None, String::new()));
        }
        self.asked = None;
    }
}

/// What is in front of the number of a question.
const PREFIX: &str = "campanile-";

fn refusal(code: u16, said: &str) -> Sent {
    Sent::new(AttemptOutcome::Refused, Some(code), String::new())
        .with_reason(format!("the server refuses it: {code} {said}"))
}

impl Item {
    pub(super) fn end(self, sent: Sent) {
        // Who asked may have gone meanwhile.
        let _ = self.reply.send(sent);
    }
}
