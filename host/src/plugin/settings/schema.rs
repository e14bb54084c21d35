//! A schema that is compiled once, and what it makes of settings.

use crate::model::Problem;
use crate::plugin::settings::defaults;
use crate::plugin::settings::marks;
use crate::plugin::settings::marks::Mark;
use crate::plugin::settings::problems;
use crate::plugin::settings::spelling;
use jsonschema::Validator;
use serde_json::Value;

/// The largest schema. That of a big reporter has 30 KB.
const SCHEMA_BYTES: usize = 256 << 10;

/// What a plugin's settings may be.
#[derive(Debug)]
pub struct Schema {
    root: Value,
    validator: Validator,
}

/// Settings that fit.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// In the schema's spelling, with its defaults.
    pub settings: Value,
    /// Destinations, secrets and other plugins that stand in them.
    pub marks: Vec<Mark>,
}

impl Schema {
    /// Reads JSON Schema; the error says what is wrong with it.
    pub fn compile(text: &str) -> Result<Self, String> {
        if text.len() > SCHEMA_BYTES {
            return Err(format!("it has {} bytes, the limit is {SCHEMA_BYTES}", text.len()));
        }
        let root: Value = serde_json::from_str(text).map_err(|e| format!("invalid JSON: {e}"))?;
        if !root.is_object() {
            return Err("expected an object".into());
        }
        let validator = jsonschema::validator_for(&root).map_err(|e| e.to_string())?;
        Ok(Self { root, validator })
    }

    pub fn json(&self) -> &Value {
        &self.root
    }

    /// Settings as the plugin gets them, or all that is wrong with them.
    pub fn check(&self, settings: Value) -> Result<Checked, Vec<Problem>> {
        let (written, mut problems) = spelling::normalise(&self.root, settings);
        let mut settings = written.clone();
        defaults::fill(&self.root, &mut settings);
        problems.extend(problems::find(&self.validator, &self.root, &settings));
        if problems.is_empty() {
            let marks = marks::find(&self.root, &settings, &written);
            Ok(Checked { settings, marks })
        } else {
            Err(problems)
        }
    }
}
