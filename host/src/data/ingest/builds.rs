//! Builds: begun, described, ended.

use super::From;
use super::requests::is_same;
use super::told::EarlierTold;
use super::told::Told;
use super::told::fit;
use crate::data::updates::UpdateError;
use crate::data::updates::complete;
use crate::model::*;
use crate::store::NewBuild;
use serde_json::json;

impl From<'_, '_> {
    /// The build, as far as it has come. One that has ended stays as it is: a post may come late.
    pub(super) fn build(
        &mut self,
        told: &Told,
        theirs: i64,
        (builder, request): (BuilderId, BuildRequestId),
    ) -> Result<BuildId, UpdateError> {
        if let Some(earlier) = &told.prev_build {
            self.earlier(earlier)?;
        }
        let known = match self.tx.ingested(self.masterid, theirs)? {
            Some(id) => self.tx.build(id)?.filter(|ours| is_same(told.started_at, ours.started_at)),
            None => None,
        };
        let id = match &known {
            Some(ours) => ours.buildid,
            None => self.begin(told, theirs, (builder, request))?,
        };
        let Some(ours) = self.tx.build(id)? else { return Ok(id) };
        if ours.complete {
            return Ok(id);
        }
        self.steps(told, id)?;
        if known.is_some() {
            self.set_properties(told, id, self.at(told.complete_at))?;
        }
        self.describe_build(told, &ours)?;
        if told.complete {
            let results = told.results.ok_or_else(|| missing("results", "a build that is complete has some"))?;
            self.finish((id, request), results, self.at(told.complete_at))?;
        }
        Ok(id)
    }

    fn begin(
        &mut self,
        told: &Told,
        theirs: i64,
        (builderid, buildrequestid): (BuilderId, BuildRequestId),
    ) -> Result<BuildId, UpdateError> {
        let at = self.at(told.started_at);
        self.end_tries(buildrequestid, at)?;
        self.skip_collapsed((told, buildrequestid), builderid)?;
        let claimed_at = self.at(told.buildrequest.claimed_at.or(told.started_at));
        let claim = json!({"brids": [buildrequestid], "claimed_at": claimed_at, "masterid": self.masterid});
        self.call("claimBuildRequests", &claim, claimed_at)?;
        let workerid = self.worker(told)?;
        let build = NewBuild { builderid, buildrequestid, workerid, masterid: self.masterid, number: told.number };
        let (id, _) = self.tx.insert_build(&build, at)?;
        self.tx.put_ingested((self.masterid, theirs), id, Some(&told.url))?;
        self.set_properties(told, id, at)?;
        self.call("generateNewBuildEvent", &json!({"buildid": id}), at)?;
        Ok(id)
    }

    /// A request that is built once more was not finished: its builds until then ended with retry, whether that was told
    /// or not.
    fn end_tries(&mut self, request: BuildRequestId, at: Timestamp) -> Result<(), UpdateError> {
        let builds = self.tx.builds_of_request(request)?.into_iter();
        for build in builds.filter(|build| !build.complete && build.started_at <= at) {
            self.finish((build.buildid, request), Results::Retry, at)?;
        }
        Ok(())
    }

    fn set_properties(&mut self, told: &Told, id: BuildId, at: Timestamp) -> Result<(), UpdateError> {
        if let Some(properties) = &told.properties {
            self.call("setBuildProperties", &json!({"buildid": id, "props": properties}), at)?;
        }
        Ok(())
    }

    fn describe_build(&mut self, told: &Told, ours: &Build) -> Result<(), UpdateError> {
        let (id, at) = (ours.buildid, self.at(told.complete_at));
        let more = told.locks_duration_s.saturating_sub(ours.locks_duration_s);
        if more > 0 {
            self.call("add_build_locks_duration", &json!({"buildid": id, "duration_s": more}), at)?;
        }
        if let Some(state) = told.state_string.as_deref().map(fit).filter(|state| *state != ours.state_string) {
            self.call("setBuildStateString", &json!({"buildid": id, "state_string": state}), at)?;
        }
        Ok(())
    }

    /// The build before this one: a Buildbot does not post every end.
    fn earlier(&mut self, told: &EarlierTold) -> Result<(), UpdateError> {
        let (true, Some(results)) = (told.complete, told.results) else { return Ok(()) };
        let Some(id) = self.tx.ingested::<BuildId>(self.masterid, told.buildid)? else { return Ok(()) };
        let Some(ours) = self.tx.build(id)?.filter(|build| !build.complete) else { return Ok(()) };
        self.finish((id, ours.buildrequestid), results, self.at(told.complete_at))
    }

    /// Ends a build, and its request, unless that is tried again.
    fn finish(
        &mut self,
        (build, request): (BuildId, BuildRequestId),
        results: Results,
        at: Timestamp,
    ) -> Result<(), UpdateError> {
        self.end_steps(build, at)?;
        self.call("finishBuild", &json!({"buildid": build, "results": results}), at)?;
        // A later try that is under way has the claim.
        let is_built = self.tx.builds_of_request(request)?.iter().any(|build| !build.complete);
        if results != Results::Retry {
            complete(self.tx, (at, at), vec![request], results)?;
        } else if !is_built {
            self.call("unclaimBuildRequests", &json!({"brids": [request], "masterid": self.masterid}), at)?;
        }
        Ok(())
    }
}

/// What cannot be told without.
pub(super) fn missing(param: &'static str, message: &str) -> UpdateError {
    UpdateError::Invalid { param, message: format!("it is missing: {message}") }
}
