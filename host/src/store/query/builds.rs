//! What builds are asked for and made of: buildsets, build requests, builds, steps, logs, and what is noted of builds.

use super::expression::Sql;
use super::field::Field;
use super::field::Kind;
use super::resource::Resource;
use super::resource::key;
use super::sources::SOURCESTAMP;

pub static BUILDSET: Resource = Resource {
    name: "buildset",
    plural: "buildsets",
    table: "buildsets",
    order: "bsid",
    fields: &[
        Field::number("bsid", "buildsets.bsid"),
        Field::flag("complete", "buildsets.complete_at IS NOT NULL", "buildsets.complete_at IS NULL"),
        Field::time("complete_at", "buildsets.complete_at").or_null(),
        Field::text("external_idstring", "buildsets.external_idstring").or_null(),
        Field::number("parent_buildid", "buildsets.parent_buildid").or_null(),
        Field::text("parent_relationship", "buildsets.parent_relationship").or_null(),
        Field::text("reason", "buildsets.reason"),
        Field::number("rebuilt_buildid", "buildsets.rebuilt_buildid").or_null(),
        Field::number("results", "ifnull(buildsets.results, -1)"),
        Field::records(
            "sourcestamps",
            SOURCESTAMP.fields,
            (
                "FROM buildset_sourcestamps CROSS JOIN sourcestamps USING (ssid)
                 WHERE buildset_sourcestamps.bsid = buildsets.bsid",
                "sourcestamps.ssid",
            ),
        ),
        Field::time("submitted_at", "buildsets.submitted_at"),
    ],
    keys: &[key(&["bsid"], "buildsets.bsid = ?")],
};

pub static BUILDREQUEST: Resource = Resource {
    name: "buildrequest",
    plural: "buildrequests",
    table: "buildrequests",
    order: "buildrequestid",
    fields: &[
        Field::number("builderid", "buildrequests.builderid"),
        Field::number("buildrequestid", "buildrequests.buildrequestid"),
        Field::number("buildsetid", "buildrequests.bsid"),
        // Whoever asks for those that nobody claimed wants to claim one.
        Field::flag(
            "claimed",
            "buildrequests.claimed_at IS NOT NULL",
            "(buildrequests.claimed_at IS NULL AND buildrequests.complete_at IS NULL)",
        ),
        Field::time("claimed_at", "buildrequests.claimed_at").or_null(),
        Field::number("claimed_by_masterid", "buildrequests.claimed_by_masterid").or_null(),
        Field::flag("complete", "buildrequests.complete_at IS NOT NULL", "buildrequests.complete_at IS NULL"),
        Field::time("complete_at", "buildrequests.complete_at").or_null(),
        Field::number("priority", "buildrequests.priority"),
        Field::properties("FROM buildset_properties WHERE buildset_properties.bsid = buildrequests.bsid", "NULL")
            .or_null(),
        Field::number("results", "ifnull(buildrequests.results, -1)"),
        Field::time("submitted_at", "buildrequests.submitted_at"),
        Field::flag("waited_for", "buildrequests.waited_for", "NOT buildrequests.waited_for"),
    ],
    keys: &[
        key(&["buildrequestid"], "buildrequests.buildrequestid = ?"),
        key(&["builderid"], "buildrequests.builderid = ?"),
    ],
};

pub static BUILD: Resource = Resource {
    name: "build",
    plural: "builds",
    table: "builds",
    order: "buildid",
    fields: &[
        Field::number("builderid", "builds.builderid"),
        Field::number("buildid", "builds.buildid"),
        Field::number("buildrequestid", "builds.buildrequestid"),
        Field::flag("complete", "builds.complete_at IS NOT NULL", "builds.complete_at IS NULL"),
        Field::time("complete_at", "builds.complete_at").or_null(),
        Field::number("locks_duration_s", "builds.locks_duration_s"),
        Field::number("masterid", "builds.masterid"),
        Field::number("number", "builds.number"),
        Field::properties("FROM build_properties WHERE build_properties.buildid = builds.buildid", "'{}'"),
        Field::number("results", "builds.results").or_null(),
        Field::time("started_at", "builds.started_at"),
        Field::text("state_string", "builds.state_string"),
        Field::number("workerid", "builds.workerid").or_null(),
    ],
    keys: &[
        key(&["buildid"], "builds.buildid = ?"),
        key(&["builderid"], "builds.builderid = ?"),
        key(&["buildername"], "builds.builderid = (SELECT builderid FROM builders WHERE name = ?)"),
        key(&["number"], "builds.number = ?"),
        key(&["buildrequestid"], "builds.buildrequestid = ?"),
        key(&["workerid"], "builds.workerid = ?"),
        // Of requests for a stamp that the change came with.
        key(
            &["changeid"],
            "builds.buildrequestid IN (
               SELECT buildrequests.buildrequestid FROM changes
               CROSS JOIN buildset_sourcestamps USING (ssid) CROSS JOIN buildrequests USING (bsid)
               WHERE changes.changeid = ?)",
        ),
        key(
            &["parent_buildid"],
            "builds.buildrequestid IN (
               SELECT buildrequests.buildrequestid FROM buildsets CROSS JOIN buildrequests USING (bsid)
               WHERE buildsets.parent_buildid = ?)",
        ),
    ],
};

