//! Campanile: a host for CI notifications.
pub mod model;
pub mod transport;
