//! What the reporter keeps: the store's rows, and over them what is not written yet.

use crate::data::Data;
use crate::data::DataError;
use crate::plugin::bindings::wit::state::Host;
use crate::plugin::state::CallState;
use crate::plugin::state::HostFailure;
use crate::plugin::state::Refusal;
use std::collections::BTreeSet;
use wasmtime::Result;

impl Host for CallState {
    async fn get(&mut self, key: String) -> Result<Option<String>> {
        if let Some(value) = self.scene.overlay.get(&key) {
            return Ok(value.clone());
        }
        readable(self)?.reporter_state(&self.scene.reporter, &key).await.map_err(failed)
    }

    async fn keys(&mut self, prefix: String) -> Result<Vec<String>> {
        let stored = readable(self)?.reporter_state_keys(&self.scene.reporter, &prefix).await.map_err(failed)?;
        let mut keys: BTreeSet<String> = stored.into_iter().collect();
        let overlaid = self.scene.overlay.range(prefix.clone()..).take_while(|(key, _)| key.starts_with(&prefix));
        for (key, value) in overlaid {
            match value {
                Some(_) => keys.insert(key.clone()),
                None => keys.remove(key),
            };
        }
        Ok(keys.into_iter().collect())
    }
}

fn readable(state: &CallState) -> Result<&Data> {
    state.data().ok_or_else(|| Refusal("a plugin cannot read its state while it describes itself".into()).into())
}

fn failed(error: DataError) -> wasmtime::Error {
    HostFailure(format!("cannot read the reporter's state: {error}")).into()
}
