//! Questions about resources: which fields a resource has and where they stand, and how a question becomes one statement
//! whose rows go straight into JSON text.
//!
//! Each resource is data ([`Resource`]): its fields, and the keys by which it is looked for. A [`Query`] is typed by
//! these, so that what reaches SQL is either a text of this folder or a bound parameter.
//!
//! Not here: paths and parameters (`data::endpoints`); the verbs that update methods and reports read by.

mod builds;
mod compile;
mod configured;
mod expression;
mod field;
mod filter;
mod json;
mod resource;
mod select;
mod sources;

pub use builds::BUILD;
pub use builds::BUILD_DATA;
pub use builds::BUILD_PROPERTY;
pub use builds::BUILDREQUEST;
pub use builds::BUILDSET;
pub use builds::BUILDSET_PROPERTY;
pub use builds::LOG;
pub use builds::ORDER;
pub use builds::STEP;
pub use configured::BUILDER;
pub use configured::CHANGESOURCE;
pub use configured::FORCESCHEDULER;
pub use configured::MASTER;
pub use configured::PROJECT;
pub use configured::SCHEDULER;
pub use configured::WORKER;
pub use field::Field;
pub use field::Kind;
pub use filter::Filter;
pub use filter::Test;
pub use filter::Values;
pub use resource::Resource;
pub use select::Direction;
pub use select::Page;
pub use select::Query;
pub use select::Selection;
pub use select::WantedProperties;
pub use sources::CHANGE;
pub use sources::CHANGE_PROPERTY;
pub use sources::PATCH;
pub use sources::SOURCESTAMP;
pub use sources::USER;
