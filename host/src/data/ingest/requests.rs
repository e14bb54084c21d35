//! Buildsets and their requests. A post tells of one request, so those of a buildset come in one by one.

use super::From;
use super::places::id_of;
use super::told::StampTold;
use super::told::Told;
use super::told::fit;
use crate::data::updates::UpdateError;
use crate::data::updates::add_request;
use crate::data::updates::complete;
use crate::model::*;
use crate::store::NewBuildRequest;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

/// Who sets properties of a build that its buildset does not have.
const OF_BUILDS: [&str; 5] = ["Build", "Builder", "BuildRequest", "Worker", "Change"];

impl From<'_, '_> {
    /// The request, made where it is new: in its buildset, or, if that is complete, in another one.
    pub(super) fn request(&mut self, told: &Told, builderid: BuilderId) -> Result<BuildRequestId, UpdateError> {
        let theirs = told.buildrequest.buildrequestid;
        if let Some(id) = self.tx.ingested(self.masterid, theirs)?
            && self.tx.buildrequest(id)?.is_some_and(|ours| is_same(told.submitted_at(), ours.submitted_at))
        {
            return Ok(id);
        }
        let id = match self.open_buildset(told)? {
            Some(bsid) => {
                let (priority, waited_for) = (told.buildrequest.priority, told.buildrequest.waited_for);
                let request = NewBuildRequest { bsid, builderid, priority, waited_for };
                add_request(self.tx, self.at(told.submitted_at()), &request)?
            }
            None => self.buildset(told, builderid)?,
        };
        let url = told.buildid.is_none().then_some(told.url.as_str());
        let page = url.map_or_else(|| format!("{}#/buildrequests/{theirs}", self.site), str::to_owned);
        self.tx.put_ingested((self.masterid, theirs), id, Some(&page))?;
        Ok(id)
    }

    /// The buildset, if it takes one more request.
    fn open_buildset(&self, told: &Told) -> Result<Option<BuildsetId>, UpdateError> {
        let Some(ours) = self.tx.ingested::<BuildsetId>(self.masterid, told.buildset.bsid)? else { return Ok(None) };
        let ours = self.tx.buildset(ours)?;
        let open = ours.filter(|set| !set.complete && is_same(told.submitted_at(), set.submitted_at));
        Ok(open.map(|set| set.bsid))
    }

    fn buildset(&mut self, told: &Told, builderid: BuilderId) -> Result<BuildRequestId, UpdateError> {
        let set = &told.buildset;
        let ours = |theirs: Option<i64>| match theirs {
            Some(theirs) => self.tx.ingested::<BuildId>(self.masterid, theirs),
            None => Ok(None),
        };
        let params = json!({
            "waited_for": told.buildrequest.waited_for,
            "scheduler": told.property("scheduler"),
            "sourcestamps": set.sourcestamps.iter().map(stamp).collect::<Vec<_>>(),
            "reason": set.reason.as_deref().unwrap_or_default(),
            "properties": of_buildset(told),
            "builderids": [builderid],
            "external_idstring": set.external_idstring,
            "rebuilt_buildid": ours(set.rebuilt_buildid)?,
            "parent_buildid": ours(set.parent_buildid)?,
            "parent_relationship": set.parent_relationship,
            "priority": told.buildrequest.priority,
        });
        let made = self.call("addBuildset", &params, self.at(told.submitted_at()))?;
        self.tx.put_ingested((self.masterid, set.bsid), BuildsetId(id_of(&made["bsid"])?), None)?;
        id_of(&made["brids"][builderid.to_string()]).map(BuildRequestId)
    }

    /// Ends the older requests of the builder that this one took the place of: Buildbot collapses requests of the same
    /// sources, and posts no word of it.
    pub(super) fn skip_collapsed(
        &mut self,
        (told, id): (&Told, BuildRequestId),
        builder: BuilderId,
    ) -> Result<(), UpdateError> {
        let line = self.tx.put_line(id)?;
        for other in self.tx.unclaimed_buildrequests_of(builder)? {
            let older = self
                .tx
                .ingested_from(other.buildrequestid)?
                .is_some_and(|(master, theirs)| master == self.masterid && theirs < told.buildrequest.buildrequestid);
            if older && self.tx.put_line(other.buildrequestid)? == line {
                let at = self.at(told.started_at);
                complete(self.tx, (at, at), vec![other.buildrequestid], Results::Skipped)?;
            }
        }
        Ok(())
    }

    /// A request that nobody builds: it waits, or it was cancelled.
    pub(super) fn request_without_build(&mut self, told: &Told, id: BuildRequestId) -> Result<(), UpdateError> {
        if told.complete {
            let at = self.at(told.complete_at);
            complete(self.tx, (at, at), vec![id], told.results.unwrap_or(Results::Cancelled))?;
        }
        Ok(())
    }
}

/// Whether what is known by an id is what is told of: the ids of a new database begin anew, times do not.
pub(super) fn is_same(told: Option<Timestamp>, ours: Timestamp) -> bool {
    told.is_none_or(|told| told == ours)
}

/// A stamp as `addBuildset` takes it. A patch whose text is not told is left out.
fn stamp(told: &StampTold) -> Value {
    let mut stamp = json!({
        "branch": told.branch.as_deref().map(fit),
        "revision": told.revision.as_deref().map(fit),
        "repository": fit(&told.repository),
        "project": fit(&told.project),
        "codebase": fit(&told.codebase),
    });
    if let Some((patch, body)) = told.patch.as_ref().and_then(|patch| Some((patch, patch.body.as_ref()?))) {
        stamp["patch_body"] = json!(body);
        stamp["patch_level"] = json!(patch.level);
        stamp["patch_author"] = json!(patch.author);
        stamp["patch_comment"] = json!(patch.comment);
        stamp["patch_subdir"] = json!(patch.subdir);
    }
    stamp
}

/// Of the properties of a build, those that came from its buildset.
fn of_buildset(told: &Told) -> Map<String, Value> {
    let properties = told.properties.iter().flatten().filter(|(_, (_, source))| !OF_BUILDS.contains(&source.as_str()));
    properties.map(|(name, property)| (name.clone(), json!(property))).collect()
}
