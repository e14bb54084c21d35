//! Rows as JSON text: each value goes from SQLite's memory straight into the answer.

use super::field::Field;
use super::field::Kind;
use crate::store::StoreError;
use rusqlite::Row;
use rusqlite::types::ValueRef;

/// `{"name":value,…}`: the columns of the row are the fields.
pub(super) fn write_object(json: &mut Vec<u8>, fields: &[&'static Field], row: &Row<'_>) -> Result<(), StoreError> {
    let mut before = b'{';
    for (column, field) in fields.iter().enumerate() {
        json.push(before);
        json.push(b'"');
        json.extend_from_slice(field.name.as_bytes());
        json.extend_from_slice(b"\":");
        write_value(json, field.kind, row.get_ref(column)?)?;
        before = b',';
    }
    if fields.is_empty() {
        json.push(b'{');
    }
    json.push(b'}');
    Ok(())
}

fn write_value(json: &mut Vec<u8>, kind: Kind, value: ValueRef<'_>) -> Result<(), StoreError> {
    match value {
        ValueRef::Null => json.extend_from_slice(b"null"),
        ValueRef::Integer(flag) if matches!(kind, Kind::Flag) => {
            json.extend_from_slice(if flag == 0 { b"false" } else { b"true" });
        }
        ValueRef::Integer(number) => write_json(json, &number)?,
        ValueRef::Text(text) if kind.is_json() => json.extend_from_slice(text),
        ValueRef::Text(text) => write_text(json, text)?,
        ValueRef::Real(_) | ValueRef::Blob(_) => return Err(corrupt("neither a number nor a text")),
    }
    Ok(())
}

fn write_text(json: &mut Vec<u8>, text: &[u8]) -> Result<(), StoreError> {
    // Without a stop, so that many bytes are looked at together.
    if text.iter().fold(true, |plain, byte| plain & is_plain(*byte)) {
        json.push(b'"');
        json.extend_from_slice(text);
        json.push(b'"');
        return Ok(());
    }
    write_json(json, &std::str::from_utf8(text).map_err(corrupt)?)
}

/// Whether it stands in JSON as it is.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

fn write_json(json: &mut Vec<u8>, value: &impl serde::Serialize) -> Result<(), StoreError> {
    serde_json::to_writer(json, value).map_err(corrupt)
}

fn corrupt(reason: impl ToString) -> StoreError {
    StoreError::Corrupt { what: "a field of a resource", reason: reason.to_string() }
}
