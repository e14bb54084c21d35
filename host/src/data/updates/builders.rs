//! Builders: found by name, described, configured by masters.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::params;
use crate::model::*;
use crate::store::BuilderInfo;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeSet;

/// The builder of that name, made when there is none.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindBuilderId {
    name: String,
}

impl Apply for FindBuilderId {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        Ok(json!(find(tx, &self.name)?))
    }
}

fn find(tx: &mut Tx<'_>, name: &str) -> Result<BuilderId, UpdateError> {
    params::name("name", name)?;
    match tx.builder_id(name)? {
        Some(id) => Ok(id),
        None => Ok(tx.insert_builder(name)?),
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBuilderInfo {
    builderid: BuilderId,
    #[serde(deserialize_with = "Option::deserialize")]
    description: Option<String>,
    #[serde(alias = "format", deserialize_with = "Option::deserialize")]
    description_format: Option<String>,
    #[serde(alias = "html", deserialize_with = "Option::deserialize")]
    description_html: Option<String>,
    #[serde(deserialize_with = "Option::deserialize")]
    projectid: Option<ProjectId>,
    tags: Vec<String>,
}

impl Apply for UpdateBuilderInfo {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::builder(tx, self.builderid)?;
        if let Some(project) = self.projectid {
            params::project(tx, project)?;
        }
        let info = BuilderInfo {
            description: self.description,
            description_format: self.description_format,
            description_html: self.description_html,
            projectid: self.projectid,
            tags: self.tags,
        };
        tx.set_builder_info(self.builderid, &info)?;
        let builder = params::builder(tx, self.builderid)?;
        emit::event(tx, now, vec![format!("builders/{}/update", self.builderid)], &builder)?;
        Ok(Value::Null)
    }
}

/// The builders that a master configures now: `started` for those that came, `stopped` for those that went.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateBuilderList {
    masterid: MasterId,
    #[serde(rename = "builderNames", alias = "names")]
    builder_names: Vec<String>,
}

impl Apply for UpdateBuilderList {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::master(tx, self.masterid)?;
        let before: BTreeSet<(BuilderId, String)> = tx.builders_of_master(self.masterid)?.into_iter().collect();
        let mut after = BTreeSet::new();
        for name in self.builder_names {
            after.insert((find(tx, &name)?, name));
        }
        // What it builds besides is not its own any more, of which nobody was told.
        tx.remove_unconfigured(self.masterid)?;
        for (id, name) in before.difference(&after) {
            tx.remove_builder_master(*id, self.masterid)?;
            tell(tx, now, &Configured { builderid: *id, masterid: self.masterid, name }, "stopped")?;
        }
        for (id, name) in after.difference(&before) {
            tx.configure_builder(*id, self.masterid)?;
            tell(tx, now, &Configured { builderid: *id, masterid: self.masterid, name }, "started")?;
        }
        Ok(Value::Null)
    }
}

/// A builder of a master, as the short messages say it.
#[derive(Serialize)]
struct Configured<'a> {
    builderid: BuilderId,
    masterid: MasterId,
    name: &'a str,
}

/// Who only tells of builds never says `updateBuilderList`, and Buildbot's pages hide a builder without a master: then it is
/// of the one that builds it. Nobody is told, so that a master that configures it later is the one that starts it.
///
/// Of masters that never say that they are active one is enough, because nobody says when they end; and one that is gone gets
/// no builder back by what is delivered late.
pub(super) fn build(tx: &mut Tx<'_>, builder: &Builder, master: &Master) -> Result<(), UpdateError> {
    let was_never_active = master.last_active == Timestamp(0);
    if master.active || (was_never_active && builder.masterids.is_empty()) {
        tx.add_builder_master(builder.builderid, master.masterid)?;
    }
    Ok(())
}

fn tell(tx: &mut Tx<'_>, now: Timestamp, builder: &Configured<'_>, what: &str) -> Result<(), UpdateError> {
    emit::event(tx, now, vec![format!("builders/{}/{what}", builder.builderid)], builder)
}
