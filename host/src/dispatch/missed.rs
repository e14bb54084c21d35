//! What was not said in a chat in time, or was cut off: one line for each target says how much it was.
//!
//! It is a delivery as any other, written in the transaction that settles what is lost.

use crate::model::AttemptOutcome;
use crate::model::DeliveryId;
use crate::model::DeliveryState;
use crate::model::IrcAction;
use crate::model::IrcVerb;
use crate::model::Message;
use crate::model::Millis;
use crate::store::DeliveryRow;
use crate::store::Settlement;
use crate::store::StoreError;
use crate::store::Tx;
use sha2::Digest;
use sha2::Sha256;
use std::collections::HashMap;

/// How such a line's key begins; the counts follow, so that a line that is not said either is counted with what it told of.
const KEY: &str = "missed/";

/// The line that was owed before takes part in the newer one.
const REPLACE: &str = "missed";

/// Such a line is worth saying for so long, in milliseconds.
const TTL: i64 = 30 * 60 * 1000;

/// One delivery for each target of those that have expired, or of which nobody knows whether they were said.
pub(super) fn summaries(lost: &[DeliveryRow], now: Millis) -> Vec<DeliveryRow> {
    let mut missed: Vec<Missed<'_>> = Vec::new();
    // 1,000 channels may have missed something.
    let mut places: HashMap<(&str, String), usize> = HashMap::new();
    for row in lost {
        let Some((action, count)) = said(row) else { continue };
        match places.get(&(row.bucket.as_str(), action.target.clone())) {
            Some(&at) => missed[at] = Missed { row, action, count: missed[at].count.and(count) },
            None => {
                places.insert((row.bucket.as_str(), action.target.clone()), missed.len());
                missed.push(Missed { row, action, count });
            }
        }
    }
    missed.into_iter().filter_map(|missed| missed.summary(now)).collect()
}

/// Settles an attempt. What may have been cut off by its end is told of where it was to be said.
pub(super) fn settle(tx: &mut Tx<'_>, settlement: &Settlement) -> Result<bool, StoreError> {
    if !tx.settle(settlement)? {
        return Ok(false);
    }
    if settlement.outcome == AttemptOutcome::Unknown && settlement.next == DeliveryState::Dead {
        let cut_off = tx.delivery(settlement.deliveryid)?;
        tx.stand_in(cut_off.into_iter().collect(), summaries, settlement.at)?;
    }
    Ok(true)
}

/// How many messages a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    unsaid: u64,
    /// Begun, and perhaps said.
    cut_off: u64,
}

impl Count {
    fn and(self, other: Self) -> Self {
        Self { unsaid: self.unsaid + other.unsaid, cut_off: self.cut_off + other.cut_off }
    }

    fn of_key(key: &str) -> Option<Self> {
        let (unsaid, cut_off) = key.strip_prefix(KEY)?.split_once('+')?;
        Some(Self { unsaid: unsaid.parse().ok()?, cut_off: cut_off.parse().ok()? })
    }

    fn key(self) -> String {
        format!("{KEY}{}+{}", self.unsaid, self.cut_off)
    }

    fn text(self) -> String {
        let unsaid = match self.unsaid {
            1 => "1 message was not said".to_owned(),
            unsaid => format!("{unsaid} messages were not said"),
        };
        let cut_off = match self.cut_off {
            1 => "1 message may have been cut off".to_owned(),
            cut_off => format!("{cut_off} messages may have been cut off"),
        };
        match self {
            Self { cut_off: 0, .. } => format!("while I was away {unsaid}"),
            Self { unsaid: 0, .. } => format!("while I was away {cut_off}"),
            Self { .. } => format!("while I was away {unsaid}, and {cut_off}"),
        }
    }
}

/// What a target did not get: the last of it, and how much it was.
struct Missed<'r> {
    row: &'r DeliveryRow,
    action: IrcAction,
    count: Count,
}

