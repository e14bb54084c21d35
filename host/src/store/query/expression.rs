//! Where the values of fields stand, as SQL.

use super::field::Field;
use super::field::Kind;
use super::select::WantedProperties;
use std::fmt::Write;

/// Where a value stands.
#[derive(Debug)]
pub(super) enum Sql {
    /// A column, or an expression.
    Value(&'static str),
    Flag {
        yes: &'static str,
        no: &'static str,
    },
    /// As a flag, but null unless it is filtered by.
    FlagWhenFiltered {
        yes: &'static str,
        no: &'static str,
    },
    /// The fields of one row: `FROM …`.
    Row(&'static str),
    /// The fields of several rows: `FROM …`, and by what they are ordered.
    Rows {
        from: &'static str,
        order: &'static str,
    },
    /// `FROM … WHERE …` of rows with name, value and source.
    Properties {
        from: &'static str,
        otherwise: &'static str,
    },
}

impl Field {
    pub(super) fn is_chosen_properties(&self) -> bool {
        matches!(self.sql, Sql::Properties { .. })
    }

    /// The expression of its value. What is bound by it is pushed to `params` in the order of the text.
    pub(super) fn write(&self, sql: &mut String, params: &mut Vec<super::Values>, wanted: &WantedProperties) {
        match self.sql {
            Sql::Value(value) => sql.push_str(value),
            Sql::Flag { yes, .. } | Sql::FlagWhenFiltered { yes, .. } => sql.push_str(yes),
            Sql::Row(from) => {
                sql.push_str("(SELECT ");
                self.write_object(sql);
                let _ = write!(sql, " {from})");
            }
            Sql::Rows { from, order } => {
                sql.push_str("(SELECT json_group_array(");
                self.write_object(sql);
                let _ = write!(sql, " ORDER BY {order}) {from})");
            }
            Sql::Properties { from, otherwise } => match wanted {
                WantedProperties::None => sql.push_str(otherwise),
                WantedProperties::All => {
                    let _ = write!(sql, "(SELECT json_group_object(name, json_array(json(value), source)) {from})");
                }
                WantedProperties::Named(names) => {
                    let _ = write!(
                        sql,
                        "(SELECT json_group_object(name, json_array(json(value), source)) {from}
                         AND name IN (SELECT value FROM json_each(?)))"
                    );
                    params.push(super::Values::texts(names));
                }
            },
        }
    }

    /// `json_object('a', …)` of the fields of its record.
    fn write_object(&self, sql: &mut String) {
        let (Kind::Record(fields) | Kind::Records(fields)) = self.kind else { return };
        sql.push_str("json_object(");
        for (number, field) in fields.iter().enumerate() {
            let comma = if number == 0 { "" } else { ", " };
            let _ = write!(sql, "{comma}'{}', ", field.name);
            let mut value = String::new();
            field.write(&mut value, &mut Vec::new(), &WantedProperties::None);
            let _ = match field.kind {
                Kind::Flag => write!(sql, "json(iif({value}, 'true', 'false'))"),
                kind if kind.is_json() => write!(sql, "json({value})"),
                _ => write!(sql, "{value}"),
            };
        }
        sql.push(')');
    }
}
