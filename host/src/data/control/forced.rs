//! Builds that somebody asks for: in a chat, or by the form of a force scheduler.

use super::ControlError;
use crate::data::updates;
use crate::data::updates::AddBuildset;
use crate::data::updates::StampFields;
use crate::data::updates::UpdateError;
use crate::model::*;
use crate::store::Tx;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use std::collections::BTreeMap;

/// Who set the properties of a forced build, as Buildbot's chat and its form say it.
const CHAT: &str = "Force Build Chat";
const FORM: &str = "Force Build Form";

/// The owner of what is asked for by who said no name.
const ANONYMOUS: &str = "anonymous";

/// The buildset that a reporter asks for.
pub(super) fn by_chat(force: &ForceBuild) -> Result<AddBuildset, UpdateError> {
    let mut properties = Properties::new();
    for (name, value) in &force.properties {
        let value = serde_json::from_str(value)
            .map_err(|error| UpdateError::Invalid { param: "properties", message: format!("{name}: {error}") })?;
        properties.insert(name.clone(), (value, CHAT.to_owned()));
    }
    put_reason_and_owner(&mut properties, (&force.reason, &force.owner), CHAT);
    let stamp = StampFields {
        branch: force.branch.clone(),
        revision: force.revision.clone(),
        project: force.project.clone().unwrap_or_default(),
        codebase: force.codebase.clone().unwrap_or_default(),
        ..StampFields::default()
    };
    Ok(AddBuildset {
        reason: force.reason.clone(),
        properties,
        builderids: vec![force.builder],
        sourcestamps: vec![updates::Stamp::New(Box::new(stamp))],
        ..AddBuildset::default()
    })
}

/// A form that was filled in: for which builders, and with what.
#[derive(Debug)]
pub(super) struct Filling {
    builders: Wanted,
    owner: String,
    values: Map<String, Value>,
}

/// The builders that are asked for.
#[derive(Debug)]
enum Wanted {
    /// The only one that the form is for.
    TheOnly,
    Id(i64),
    Names(Vec<String>),
}

impl Filling {
    /// The owner is who calls, whatever the form says.
    pub(super) fn read(mut values: Map<String, Value>, owner: &str) -> Result<Self, ControlError> {
        values.remove("owner");
        let given = |value: Option<Value>| value.filter(|value| !value.is_null());
        let builders = match (given(values.remove("builderid")), given(values.remove("builderNames"))) {
            (None, None) => Wanted::TheOnly,
            (Some(id), _) => {
                let number = id.as_i64().or_else(|| id.as_str()?.parse().ok());
                Wanted::Id(number.ok_or_else(|| field("builderid", format!("{id} is no id of a builder")))?)
            }
            (None, Some(Value::String(name))) => Wanted::Names(vec![name]),
            (None, Some(names)) => Wanted::Names(
                serde_json::from_value(names)
                    .map_err(|_| field("builderNames", "it is no list of names".to_owned()))?,
            ),
        };
        Ok(Self { builders, owner: owner.to_owned(), values })
    }

    /// The buildset that the form asks for.
    pub(super) fn buildset(self, tx: &Tx<'_>, name: &str) -> Result<AddBuildset, ControlError> {
        let form = tx.forcescheduler(name)?;
        let form = form.ok_or_else(|| ControlError::NotFound(format!("no force scheduler {name:?}")))?;
        if !form.enabled {
            return Err(ControlError::Refused(format!("force scheduler {name:?} is switched off")));
        }
        let builderids = self.builders.of(tx, &form)?;
        let corrupt = |reason| crate::store::StoreError::Corrupt { what: "a force scheduler's fields", reason };
        let filled = Form::read(&form.all_fields).map_err(corrupt)?.fill(self.values).map_err(ControlError::Fields)?;
        let owner = match self.owner.as_str() {
            ANONYMOUS => filled.username.as_deref().unwrap_or(ANONYMOUS),
            known => known,
        };
        let reason = filled.reason.unwrap_or_default();
        let mut properties: Properties =
            filled.properties.into_iter().map(|(name, value)| (name, (value, FORM.to_owned()))).collect();
        put_reason_and_owner(&mut properties, (&reason, owner), FORM);
        Ok(AddBuildset {
            scheduler: Some(form.name),
            reason,
            properties,
            builderids,
            sourcestamps: filled.stamps.into_iter().map(stamp).collect(),
            priority: filled.priority.unwrap_or(0),
            ..AddBuildset::default()
        })
    }
}

impl Wanted {
    /// Those of the form alone.
    fn of(self, tx: &Tx<'_>, form: &ForceScheduler) -> Result<Vec<BuilderId>, ControlError> {
        let (param, names) = match self {
            Self::TheOnly => match form.builder_names.as_slice() {
                [only] => ("builderNames", vec![only.clone()]),
                _ => return Err(field("builderNames", "say for which builders, or by builderid for which".to_owned())),
            },
            Self::Id(id) => {
                let found = tx.builder(BuilderId(id))?.map(|builder| builder.name);
                ("builderid", vec![found.ok_or_else(|| ControlError::NotFound(format!("no builder {id}")))?])
            }
            Self::Names(names) => ("builderNames", names),
        };
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            if !form.builder_names.contains(&name) {
                return Err(field(param, format!("the form is not for builder {name:?}")));
            }
            let id = tx.builder_id(&name)?.ok_or_else(|| ControlError::NotFound(format!("no builder {name:?}")))?;
            if !found.contains(&id) {
                found.push(id);
            }
        }
        match found.is_empty() {
            true => Err(field(param, "it names no builder".to_owned())),
            false => Ok(found),
        }
    }
}

fn put_reason_and_owner(properties: &mut Properties, (reason, owner): (&str, &str), source: &str) {
    for (name, value) in [("reason", reason), ("owner", owner)] {
        properties.insert(name.to_owned(), (json!(value), source.to_owned()));
    }
}

fn stamp((codebase, stamp): (String, FormStamp)) -> updates::Stamp {
    let FormStamp { branch, revision, repository, project } = stamp;
    let fields = StampFields { branch, revision, repository, project, codebase, ..StampFields::default() };
    updates::Stamp::New(Box::new(fields))
}

fn field(name: &str, why: String) -> ControlError {
    ControlError::Fields(BTreeMap::from([(name.to_owned(), why)]))
}
