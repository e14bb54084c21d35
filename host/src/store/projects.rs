//! Projects.

use super::Reader;
use super::StoreError;
use super::Tx;
use crate::model::Project;
use crate::model::ProjectId;
use rusqlite::OptionalExtension;

/// What `update_project_info` sets.
#[derive(Clone, Debug)]
pub struct ProjectInfo {
    pub slug: String,
    pub description: Option<String>,
    pub description_format: Option<String>,
    pub description_html: Option<String>,
}

impl Tx<'_> {
    /// Name and slug must be free.
    pub fn insert_project(&mut self, name: &str, slug: &str) -> Result<ProjectId, StoreError> {
        let connection = self.connection();
        connection.prepare_cached("INSERT INTO projects (name, slug) VALUES (?, ?)")?.execute((name, slug))?;
        Ok(ProjectId(connection.last_insert_rowid()))
    }

    /// The slug must be free, or its own.
    pub fn set_project_info(&mut self, id: ProjectId, info: &ProjectInfo) -> Result<(), StoreError> {
        self.connection()
            .prepare_cached(
                "UPDATE projects SET slug = ?2, description = ?3, description_format = ?4, description_html = ?5
                 WHERE projectid = ?1",
            )?
            .execute((id, &info.slug, &info.description, &info.description_format, &info.description_html))?;
        // Its old slug is free again.
        self.free_numbers.clear();
        Ok(())
    }
}

impl Reader<'_> {
    pub fn project(&self, id: ProjectId) -> Result<Option<Project>, StoreError> {
        let mut select = self.connection.prepare_cached(
            "SELECT projectid, name, slug, description, description_format, description_html FROM projects
             WHERE projectid = ?",
        )?;
        let found = select.query_row([id], |row| {
            Ok(Project {
                projectid: row.get(0)?,
                name: row.get(1)?,
                slug: row.get(2)?,
                active: None,
                description: row.get(3)?,
                description_format: row.get(4)?,
                description_html: row.get(5)?,
            })
        });
        Ok(found.optional()?)
    }

    pub fn project_id(&self, name: &str) -> Result<Option<ProjectId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT projectid FROM projects WHERE name = ?")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }

    pub fn project_by_slug(&self, slug: &str) -> Result<Option<ProjectId>, StoreError> {
        let mut select = self.connection.prepare_cached("SELECT projectid FROM projects WHERE slug = ?")?;
        Ok(select.query_row([slug], |row| row.get(0)).optional()?)
    }
}
