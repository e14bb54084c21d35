//! Answers that end: at the pace of a network, a long one would keep the bot from all else for minutes.

/// Lines of an answer at most, the last of which says what is left out.
const MOST_LINES: usize = 30;
/// What fits into one line of a network, in bytes, behind what stands before it.
const LINE_BYTES: usize = 400;

/// An answer as it grows.
#[derive(Debug, Default)]
pub(super) struct Brief {
    lines: Vec<String>,
    /// Lines of the network.
    used: usize,
    /// Things that did not fit any more.
    left_out: usize,
}

impl Brief {
    /// What stands before the things that are listed.
    pub(super) fn headed(lines: Vec<String>) -> Self {
        Self { used: lines.iter().map(|line| breadth(line)).sum(), lines, left_out: 0 }
    }

    /// One more thing, whole or not at all; behind what did not fit nothing fits.
    pub(super) fn add(&mut self, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<String> = lines.into_iter().collect();
        let used = self.used + lines.iter().map(|line| breadth(line)).sum::<usize>();
        if self.left_out > 0 || used >= MOST_LINES {
            self.left_out += 1;
        } else {
            self.used = used;
            self.lines.extend(lines);
        }
    }

    /// So many more are not even looked at.
    pub(super) fn leave_out(&mut self, count: usize) {
        self.left_out += count;
    }

    /// The answer; its end says how many more there are, and where.
    pub(super) fn text(mut self, whither: &str) -> String {
        if self.left_out > 0 {
            self.lines.push(format!("... and {} more: {whither}", self.left_out));
        }
        self.lines.join("\n")
    }
}

/// Names in one line behind a heading, as many as an answer holds.
pub(super) fn names(heading: &str, names: impl Iterator<Item = String>, whither: &str) -> String {
    let (mut text, mut left_out) = (heading.to_owned(), 0_usize);
    for name in names {
        if left_out > 0 || text.len() + 1 + name.len() > (MOST_LINES - 1) * LINE_BYTES {
            left_out += 1;
        } else {
            text.push(' ');
            text += &name;
        }
    }
    match left_out {
        0 => text,
        count => format!("{text}\n... and {count} more: {whither}"),
    }
}

fn breadth(line: &str) -> usize {
    line.len().div_ceil(LINE_BYTES).max(1)
}
