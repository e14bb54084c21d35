//! Something that happened: immutable, with a position in the log.

use super::Seq;
use super::Timestamp;
use std::sync::Arc;

/// An event to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The paths it goes by, the first is its own: `builders/3/builds/2/new`, `builds/22/new`, …
    pub topics: Vec<String>,
    /// JSON.
    pub body: String,
}

/// An event of the log.
#[derive(Clone, Debug)]
pub struct Event {
    pub seq: Seq,
    pub at: Timestamp,
    pub topics: Arc<[String]>,
    /// JSON.
    pub body: Arc<str>,
}

impl Event {
    /// What it takes in memory and in the log, about.
    pub fn bytes(&self) -> usize {
        self.body.len() + self.topics.iter().map(String::len).sum::<usize>()
    }
}

/// How much of the log is read at once: so many events and so many bytes, but at least one event.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub events: usize,
    pub bytes: usize,
}

impl Page {
    /// Says of each event in turn whether it still belongs to the page; the first does, however large it is.
    pub fn fill(self) -> impl FnMut(&Event) -> bool {
        let (mut events, mut bytes) = (0, 0);
        move |event| {
            events += 1;
            bytes += event.bytes();
            events == 1 || (events <= self.events && bytes <= self.bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_bounded_by_bytes_and_holds_one_event_at_least() {
        let page = |sizes: &[usize]| {
            let topics: Arc<[String]> = Arc::from(Vec::new());
            let event = |size: &usize| Event {
                seq: Seq(0),
                at: Timestamp(0),
                topics: Arc::clone(&topics),
                body: Arc::from("x".repeat(*size)),
            };
            let events: Vec<Event> = sizes.iter().map(event).collect();
            let mut fits = Page { events: 3, bytes: 10 }.fill();
            events.iter().take_while(|event| fits(event)).count()
        };
        assert_eq!([page(&[]), page(&[1, 1]), page(&[1, 1, 1, 1])], [0, 2, 3]);
        assert_eq!([page(&[5, 5, 1]), page(&[11]), page(&[11, 1]), page(&[1, 10])], [2, 1, 1, 1]);
    }
}
