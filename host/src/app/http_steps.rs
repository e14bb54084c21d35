//! HTTP steps: what `[[http_step]]` allows, and the end of those that an earlier life of the host left under way.

use crate::config::HttpStep;
use crate::data::http_steps;
use crate::model::Destination;
use crate::model::Millis;
use crate::model::SecretName;
use crate::model::StepGrants;
use crate::store::Store;
use crate::store::StoreError;
use crate::transport::Secrets;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The grants of steps; what is wrong with an entry is noted.
pub(super) fn grants(entries: &[HttpStep], secrets: &Secrets, problems: &mut Vec<String>) -> StepGrants {
    let mut listed: BTreeMap<Destination, BTreeSet<SecretName>> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        match Destination::origin(&entry.origin) {
            Ok(origin) => listed.entry(origin).or_default().extend(entry.secrets.iter().cloned().map(SecretName)),
            Err(error) => problems.push(format!("http_step[{index}].origin: {error}")),
        }
        for name in &entry.secrets {
            if let Err(error) = secrets.check(&SecretName(name.clone())) {
                problems.push(format!("http_step[{index}].secrets: {error}"));
            }
        }
    }
    StepGrants::Listed(listed)
}

/// Ends what an earlier life of the host left under way.
pub(super) async fn end_left(store: &Store, now: Millis) -> Result<(), StoreError> {
    let now = now.seconds();
    for step in store.read(|reader| reader.http_steps()).await? {
        // Each by itself: one that cannot be ended keeps neither the others open nor the host from its work.
        match store.write(move |tx| http_steps::end_left(tx, step, now)).await {
            Ok(()) => tracing::info!(%step, "an HTTP step was under way when the host ended last"),
            Err(error) => tracing::warn!(%step, %error, "an HTTP step stays open: its end was not written"),
        }
    }
    Ok(())
}
