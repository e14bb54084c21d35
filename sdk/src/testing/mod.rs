//! Tests of plugins: given these settings, this event and this data, expect these effects.
//!
//! The plugin runs natively, through the same path as in a component: settings are JSON, what it asks comes from
//! tables that the test fills. What a test does not set has the values of one sample site: title `Acme CI` at
//! `https://ci.example/`, build 21, which is number 1 of its builder.
//!
//! Everything here panics where a test should fail.

mod builds;
mod given;
mod hooked;
mod others;
mod outcomes;
mod samples;

pub use builds::GivenBuild;
pub use builds::a_build;
pub use given::Given;
pub use hooked::a_hook_request;
pub use hooked::came_back;
pub use others::a_cancelled_request;
pub use others::a_chat_message;
pub use others::a_complete_buildset;
pub use others::a_missing_worker;
pub use others::a_new_request;
pub use others::a_request_that_ended;
pub use outcomes::commands;
pub use outcomes::deliveries;
pub use outcomes::mails;
pub use outcomes::only_delivery;
pub use outcomes::only_mail;
pub use outcomes::posted;
pub use outcomes::requests;
pub use outcomes::said;
pub use outcomes::skipped;
pub use outcomes::words;
