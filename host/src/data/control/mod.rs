//! What may be asked of the CI system: by people, over HTTP (`ask`), and by reporters (`apply`). Both share the acts.
//!
//! What concerns rows alone is done at once: a request that nobody claimed is cancelled, a scheduler switched off, a
//! build asked for. The rest is an event `control/…`, which a CI engine follows.

mod acts;
mod ask;
mod forced;
mod poke;
mod target;

pub use ask::Ask;
pub use ask::ControlError;

pub use poke::PokeError;
pub use poke::poke;

use super::updates::Update;
use super::updates::UpdateError;
use crate::model::*;
use crate::store::Tx;
use serde_json::Value;
use serde_json::json;

/// Writes the rows and events of what a reporter asks for, and returns what came of it.
pub fn apply(tx: &mut Tx<'_>, now: Timestamp, control: &Control) -> Result<Value, UpdateError> {
    match control {
        Control::Force(force) => Update::AddBuildset(forced::by_chat(force)?).apply(tx, now),
        Control::Stop { build, reason } => acts::stop(tx, now, *build, reason),
        Control::Shutdown(shutdown) => {
            let verb = match shutdown {
                Shutdown::Start => "start",
                Shutdown::Cancel => "cancel",
                Shutdown::Now => "now",
            };
            acts::tell(tx, now, format!("control/shutdown/{verb}"), &json!({}))
        }
        Control::Other(_) => {
            Err(UpdateError::Invalid { param: "control", message: "this host does not know that request".to_owned() })
        }
    }
}
