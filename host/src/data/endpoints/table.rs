//! Every path of the data API, by what it gives. Where two patterns fit a path, the first is meant.

use super::endpoint::Endpoint;
use super::endpoint::Gives;
use super::endpoint::many;
use super::endpoint::one;
use super::endpoint::other;
use crate::store::query::BUILD;
use crate::store::query::BUILD_DATA;
use crate::store::query::BUILD_PROPERTY;
use crate::store::query::BUILDER;
use crate::store::query::BUILDREQUEST;
use crate::store::query::BUILDSET;
use crate::store::query::BUILDSET_PROPERTY;
use crate::store::query::CHANGE;
use crate::store::query::CHANGE_PROPERTY;
use crate::store::query::CHANGESOURCE;
use crate::store::query::FORCESCHEDULER;
use crate::store::query::LOG;
use crate::store::query::MASTER;
use crate::store::query::ORDER;
use crate::store::query::PATCH;
use crate::store::query::PROJECT;
use crate::store::query::SCHEDULER;
use crate::store::query::SOURCESTAMP;
use crate::store::query::STEP;
use crate::store::query::USER;
use crate::store::query::WORKER;

/// All endpoints, in groups.
pub static ENDPOINTS: &[&[Endpoint]] =
    &[ABOUT, CONFIGURED, RUN_BY_MASTERS, REQUESTS, BUILDS, OF_BUILDS, STEPS, LOGS, SOURCES];

static ABOUT: &[Endpoint] = &[
    other("/", Gives::RootLinks, "the names of the collections at the root"),
    other("/application.spec", Gives::Specification, "all endpoints, with the fields of what they give"),
];

static CONFIGURED: &[Endpoint] = &[
    one("/masters/{masterid:n}", &MASTER, "a master by id"),
    many("/masters", &MASTER, "all masters"),
    one("/builders/{builderid:n}/masters/{masterid:n}", &MASTER, "a master that configures the builder"),
    many("/builders/{builderid:n}/masters", &MASTER, "the masters that configure a builder"),
    one("/builders/{builderid:n}", &BUILDER, "a builder by id"),
    one("/builders/{buildername:s}", &BUILDER, "a builder by name"),
    many("/builders", &BUILDER, "all builders"),
    one("/masters/{masterid:n}/builders/{builderid:n}", &BUILDER, "a builder that the master configures"),
    many("/masters/{masterid:n}/builders", &BUILDER, "the builders that a master configures"),
    many("/projects/{projectid:n}/builders", &BUILDER, "the builders of a project"),
    many("/workers/{workerid:n}/builders", &BUILDER, "the builders that a worker is configured for"),
    one("/workers/{workerid:n}", &WORKER, "a worker by id"),
    one("/workers/{workername:i}", &WORKER, "a worker by name"),
    many("/workers", &WORKER, "all workers"),
    one("/masters/{masterid:n}/workers/{workerid:n}", &WORKER, "a worker of a master, by id"),
    one("/masters/{masterid:n}/workers/{workername:i}", &WORKER, "a worker of a master, by name"),
    many("/masters/{masterid:n}/workers", &WORKER, "the workers that a master configures"),
    one("/builders/{builderid:n}/workers/{workerid:n}", &WORKER, "a worker of a builder, by id"),
    one("/builders/{builderid:n}/workers/{workername:i}", &WORKER, "a worker of a builder, by name"),
    many("/builders/{builderid:n}/workers", &WORKER, "the workers that are configured for a builder"),
    one(
        "/masters/{masterid:n}/builders/{builderid:n}/workers/{workerid:n}",
        &WORKER,
        "a worker of a builder on a master, by id",
    ),
    one(
        "/masters/{masterid:n}/builders/{builderid:n}/workers/{workername:i}",
        &WORKER,
        "a worker of a builder on a master, by name",
    ),
    many("/masters/{masterid:n}/builders/{builderid:n}/workers", &WORKER, "the workers of a builder on a master"),
    one("/projects/{projectid:n}", &PROJECT, "a project by id"),
    one("/projects/{projectname:i}", &PROJECT, "a project by name"),
    many("/projects", &PROJECT, "all projects"),
];

