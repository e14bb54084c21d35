//! The fields of resources, as data: name, kind, whether null, and where the value stands.

use super::expression::Sql;

/// One field of a resource.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    pub(super) sql: Sql,
}

/// What a field's value is.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Number,
    /// Whole seconds since 1970.
    Time,
    Flag,
    Text,
    Numbers,
    Texts,
    /// `{name: [value, source]}`
    Properties,
    /// Names and texts.
    Map,
    /// An object of any form.
    Object,
    /// A list of such.
    Objects,
    /// An object of these fields.
    Record(&'static [Field]),
    /// A list of such.
    Records(&'static [Field]),
}

impl Kind {
    /// Whether it holds a list whose items can be looked for.
    pub fn is_list(self) -> bool {
        matches!(self, Self::Numbers | Self::Texts)
    }

    /// Whether it has one plain value, by which can be filtered and ordered.
    pub fn is_plain(self) -> bool {
        matches!(self, Self::Number | Self::Time | Self::Flag | Self::Text)
    }

    /// Whether its values stand in a column as JSON.
    pub(super) fn is_json(self) -> bool {
        !self.is_plain()
    }
}

impl Field {
    pub(super) const fn number(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, Kind::Number, Sql::Value(sql))
    }

    pub(super) const fn time(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, Kind::Time, Sql::Value(sql))
    }

    pub(super) const fn text(name: &'static str, sql: &'static str) -> Self {
        Self::new(name, Kind::Text, Sql::Value(sql))
    }

    /// True where `yes` holds; rows where `no` holds are those that are found by false.
    pub(super) const fn flag(name: &'static str, yes: &'static str, no: &'static str) -> Self {
        Self::new(name, Kind::Flag, Sql::Flag { yes, no })
    }

    /// `sql` gives the JSON text of the value.
    pub(super) const fn json(name: &'static str, kind: Kind, sql: &'static str) -> Self {
        Self::new(name, kind, Sql::Value(sql))
    }

    /// The one row that `from` finds; null where it finds none.
    pub(super) const fn record(name: &'static str, fields: &'static [Self], from: &'static str) -> Self {
        Self::new(name, Kind::Record(fields), Sql::Row(from))
    }

    /// The rows that `from` finds.
    pub(super) const fn records(
        name: &'static str,
        fields: &'static [Self],
        (from, order): (&'static str, &'static str),
    ) -> Self {
        Self::new(name, Kind::Records(fields), Sql::Rows { from, order })
    }

    /// Those of the rows that `from` finds which were asked for; `otherwise` when none were.
    pub(super) const fn properties(from: &'static str, otherwise: &'static str) -> Self {
        Self::new("properties", Kind::Properties, Sql::Properties { from, otherwise })
    }

    pub(super) const fn new(name: &'static str, kind: Kind, sql: Sql) -> Self {
        Self { name, kind, nullable: false, sql }
    }

    pub(super) const fn or_null(self) -> Self {
        let Self { name, kind, sql, nullable: _ } = self;
        Self { name, kind, nullable: true, sql }
    }
}
