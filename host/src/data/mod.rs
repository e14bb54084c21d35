//! Stand-in for the data API, until the real one is merged. To be replaced.

use crate::model::*;

#[derive(Clone)]
pub struct Data;

#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("not found")]
    NotFound,
    #[error("{0}")]
    Invalid(String),
    #[error("too large")]
    TooLarge,
    #[error("{0}")]
    Store(String),
}

impl Data {
    pub async fn build_report(&self, _: BuildId, _: Want) -> Result<BuildReport, DataError> {
        Err(DataError::NotFound)
    }
    pub async fn buildset_report(&self, _: BuildsetId, _: Want) -> Result<BuildsetReport, DataError> {
        Err(DataError::NotFound)
    }
    pub async fn log_lines(&self, _: LogId, _: u32, _: u32) -> Result<Vec<LogLine>, DataError> {
        Err(DataError::NotFound)
    }
    pub async fn get(&self, path: &str) -> Result<String, DataError> {
        match path {
            "masters" => Ok(r#"{"masters":[]}"#.to_owned()),
            "broken" => Err(DataError::Store("disk on fire".to_owned())),
            _ => Err(DataError::NotFound),
        }
    }
    pub async fn formatter_context(
        &self,
        _: &About,
        mode: &[String],
        _: Option<&ReporterEvent>,
    ) -> Result<String, DataError> {
        Ok(serde_json::json!({ "mode": mode, "build": {"id": 7} }).to_string())
    }
    pub async fn reporter_state(&self, _: &ReporterName, key: &str) -> Result<Option<String>, DataError> {
        Ok((key == "kept").then(|| "1".to_owned()))
    }
    pub async fn reporter_state_keys(&self, _: &ReporterName, prefix: &str) -> Result<Vec<String>, DataError> {
        Ok(["kept"].iter().filter(|k| k.starts_with(prefix)).map(|k| (*k).to_owned()).collect())
    }
}
