//! What nearly every plugin needs, for `use campanile_sdk::prelude::*`.
//!
//! Not here: what is needed once in a while ([`contract`](crate::contract)), and what only tests need
//! ([`testing`](crate::testing)).

pub use crate::AddressLookup;
pub use crate::ChangeHook;
pub use crate::Config;
pub use crate::Context;
pub use crate::Host;
pub use crate::MessageFormatter;
pub use crate::PluginHost;
pub use crate::PreviousBuild;
pub use crate::Reporter;
pub use crate::ReviewCallbacks;
pub use crate::contract::About;
pub use crate::contract::Answer;
pub use crate::contract::BodyKind;
pub use crate::contract::BuildReport;
pub use crate::contract::Delivery;
pub use crate::contract::Effect;
pub use crate::contract::Event;
pub use crate::contract::EventBody;
pub use crate::contract::Failure;
pub use crate::contract::Fetched;
pub use crate::contract::Formatted;
pub use crate::contract::Grounds;
pub use crate::contract::HookOutcome;
pub use crate::contract::HookRequest;
pub use crate::contract::HttpRequest;
pub use crate::contract::Id;
pub use crate::contract::Level;
pub use crate::contract::Message;
pub use crate::contract::NewChange;
pub use crate::contract::Problem;
pub use crate::contract::Results;
pub use crate::contract::Subscription;
pub use crate::contract::Want;
pub use crate::text::literal;
pub use crate::text::secret;
