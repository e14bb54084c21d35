//! What a build of our own is: for which builder, of which sources, with which properties and change.

use super::git;
use super::git::Sources;
use super::journal::Begin;
use super::journal::Origin;
use crate::model::Properties;
use anyhow::Context;
use anyhow::bail;
use clap::Args;
use serde_json::Map;
use serde_json::Value;
use std::path::Path;

/// Who set a property, as it is told.
const SOURCE: &str = "Command line";

/// Fields of a change that may be said; its sources are those of the build.
const FIELDS: [&str; 6] = ["author", "committer", "comments", "category", "revlink", "file"];

/// In place of fields: the commit that is checked out.
const HEAD: &str = "head";

/// What is told of the build.
#[derive(Args)]
pub(super) struct About {
    /// A property of the build; may be said again
    #[arg(long = "property", short = 'p', value_name = "NAME=VALUE", conflicts_with = "follow")]
    properties: Vec<String>,
    /// A change that the build is for: `head`, the commit that is checked out; or its fields author, committer, comments,
    /// category, revlink, file, one each time
    #[arg(long = "change", value_name = "FIELD=VALUE", conflicts_with = "follow")]
    change: Vec<String>,
    /// Why it is built
    #[arg(long, value_name = "TEXT", default_value = "campanile run", conflicts_with = "follow")]
    reason: String,
    /// In place of what git says
    #[arg(long, value_name = "NAME", conflicts_with = "follow")]
    branch: Option<String>,
    /// In place of what git says
    #[arg(long, value_name = "ID", conflicts_with = "follow")]
    revision: Option<String>,
    /// In place of what git says
    #[arg(long, value_name = "URL", conflicts_with = "follow")]
    repository: Option<String>,
    /// In place of what git says
    #[arg(long, value_name = "NAME", conflicts_with = "follow")]
    project: Option<String>,
    /// Ask git nothing
    #[arg(long, conflicts_with = "follow")]
    no_git: bool,
}

impl About {
    /// The beginning of the build.
    pub(super) async fn begin(&self, builder: &str, worker: &str, folder: &Path) -> anyhow::Result<Begin> {
        let properties = self.properties()?;
        let found = if self.no_git { Sources::default() } else { git::sources(folder).await };
        let source: Map<String, Value> = [
            ("branch", self.branch.clone().or(found.branch)),
            ("revision", self.revision.clone().or(found.revision)),
            ("repository", self.repository.clone().or(found.repository)),
            ("project", self.project.clone().or(found.project)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.into())))
        .collect();
        let change = self.change(folder, &source).await?;
        let origin = Origin::Own { reason: self.reason.clone(), source, change };
        Ok(Begin { builder: builder.to_owned(), worker: worker.to_owned(), properties, origin })
    }

    fn properties(&self) -> anyhow::Result<Properties> {
        let one = |text: &String| {
            let (name, value) = pair("--property", text)?;
            Ok((name.to_owned(), (Value::from(value), SOURCE.to_owned())))
        };
        self.properties.iter().map(one).collect()
    }

    async fn change(&self, folder: &Path, source: &Map<String, Value>) -> anyhow::Result<Option<Map<String, Value>>> {
        if self.change.is_empty() {
            return Ok(None);
        }
        let mut change = Map::new();
        if self.change.iter().any(|text| text == HEAD) {
            let head = git::head(folder).await;
            change = head.with_context(|| format!("--change head: git knows no commit in {}", folder.display()))?;
        }
        let mut files = Vec::new();
        for text in self.change.iter().filter(|text| *text != HEAD) {
            let (name, value) = pair("--change", text)?;
            match name {
                "file" => files.push(Value::from(value)),
                known if FIELDS.contains(&known) => {
                    change.insert(known.to_owned(), value.into());
                }
                other => bail!("--change: a change has no field {other:?}; say head, or one of {}", FIELDS.join(", ")),
            }
        }
        if !files.is_empty() {
            change.insert("files".to_owned(), files.into());
        }
        // The same sources, so that the change is found among those of the build.
        change.extend(source.clone());
        Ok(Some(change))
    }
}

fn pair<'t>(flag: &str, text: &'t str) -> anyhow::Result<(&'t str, &'t str)> {
    let found = text.split_once('=').filter(|(name, _)| !name.is_empty());
    found.with_context(|| format!("{flag} {text:?} is not NAME=VALUE"))
}
