//! What a CI engine is made of: masters, workers, builders, projects, schedulers, change sources and forms.

use super::expression::Sql;
use super::field::Field;
use super::field::Kind;
use super::resource::Resource;
use super::resource::key;

pub static MASTER: Resource = Resource {
    name: "master",
    plural: "masters",
    table: "masters",
    order: "masterid",
    fields: &[
        Field::flag("active", "masters.active", "NOT masters.active"),
        Field::time("last_active", "masters.last_active"),
        Field::number("masterid", "masters.masterid"),
        Field::text("name", "masters.name"),
    ],
    keys: &[
        key(&["masterid"], "masters.masterid = ?"),
        key(&["builderid"], "masters.masterid IN (SELECT masterid FROM builder_masters WHERE builderid = ?)"),
    ],
};

pub static WORKER: Resource = Resource {
    name: "worker",
    plural: "workers",
    table: "workers",
    order: "workerid",
    fields: &[
        Field::json(
            "configured_on",
            Kind::Records(CONFIGURED_ON),
            "(SELECT json_group_array(json_object('builderid', builderid, 'masterid', masterid)
                ORDER BY masterid, builderid)
              FROM configured_workers WHERE configured_workers.workerid = workers.workerid)",
        ),
        Field::json(
            "connected_to",
            Kind::Records(CONNECTED_TO),
            "(SELECT json_group_array(json_object('masterid', masterid) ORDER BY masterid)
              FROM connected_workers WHERE connected_workers.workerid = workers.workerid)",
        ),
        Field::flag("graceful", "workers.graceful", "NOT workers.graceful"),
        Field::text("name", "workers.name"),
        Field::text("pause_reason", "workers.pause_reason").or_null(),
        Field::flag("paused", "workers.paused", "NOT workers.paused"),
        Field::number("workerid", "workers.workerid"),
        Field::json("workerinfo", Kind::Object, "workers.workerinfo"),
    ],
    keys: &[
        key(&["workerid"], "workers.workerid = ?"),
        key(&["workername"], "workers.name = ?"),
        key(
            &["masterid", "builderid"],
            "workers.workerid IN (SELECT workerid FROM configured_workers WHERE masterid = ? AND builderid = ?)",
        ),
        key(&["masterid"], "workers.workerid IN (SELECT workerid FROM configured_workers WHERE masterid = ?)"),
        key(&["builderid"], "workers.workerid IN (SELECT workerid FROM configured_workers WHERE builderid = ?)"),
    ],
};

const CONFIGURED_ON: &[Field] = &[Field::number("builderid", ""), Field::number("masterid", "")];

const CONNECTED_TO: &[Field] = &[Field::number("masterid", "")];

pub static BUILDER: Resource = Resource {
    name: "builder",
    plural: "builders",
    table: "builders",
    order: "builderid",
    fields: &[
        Field::number("builderid", "builders.builderid"),
        Field::text("description", "builders.description").or_null(),
        Field::text("description_format", "builders.description_format").or_null(),
        Field::text("description_html", "builders.description_html").or_null(),
        Field::json(
            "masterids",
            Kind::Numbers,
            "(SELECT json_group_array(masterid ORDER BY masterid)
              FROM builder_masters WHERE builder_masters.builderid = builders.builderid)",
        ),
        Field::text("name", "builders.name"),
        Field::number("projectid", "builders.projectid").or_null(),
        Field::json("tags", Kind::Texts, "builders.tags"),
    ],
    keys: &[
        key(&["builderid"], "builders.builderid = ?"),
        key(&["buildername"], "builders.name = ?"),
        key(&["masterid"], "builders.builderid IN (SELECT builderid FROM builder_masters WHERE masterid = ?)"),
        key(&["projectid"], "builders.projectid = ?"),
        key(&["workerid"], "builders.builderid IN (SELECT builderid FROM configured_workers WHERE workerid = ?)"),
    ],
};

pub static PROJECT: Resource = Resource {
    name: "project",
    plural: "projects",
    table: "projects",
    order: "projectid",
    fields: &[
        Field::new("active", Kind::Flag, ACTIVE_PROJECT).or_null(),
        Field::text("description", "projects.description").or_null(),
        Field::text("description_format", "projects.description_format").or_null(),
        Field::text("description_html", "projects.description_html").or_null(),
        Field::text("name", "projects.name"),
        Field::number("projectid", "projects.projectid"),
        Field::text("slug", "projects.slug"),
    ],
    keys: &[key(&["projectid"], "projects.projectid = ?"), key(&["projectname"], "projects.name = ?")],
};

/// A master configures one of its builders.
const ACTIVE_PROJECT: Sql = Sql::FlagWhenFiltered {
    yes: "EXISTS (SELECT 1 FROM builders CROSS JOIN builder_masters USING (builderid)
          WHERE builders.projectid = projects.projectid)",
    no: "NOT EXISTS (SELECT 1 FROM builders CROSS JOIN builder_masters USING (builderid)
         WHERE builders.projectid = projects.projectid)",
};

pub static SCHEDULER: Resource = Resource {
    name: "scheduler",
    plural: "schedulers",
    table: "schedulers",
    order: "schedulerid",
    fields: &[
        Field::flag("enabled", "schedulers.enabled", "NOT schedulers.enabled"),
        Field::record("master", MASTER.fields, "FROM masters WHERE masters.masterid = schedulers.masterid").or_null(),
        Field::text("name", "schedulers.name"),
        Field::number("schedulerid", "schedulers.schedulerid"),
    ],
    keys: &[key(&["schedulerid"], "schedulers.schedulerid = ?"), key(&["masterid"], "schedulers.masterid = ?")],
};

pub static CHANGESOURCE: Resource = Resource {
    name: "changesource",
    plural: "changesources",
    table: "changesources",
    order: "changesourceid",
    fields: &[
        Field::number("changesourceid", "changesources.changesourceid"),
        Field::record("master", MASTER.fields, "FROM masters WHERE masters.masterid = changesources.masterid")
            .or_null(),
        Field::text("name", "changesources.name"),
    ],
    keys: &[
        key(&["changesourceid"], "changesources.changesourceid = ?"),
        key(&["masterid"], "changesources.masterid = ?"),
    ],
};

pub static FORCESCHEDULER: Resource = Resource {
    name: "forcescheduler",
    plural: "forceschedulers",
    table: "forceschedulers",
    order: "name",
    fields: &[
        Field::json("all_fields", Kind::Objects, "forceschedulers.all_fields"),
        Field::json("builder_names", Kind::Texts, "forceschedulers.builder_names"),
        Field::text("button_name", "forceschedulers.button_name"),
        Field::flag("enabled", "forceschedulers.enabled", "NOT forceschedulers.enabled"),
        Field::text("label", "forceschedulers.label"),
        Field::text("name", "forceschedulers.name"),
    ],
    keys: &[
        key(&["schedulername"], "forceschedulers.name = ?"),
        key(
            &["builderid"],
            "EXISTS (SELECT 1 FROM json_each(forceschedulers.builder_names) AS named
              WHERE named.value = (SELECT name FROM builders WHERE builderid = ?))",
        ),
    ],
};
