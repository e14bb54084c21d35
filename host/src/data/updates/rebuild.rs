//! Rebuilding: the same sources and properties once more.

use super::Apply;
use super::UpdateError;
use super::buildsets::AddBuildset;
use super::buildsets::Stamp;
use super::params;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

/// What Buildbot calls the scheduler of a rebuild, and its reason.
const REBUILD: &str = "rebuild";

/// Asks once more for what a request asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RebuildBuildrequest {
    #[serde(alias = "brdict")]
    buildrequestid: Request,
}

/// A request by its id, or as Buildbot's method takes it: whole, of which the id counts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "neither an id nor a build request")]
enum Request {
    Id(BuildRequestId),
    Whole {
        buildrequestid: BuildRequestId,
        #[serde(flatten)]
        _rest: Map<String, Value>,
    },
}

impl Apply for RebuildBuildrequest {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        let (Request::Id(id) | Request::Whole { buildrequestid: id, .. }) = self.buildrequestid;
        rebuild(tx, now, id)
    }
}

/// Rebuilding a rebuild names the build that was the first of them all.
pub(in crate::data) fn rebuild(tx: &mut Tx<'_>, now: Timestamp, id: BuildRequestId) -> Result<Value, UpdateError> {
    let request = params::buildrequest(tx, id)?;
    let buildset = params::buildset(tx, request.buildsetid)?;
    let first = tx.builds_of_request(id)?.first().map(|build| build.buildid);
    let again = AddBuildset {
        scheduler: Some(REBUILD.to_owned()),
        reason: REBUILD.to_owned(),
        sourcestamps: buildset.sourcestamps.iter().map(|stamp| Stamp::Known(stamp.ssid)).collect(),
        properties: tx.buildset_properties(buildset.bsid)?,
        builderids: vec![request.builderid],
        external_idstring: buildset.external_idstring,
        rebuilt_buildid: buildset.rebuilt_buildid.or(first),
        parent_buildid: buildset.parent_buildid,
        parent_relationship: buildset.parent_relationship,
        ..AddBuildset::default()
    };
    again.apply(tx, now)
}