static RUN_BY_MASTERS: &[Endpoint] = &[
    one("/schedulers/{schedulerid:n}", &SCHEDULER, "a scheduler by id"),
    many("/schedulers", &SCHEDULER, "all schedulers"),
    one("/masters/{masterid:n}/schedulers/{schedulerid:n}", &SCHEDULER, "a scheduler that the master runs"),
    many("/masters/{masterid:n}/schedulers", &SCHEDULER, "the schedulers that a master runs"),
    one("/changesources/{changesourceid:n}", &CHANGESOURCE, "a change source by id"),
    many("/changesources", &CHANGESOURCE, "all change sources"),
    one(
        "/masters/{masterid:n}/changesources/{changesourceid:n}",
        &CHANGESOURCE,
        "a change source that the master runs",
    ),
    many("/masters/{masterid:n}/changesources", &CHANGESOURCE, "the change sources that a master runs"),
    one("/forceschedulers/{schedulername:i}", &FORCESCHEDULER, "a form to ask for builds, by name"),
    many("/forceschedulers", &FORCESCHEDULER, "all forms to ask for builds"),
    many("/builders/{builderid:n}/forceschedulers", &FORCESCHEDULER, "the forms to ask for builds of a builder"),
];

static REQUESTS: &[Endpoint] = &[
    one("/buildsets/{bsid:n}", &BUILDSET, "a buildset by id"),
    many("/buildsets", &BUILDSET, "all buildsets"),
    other("/buildsets/{bsid:n}/properties", Gives::Properties, "the properties of a buildset, as one object"),
    many("/buildsets/{bsid:n}/properties_list", &BUILDSET_PROPERTY, "the properties of a buildset, as a list"),
    one("/buildrequests/{buildrequestid:n}", &BUILDREQUEST, "a build request by id"),
    many("/buildrequests", &BUILDREQUEST, "all build requests"),
    many("/builders/{builderid:n}/buildrequests", &BUILDREQUEST, "the build requests for a builder"),
    many("/orders", &ORDER, "all that engines were asked for: to stop a build, to cancel a request"),
    many("/buildrequests/{buildrequestid:n}/orders", &ORDER, "what was asked for of a build request and its builds"),
    many("/builds/{buildid:n}/orders", &ORDER, "what was asked for of a build"),
];

static BUILDS: &[Endpoint] = &[
    one("/builds/{buildid:n}", &BUILD, "a build by id"),
    one("/builders/{builderid:n}/builds/{number:n}", &BUILD, "a build by its builder and number"),
    one("/builders/{buildername:s}/builds/{number:n}", &BUILD, "a build by its builder's name and its number"),
    many("/builds", &BUILD, "all builds"),
    many("/builders/{builderid:n}/builds", &BUILD, "the builds of a builder"),
    many("/builders/{buildername:s}/builds", &BUILD, "the builds of a builder, by its name"),
    many("/buildrequests/{buildrequestid:n}/builds", &BUILD, "the builds of a build request"),
    many("/changes/{changeid:n}/builds", &BUILD, "the builds of a change's source stamp"),
    many("/workers/{workerid:n}/builds", &BUILD, "the builds that ran on a worker"),
    many("/builds/{parent_buildid:n}/triggered_builds", &BUILD, "the builds that a build triggered"),
];

static OF_BUILDS: &[Endpoint] = &[
    other("/builds/{buildid:n}/changes", Gives::Blame(&CHANGE), "the changes that a build brought"),
    other(
        "/builders/{builderid:n}/builds/{build_number:n}/changes",
        Gives::Blame(&CHANGE),
        "the changes that a build brought",
    ),
    other("/builds/{buildid:n}/properties", Gives::Properties, "the properties of a build, as one object"),
    other(
        "/builders/{builderid:n}/builds/{build_number:n}/properties",
        Gives::Properties,
        "the properties of a build, as one object",
    ),
    many("/builds/{buildid:n}/property_list", &BUILD_PROPERTY, "the properties of a build, as a list"),
    many(
        "/builders/{builderid:n}/builds/{build_number:n}/property_list",
        &BUILD_PROPERTY,
        "the properties of a build, as a list",
    ),
    many("/builds/{buildid:n}/data", &BUILD_DATA, "what was noted of a build"),
    many("/builders/{builderid:n}/builds/{build_number:n}/data", &BUILD_DATA, "what was noted of a build"),
    many("/builders/{buildername:s}/builds/{build_number:n}/data", &BUILD_DATA, "what was noted of a build"),
    one("/builds/{buildid:n}/data/{data_name:i}", &BUILD_DATA, "one note of a build"),
    one("/builders/{builderid:n}/builds/{build_number:n}/data/{data_name:i}", &BUILD_DATA, "one note of a build"),
    one("/builders/{buildername:s}/builds/{build_number:n}/data/{data_name:i}", &BUILD_DATA, "one note of a build"),
    other("/builds/{buildid:n}/data/{data_name:i}/value", Gives::Bytes, "the bytes of a note of a build"),
    other(
        "/builders/{builderid:n}/builds/{build_number:n}/data/{data_name:i}/value",
        Gives::Bytes,
        "the bytes of a note of a build",
    ),
    other(
        "/builders/{buildername:s}/builds/{build_number:n}/data/{data_name:i}/value",
        Gives::Bytes,
        "the bytes of a note of a build",
    ),
];

