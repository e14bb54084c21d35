//! Buildsets: added with their requests and source stamps, completed when no request is open.

use super::Apply;
use super::UpdateError;
use super::emit;
use super::params;
use super::params::Blob;
use crate::model::*;
use crate::store::NewBuildRequest;
use crate::store::NewBuildset;
use crate::store::NewPatch;
use crate::store::NewSourceStamp;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::MapAccess;
use serde::de::Unexpected;
use serde::de::Visitor;
use serde::de::value::MapAccessDeserializer;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBuildset {
    pub waited_for: bool,
    #[serde(default)]
    pub scheduler: Option<String>,
    #[serde(default)]
    pub sourcestamps: Vec<Stamp>,
    #[serde(default)]
    pub reason: String,
    #[serde(default)]
    pub properties: Properties,
    #[serde(default)]
    pub builderids: Vec<BuilderId>,
    #[serde(default)]
    pub external_idstring: Option<String>,
    #[serde(default)]
    pub rebuilt_buildid: Option<BuildId>,
    #[serde(default)]
    pub parent_buildid: Option<BuildId>,
    #[serde(default)]
    pub parent_relationship: Option<String>,
    #[serde(default)]
    pub priority: i64,
}

/// A source stamp, by id or as it is.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum Stamp {
    Known(SourceStampId),
    New(Box<StampFields>),
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadStamp)
    }
}

/// By hand, so that an error names the field of the stamp.
struct ReadStamp;

impl<'de> Visitor<'de> for ReadStamp {
    type Value = Stamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the id of a source stamp, or its fields")
    }

    fn visit_i64<E: serde::de::Error>(self, id: i64) -> Result<Stamp, E> {
        Ok(Stamp::Known(SourceStampId(id)))
    }

    fn visit_u64<E: serde::de::Error>(self, id: u64) -> Result<Stamp, E> {
        let id = i64::try_from(id).map_err(|_| E::invalid_value(Unexpected::Unsigned(id), &self))?;
        self.visit_i64(id)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Stamp, A::Error> {
        StampFields::deserialize(MapAccessDeserializer::new(fields)).map(|fields| Stamp::New(Box::new(fields)))
    }
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StampFields {
    #[serde(default)]
    pub branch: Option<String>,
    #[serde(default)]
    pub revision: Option<String>,
    #[serde(default)]
    pub repository: String,
    #[serde(default)]
    pub project: String,
    #[serde(default)]
    pub codebase: String,
    #[serde(default)]
    pub patch_body: Option<Blob>,
    #[serde(default)]
    pub patch_level: Option<i64>,
    #[serde(default)]
    pub patch_author: Option<String>,
    #[serde(default)]
    pub patch_comment: Option<String>,
    #[serde(default)]
    pub patch_subdir: Option<String>,
}

impl Apply for AddBuildset {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        check_builders(&self.builderids)?;
        params::properties("properties", &self.properties)?;
        let bsid = self.insert(tx, now)?;
        tx.insert_buildset_properties(bsid, &self.properties)?;
        let mut requests = Vec::with_capacity(self.builderids.len());
        for &builder in &self.builderids {
            params::builder(tx, builder)?;
            let request =
                NewBuildRequest { bsid, builderid: builder, priority: self.priority, waited_for: self.waited_for };
            requests.push((builder, tx.insert_buildrequest(&request, now)?));
        }
        for &(_, id) in &requests {
            let request = params::buildrequest(tx, id)?;
            emit::buildrequest(tx, now, &request, "new")?;
        }
        tell_new(tx, now, bsid, self.scheduler.as_deref())?;
        if requests.is_empty() {
            complete_if_done(tx, now, bsid)?;
        }
        let brids: BTreeMap<String, BuildRequestId> =
            requests.into_iter().map(|(builder, id)| (builder.to_string(), id)).collect();
        Ok(json!({"bsid": bsid, "brids": brids}))
    }
}

