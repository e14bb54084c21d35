//! (stub)
use crate::model::Problem;
use serde_json::Value;
pub struct Schema;
pub struct Checked { pub settings: Value }
impl Schema {
    pub fn compile(_: &str) -> Result<Self, String> { Ok(Self) }
    pub fn check(&self, settings: Value) -> Result<Checked, Vec<Problem>> { Ok(Checked { settings }) }
}
pub enum FormatterSetting { Plugin { name: String, settings: Value }, Template, Unknown }
impl FormatterSetting {
    pub fn parse(text: &str) -> Self {
        match serde_json::from_str(text) { Ok(Value::String(name)) => Self::Plugin { name, settings: serde_json::json!({}) }, _ => Self::Unknown }
    }
}
