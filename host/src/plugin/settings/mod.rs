//! A reporter's settings against its plugin's schema, when the configuration is loaded.
//!
//! Snake and camel spellings of a key are one key, defaults are filled in, all problems are told at once, and what
//! the operator grants by a setting is marked. Pure: no plugin is called.
//!
//! Not here: what the marks allow (`grants`), and whether a value makes sense (`reporting.subscribe`).

mod callbacks;
mod defaults;
mod formatter;
mod hook;
mod marks;
mod named;
mod problems;
mod schema;
mod spelling;
mod walk;

pub use callbacks::CallbacksSetting;
pub use formatter::FormatterPlugin;
pub use formatter::FormatterSetting;
pub(crate) use hook::description as hook_description;
pub(crate) use hook::lax;
pub use marks::Mark;
pub use marks::MarkKind;
pub use named::NamedPlugin;
pub use schema::Checked;
pub use schema::Schema;
