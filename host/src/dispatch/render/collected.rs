//! What a stretch of calls has collected for its commit, and how long it may become.

use crate::dispatch::effects::Origin;
use crate::dispatch::effects::Written;
use crate::dispatch::trial;
use crate::model::Effect;
use crate::plugin::Overlay;
use crate::plugin::Reporter;
use crate::store::InboxItem;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

/// Calls between two commits, the bytes of what they returned, and how long what the first of them made waits while there
/// is more to do.
const STRETCH: usize = 256;
const STRETCH_BYTES: usize = 8 * 1024 * 1024;
const STRETCH_TIME: Duration = Duration::from_millis(5);

/// What a stretch has collected for its commit.
pub(super) struct Collected {
    pub(super) written: Written,
    pub(super) overlay: Arc<Overlay>,
    pub(super) taken: Vec<InboxItem>,
    pub(super) calls: usize,
    /// When the first call returned.
    since: Option<Instant>,
}

impl Collected {
    pub(super) fn of(identity: &Arc<str>) -> Self {
        Self { written: Written::of(identity), overlay: Arc::default(), taken: Vec::new(), calls: 0, since: None }
    }

    /// Whether it is time for a commit, though there is more to do.
    pub(super) fn is_enough(&self) -> bool {
        self.calls >= STRETCH
            || self.written.bytes() > STRETCH_BYTES
            || self.since.is_some_and(|since| since.elapsed() >= STRETCH_TIME)
    }
    /// What a call returned.
    pub(super) fn add(&mut self, reporter: &Reporter, origin: &Origin, effects: Vec<Effect>) {
        let effects = match &origin.trial {
            Some(trial) => trial::marked(effects, trial),
            None => effects,
        };
        remember(&mut self.overlay, &effects);
        self.written.add(reporter, origin, effects);
    }

    /// One more call was made, for what it took from the inbox.
    pub(super) fn called(&mut self, taken: impl IntoIterator<Item = InboxItem>) {
        self.taken.extend(taken);
        self.calls += 1;
        self.since.get_or_insert_with(Instant::now);
    }
}

fn remember(overlay: &mut Arc<Overlay>, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Remember { key, value } = effect {
            Arc::make_mut(overlay).insert(key.clone(), value.clone());
        }
    }
}
