//! The pages that show things, as Buildbot's web client addresses them.

use super::Site;
use crate::model::*;

pub(super) fn build(site: &Site, build: &Build) -> String {
    format!("{}#/builders/{}/builds/{}", site.url, build.builderid, build.number)
}

pub(super) fn request(site: &Site, id: BuildRequestId) -> String {
    format!("{}#/buildrequests/{id}", site.url)
}

/// `build` is the page of the build.
pub(super) fn log(build: &str, step: &Step, log: &Log) -> String {
    format!("{build}/steps/{}/logs/{}", step.number, log.slug)
}

/// Its text, for downloading or (`inline`) for looking at.
pub(super) fn log_raw(site: &Site, log: &Log, inline: bool) -> String {
    format!("{}api/v2/logs/{}/{}", site.url, log.logid, if inline { "raw_inline" } else { "raw" })
}
