//! Force schedulers: Buildbot has them in its configuration, so there a master tells which it has.

use super::Apply;
use super::MASTER;
use super::UpdateError;
use super::params;
use crate::model::*;
use crate::store::Tx;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeSet;

/// The longest name: it stands in paths.
const LONGEST_NAME: usize = 50;

/// All force schedulers that a master has now, in place of those that it had. Nobody is told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateForceSchedulers {
    #[serde(default)]
    masterid: Option<MasterId>,
    forceschedulers: Vec<Checked>,
}

/// One that reads. Patterns take their time to be read, so that is done before the call has its turn to write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Described")]
struct Checked(#[schemars(with = "Described")] ForceScheduler);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Described {
    name: String,
    #[serde(default)]
    button_name: Option<String>,
    #[serde(default)]
    label: Option<String>,
    builder_names: Vec<String>,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    all_fields: Vec<Map<String, Value>>,
}

fn yes() -> bool {
    true
}

impl Apply for UpdateForceSchedulers {
    fn apply(self, tx: &mut Tx<'_>, _now: Timestamp) -> Result<Value, UpdateError> {
        let master = self.masterid.unwrap_or(MASTER);
        params::master(tx, master)?;
        let forms: Vec<ForceScheduler> = self.forceschedulers.into_iter().map(|Checked(form)| form).collect();
        let mut names = BTreeSet::new();
        if let Some(twice) = forms.iter().find(|form| !names.insert(&form.name)) {
            return Err(UpdateError::invalid("forceschedulers", format!("{:?} stands there twice", twice.name)));
        }
        tx.replace_forceschedulers(master, &forms)?;
        Ok(Value::Null)
    }
}

impl TryFrom<Described> for Checked {
    type Error = String;

    fn try_from(form: Described) -> Result<Self, String> {
        if !is_identifier(&form.name, LONGEST_NAME) {
            return Err(format!(
                "{:?} is no identifier: letters, digits, '.', _ and -, at most {LONGEST_NAME}, no digit or dot first",
                form.name
            ));
        }
        Form::read(&form.all_fields).map_err(|why| format!("{:?}: all_fields: {why}", form.name))?;
        Ok(Self(ForceScheduler {
            button_name: form.button_name.unwrap_or_else(|| form.name.clone()),
            label: form.label.unwrap_or_else(|| form.name.clone()),
            name: form.name,
            builder_names: form.builder_names,
            enabled: form.enabled,
            all_fields: form.all_fields,
        }))
    }
}
