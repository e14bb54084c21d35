//! A question: the path and its parameters, understood; and how it is answered from a snapshot.

use super::super::DataError;
use super::super::blame;
use super::about;
use super::answer::Answer;
use super::answer::Resources;
use super::endpoint::Endpoint;
use super::endpoint::Gives;
use super::parameters;
use super::place;
use super::routes::Keys;
use super::routes::Routes;
use crate::model::*;
use crate::store::Reader;
use crate::store::query::Direction;
use crate::store::query::Page;
use crate::store::query::Query;
use crate::store::query::Resource;
use crate::store::query::Selection;
use crate::store::query::Values;
use std::borrow::Cow;

/// What was asked for.
#[derive(Clone, Debug)]
pub(in crate::data) struct Question {
    endpoint: &'static Endpoint,
    keys: Keys,
    /// Where resources are asked for.
    query: Option<Query>,
    /// As it was asked, for what is told of it.
    path: String,
}

impl Question {
    /// `path` without the leading slash and without `api/v2`; `query` as it stands behind `?`.
    pub(in crate::data) fn parse(routes: &Routes, path: &str, query: &str) -> Result<Self, DataError> {
        let parts = path.split('/').map(parameters::decode).collect::<Result<Vec<Cow<'_, str>>, _>>()?;
        let found = routes.find(&parts);
        let (endpoint, keys) = found.ok_or_else(|| DataError::NotFound(format!("Invalid path: {path}")))?;
        let query = match endpoint.gives.resource() {
            Some(resource) => Some(parameters::parse(resource, endpoint.gives, query)?),
            None => parameters::pass_over(endpoint.gives, query).map(|()| None)?,
        };
        Ok(Self { endpoint, keys, query, path: path.to_owned() })
    }

    /// The parts of the path, if there is such a path.
    pub(in crate::data) fn parts(routes: &Routes, path: &str) -> Result<Vec<String>, DataError> {
        let parts = path.split('/').map(parameters::decode).collect::<Result<Vec<Cow<'_, str>>, _>>()?;
        let found = routes.find(&parts);
        found.ok_or_else(|| DataError::NotFound(format!("Invalid path: {path}")))?;
        Ok(parts.into_iter().map(Cow::into_owned).collect())
    }

    /// The answer, when it has at most so many bytes.
    pub(in crate::data) fn answer(&self, reader: &Reader<'_>, most_bytes: usize) -> Result<Answer, DataError> {
        let mut keys = self.keys.clone();
        let resources = match (self.endpoint.gives, self.query.clone()) {
            (Gives::One(resource), Some(query)) => {
                let found = find(reader, resource, &mut keys)?;
                let page = found.then(|| select(reader, &Query { keys, ..query }, most_bytes)).transpose()?;
                let page = page.filter(|page| page.count > 0).ok_or_else(|| self.not_found())?;
                Resources::close(page.json, resource.plural, None)
            }
            (Gives::Many(resource), Some(query)) => match find(reader, resource, &mut keys)? {
                true => list(reader, &Query { keys, ..query }, most_bytes)?,
                // Of a step that is not there there are no logs, as Buildbot has it.
                false if resource.name == "log" => Resources::close(Resources::begin(), resource.plural, Some(0)),
                false => return Err(self.not_found()),
            },
            (Gives::Blame(_), Some(query)) => {
                let build = self.build(reader, &mut keys)?.ok_or_else(|| self.not_found())?;
                list(reader, &blame_query(reader, build, query)?, most_bytes)?
            }
            (Gives::Properties, _) => self.properties(reader, &mut keys)?,
            (Gives::Bytes, _) => return self.bytes(reader, keys),
            (Gives::RootLinks, _) => about::root_links(),
            (Gives::Specification | Gives::One(_) | Gives::Many(_) | Gives::Blame(_), _) => about::specification(),
        };
        Ok(Answer::Resources(resources))
    }

    /// The log that the path names in any of its ways.
    pub(in crate::data) fn log(&self, reader: &Reader<'_>) -> Result<Log, DataError> {
        let names_log = matches!(self.endpoint.gives, Gives::One(resource) if resource.name == "log");
        let log = if names_log { place::find_log(reader, self.keys.clone())? } else { None };
        log.ok_or_else(|| self.not_found())
    }

    /// How SQLite goes about it.
    pub(in crate::data) fn plan(&self, reader: &Reader<'_>) -> Result<Vec<String>, DataError> {
        let mut keys = self.keys.clone();
        let Some(query) = self.query.clone() else { return Ok(Vec::new()) };
        let query = match self.endpoint.gives {
            Gives::Blame(_) => blame_query(reader, BuildId(0), query)?,
            _ if !find(reader, query.resource, &mut keys)? => return Ok(Vec::new()),
            _ => Query { keys, ..query },
        };
        Ok(reader.plan(&query)?)
    }

    fn build(&self, reader: &Reader<'_>, keys: &mut Keys) -> Result<Option<BuildId>, DataError> {
        place::find_build(reader, keys)?;
        Ok(place::take_number(keys, "buildid").map(BuildId))
    }

    fn properties(&self, reader: &Reader<'_>, keys: &mut Keys) -> Result<Resources, DataError> {
        let properties = match place::take_number(keys, "bsid") {
            Some(buildset) => reader.buildset_properties(BuildsetId(buildset))?,
            None => reader.build_properties(self.build(reader, keys)?.ok_or_else(|| self.not_found())?)?,
        };
        about::object(&properties, "properties")
    }

    fn bytes(&self, reader: &Reader<'_>, mut keys: Keys) -> Result<Answer, DataError> {
        let build = self.build(reader, &mut keys)?;
        let (Some(build), Some(name)) = (build, place::take_text(&mut keys, "data_name")) else {
            return Err(self.not_found());
        };
        let content = reader.build_data_value(build, &name)?.ok_or_else(|| self.not_found())?;
        Ok(Answer::Bytes { content, name })
    }

    fn not_found(&self) -> DataError {
        DataError::NotFound(format!("nothing is found at {}", self.path))
    }
}

/// Makes the keys of a path into those of the resource. Tells whether what they lead through is there.
fn find(reader: &Reader<'_>, resource: &Resource, keys: &mut Keys) -> Result<bool, DataError> {
    match resource.name {
        "log" => place::find_step(reader, keys),
        _ => place::find_build(reader, keys),
    }
}

/// The newest first, unless it is asked for otherwise.
fn blame_query(reader: &Reader<'_>, build: BuildId, mut query: Query) -> Result<Query, DataError> {
    let ids: Vec<i64> = blame::change_ids(reader, build)?.into_iter().map(|id| id.0).collect();
    query.keys = vec![("changeids", Values::list_of(&ids))];
    if query.order.is_empty() {
        query.order.extend(query.resource.field("changeid").map(|field| (field, Direction::Descending)));
    }
    Ok(query)
}

fn select(reader: &Reader<'_>, query: &Query, most_bytes: usize) -> Result<Page, DataError> {
    match reader.select(query, Resources::begin(), most_bytes)? {
        Selection::Page(page) => Ok(page),
        Selection::TooLarge => Err(DataError::TooLarge { most_bytes }),
    }
}

fn list(reader: &Reader<'_>, query: &Query, most_bytes: usize) -> Result<Resources, DataError> {
    let page = select(reader, query, most_bytes)?;
    let is_whole = query.limit.is_none_or(|limit| page.count < limit) && (page.count > 0 || query.offset == 0);
    // Counted only where the page does not tell.
    let total = if is_whole { query.offset + page.count } else { reader.count(query)? };
    Ok(Resources::close(page.json, query.resource.plural, Some(total)))
}
