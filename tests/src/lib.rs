//! (being written)

pub mod postfix;
