//! Generators from the outside.
