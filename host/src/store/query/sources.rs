//! What builds are of: changes, source stamps, patches; and the people behind changes.

use super::field::Field;
use super::field::Kind;
use super::resource::Resource;
use super::resource::key;

pub static PATCH: Resource = Resource {
    name: "patch",
    plural: "patches",
    table: "patches",
    order: "patchid",
    fields: &[
        Field::text("author", "patches.author"),
        // Text where the patch is UTF-8, else null.
        Field::text("body", "iif(patches.is_text, CAST(patches.body AS TEXT), NULL)").or_null(),
        Field::text("comment", "patches.comment"),
        Field::number("level", "patches.level"),
        Field::number("patchid", "patches.patchid"),
        Field::text("subdir", "patches.subdir").or_null(),
    ],
    keys: &[key(&["patchid"], "patches.patchid = ?")],
};

pub static SOURCESTAMP: Resource = Resource {
    name: "sourcestamp",
    plural: "sourcestamps",
    table: "sourcestamps",
    order: "ssid",
    fields: &[
        Field::text("branch", "sourcestamps.branch").or_null(),
        Field::text("codebase", "sourcestamps.codebase"),
        Field::time("created_at", "sourcestamps.created_at"),
        Field::record("patch", PATCH.fields, "FROM patches WHERE patches.patchid = sourcestamps.patchid").or_null(),
        Field::text("project", "sourcestamps.project"),
        Field::text("repository", "sourcestamps.repository"),
        Field::text("revision", "sourcestamps.revision").or_null(),
        Field::number("ssid", "sourcestamps.ssid"),
    ],
    keys: &[
        key(&["ssid"], "sourcestamps.ssid = ?"),
        key(&["bsid"], "sourcestamps.ssid IN (SELECT ssid FROM buildset_sourcestamps WHERE bsid = ?)"),
    ],
};

pub static CHANGE: Resource = Resource {
    name: "change",
    plural: "changes",
    table: "changes",
    order: "changeid",
    fields: &[
        Field::text("author", "changes.author"),
        Field::text("branch", "changes.branch").or_null(),
        Field::text("category", "changes.category").or_null(),
        Field::number("changeid", "changes.changeid"),
        Field::text("codebase", "changes.codebase"),
        Field::text("comments", "changes.comments"),
        Field::text("committer", "changes.committer").or_null(),
        Field::json("files", Kind::Texts, "changes.files"),
        Field::json(
            "parent_changeids",
            Kind::Numbers,
            "iif(changes.parent_changeid IS NULL, '[]', json_array(changes.parent_changeid))",
        ),
        Field::text("project", "changes.project"),
        Field::json("properties", Kind::Properties, "changes.properties"),
        Field::text("repository", "changes.repository"),
        Field::text("revision", "changes.revision").or_null(),
        Field::text("revlink", "changes.revlink").or_null(),
        Field::record("sourcestamp", SOURCESTAMP.fields, "FROM sourcestamps WHERE sourcestamps.ssid = changes.ssid"),
        Field::time("when_timestamp", "changes.when_timestamp"),
    ],
    keys: &[
        key(&["changeid"], "changes.changeid = ?"),
        key(&["changeids"], "changes.changeid IN (SELECT value FROM json_each(?))"),
        // The newest alone.
        key(&["ssid"], "changes.changeid = (SELECT max(newest.changeid) FROM changes AS newest WHERE newest.ssid = ?)"),
    ],
};

pub static CHANGE_PROPERTY: Resource = Resource {
    name: "_property",
    plural: "_properties",
    table: "changes CROSS JOIN json_each(changes.properties) AS property",
    order: "name",
    fields: &[
        Field::text("name", "property.key"),
        Field::text("source", "property.value ->> 1"),
        Field::text("value", "property.value -> 0"),
    ],
    keys: &[key(&["changeid"], "changes.changeid = ?")],
};

pub static USER: Resource = Resource {
    name: "user",
    plural: "users",
    table: "users",
    order: "uid",
    fields: &[
        Field::text("identifier", "users.identifier"),
        Field::json(
            "info",
            Kind::Map,
            "(SELECT json_group_object(attr_type, attr_data) FROM users_info WHERE users_info.uid = users.uid)",
        ),
        Field::number("uid", "users.uid"),
    ],
    keys: &[
        key(&["uid"], "users.uid = ?"),
        key(&["changeid"], "users.uid IN (SELECT uid FROM change_users WHERE changeid = ?)"),
    ],
};
