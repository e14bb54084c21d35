//! The events' names, as the older Buildbot had them, and the topics that they are made of.

use campanile_sdk::prelude::*;

/// All that can occur in the older Buildbot; the last three cannot occur here.
pub(crate) const ALL: [&str; 23] = [
    "start",
    "shutdown",
    "requestSubmitted",
    "requestCancelled",
    "buildsetSubmitted",
    "builderAdded",
    "builderChangedState",
    "buildedRemoved",
    "buildStarted",
    "buildFinished",
    "stepStarted",
    "stepTextChanged",
    "stepFinished",
    "logStarted",
    "logFinished",
    "changeAdded",
    "slaveConnected",
    "slaveDisconnected",
    "slavePaused",
    "slaveUnpaused",
    "buildETAUpdate",
    "stepETAUpdate",
    "stepText2Changed",
];

/// A topic, the events that come of it, and what has to come along.
type Row = (&'static str, &'static [&'static str], Want);

/// What is asked for.
pub(crate) fn topics() -> [Row; 18] {
    let build = Want::PROPERTIES | Want::LOGS | Want::USERS;
    let nothing = Want::empty();
    [
        ("masters/*/started", &["start"], nothing),
        ("masters/*/stopped", &["shutdown"], nothing),
        ("buildrequests/*/new", &["requestSubmitted"], nothing),
        ("buildrequests/*/cancel", &["requestCancelled"], nothing),
        ("buildsets/*/new", &["buildsetSubmitted"], nothing),
        ("builders/*/started", &["builderAdded"], nothing),
        ("builders/*/stopped", &["buildedRemoved"], nothing),
        ("builds/*/new", &["builderChangedState", "buildStarted"], build),
        ("builds/*/finished", &["buildFinished", "builderChangedState"], build),
        ("steps/*/started", &["stepStarted"], nothing),
        ("steps/*/updated", &["stepTextChanged"], nothing),
        ("steps/*/finished", &["stepFinished"], nothing),
        ("logs/*/new", &["logStarted"], nothing),
        ("logs/*/finished", &["logFinished"], nothing),
        ("changes/*/new", &["changeAdded"], nothing),
        ("workers/*/connected", &["slaveConnected"], nothing),
        ("workers/*/disconnected", &["slaveDisconnected"], nothing),
        ("workers/*/state_updated", &["slavePaused", "slaveUnpaused"], nothing),
    ]
}
