//! `[www]`: pages that are served next to the API.

use serde::Deserialize;
use std::path::PathBuf;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Www {
    /// The folder with `index.html`. Absent: no pages.
    pub directory: Option<PathBuf>,
}
