//! The set-up of all end-to-end tests: a running host with a temporary store, real components and loopback servers.
//!
//! Not here: what is tested (`it/`), what is measured (`bench/`), and the servers (`campanile-sinks`).

mod acme;
pub mod buildbot;
mod filled;
mod gerrit;
mod greylist;
mod host;
pub mod inspircd;
mod irc_person;
mod irc_script;
mod journal;
pub mod listening;
pub mod ngircd;
pub mod postfix;
mod process;
mod program;
mod project;
mod recorded;
mod second_opinion;
mod setup;
mod sshd;
mod story;

pub use acme::AcmeBuild;
pub use acme::BUILD_URL;
pub use acme::REQUEST_URL;
pub use acme::acme_source;
pub use gerrit::gerrit;
pub use greylist::Greylist;
pub use host::TestHost;
pub use irc_person::Heard;
pub use irc_person::Person;
pub use irc_script::ScriptedIrc;
pub use journal::logged;
pub use process::Ended;
pub use process::ProcessHost;
pub use process::binary as program_path;
pub use process::campanile;
pub use process::campanile_in;
pub use process::campanile_with;
pub use program::Program;
pub use project::Project;
pub use recorded::play;
pub use second_opinion::SecondOpinion;
pub use setup::Setup;
pub use setup::plugin_file;
pub use sshd::Key;
pub use sshd::Sshd;
pub use story::Finished;
pub use story::finished_build;
