//! What reporters share that tell forges (GitHub, GitLab, Bitbucket, Gerrit and their kin) how a commit fares.
//!
//! The way of such a reporter: [`request_start_end`] or [`start_end`] are its generators, [`subscriptions`] what they
//! want to be told, [`first_report`] the one report that an event makes; a [`StateTable`] says what the forge calls
//! the [`Stage`] that it is at. Then one status for each source stamp ([`Report::source_stamps`]): [`Repository`] and
//! [`commit`] say where, and [`Statuses`] makes deliveries of them in the right order.
//!
//! [`Report::source_stamps`]: crate::generators::Report::source_stamps
//!
//! Not here: the requests themselves, which are each forge's own.

mod bitbucket;
mod encode;
mod inquiry;
mod marker;
mod moments;
mod named;
mod patch_sets;
mod pull_request;
mod repository;
mod shorten;
mod source;
mod stage;
mod statuses;
mod table;

pub use bitbucket::BITBUCKET_STATES;
pub use encode::segment;
pub use inquiry::Held;
pub use inquiry::Inquiry;
pub use marker::marker;
pub use moments::first_report;
pub use moments::problems;
pub use moments::request_start_end;
pub use moments::said_twice;
pub use moments::start_end;
pub use moments::subscribe;
pub use moments::subscriptions;
pub use moments::text_problems;
pub use named::named;
pub use patch_sets::PatchSet;
pub use patch_sets::patch_sets;
pub use pull_request::pull_request;
pub use repository::Repository;
pub use shorten::shortened;
pub use source::commit;
pub use source::commit_id;
pub use stage::Stage;
pub use statuses::Lane;
pub use statuses::Statuses;
pub use table::StateTable;
