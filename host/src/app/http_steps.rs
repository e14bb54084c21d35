//! What `[[http_step]]` allows.

use crate::config::HttpStep;
use crate::model::Destination;
use crate::model::SecretName;
use crate::model::StepGrants;
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
