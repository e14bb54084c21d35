//! Text that may hold secrets, made of parts.

use crate::contract::Part;
use crate::contract::Text;

/// Text that is just text.
///
/// ```
/// use campanile_sdk::{literal, secret};
/// // The parts of one text stand side by side in a list.
/// let header = [literal("token "), secret("github")].concat();
/// assert_eq!(header.len(), 2);
/// ```
pub fn literal(text: impl Into<String>) -> Text {
    vec![Part::Literal(text.into())]
}

/// The value of the secret of this name. The host puts it in at the last moment; a plugin never sees it.
pub fn secret(name: impl Into<String>) -> Text {
    vec![Part::Secret(name.into())]
}
