//! From a question to one statement and what is bound to it.

use super::expression::Sql;
use super::field::Field;
use super::filter::Values;
use super::resource::Resource;
use super::select::Direction;
use super::select::Query;
use std::fmt::Write;

/// Texts of this folder, and parameters in the order in which they stand there.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) params: Vec<Values>,
}

/// Enough for the statements of most questions.
const USUAL_BYTES: usize = 1024;

pub(super) fn select(query: &Query) -> Statement {
    let (mut sql, mut params) = (String::with_capacity(USUAL_BYTES), Vec::new());
    sql.push_str("SELECT ");
    for (number, field) in query.fields.iter().enumerate() {
        if number > 0 {
            sql.push_str(", ");
        }
        if is_hidden(query, field) {
            sql.push_str("NULL");
        } else {
            field.write(&mut sql, &mut params, &query.properties);
        }
    }
    write_conditions(query, &mut sql, &mut params);
    write_order(query, &mut sql);
    if query.limit.is_some() || query.offset > 0 {
        sql.push_str(" LIMIT ? OFFSET ?");
        // To SQLite a negative limit is none.
        params.extend([Values::Number(query.limit.unwrap_or(-1)), Values::Number(query.offset)]);
    }
    Statement { sql, params }
}

pub(super) fn count(query: &Query) -> Statement {
    let (mut sql, mut params) = ("SELECT count(*)".to_owned(), Vec::new());
    write_conditions(query, &mut sql, &mut params);
    Statement { sql, params }
}

/// Whether the field shows only where it is filtered by, and is not.
fn is_hidden(query: &Query, field: &Field) -> bool {
    matches!(field.sql, Sql::FlagWhenFiltered { .. }) && !query.filters.iter().any(|filter| filter.shows(field))
}

/// ` FROM … WHERE …`
fn write_conditions(query: &Query, sql: &mut String, params: &mut Vec<Values>) {
    let _ = write!(sql, " FROM {}", query.resource.table);
    let mut word = " WHERE ";
    for (condition, values) in keys(query) {
        let _ = write!(sql, "{word}{condition}");
        params.extend(values);
        word = " AND ";
    }
    for filter in &query.filters {
        sql.push_str(word);
        filter.write(sql, params);
        word = " AND ";
    }
}

/// The conditions that the keys are. A key that the resource does not know finds nothing.
fn keys(query: &Query) -> Vec<(&'static str, Vec<Values>)> {
    let mut left: Vec<&(&str, Values)> = query.keys.iter().collect();
    let mut found = Vec::with_capacity(left.len());
    for key in query.resource.keys {
        let values: Vec<Values> = key
            .names
            .iter()
            .filter_map(|name| left.iter().find(|(left, _)| left == name).map(|(_, value)| value.clone()))
            .collect();
        if values.len() == key.names.len() {
            left.retain(|(name, _)| !key.names.contains(name));
            found.push((key.sql, values));
        }
    }
    if !left.is_empty() {
        found.push(("0", Vec::new()));
    }
    found
}

fn write_order(query: &Query, sql: &mut String) {
    let Resource { order: own, .. } = *query.resource;
    let mut word = " ORDER BY ";
    for (field, direction) in &query.order {
        sql.push_str(word);
        field.write(sql, &mut Vec::new(), &query.properties);
        sql.push_str(match direction {
            Direction::Ascending => "",
            Direction::Descending => " DESC",
        });
        word = ", ";
    }
    // So that pages fit together; it is no work when an index has that order anyway.
    if !query.order.iter().any(|(field, _)| field.name == own)
        && let Some(field) = query.resource.field(own)
    {
        sql.push_str(word);
        field.write(sql, &mut Vec::new(), &query.properties);
        if let [(_, Direction::Descending)] = query.order.as_slice() {
            sql.push_str(" DESC");
        }
    }
}
