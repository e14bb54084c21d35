//! Campanile: a host for CI notifications.
pub mod bus;
pub mod config;
pub mod data;
pub mod dispatch;
pub mod model;
pub mod plugin;
pub mod store;
pub mod transport;
