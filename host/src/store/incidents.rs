//! Calls of plugins that were not simply well: what happened, to which event, and the guest's last words.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Millis;
use crate::model::ReporterName;
use crate::model::Seq;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    pub reporter: ReporterName,
    pub seq: Seq,
    pub topic: String,
    pub at: Millis,
    /// Such as `trap`, `timeout`, `give_up`.
    pub kind: String,
    pub reason: String,
    pub stderr: String,
}

impl Tx<'_> {
    pub fn insert_incident(&mut self, incident: &Incident) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "INSERT INTO incidents (reporter, seq, topic, at, kind, reason, stderr) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute((
                &incident.reporter,
                incident.seq,
                &incident.topic,
                incident.at,
                &incident.kind,
                &incident.reason,
                &incident.stderr,
            ))?;
        Ok(())
    }
}

impl Reader<'_> {
    /// The newest `most` of a reporter, the newest first.
    pub fn incidents(&self, reporter: &ReporterName, most: usize) -> Result<Vec<Incident>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT reporter, seq, topic, at, kind, reason, stderr FROM incidents WHERE reporter = ?
             ORDER BY incidentid DESC LIMIT ?",
        )?;
        let rows = select.query_map((reporter, most), |row| {
            Ok(Incident {
                reporter: row.get(0)?,
                seq: row.get(1)?,
                topic: row.get(2)?,
                at: row.get(3)?,
                kind: row.get(4)?,
                reason: row.get(5)?,
                stderr: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
