//! What stands behind the `?`: fields, order, page, properties and filters, checked against the resource's fields.

use super::super::DataError;
use super::endpoint::Gives;
use crate::store::query::Direction;
use crate::store::query::Field;
use crate::store::query::Filter;
use crate::store::query::Kind;
use crate::store::query::Query;
use crate::store::query::Resource;
use crate::store::query::Test;
use crate::store::query::Values;
use crate::store::query::WantedProperties;
use std::borrow::Cow;

/// What is no filter.
const CHOICES: [&str; 5] = ["field", "order", "limit", "offset", "property"];

/// Values of one filter: SQLite goes through all of them for each row.
const MOST_VALUES: usize = 100;

/// A decoded `name=value`.
type Pair<'q> = (Cow<'q, str>, Cow<'q, str>);

/// The question that the parameters make of all resources of the kind.
pub(super) fn parse(resource: &'static Resource, gives: Gives, text: &str) -> Result<Query, DataError> {
    let pairs = pairs(text)?;
    let mut query = Query::of(resource);
    let values = |name: &'static str| pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_ref());
    query.limit = values("limit").next().map(|value| not_negative("limit", value)).transpose()?;
    query.offset = values("offset").next().map_or(Ok(0), |value| not_negative("offset", value))?;
    for value in values("order") {
        order(&mut query, value)?;
    }
    let fields: Vec<&str> = values("field").collect();
    if !fields.is_empty() {
        select_fields(&mut query, &fields)?;
    }
    query.properties = wanted_properties(resource, values("property").map(str::to_owned).collect())?;
    filters(&mut query, &pairs)?;
    check_selected(&query)?;
    if !gives.is_collection() {
        if !query.filters.is_empty() {
            return Err(invalid("this is not a collection: filters do not go with one resource".to_owned()));
        }
        // One resource is a page of its own, whichever page was asked for.
        (query.limit, query.offset) = (None, 0);
    }
    Ok(query)
}

/// Of what has neither fields nor pages. Where one thing is, what chooses among many is harmless, as Buildbot has it.
pub(super) fn pass_over(gives: Gives, text: &str) -> Result<(), DataError> {
    let is_harmless = |name: &str| !gives.is_collection() && CHOICES.contains(&name);
    match pairs(text)?.iter().find(|(name, _)| !is_harmless(name)) {
        Some((name, _)) => Err(unrecognized(name)),
        None => Ok(()),
    }
}

pub(super) fn decode(text: &str) -> Result<Cow<'_, str>, DataError> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8();
    decoded.map_err(|_| invalid(format!("{text:?} is not UTF-8")))
}

fn pairs(text: &str) -> Result<Vec<Pair<'_>>, DataError> {
    let decode_plus = |text| match decode(text)? {
        // A plus sign that is meant as one is percent-encoded.
        _ if str::contains(text, '+') => Ok(Cow::Owned(decode(&text.replace('+', " "))?.into_owned())),
        decoded => Ok::<_, DataError>(decoded),
    };
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode_plus(name)?, decode_plus(value)?))
        })
        .collect()
}

fn not_negative(name: &str, value: &str) -> Result<i64, DataError> {
    let number = value.parse().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| invalid(format!("invalid {name} {value:?}: a whole number from 0 is expected")))
}

fn order(query: &mut Query, value: &str) -> Result<(), DataError> {
    let (name, direction) = match value.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (value, Direction::Ascending),
    };
    let field = find(query.resource, name)?;
    if !field.kind.is_plain() {
        return Err(invalid(format!("cannot order on '{name}': it has no plain values")));
    }
    // Once ordered by a field, nothing is left to order by it.
    if !query.order.iter().any(|(other, _)| other.name == field.name) {
        query.order.push((field, direction));
    }
    Ok(())
}

fn select_fields(query: &mut Query, names: &[&str]) -> Result<(), DataError> {
    for name in names {
        find(query.resource, name)?;
    }
    query.fields.retain(|field| names.contains(&field.name));
    Ok(())
}

fn wanted_properties(resource: &Resource, names: Vec<String>) -> Result<WantedProperties, DataError> {
    match names {
        names if names.is_empty() => Ok(WantedProperties::None),
        _ if !resource.has_chosen_properties() => Err(unrecognized("property")),
        names if names.iter().any(|name| name == "*") => Ok(WantedProperties::All),
        names => Ok(WantedProperties::Named(names)),
    }
}

