//! Campanile: a host for CI notifications.
//!
//! A CI system reports into a data API that speaks Buildbot's REST v2; reporters, sandboxed WebAssembly components,
//! turn what happened into effects; the host makes them happen, durably. ARCHITECTURE.md draws the floors.

pub mod api;
pub mod app;
pub mod bus;
pub mod cli;
pub mod config;
pub mod data;
pub mod dispatch;
pub mod model;
pub mod plugin;
pub mod store;
pub mod transport;