impl Missed<'_> {
    fn summary(self, now: Millis) -> Option<DeliveryRow> {
        let Self { row, action, count } = self;
        let verb = if action.verb == IrcVerb::Act { IrcVerb::Say } else { action.verb };
        let message = serde_json::to_string(&Message::Irc(IrcAction { text: count.text(), verb, ..action })).ok()?;
        Some(DeliveryRow {
            deliveryid: DeliveryId(0),
            uid: uid(row),
            key: count.key(),
            replace: Some(REPLACE.to_owned()),
            receipt: false,
            state: DeliveryState::Ready,
            reason: None,
            tries: 0,
            epoch: 0,
            created_at: now,
            due_at: now,
            ttl: TTL,
            expires_at: now.plus(TTL),
            settled_at: None,
            message,
            ..row.clone()
        })
    }
}

/// What was to be said, and for how many messages it stands.
fn said(row: &DeliveryRow) -> Option<(IrcAction, Count)> {
    if row.transport != "irc" {
        return None;
    }
    let Ok(Message::Irc(action)) = serde_json::from_str(&row.message) else { return None };
    match action.verb {
        IrcVerb::Say | IrcVerb::Notice | IrcVerb::Act => {
            let itself = match row.state {
                DeliveryState::Dead => Count { unsaid: 0, cut_off: 1 },
                _ => Count { unsaid: 1, cut_off: 0 },
            };
            Some((action, Count::of_key(&row.key).unwrap_or(itself)))
        }
        IrcVerb::Join | IrcVerb::Leave => None,
    }
}

/// Of the last one, so that it is another one each time.
fn uid(row: &DeliveryRow) -> String {
    let digest = Sha256::digest(format!("missed {}", row.uid));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ReporterName;
    use crate::model::Seq;

    fn row(id: i64, key: &str, (verb, target): (IrcVerb, &str)) -> DeliveryRow {
        let (connection, text) = ("c".to_owned(), "t".to_owned());
        let message = Message::Irc(IrcAction { connection, verb, target: target.to_owned(), text });
        DeliveryRow {
            deliveryid: DeliveryId(id),
            uid: id.to_string(),
            reporter: ReporterName("r".to_owned()),
            seq: Seq(1),
            key: key.to_owned(),
            transport: "irc".to_owned(),
            destination: "irc://h:1/r/c".to_owned(),
            bucket: "irc://h:1/r/c".to_owned(),
            lane: Some(target.to_owned()),
            replace: None,
            resend: "\"blind\"".to_owned(),
            receipt: true,
            state: DeliveryState::Expired,
            reason: Some("late".to_owned()),
            tries: 2,
            epoch: 2,
            created_at: Millis(0),
            due_at: Millis(0),
            ttl: 1,
            expires_at: Millis(1),
            settled_at: Some(Millis(2)),
            message: serde_json::to_string(&message).unwrap(),
        }
    }

    #[test]
    fn one_line_for_each_target_says_how_much_it_was() {
        let expired = [
            row(1, "a", (IrcVerb::Notice, "#a")),
            row(2, "b", (IrcVerb::Act, "#b")),
            row(3, "missed/16+2", (IrcVerb::Notice, "#a")),
            row(4, "c", (IrcVerb::Join, "#c")),
        ];
        let summaries = summaries(&expired, Millis(5));
        let told: Vec<(&str, &str, bool)> =
            summaries.iter().map(|row| (row.key.as_str(), row.message.as_str(), row.receipt)).collect();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].0, told[0].2), ("missed/17+2", false));
        let text = "while I was away 17 messages were not said, and 2 messages may have been cut off";
        assert!(told[0].1.contains(text) && told[0].1.contains("notice"), "{told:?}");
        assert!(
            told[1].1.contains("while I was away 1 message was not said\"") && told[1].1.contains("say"),
            "{told:?}"
        );
        assert!(summaries[0].uid != summaries[1].uid && summaries[0].expires_at == Millis(5 + TTL));
    }
    #[test]
    fn what_was_begun_is_told_apart() {
        let cut_off = DeliveryRow { state: DeliveryState::Dead, ..row(1, "a", (IrcVerb::Say, "#a")) };
        let told = summaries(&[cut_off], Millis(5));
        assert!(told[0].message.contains("while I was away 1 message may have been cut off"), "{told:?}");
    }
}
