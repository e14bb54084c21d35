//! Questions to the data API: which path means what, which parameters narrow it, and Buildbot's envelope around the
//! answer.
//!
//! The paths are data ([`ENDPOINTS`]), and so are the fields of what they give. Not here: SQL (`store::query`), HTTP (`api`).

mod about;
mod answer;
mod endpoint;
mod parameters;
mod pattern;
mod place;
mod question;
mod routes;
mod table;

pub use answer::Answer;
pub use answer::Resources;
pub use endpoint::Endpoint;
pub use endpoint::Gives;
pub use pattern::KeyKind;
pub use pattern::Part;
pub(super) use question::Question;
pub(super) use routes::Routes;
pub use table::ENDPOINTS;
