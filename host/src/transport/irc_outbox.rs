//! What we were asked to say on a chat connection, and how each of it ends.
//!
//! The targets take turns, a line each: a long answer in one channel holds up no other. Lines to one target keep their
//! order. Behind the last line of what is said goes a PING: the server takes lines in order, so its answer says that they
//! arrived, and a refusal comes before it.
//!
//! Invariant: each request is answered once. What was not begun when the connection was lost has `Failed` and may be
//! sent again; what was begun is `Unknown`.

use super::outcome::Sent;
use crate::model::AttemptOutcome;
use crate::model::Wait;
use std::collections::VecDeque;
use tokio::sync::oneshot;
use tokio::time::Instant;

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
    /// To be said: a queue for each target, in the order of their turns.
    turns: VecDeque<Turn>,
    /// Said, and not known to have arrived; each with the number of the question behind it.
    unconfirmed: VecDeque<(u64, Item)>,
    /// To be left.
    leaving: Vec<(String, oneshot::Sender<Sent>)>,
    /// The question without an answer, and when it was asked; the number of the next one.
    asked: Option<(u64, Instant)>,
    next: u64,
}

/// What is to be said to one target. There is always something.
#[derive(Debug)]
struct Turn {
    items: VecDeque<Item>,
    /// Whether a part of the first was said.
    is_begun: bool,
}

impl Outbox {
    pub(super) fn say(&mut self, item: Item) {
        match self.turns.iter_mut().find(|turn| turn.is_for(&item.target)) {
            Some(turn) => turn.items.push_back(item),
            None => self.turns.push_back(Turn { items: VecDeque::from([item]), is_begun: false }),
        }
    }

    pub(super) fn say_inside(&mut self, item: Item) {
        self.at_the_door.push(item);
    }

    pub(super) fn leave(&mut self, folded: String, reply: oneshot::Sender<Sent>) {
        self.leaving.push((folded, reply));
    }

    /// Whether a line waits to be written.
    pub(super) fn has_line(&self) -> bool {
        !self.turns.is_empty()
    }

    /// The next line to write.
    pub(super) fn next_line(&mut self) -> Option<String> {
        loop {
            let mut turn = self.turns.pop_front()?;
            let first = turn.items.front_mut()?;
            let line = first.lines.pop_front();
            turn.is_begun |= line.is_some();
            if first.lines.is_empty()
                && let Some(item) = turn.items.pop_front()
            {
                match std::mem::take(&mut turn.is_begun) {
                    true => self.unconfirmed.push_back((self.next, item)),
                    // There was nothing to say.
                    false => item.end(done()),
                }
            }
            if !turn.items.is_empty() {
                self.turns.push_back(turn);
            }
            if line.is_some() {
                return line;
            }
        }
    }

    /// The question whether all that was said arrived, if one is due.
    pub(super) fn question(&mut self, now: Instant) -> Option<String> {
        let newest = self.unconfirmed.back()?.0;
        if self.asked.is_some() || newest < self.next {
            return None;
        }
        let number = self.next;
        (self.asked, self.next) = (Some((number, now)), number + 1);
        Some(format!("PING :{PREFIX}{number}"))
    }

    /// When the question without an answer was asked.
    pub(super) fn asked_at(&self) -> Option<Instant> {
        self.asked.map(|(_, at)| at)
    }

    /// The answer to a question.
    pub(super) fn answered(&mut self, word: &str) {
        let Some(number) = word.strip_prefix(PREFIX).and_then(|number| number.parse::<u64>().ok()) else { return };
        self.confirmed(number, done);
    }

    /// The question is not answered any more, though the server is there.
    pub(super) fn not_answered(&mut self) {
        let Some((number, _)) = self.asked else { return };
        self.confirmed(number, || Sent::unknown("the server does not say whether it arrived"));
    }

    /// All that was said before that question ended so.
    fn confirmed(&mut self, number: u64, sent: fn() -> Sent) {
        self.asked = self.asked.filter(|(asked, _)| *asked != number);
        while let Some((_, item)) = self.unconfirmed.pop_front_if(|(behind, _)| *behind <= number) {
            item.end(sent());
        }
    }

