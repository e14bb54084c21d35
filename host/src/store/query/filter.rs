//! What rows are asked for by a field's value, and the condition that this is.

use super::expression::Sql;
use super::field::Field;
use super::field::Kind;
use super::select::WantedProperties;

/// Rows whose field passes a test.
#[derive(Clone, Debug)]
pub struct Filter {
    pub field: &'static Field,
    pub test: Test,
}

/// Of plain fields any of these with values of the field's kind; of lists `Contains`, `In` and `NotIn` with values of
/// their items' kind; `Null` of all.
#[derive(Clone, Debug)]
pub enum Test {
    In(Values),
    NotIn(Values),
    Less(Values),
    AtMost(Values),
    More(Values),
    AtLeast(Values),
    /// A text any of these are part of; a list any of these are in.
    Contains(Values),
    Null(bool),
}

/// One value or several of one kind.
#[derive(Clone, Debug)]
pub enum Values {
    Number(i64),
    Text(String),
    Flags {
        yes: bool,
        no: bool,
    },
    /// Several: a JSON list.
    List(String),
}

impl Values {
    pub fn numbers(numbers: &[i64]) -> Self {
        match numbers {
            [number] => Self::Number(*number),
            _ => Self::list_of(numbers),
        }
    }

    pub(super) fn texts(texts: &[String]) -> Self {
        Self::list_of(texts)
    }

    /// A single text stays one.
    pub fn one_or_more(texts: &[String]) -> Self {
        match texts {
            [text] => Self::Text(text.clone()),
            _ => Self::list_of(texts),
        }
    }

    pub fn list_of(items: &[impl serde::Serialize]) -> Self {
        Self::List(serde_json::to_string(items).expect("numbers and texts are JSON"))
    }

    fn is_several(&self) -> bool {
        matches!(self, Self::List(_))
    }
}

impl Filter {
    /// The condition, and what it binds.
    pub(super) fn write(&self, sql: &mut String, params: &mut Vec<Values>) {
        let mut value = String::new();
        self.field.write(&mut value, params, &WantedProperties::None);
        if let Sql::Flag { yes, no } | Sql::FlagWhenFiltered { yes, no } = self.field.sql {
            return sql.push_str(&self.flag(yes, no));
        }
        let list = self.field.kind.is_list();
        let (condition, values) = match &self.test {
            Test::Null(true) => return sql.push_str(&format!("{value} IS NULL")),
            Test::Null(false) => return sql.push_str(&format!("{value} IS NOT NULL")),
            Test::In(values) | Test::Contains(values) if list => (in_list(&value, values, ""), values),
            Test::NotIn(values) if list => (in_list(&value, values, "NOT "), values),
            Test::In(values) if values.is_several() => (format!("{value} IN (SELECT value FROM json_each(?))"), values),
            Test::In(values) => (format!("{value} = ?"), values),
            Test::NotIn(values) if values.is_several() => {
                (format!("({value} IS NULL OR {value} NOT IN (SELECT value FROM json_each(?)))"), values)
            }
            Test::NotIn(values) => (format!("{value} IS NOT ?"), values),
            Test::Less(values) => (format!("{value} < ?"), values),
            Test::AtMost(values) => (format!("{value} <= ?"), values),
            Test::More(values) => (format!("{value} > ?"), values),
            Test::AtLeast(values) => (format!("{value} >= ?"), values),
            Test::Contains(values) if values.is_several() => (
                format!("EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE instr({value}, wanted.value) > 0)"),
                values,
            ),
            Test::Contains(values) => (format!("instr({value}, ?) > 0"), values),
        };
        sql.push_str(&condition);
        params.push(values.clone());
    }

    /// Conditions without parameters: those of partial indices count only when they stand there.
    fn flag(&self, yes: &str, no: &str) -> String {
        let either = |flags: &Values, turned: bool| match flags {
            Values::Flags { yes: true, no: true } => if turned { "0" } else { "1" }.to_owned(),
            Values::Flags { yes: is_yes, .. } if *is_yes != turned => yes.to_owned(),
            Values::Flags { .. } => no.to_owned(),
            Values::Number(_) | Values::Text(_) | Values::List(_) => "0".to_owned(),
        };
        match &self.test {
            Test::In(values) => either(values, false),
            Test::NotIn(values) => either(values, true),
            Test::Null(null) => if *null { "0" } else { "1" }.to_owned(),
            Test::Less(_) | Test::AtMost(_) | Test::More(_) | Test::AtLeast(_) | Test::Contains(_) => "0".to_owned(),
        }
    }

    /// Whether it makes a flag show that is null otherwise.
    pub(super) fn shows(&self, field: &Field) -> bool {
        self.field.name == field.name
    }
}

fn in_list(value: &str, values: &Values, not: &str) -> String {
    let wanted = if values.is_several() { "IN (SELECT value FROM json_each(?))" } else { "= ?" };
    format!("{not}EXISTS (SELECT 1 FROM json_each({value}) AS item WHERE item.value {wanted})")
}

impl Kind {
    /// The tests that it takes, by Buildbot's names.
    pub fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Number | Self::Time => &["eq", "ne", "lt", "le", "gt", "ge", "in", "notin", "null"],
            Self::Text => &["eq", "ne", "lt", "le", "gt", "ge", "contains", "in", "notin", "null"],
            Self::Flag => &["eq", "ne", "in", "notin", "null"],
            Self::Numbers | Self::Texts => &["contains", "in", "notin", "null"],
            Self::Properties | Self::Map | Self::Object | Self::Objects | Self::Record(_) | Self::Records(_) => {
                &["null"]
            }
        }
    }
}
