//! The reporter from the outside: given settings and an event, expect a mail.
//!
//! Not here: the rules that mail shares with other reporters (modes, filters, default texts), which the SDK tests.

mod attachments;
mod content;
mod delivery;
mod generators;
mod previous;
mod recipients;
mod settings;
mod threads;

use campanile_sdk::testing::Given;
use serde_json::Value;
use serde_json::json;

/// Settings that work, with these on top.
fn given(more: Value) -> Given {
    let mut settings = json!({"fromaddr": "ci@example.org", "extraRecipients": ["builds@example.org"]});
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), more) {
        settings.extend(more);
    }
    Given::settings(settings)
}