    /// The server will not have what was said to that target. Of several it is the oldest that it is about.
    pub(super) fn refused(&mut self, folded: &str, (code, said): (u16, &str)) {
        if let Some(at) = self.unconfirmed.iter().position(|(_, item)| item.target == folded) {
            if let Some((_, item)) = self.unconfirmed.remove(at) {
                item.end(refusal(code, said));
            }
            return;
        }
        let Some(at) = self.turns.iter().position(|turn| turn.is_begun && turn.is_for(folded)) else { return };
        let Some(mut turn) = self.turns.remove(at) else { return };
        // Its other lines would be refused as well.
        turn.is_begun = false;
        if let Some(item) = turn.items.pop_front() {
            item.end(refusal(code, said));
        }
        if !turn.items.is_empty() {
            self.turns.insert(at, turn);
        }
    }

    /// We are in the channel: what waited for that goes.
    pub(super) fn entered(&mut self, folded: &str) {
        self.take_in(folded).into_iter().for_each(|item| self.say(item));
    }

    pub(super) fn not_let_in(&mut self, folded: &str, (code, said): (Option<u16>, &str)) {
        let sent = || match code {
            Some(code) => refusal(code, said),
            None => Sent::failed(format!("{folded} could not be entered: {said}")),
        };
        self.take_in(folded).into_iter().for_each(|item| item.end(sent()));
    }

    /// What waited there is not said: we do not go in.
    pub(super) fn turned_away(&mut self, folded: &str, why: &str) {
        self.take_in(folded).into_iter().for_each(|item| item.end(Sent::refused(why)));
    }

    /// Those that waited to be let in there.
    fn take_in(&mut self, folded: &str) -> Vec<Item> {
        let (here, others) = std::mem::take(&mut self.at_the_door).into_iter().partition(|item| item.target == folded);
        self.at_the_door = others;
        here
    }

    pub(super) fn left(&mut self, folded: &str) {
        let (left, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.leaving).into_iter().partition(|(channel, _)| channel == folded);
        self.leaving = others;
        for (_, reply) in left {
            let _ = reply.send(done());
        }
    }

    /// The connection is lost: nothing that was not begun has arrived, and it can be tried when there is another one.
    pub(super) fn lose(&mut self, why: &str, until: Wait) {
        let (mut begun, mut waiting) = (Vec::new(), Vec::new());
        begun.extend(std::mem::take(&mut self.unconfirmed).into_iter().map(|(_, item)| item));
        for mut turn in std::mem::take(&mut self.turns) {
            if turn.is_begun {
                begun.extend(turn.items.pop_front());
            }
            waiting.extend(turn.items);
        }
        for item in begun {
            item.end(Sent::unknown(format!("the connection was lost before the server said that it arrived: {why}")));
        }
        for item in waiting.into_iter().chain(std::mem::take(&mut self.at_the_door)) {
            item.end(Sent { wait: Some(until), ..Sent::failed(why) });
        }
        // We are in no channel without a connection.
        for (_, reply) in std::mem::take(&mut self.leaving) {
            let _ = reply.send(done());
        }
        self.asked = None;
    }
}

impl Turn {
    fn is_for(&self, folded: &str) -> bool {
        self.items.front().is_some_and(|item| item.target == folded)
    }
}

/// What is in front of the number of a question.
const PREFIX: &str = "campanile-";

fn done() -> Sent {
    Sent::new(AttemptOutcome::Done, None, String::new())
}

/// A server that is busy, or thinks that we talk to too many at once, may take it later.
fn refusal(code: u16, said: &str) -> Sent {
    match code {
        437 | 439 | 480 | 707 => Sent::new(AttemptOutcome::Failed, Some(code), String::new())
            .with_reason(format!("the server does not take it yet: {code} {said}")),
        _ => Sent::new(AttemptOutcome::Refused, Some(code), String::new())
            .with_reason(format!("the server refuses it: {code} {said}")),
    }
}

