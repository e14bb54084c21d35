//! Write a Campanile plugin in Rust: a reporter, or a message formatter.
//!
//! A reporter is a function from events to effects: implement [`Reporter`], name the type in [`export!`], build
//! for `wasm32-wasip2`, drop the component into the host's plugins directory. A message formatter is the same
//! with [`MessageFormatter`] and `export!(formatter …)`, [`ReviewCallbacks`] with `export!(callbacks …)`, a lookup of addresses with [`AddressLookup`] and
//! `export!(lookup …)`, a getter of previous builds with [`PreviousBuild`] and `export!(getter …)`, a
//! dialect of change hooks with [`ChangeHook`] and `export!(hook …)`.
//!
//! ```
//! use campanile_sdk::prelude::*;
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     /// Where to post.
//!     #[schemars(extend("x-campanile" = "http-origin"))]
//!     url: String,
//! }
//!
//! struct Ping;
//!
//! impl Reporter for Ping {
//!     const NAME: &'static str = "ping";
//!     const SUMMARY: &'static str = "Posts the number of every finished build";
//!     type Settings = Settings;
//!
//!     fn subscribe(_: &Config<Settings>) -> Result<Vec<Subscription>, Vec<Problem>> {
//!         Ok(vec![Subscription::to("builds/*/finished", Want::empty())])
//!     }
//!
//!     fn handle(config: &Config<Settings>, event: &Event, _: &impl Host) -> Result<Vec<Effect>, Failure> {
//!         let EventBody::Build(report) = &event.body else { return Ok(Vec::new()) };
//!         let request = HttpRequest::post(literal(&config.settings.url))
//!             .json(literal(format!(r#"{{"number": {}}}"#, report.build.number)));
//!         Ok(vec![Delivery::new("ping", Message::Http(request)).into()])
//!     }
//! }
//!
//! campanile_sdk::export!(Ping);
//!
//! // A test is data plus one check.
//! use campanile_sdk::testing::{Given, a_build};
//! let given = Given::settings(serde_json::json!({"url": "https://ci.example/hook"}));
//! let effects = given.effects::<Ping>(&a_build("linux").number(7).finished());
//! assert_eq!(effects.len(), 1);
//! ```
//!
//! What the modules hold: [`generators`] what is reported and when, [`formatters`] what it says, [`message`] the default texts,
//! [`http`] how it is posted, [`forges`] what is told of commits, [`hooks`] what
//! forges tell, [`testing`] a host made of tables, [`contract`] every
//! type of the contract under its own name.
//!
//! Not here: anything that reaches the world. A plugin returns what should be sent; the host sends it.

#![warn(missing_docs)]

#[doc(hidden)]
pub mod bindings;
mod context;
pub mod contract;
mod delivery;
#[doc(hidden)]
pub mod export;
pub mod forges;
pub mod formatters;
pub mod generators;
pub mod hooks;
mod host;
pub mod http;
mod interpolate;
#[cfg(any(target_arch = "wasm32", test))]
#[doc(hidden)]
pub mod memory;
pub mod message;
mod plugin;
pub mod prelude;
mod python;
mod report;
mod results;
mod review;
mod settings;
pub mod testing;
mod text;
mod time;

pub use context::Context;
pub use context::ContextBuild;
pub use context::ContextBuildInfo;
pub use context::ContextBuildset;
pub use context::ContextChange;
pub use context::ContextLog;
pub use context::ContextPatch;
pub use context::ContextSourceStamp;
pub use context::ContextStep;
pub use host::Host;
pub use host::PluginHost;
pub use interpolate::Interpolate;
pub use interpolate::Renderable;
pub use interpolate::Sources;
pub use plugin::AddressLookup;
pub use plugin::ChangeHook;
pub use plugin::Config;
pub use plugin::MessageFormatter;
pub use plugin::PreviousBuild;
pub use plugin::Reporter;
pub use plugin::ReviewCallbacks;
pub use plugin::Site;
pub use settings::OneOrMany;
pub use settings::PluginChoice;
pub use settings::pointer_key;
pub use text::literal;
pub use text::secret;
pub use time::clock_text;
pub use time::duration_text;
pub use time::fuzzy_text;
