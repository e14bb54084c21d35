//! End to end: the running host, and the rules of the house.

mod tidy;