impl Item {
    pub(super) fn end(self, sent: Sent) {
        // Who asked may have gone meanwhile.
        let _ = self.reply.send(sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(target: &str, lines: &[&str]) -> (Item, oneshot::Receiver<Sent>) {
        let (reply, ended) = oneshot::channel();
        (Item { target: target.into(), lines: lines.iter().map(|&line| line.to_owned()).collect(), reply }, ended)
    }

    #[test]
    fn targets_take_turns_and_keep_their_order() {
        let mut outbox = Outbox::default();
        let said = [("#a", ["1", "2"]), ("#a", ["3", "4"]), ("#b", ["5", "6"]), ("#c", ["7", "8"])];
        let _ended: Vec<_> = said
            .iter()
            .map(|(target, lines)| {
                let (item, ended) = item(target, lines);
                outbox.say(item);
                ended
            })
            .collect();
        let order: Vec<String> = std::iter::from_fn(|| outbox.next_line()).collect();
        assert_eq!(order, ["1", "5", "7", "2", "6", "8", "3", "4"]);
    }

    #[test]
    fn a_target_change_that_is_too_fast_is_tried_again() {
        for (code, outcome) in [
            (439, AttemptOutcome::Failed),
            (707, AttemptOutcome::Failed),
            (401, AttemptOutcome::Refused),
            (404, AttemptOutcome::Refused),
        ] {
            let mut outbox = Outbox::default();
            let ((first, mut refused), (second, mut taken)) = (item("ada", &["1"]), item("bob", &["2"]));
            outbox.say(first);
            outbox.say(second);
            while outbox.next_line().is_some() {}
            let question = outbox.question(Instant::now()).unwrap();
            outbox.refused("ada", (code, "no"));
            outbox.answered(question.trim_start_matches("PING :"));
            assert_eq!(refused.try_recv().unwrap().outcome, outcome, "{code}");
            assert_eq!(taken.try_recv().unwrap().outcome, AttemptOutcome::Done);
        }
    }

    #[test]
    fn a_refusal_in_the_middle_ends_the_rest_of_it_alone() {
        let mut outbox = Outbox::default();
        let ((first, mut refused), (second, _ended)) = (item("#a", &["1", "2", "3"]), item("#a", &["4"]));
        outbox.say(first);
        outbox.say(second);
        assert_eq!(outbox.next_line().as_deref(), Some("1"));
        outbox.refused("#a", (404, "no"));
        assert_eq!(refused.try_recv().unwrap().outcome, AttemptOutcome::Refused);
        assert_eq!((outbox.next_line().as_deref(), outbox.next_line()), (Some("4"), None));
    }

    #[test]
    fn what_was_begun_is_unknown_and_the_rest_may_be_sent_again() {
        let mut outbox = Outbox::default();
        let mut ended: Vec<_> = [("#a", vec!["1", "2"]), ("#a", vec!["3"]), ("#b", vec!["4"]), ("#c", vec!["5"])]
            .iter()
            .map(|(target, lines)| {
                let (item, ended) = item(target, lines);
                outbox.say(item);
                ended
            })
            .collect();
        outbox.next_line();
        outbox.next_line();
        outbox.lose("killed", Wait::Until(crate::model::Millis(1)));
        let outcomes: Vec<_> = ended.iter_mut().map(|ended| ended.try_recv().unwrap().outcome).collect();
        let (unknown, failed) = (AttemptOutcome::Unknown, AttemptOutcome::Failed);
        assert_eq!(outcomes, [unknown, failed, unknown, failed]);
    }

    #[test]
    fn what_the_server_never_confirms_ends() {
        let mut outbox = Outbox::default();
        let (said, mut ended) = item("#a", &["1"]);
        outbox.say(said);
        outbox.next_line();
        assert!(outbox.question(Instant::now()).is_some());
        outbox.not_answered();
        assert_eq!(ended.try_recv().unwrap().outcome, AttemptOutcome::Unknown);
        assert_eq!((outbox.asked_at(), outbox.question(Instant::now())), (None, None));
    }
}