static STEPS: &[Endpoint] = &[
    one("/steps/{stepid:n}", &STEP, "a step by id"),
    one("/builds/{buildid:n}/steps/{step_number:n}", &STEP, "a step of a build by number"),
    one("/builds/{buildid:n}/steps/{step_name:i}", &STEP, "a step of a build by name"),
    many("/builds/{buildid:n}/steps", &STEP, "the steps of a build"),
    one("/builders/{builderid:n}/builds/{build_number:n}/steps/{step_number:n}", &STEP, "a step of a build by number"),
    one("/builders/{builderid:n}/builds/{build_number:n}/steps/{step_name:i}", &STEP, "a step of a build by name"),
    many("/builders/{builderid:n}/builds/{build_number:n}/steps", &STEP, "the steps of a build"),
    one(
        "/builders/{buildername:s}/builds/{build_number:n}/steps/{step_number:n}",
        &STEP,
        "a step of a build by number",
    ),
    one("/builders/{buildername:s}/builds/{build_number:n}/steps/{step_name:i}", &STEP, "a step of a build by name"),
    many("/builders/{buildername:s}/builds/{build_number:n}/steps", &STEP, "the steps of a build"),
];

/// Below each of these the log's lines are found too.
static LOGS: &[Endpoint] = &[
    one("/logs/{logid:n}", &LOG, "a log by id"),
    one("/steps/{stepid:n}/logs/{log_slug:i}", &LOG, "a log of a step by its slug"),
    many("/steps/{stepid:n}/logs", &LOG, "the logs of a step"),
    one("/builds/{buildid:n}/steps/{step_number:n}/logs/{log_slug:i}", &LOG, "a log of a step by its slug"),
    one("/builds/{buildid:n}/steps/{step_name:i}/logs/{log_slug:i}", &LOG, "a log of a step by its slug"),
    many("/builds/{buildid:n}/steps/{step_number:n}/logs", &LOG, "the logs of a step"),
    many("/builds/{buildid:n}/steps/{step_name:i}/logs", &LOG, "the logs of a step"),
    one(
        "/builders/{builderid:n}/builds/{build_number:n}/steps/{step_number:n}/logs/{log_slug:i}",
        &LOG,
        "a log of a step by its slug",
    ),
    one(
        "/builders/{builderid:n}/builds/{build_number:n}/steps/{step_name:i}/logs/{log_slug:i}",
        &LOG,
        "a log of a step by its slug",
    ),
    many("/builders/{builderid:n}/builds/{build_number:n}/steps/{step_number:n}/logs", &LOG, "the logs of a step"),
    many("/builders/{builderid:n}/builds/{build_number:n}/steps/{step_name:i}/logs", &LOG, "the logs of a step"),
    one(
        "/builders/{buildername:s}/builds/{build_number:n}/steps/{step_number:n}/logs/{log_slug:i}",
        &LOG,
        "a log of a step by its slug",
    ),
    one(
        "/builders/{buildername:s}/builds/{build_number:n}/steps/{step_name:i}/logs/{log_slug:i}",
        &LOG,
        "a log of a step by its slug",
    ),
    many("/builders/{buildername:s}/builds/{build_number:n}/steps/{step_number:n}/logs", &LOG, "the logs of a step"),
    many("/builders/{buildername:s}/builds/{build_number:n}/steps/{step_name:i}/logs", &LOG, "the logs of a step"),
];

static SOURCES: &[Endpoint] = &[
    one("/changes/{changeid:n}", &CHANGE, "a change by id"),
    many("/changes", &CHANGE, "all changes"),
    many("/sourcestamps/{ssid:n}/changes", &CHANGE, "the newest change of a source stamp"),
    many("/changes/{changeid:n}/properties_list", &CHANGE_PROPERTY, "the properties of a change, as a list"),
    one("/sourcestamps/{ssid:n}", &SOURCESTAMP, "a source stamp by id"),
    many("/sourcestamps", &SOURCESTAMP, "all source stamps"),
    many("/buildsets/{bsid:n}/sourcestamps", &SOURCESTAMP, "the source stamps of a buildset"),
    one("/patches/{patchid:n}", &PATCH, "a patch by id"),
    one("/users/{uid:n}", &USER, "a user by id"),
    many("/users", &USER, "all users"),
    many("/changes/{changeid:n}/users", &USER, "the users behind a change"),
];