/// One more request of a buildset that is there.
pub(in crate::data) fn add_request(
    tx: &mut Tx<'_>,
    now: Timestamp,
    request: &NewBuildRequest,
) -> Result<BuildRequestId, UpdateError> {
    let id = tx.insert_buildrequest(request, now)?;
    let request = params::buildrequest(tx, id)?;
    emit::buildrequest(tx, now, &request, "new")?;
    Ok(id)
}

/// The answer names each request by its builder, so a builder can have one only.
fn check_builders(builders: &[BuilderId]) -> Result<(), UpdateError> {
    let mut seen = BTreeSet::new();
    match builders.iter().find(|builder| !seen.insert(**builder)) {
        Some(twice) => {
            let message = format!("builder {twice} stands there twice; a buildset has one request for each builder");
            Err(UpdateError::invalid("builderids", message))
        }
        None => Ok(()),
    }
}

impl AddBuildset {
    fn insert(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<BuildsetId, UpdateError> {
        for (param, build) in [("parent_buildid", self.parent_buildid), ("rebuilt_buildid", self.rebuilt_buildid)] {
            if let Some(build) = build {
                params::build_by(tx, param, build)?;
            }
        }
        let mut sourcestamps = Vec::with_capacity(self.sourcestamps.len());
        for stamp in &self.sourcestamps {
            sourcestamps.push(match stamp {
                Stamp::Known(id) => params::sourcestamp(tx, *id)?.ssid,
                Stamp::New(fields) => {
                    let stamp = fields.stamp();
                    params::stamp(&stamp)?;
                    tx.put_sourcestamp(&stamp, now)?
                }
            });
        }
        let buildset = NewBuildset {
            external_idstring: self.external_idstring.clone(),
            reason: self.reason.clone(),
            rebuilt_buildid: self.rebuilt_buildid,
            parent_buildid: self.parent_buildid,
            parent_relationship: self.parent_relationship.clone(),
            sourcestamps,
        };
        Ok(tx.insert_buildset(&buildset, now)?)
    }
}

impl StampFields {
    fn stamp(&self) -> NewSourceStamp {
        let patch = self.patch_body.as_ref().map(|body| NewPatch {
            level: self.patch_level.unwrap_or(0),
            subdir: self.patch_subdir.clone(),
            author: self.patch_author.clone().unwrap_or_default(),
            comment: self.patch_comment.clone().unwrap_or_default(),
            body: body.0.clone(),
        });
        NewSourceStamp {
            branch: self.branch.clone(),
            revision: self.revision.clone(),
            repository: self.repository.clone(),
            project: self.project.clone(),
            codebase: self.codebase.clone(),
            patch,
        }
    }
}

/// `new` says the scheduler, and leaves the relationship to the parent out.
fn tell_new(tx: &mut Tx<'_>, now: Timestamp, id: BuildsetId, scheduler: Option<&str>) -> Result<(), UpdateError> {
    let mut body = json!(params::buildset(tx, id)?);
    if let Value::Object(fields) = &mut body {
        fields.remove("parent_relationship");
        fields.insert("scheduler".to_owned(), json!(scheduler));
    }
    emit::event(tx, now, vec![format!("buildsets/{id}/new")], &body)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaybeBuildsetComplete {
    bsid: BuildsetId,
}

impl Apply for MaybeBuildsetComplete {
    fn apply(self, tx: &mut Tx<'_>, now: Timestamp) -> Result<Value, UpdateError> {
        params::buildset(tx, self.bsid)?;
        complete_if_done(tx, now, self.bsid)?;
        Ok(Value::Null)
    }
}

/// Completes the buildset if none of its requests is open: with the worst of their results, from success on.
pub(super) fn complete_if_done(tx: &mut Tx<'_>, now: Timestamp, id: BuildsetId) -> Result<(), UpdateError> {
    let requests = tx.buildrequests_of(id)?;
    if requests.iter().any(|request| !request.complete) {
        return Ok(());
    }
    let results = requests.iter().filter_map(|request| Results::from_code(request.results));
    let worst = results.fold(Results::Success, Results::worse);
    if tx.complete_buildset(id, worst, now)? {
        let buildset = params::buildset(tx, id)?;
        emit::event(tx, now, vec![format!("buildsets/{id}/complete")], &buildset)?;
    }
    Ok(())
}
