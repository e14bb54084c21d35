//! Who may do what: the tokens that are known, who a request comes from, and what a route asks of them.
//!
//! Before the first token is made the host listens on loopback only, and whoever reaches it may do everything. From the
//! first token on everybody needs one, on loopback too; reading alone can stay open (`[server] anonymous_read`).
//!
//! Not here: which route needs what (`routes`), where tokens are kept (`store`).

mod caller;
mod gate;
mod host_name;
mod tokens;

pub(super) use caller::Caller;
pub(super) use caller::Doorkeeper;
pub(super) use gate::Access;
pub(super) use gate::Bounds;
pub(super) use gate::Gate;
pub(super) use gate::Gathered;
pub(super) use gate::Pace;
pub(super) use gate::Tone;
pub(super) use gate::pass;
pub(super) use host_name::Misnamed;
pub use tokens::TokenError;
pub use tokens::Tokens;
pub use tokens::fresh as fresh_token;
