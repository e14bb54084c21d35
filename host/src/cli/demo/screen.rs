//! The terminal: a line for what came in, a frame for what went out. Colours only where somebody looks at them.

use super::letter;
use super::story::Line;
use std::env;
use std::io::IsTerminal;
use std::io::Write;
use std::io::stdout;
use std::time::Instant;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Quiet,
    Good,
    Doubtful,
    Bad,
    Mail,
}

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Quiet => "2",
            Self::Good => "32",
            Self::Doubtful => "33",
            Self::Bad => "31",
            Self::Mail => "36",
        }
    }
}

pub(super) struct Screen {
    begun: Instant,
    coloured: bool,
}

impl Screen {
    pub(super) fn new() -> Self {
        // https://no-color.org: set to anything but nothing.
        let unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self { begun: Instant::now(), coloured: stdout().is_terminal() && !unwanted }
    }

    /// A remark of the demo's own.
    pub(super) fn say(&self, text: &str) {
        self.put(&format!("{text}\n"));
    }

    /// Something came in.
    pub(super) fn came_in(&self, line: &Line) {
        let text = self.paint(line.tone, &format!("{:<9} {}", line.who, line.text));
        self.put(&format!("{:6.1} s  {text}\n", self.begun.elapsed().as_secs_f64()));
    }

    /// A mail went out: all of it, as its reader sees it.
    pub(super) fn went_out(&self, number: usize, to: &str, mail: &str) {
        let edge = self.paint(Tone::Mail, "│");
        let mut framed = self.paint(Tone::Mail, &format!("┌ mail {number} to {to}")) + "\n";
        for line in letter::readable(mail).trim_end().lines() {
            framed += format!("{edge} {line}").trim_end();
            framed += "\n";
        }
        framed += &self.paint(Tone::Mail, "└");
        self.put(&(framed + "\n"));
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        match tone {
            _ if !self.coloured => text.to_owned(),
            Tone::Plain => text.to_owned(),
            tone => format!("\x1b[{}m{text}\x1b[0m", tone.code()),
        }
    }

    /// In one piece: mails arrive while builds go on.
    fn put(&self, text: &str) {
        // When nobody reads any more (`| head`), the demo goes on: its exit code still says something.
        stdout().lock().write_all(text.as_bytes()).unwrap_or_default();
    }
}
