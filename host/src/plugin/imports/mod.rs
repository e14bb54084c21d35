//! What plugins may ask the host for. All of it only reads.

mod data;
mod helpers;
mod log;
mod state;

use crate::plugin::bindings::change_hook::campanile::reporter::hooks;
use crate::plugin::bindings::wit;
use crate::plugin::state::CallState;

// Interfaces that hold nothing but types.
impl wit::types::Host for CallState {}
impl wit::effects::Host for CallState {}
impl wit::events::Host for CallState {}
impl wit::messages::Host for CallState {}
impl hooks::Host for CallState {}
