//! Projects: found by name, described.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::numbered;
use super::params;
use crate::model::*;
use crate::store::Names;
use crate::store::ProjectInfo;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

/// The longest slug.
const LONGEST_SLUG: usize = 70;

/// The project of that name; when there is none it is made, or nothing where that is not wanted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindProjectId {
    name: String,
    #[serde(default = "yes")]
    auto_create: bool,
}

fn yes() -> bool {
    true
}

impl Apply for FindProjectId {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        params::name("name", &self.name)?;
        match tx.project_id(&self.name)? {
            None if self.auto_create => {
                let slug = free_slug(tx, &self.name)?;
                Ok(json!(tx.insert_project(&self.name, &slug)?))
            }
            found => Ok(json!(found)),
        }
    }
}

/// The name as an identifier, numbered from 2 when that is taken.
fn free_slug(tx: &mut Tx<'_>, name: &str) -> Result<String, UpdateError> {
    let asked = slug_of(name, LONGEST_SLUG);
    let names = Names::ProjectSlugs;
    if tx.has_name(names, &asked)? { numbered::free(tx, names, (&asked, 2), LONGEST_SLUG) } else { Ok(asked) }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateProjectInfo {
    projectid: ProjectId,
    slug: String,
    #[serde(deserialize_with = "Option::deserialize")]
    description: Option<String>,
    #[serde(alias = "format", deserialize_with = "Option::deserialize")]
    description_format: Option<String>,
    #[serde(alias = "html", deserialize_with = "Option::deserialize")]
    description_html: Option<String>,
}

impl Apply for UpdateProjectInfo {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::project(tx, self.projectid)?;
        if !is_identifier(&self.slug, LONGEST_SLUG) {
            let message = format!(
                "{:?} is no identifier: letters, digits, '.', _ and -, at most {LONGEST_SLUG}, no digit or dot first",
                self.slug
            );
            return Err(UpdateError::invalid("slug", message));
        }
        if let Some(other) = tx.project_by_slug(&self.slug)?.filter(|id| *id != self.projectid) {
            return Err(UpdateError::invalid("slug", format!("{:?} is the slug of project {other}", self.slug)));
        }
        let info = ProjectInfo {
            slug: self.slug,
            description: self.description,
            description_format: self.description_format,
            description_html: self.description_html,
        };
        tx.set_project_info(self.projectid, &info)?;
        let project = params::project(tx, self.projectid)?;
        emit::event(tx, now, vec![format!("projects/{}/update", self.projectid)], &project)?;
        Ok(Value::Null)
    }
}