fn filters(query: &mut Query, pairs: &[Pair<'_>]) -> Result<(), DataError> {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (key, _) in pairs {
        if CHOICES.contains(&key.as_ref()) {
            continue;
        }
        let (field, operator) = split(query.resource, key)?;
        if seen.contains(&(field.name, operator)) {
            continue;
        }
        seen.push((field.name, operator));
        let same = pairs.iter().filter(|(other, _)| {
            other == key
                || (operator == "eq" && matches!(split(query.resource, other), Ok((f, "eq")) if f.name == field.name))
        });
        let values: Vec<&str> = same.map(|(_, value)| value.as_ref()).collect();
        if values.len() > MOST_VALUES {
            return Err(invalid(format!(
                "{} values for '{}': at most {MOST_VALUES} are taken",
                values.len(),
                field.name
            )));
        }
        let test = test(field, operator, &values)?;
        query.filters.push(Filter { field, test });
    }
    Ok(())
}

/// `results__lt` is a field and an operator, `results` means `results__eq`.
fn split<'k>(resource: &'static Resource, key: &'k str) -> Result<(&'static Field, &'k str), DataError> {
    let Some((name, operator)) = key.split_once("__") else {
        let field = resource.field(key).ok_or_else(|| unrecognized(key))?;
        // Of a list the plain form asks for what is in it.
        return Ok((field, if field.kind.is_list() { "contains" } else { "eq" }));
    };
    let field = find(resource, name)?;
    let known = field.kind.operators();
    if known.contains(&operator) {
        Ok((field, operator))
    } else {
        Err(invalid(format!("unknown operator '{operator}' for field '{name}': it takes {}", known.join(", "))))
    }
}

fn test(field: &'static Field, operator: &str, values: &[&str]) -> Result<Test, DataError> {
    if !field.kind.operators().contains(&operator) {
        return Err(invalid(format!("cannot filter on '{}': it has no plain values", field.name)));
    }
    let one = || match values {
        [value] => Ok(*value),
        _ => Err(invalid(format!("several values for '{}__{operator}': it takes one", field.name))),
    };
    Ok(match operator {
        "eq" | "in" => Test::In(read(field, values)?),
        "ne" | "notin" => Test::NotIn(read(field, values)?),
        "contains" => Test::Contains(read(field, values)?),
        "lt" => Test::Less(read(field, &[one()?])?),
        "le" => Test::AtMost(read(field, &[one()?])?),
        "gt" => Test::More(read(field, &[one()?])?),
        "ge" => Test::AtLeast(read(field, &[one()?])?),
        _ => Test::Null(flag(field, one()?)?),
    })
}

/// The values as ones of the field's kind.
fn read(field: &Field, values: &[&str]) -> Result<Values, DataError> {
    match field.kind {
        Kind::Number | Kind::Time | Kind::Numbers => {
            let numbers: Result<Vec<i64>, _> =
                values.iter().map(|value| value.parse().map_err(|_| wrong(field, value, "a whole number"))).collect();
            Ok(Values::numbers(&numbers?))
        }
        Kind::Flag => {
            let (mut yes, mut no) = (false, false);
            for value in values {
                if flag(field, value)? { yes = true } else { no = true }
            }
            Ok(Values::Flags { yes, no })
        }
        Kind::Text | Kind::Texts => {
            let texts: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            Ok(Values::one_or_more(&texts))
        }
        Kind::Properties | Kind::Map | Kind::Object | Kind::Objects | Kind::Record(_) | Kind::Records(_) => {
            Err(invalid(format!("cannot filter on '{}': it has no plain values", field.name)))
        }
    }
}

fn flag(field: &Field, value: &str) -> Result<bool, DataError> {
    match value.to_ascii_lowercase().as_str() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err(wrong(field, value, "true or false")),
    }
}

fn check_selected(query: &Query) -> Result<(), DataError> {
    let hidden = |field: &Field| !query.fields.iter().any(|shown| shown.name == field.name);
    if let Some((field, _)) = query.order.iter().find(|(field, _)| hidden(field)) {
        return Err(invalid(format!("cannot order on un-selected fields: '{}'", field.name)));
    }
    match query.filters.iter().find(|filter| hidden(filter.field)) {
        Some(filter) => Err(invalid(format!("cannot filter on un-selected fields: '{}'", filter.field.name))),
        None => Ok(()),
    }
}

fn find(resource: &'static Resource, name: &str) -> Result<&'static Field, DataError> {
    resource.field(name).ok_or_else(|| invalid(format!("no such field '{name}'")))
}

fn wrong(field: &Field, value: &str, expected: &str) -> DataError {
    invalid(format!("invalid filter value '{value}' for '{}': {expected} is expected", field.name))
}

fn unrecognized(name: &str) -> DataError {
    invalid(format!("unrecognized query parameter '{name}'"))
}

fn invalid(message: String) -> DataError {
    DataError::Invalid(message)
}
