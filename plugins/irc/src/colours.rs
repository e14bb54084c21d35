//! Results in colour, as mIRC has them.

use campanile_sdk::prelude::*;

/// The text in the colour of a result.
pub(crate) fn coloured(text: &str, results: Results, use_colours: bool) -> String {
    match (use_colours, text.starts_with(|first: char| first.is_ascii_digit())) {
        (false, _) => text.to_owned(),
        (true, false) => format!("\u{3}{}{text}\u{f}", colour(results)),
        // A colour has two digits at most: with one, the text's first would be taken for its second.
        (true, true) => format!("\u{3}{:02}{text}\u{f}", colour(results)),
    }
}

fn colour(results: Results) -> u8 {
    match results {
        Results::Success => 3,
        Results::Warnings => 8,
        Results::Failure => 4,
        Results::Skipped => 12,
        Results::Exception => 6,
        Results::Retry => 11,
        Results::Cancelled => 13,
    }
}
