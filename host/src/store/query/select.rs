//! A typed question, and what it finds.

use super::compile;
use super::field::Field;
use super::filter::Filter;
use super::filter::Values;
use super::json;
use super::resource::Resource;
use crate::store::Reader;
use crate::store::StoreError;
use rusqlite::ToSql;
use rusqlite::types::ToSqlOutput;

/// Which resources, which of their fields, in which order, which part of the list.
#[derive(Clone, Debug)]
pub struct Query {
    pub resource: &'static Resource,
    /// By the names of the resource's keys.
    pub keys: Vec<(&'static str, Values)>,
    pub filters: Vec<Filter>,
    /// Of plain fields. Then by the resource's own order.
    pub order: Vec<(&'static Field, Direction)>,
    pub fields: Vec<&'static Field>,
    pub properties: WantedProperties,
    pub limit: Option<i64>,
    pub offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Which of the properties that stand in a table of their own are shown in a resource.
#[derive(Clone, Debug)]
pub enum WantedProperties {
    None,
    All,
    Named(Vec<String>),
}

/// What a question found.
#[derive(Debug)]
pub enum Selection {
    Page(Page),
    /// More bytes than were allowed.
    TooLarge,
}

/// Items as JSON text with commas between them, behind the bytes that were there before.
#[derive(Debug)]
pub struct Page {
    pub json: Vec<u8>,
    /// Items in it.
    pub count: i64,
}

impl Query {
    /// All of a kind.
    pub fn of(resource: &'static Resource) -> Self {
        Self {
            resource,
            keys: Vec::new(),
            filters: Vec::new(),
            order: Vec::new(),
            fields: resource.fields.iter().collect(),
            properties: WantedProperties::None,
            limit: None,
            offset: 0,
        }
    }
}

impl Reader<'_> {
    /// Appends what the question finds to `json`, up to so many bytes in all.
    pub fn select(&self, query: &Query, mut json: Vec<u8>, most_bytes: usize) -> Result<Selection, StoreError> {
        let statement = compile::select(query);
        let mut select = self.connection.prepare_cached(&statement.sql)?;
        let mut rows = select.query(rusqlite::params_from_iter(&statement.params))?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            if count > 0 {
                json.push(b',');
            }
            json::write_object(&mut json, &query.fields, row)?;
            count += 1;
            if json.len() > most_bytes {
                return Ok(Selection::TooLarge);
            }
        }
        Ok(Selection::Page(Page { json, count }))
    }

    /// How many there are with no limit and no offset.
    pub fn count(&self, query: &Query) -> Result<i64, StoreError> {
        let statement = compile::count(query);
        let mut select = self.connection.prepare_cached(&statement.sql)?;
        Ok(select.query_row(rusqlite::params_from_iter(&statement.params), |row| row.get(0))?)
    }

    /// How SQLite goes about the question: a line for each table and each sort.
    pub fn plan(&self, query: &Query) -> Result<Vec<String>, StoreError> {
        let statement = compile::select(query);
        let mut explain = self.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql))?;
        let lines = explain.query_map(rusqlite::params_from_iter(&statement.params), |row| row.get(3))?;
        Ok(lines.collect::<Result<_, _>>()?)
    }
}

impl ToSql for Values {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Number(number) => number.to_sql(),
            Self::Text(text) | Self::List(text) => text.to_sql(),
            // Flags stand in the statement's text.
            Self::Flags { .. } => rusqlite::types::Null.to_sql().map(|_| ToSqlOutput::from(rusqlite::types::Null)),
        }
    }
}
