//! Campanile: a host for CI notifications.
pub mod data;
pub mod model;
pub mod plugin;
