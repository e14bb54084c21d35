//! The name that tells the states of a commit apart, the same for a request and for its build.

use crate::generators::Report;
use crate::generators::SubjectMatter;
use crate::interpolate::Renderable;

/// The setting (`context`, `key`, `name`), filled in.
///
/// # Errors
/// It is for a request, which lacks a property that its build may have: the build would be shown under another name.
pub fn named(report: &Report<'_>, setting: &str, text: &Renderable) -> Result<String, String> {
    let is_request = matches!(report.subject_matter, SubjectMatter::Request(_));
    match text.read().ok().and_then(|text| text.absent(report.sources())).filter(|_| is_request) {
        Some(name) => Err(format!(
            "the setting {setting} needs the property {name:?}, which the request lacks: the build is told"
        )),
        None => Ok(text.fill_plain(report.sources())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::forges::first_report;
    use crate::forges::request_start_end;
    use crate::plugin::Site;
    use crate::testing::Given;
    use crate::testing::a_build;
    use crate::testing::a_new_request;

    #[track_caller]
    fn check(event: &crate::contract::Event, text: &str, expected: Result<&str, &str>) {
        let site = Site { title: "Acme CI", url: "https://ci.example/" };
        let given = Given::settings(json!({}));
        let report = first_report(&request_start_end(None, None), site, event, &given).expect("nothing fails");
        let name = named(&report.expect("a report"), "context", &Renderable::from(text));
        match expected {
            Ok(expected) => assert_eq!(name.as_deref(), Ok(expected)),
            Err(reason) => assert!(name.as_ref().is_err_and(|name| name.contains(reason)), "{name:?}"),
        }
    }

    #[test]
    fn a_request_is_told_only_under_the_name_of_its_build() {
        let (request, build) = (a_new_request("linux"), a_build("linux").started());
        check(&request, "ci/%(prop:buildername)s/%(prop:branch)s", Ok("ci/linux/main"));
        check(&request, "ci/%(prop:workername)s", Err("the property \"workername\""));
        check(&request, "%(prop:buildnumber)s", Err("the property \"buildnumber\""));
        check(&request, "%(prop:workername:-none)s", Err("the property \"workername\""));
        check(&build, "ci/%(prop:workername)s/%(prop:nothing)s", Ok("ci/worker-1/"));
    }
}
