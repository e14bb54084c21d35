//! Who tells, and where it is built: masters, builders, workers.

use super::From;
use super::call;
use super::told::BuilderTold;
use super::told::Told;
use super::told::fit;
use crate::data::updates::UpdateError;
use crate::model::*;
use crate::store::StoreError;
use crate::store::Tx;
use serde_json::Value;
use serde_json::json;

/// The master with these pages, which is active now.
pub(super) fn master(tx: &mut Tx<'_>, site: &str, now: Timestamp) -> Result<MasterId, UpdateError> {
    let masterid = match tx.master_by_name(site)? {
        Some(masterid) => masterid,
        None => tx.insert_ingested_master(site)?,
    };
    call(tx, ("masterActive", &json!({"name": site, "masterid": masterid})), now)?;
    Ok(masterid)
}

impl From<'_, '_> {
    /// The builder, made and described where that is new.
    pub(super) fn builder(&mut self, told: &BuilderTold) -> Result<BuilderId, UpdateError> {
        let name = self.builder_name(told)?;
        let known = self.tx.ingested::<BuilderId>(self.masterid, told.builderid)?;
        let id = match known.filter(|id| self.is_called(*id, &name)) {
            Some(id) => id,
            None => {
                let id = id_of(&self.call("findBuilderId", &json!({"name": name}), self.now)?).map(BuilderId)?;
                self.tx.put_ingested((self.masterid, told.builderid), id, None)?;
                id
            }
        };
        self.tx.add_builder_master(id, self.masterid)?;
        self.describe(id, told)?;
        Ok(id)
    }

    /// A name that somebody else's builder has is told apart by the site: who shares a builder shares its requests.
    fn builder_name(&self, told: &BuilderTold) -> Result<String, UpdateError> {
        let name = fit(&told.name);
        let is_taken = match self.tx.builder_id(&name)? {
            Some(other) => self.tx.ingested_from(other)?.is_none_or(|(master, _)| master != self.masterid),
            None => false,
        };
        let site = self.site.trim_end_matches('/');
        let host = site.split_once("://").map_or(site, |(_, host)| host);
        Ok(if is_taken { format!("{name} ({host})") } else { name })
    }

    /// Whether a builder that is known by its id is still that one: the ids of a new database begin anew.
    fn is_called(&self, id: BuilderId, name: &str) -> bool {
        self.tx.builder(id).is_ok_and(|builder| builder.is_some_and(|builder| builder.name == name))
    }

    fn describe(&mut self, id: BuilderId, told: &BuilderTold) -> Result<(), UpdateError> {
        let Some(ours) = self.tx.builder(id)? else { return Ok(()) };
        let same = ours.description == told.description
            && ours.description_format == told.description_format
            && ours.description_html == told.description_html
            && ours.tags == told.tags;
        if !same {
            let info = json!({
                "builderid": id,
                "description": told.description,
                "description_format": told.description_format,
                "description_html": told.description_html,
                "projectid": ours.projectid,
                "tags": told.tags,
            });
            self.call("updateBuilderInfo", &info, self.now)?;
        }
        Ok(())
    }

    /// The worker that builds it, by its name among the properties.
    pub(super) fn worker(&mut self, told: &Told) -> Result<Option<WorkerId>, UpdateError> {
        let Some(name) = told.property("workername") else { return Ok(None) };
        match self.call("findWorkerId", &json!({"name": name}), self.now) {
            Ok(id) => Ok(Some(WorkerId(id_of(&id)?))),
            // A worker may have a name there that none has here; its builds count all the same.
            Err(UpdateError::Invalid { .. } | UpdateError::Params { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The id that an update method answers.
pub(super) fn id_of(result: &Value) -> Result<i64, UpdateError> {
    let missing = || StoreError::Corrupt { what: "the result of an update", reason: format!("{result} is no id") };
    Ok(result.as_i64().ok_or_else(missing)?)
}
