//! Results in colour, as mIRC has them.

use campanile_sdk::prelude::*;

/// The text in the colour of a result.
pub(crate) fn coloured(text: &str, results: Results, use_colours: bool) -> String {
    if use_colours { format!("\u{3}{}{text}\u{f}", colour(results)) } else { text.to_owned() }
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
