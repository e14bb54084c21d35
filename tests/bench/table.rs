//! The table at the end: a figure, its limit, how they relate, and what was aimed at.

/// What a ratio is meant to be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// Told only.
    None,
}

pub(crate) struct Row {
    what: String,
    figure: String,
    limit: String,
    ratio: Option<f64>,
    goal: Goal,
}

impl Row {
    /// A figure with a limit; `ratio` says how they relate.
    pub(crate) fn new(what: &str, figure: String, (limit, ratio): (String, f64), goal: Goal) -> Self {
        Self { what: what.to_owned(), figure, limit, ratio: Some(ratio), goal }
    }

    /// A figure by itself.
    pub(crate) fn told(what: &str, figure: String) -> Self {
        Self { what: what.to_owned(), figure, limit: String::new(), ratio: None, goal: Goal::None }
    }

    fn cells(&self) -> [String; 6] {
        let (goal, reached) = match (self.goal, self.ratio) {
            (Goal::AtLeast(goal), Some(ratio)) => (format!(">= {goal}"), yes(ratio >= goal)),
            (Goal::AtMost(goal), Some(ratio)) => (format!("<= {goal}"), yes(ratio <= goal)),
            (Goal::AtLeast(_) | Goal::AtMost(_) | Goal::None, _) => (String::new(), ""),
        };
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        [self.what.clone(), self.figure.clone(), self.limit.clone(), ratio, goal, reached.to_owned()]
    }
}

fn yes(reached: bool) -> &'static str {
    if reached { "yes" } else { "NO" }
}

/// As Markdown, for `docs/performance.md`.
pub(crate) fn print(rows: &[Row]) {
    let head = ["what", "figure", "limit", "ratio", "goal", "reached"].map(str::to_owned);
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    for (number, line) in lines.iter().enumerate() {
        let cells: Vec<String> = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}")).collect();
        println!("| {} |", cells.join(" | "));
        if number == 0 {
            let rules: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
            println!("|-{}-|", rules.join("-|-"));
        }
    }
}

/// `12,345/s`.
pub(crate) fn per_second(rate: f64) -> String {
    let digits = format!("{rate:.0}");
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).expect("digits")).collect();
    format!("{}/s", groups.join(","))
}

/// `34.5 µs`, `1.2 ms`.
pub(crate) fn seconds(time: f64) -> String {
    if time < 0.001 { format!("{:.1} µs", time * 1e6) } else { format!("{:.2} ms", time * 1e3) }
}
