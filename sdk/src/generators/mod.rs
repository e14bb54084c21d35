//! Whether to report: what Buildbot's generators decide before they format anything.

mod filters;
mod modes;

pub use filters::Filters;
pub use modes::Mode;
pub use modes::Modes;