/// What engines were asked for. Buildbot tells it by events alone.
pub static ORDER: Resource = Resource {
    name: "order",
    plural: "orders",
    table: "orders",
    order: "orderid",
    fields: &[
        Field::number("buildid", "orders.buildid").or_null(),
        Field::number("buildrequestid", "orders.buildrequestid"),
        Field::time("ordered_at", "orders.ordered_at"),
        Field::number("orderid", "orders.orderid"),
        Field::text("reason", "orders.reason"),
        Field::text("verb", "orders.verb"),
    ],
    keys: &[key(&["buildid"], "orders.buildid = ?"), key(&["buildrequestid"], "orders.buildrequestid = ?")],
};

pub static STEP: Resource = Resource {
    name: "step",
    plural: "steps",
    table: "steps",
    order: "number",
    fields: &[
        Field::number("buildid", "steps.buildid"),
        Field::flag("complete", "steps.complete_at IS NOT NULL", "steps.complete_at IS NULL"),
        Field::time("complete_at", "steps.complete_at").or_null(),
        Field::flag("hidden", "steps.hidden", "NOT steps.hidden"),
        Field::time("locks_acquired_at", "steps.locks_acquired_at").or_null(),
        Field::text("name", "steps.name"),
        Field::number("number", "steps.number"),
        Field::number("results", "steps.results").or_null(),
        Field::time("started_at", "steps.started_at").or_null(),
        Field::text("state_string", "steps.state_string"),
        Field::number("stepid", "steps.stepid"),
        Field::json("urls", Kind::Records(URL), "steps.urls"),
    ],
    keys: &[
        key(&["stepid"], "steps.stepid = ?"),
        key(&["buildid"], "steps.buildid = ?"),
        key(&["step_number"], "steps.number = ?"),
        key(&["step_name"], "steps.name = ?"),
    ],
};

/// As they stand in the column; there they are no columns of their own.
const URL: &[Field] = &[Field::text("name", ""), Field::text("url", "")];

pub static LOG: Resource = Resource {
    name: "log",
    plural: "logs",
    table: "logs",
    order: "logid",
    fields: &[
        Field::flag("complete", "logs.complete", "NOT logs.complete"),
        Field::number("logid", "logs.logid"),
        Field::text("name", "logs.name"),
        Field::number("num_lines", "logs.num_lines"),
        Field::text("slug", "logs.slug"),
        Field::number("stepid", "logs.stepid"),
        Field::text("type", "logs.type"),
    ],
    keys: &[
        key(&["logid"], "logs.logid = ?"),
        key(&["stepid"], "logs.stepid = ?"),
        key(&["log_slug"], "logs.slug = ?"),
    ],
};

pub static BUILD_DATA: Resource = Resource {
    name: "build_data",
    plural: "build_data",
    table: "build_data",
    order: "name",
    fields: &[
        Field::number("buildid", "build_data.buildid"),
        Field::number("length", "length(build_data.value)"),
        Field::text("name", "build_data.name"),
        Field::text("source", "build_data.source"),
        // Bytes, for which JSON has no form: they are at `…/value`.
        Field::new("value", Kind::Text, Sql::Value("NULL")).or_null(),
    ],
    keys: &[key(&["buildid"], "build_data.buildid = ?"), key(&["data_name"], "build_data.name = ?")],
};

pub static BUILD_PROPERTY: Resource = Resource {
    name: "_property",
    plural: "_properties",
    table: "build_properties",
    order: "name",
    fields: &[
        Field::text("name", "build_properties.name"),
        Field::text("source", "build_properties.source"),
        Field::text("value", "build_properties.value"),
    ],
    keys: &[key(&["buildid"], "build_properties.buildid = ?")],
};

pub static BUILDSET_PROPERTY: Resource = Resource {
    name: "_property",
    plural: "_properties",
    table: "buildset_properties",
    order: "name",
    fields: &[
        Field::text("name", "buildset_properties.name"),
        Field::text("source", "buildset_properties.source"),
        Field::text("value", "buildset_properties.value"),
    ],
    keys: &[key(&["bsid"], "buildset_properties.bsid = ?")],
};
