//! What the host logs while a test runs: an error that nobody expected fails the test.

use std::collections::VecDeque;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use tracing::Event;
use tracing::Level;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

/// The errors so far. One for the process: nextest gives each test a process of its own.
static ERRORS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What was logged last, at any level.
static LINES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// Lines that are kept.
const KEPT: usize = 10_000;

/// Whose lines are kept: the host's, and those of what handles its requests. The compiler of guests writes millions.
const HEARD: [&str; 4] = ["axum", "campanile", "hyper", "tower"];

/// What was logged, of all levels; of very much the end.
pub fn logged() -> String {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

/// Begins to listen.
pub(crate) fn listen() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let shown = tracing_subscriber::fmt::layer()
            .with_test_writer()
            .with_filter(tracing_subscriber::EnvFilter::from_default_env());
        tracing_subscriber::registry().with(Errors).with(shown).init();
    });
}

/// Takes the errors that contain none of `expected`.
pub(crate) fn unexpected(expected: &[String]) -> Vec<String> {
    let errors = std::mem::take(&mut *ERRORS.lock().unwrap_or_else(PoisonError::into_inner));
    errors.into_iter().filter(|error| !expected.iter().any(|part| error.contains(part))).collect()
}

struct Errors;

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (target, level) = (event.metadata().target(), *event.metadata().level());
        if level != Level::ERROR && !HEARD.iter().any(|of| target.starts_with(of)) {
            return;
        }
        let mut line = Line(target.to_owned());
        event.record(&mut line);
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line.0.clone());
        if level == Level::ERROR {
            ERRORS.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
        }
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
