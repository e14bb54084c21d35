//! Shows how a build stands, and says when the host goes away and comes back.

use super::recorder::Recorder;
use super::screen::Screen;
use super::screen::Standing;
use super::sender::Sent;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How often the line on a terminal is written anew.
const ANEW: Duration = Duration::from_millis(200);

/// Ends with the value.
pub(super) struct Progress {
    step: watch::Sender<String>,
    task: JoinHandle<()>,
}

impl Progress {
    pub(super) fn start(
        screen: &Arc<Screen>,
        (builder, sent): (&str, watch::Receiver<Sent>),
        recorder: &Arc<Recorder>,
    ) -> Self {
        let step = watch::Sender::new(String::new());
        let show = Show {
            screen: Arc::clone(screen),
            builder: builder.to_owned(),
            recorder: Arc::clone(recorder),
            step: step.subscribe(),
            began: Instant::now(),
        };
        Self { step, task: tokio::spawn(show.run(sent)) }
    }

    /// Another step runs.
    pub(super) fn step(&self, name: &str) {
        self.step.send_replace(name.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Show {
    screen: Arc<Screen>,
    builder: String,
    recorder: Arc<Recorder>,
    step: watch::Receiver<String>,
    began: Instant,
}

impl Show {
    async fn run(self, mut sent: watch::Receiver<Sent>) {
        let mut was_away = sent.borrow().away.is_some();
        loop {
            tokio::select! {
                changed = sent.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(ANEW), if self.screen.is_terminal() => {}
            }
            let now = sent.borrow_and_update().clone();
            match (&now.away, was_away) {
                (Some(why), false) => self.screen.say(&format!("{why}; the command runs on, and its lines wait")),
                (None, true) => self.screen.say("the host is back"),
                (Some(_), true) | (None, false) => {}
            }
            was_away = now.away.is_some();
            self.show(&now);
        }
    }

    fn show(&self, sent: &Sent) {
        let step = self.step.borrow().clone();
        let number = sent.number.map(|number| format!(" #{number}")).unwrap_or_default();
        self.screen.show(&Standing {
            build: &format!("{}{number}", self.builder),
            step: &step,
            elapsed: self.began.elapsed(),
            lines: self.recorder.lines_so_far(),
            sent: sent.lines,
            away: sent.away.is_some(),
        });
    }
}
