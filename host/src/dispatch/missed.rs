//! What was not said in a chat in time: one line for each target says how much it was. Pure rules.
//!
//! It is a delivery as any other, written in the transaction that settles what has expired.

use crate::model::DeliveryId;
use crate::model::DeliveryState;
use crate::model::IrcAction;
use crate::model::IrcVerb;
use crate::model::Message;
use crate::model::Millis;
use crate::store::DeliveryRow;
use sha2::Digest;
use sha2::Sha256;

/// How such a line's key begins; the count follows, so that a line that expires is counted with what it told of.
const KEY: &str = "missed/";

/// Such a line is worth saying for so long, in milliseconds.
const TTL: i64 = 30 * 60 * 1000;

/// One delivery for each target of those that have expired.
pub(super) fn summaries(expired: &[DeliveryRow], now: Millis) -> Vec<DeliveryRow> {
    let mut missed: Vec<Missed<'_>> = Vec::new();
    for row in expired {
        let Some((action, count)) = said(row) else { continue };
        match missed.iter_mut().find(|one| one.row.bucket == row.bucket && one.action.target == action.target) {
            Some(one) => *one = Missed { row, action, count: one.count + count },
            None => missed.push(Missed { row, action, count }),
        }
    }
    missed.into_iter().filter_map(|missed| missed.summary(now)).collect()
}

/// What a target did not get: the last of it, and how much it was.
struct Missed<'r> {
    row: &'r DeliveryRow,
    action: IrcAction,
    count: u64,
}

impl Missed<'_> {
    fn summary(self, now: Millis) -> Option<DeliveryRow> {
        let Self { row, action, count } = self;
        let text = match count {
            1 => "while I was away 1 message was not said".to_owned(),
            count => format!("while I was away {count} messages were not said"),
        };
        let verb = if action.verb == IrcVerb::Act { IrcVerb::Say } else { action.verb };
        let message = serde_json::to_string(&Message::Irc(IrcAction { text, verb, ..action })).ok()?;
        Some(DeliveryRow {
            deliveryid: DeliveryId(0),
            uid: uid(row),
            key: format!("{KEY}{count}"),
            replace: None,
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
fn said(row: &DeliveryRow) -> Option<(IrcAction, u64)> {
    if row.transport != "irc" {
        return None;
    }
    let Ok(Message::Irc(action)) = serde_json::from_str(&row.message) else { return None };
    match action.verb {
        IrcVerb::Say | IrcVerb::Notice | IrcVerb::Act => {
            let count = row.key.strip_prefix(KEY).and_then(|count| count.parse().ok()).unwrap_or(1);
            Some((action, count))
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
            row(3, "missed/16", (IrcVerb::Notice, "#a")),
            row(4, "c", (IrcVerb::Join, "#c")),
        ];
        let summaries = summaries(&expired, Millis(5));
        let told: Vec<(&str, &str, bool)> =
            summaries.iter().map(|row| (row.key.as_str(), row.message.as_str(), row.receipt)).collect();
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].0, told[0].2), ("missed/17", false));
        assert!(told[0].1.contains("while I was away 17 messages were not said") && told[0].1.contains("notice"));
        assert!(told[1].1.contains("while I was away 1 message was not said") && told[1].1.contains("say"));
        assert!(summaries[0].uid != summaries[1].uid && summaries[0].expires_at == Millis(5 + TTL));
    }
}
