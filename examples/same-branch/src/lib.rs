//! A getter of previous builds: the one before on the same builder and the same branch.
//!
//! On a builder of many branches the build before is mostly one of another branch, and whether *that* one failed says
//! nothing about this branch. The branch is the build's property.

use std::collections::BTreeMap;

use campanile_sdk::contract::DataError;
use campanile_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// The settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The property that must be the same.
    #[serde(default = "branch")]
    property: String,
    /// So many builds are looked at, going back; without one that fits among them, there is none.
    #[serde(default = "builds")]
    #[schemars(range(min = 1, max = 10000))]
    builds: usize,
}

fn branch() -> String {
    "branch".to_owned()
}

fn builds() -> usize {
    1000
}

/// Builds of one question.
const PAGE: usize = 100;

/// What the data API answers, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Page {
    builds: Vec<Earlier>,
}

#[derive(Debug, Deserialize)]
struct Earlier {
    buildid: Id,
    results: Option<u64>,
    /// Value and source, by name.
    #[serde(default)]
    properties: BTreeMap<String, (Value, String)>,
}

struct SameBranch;

campanile_sdk::export!(getter SameBranch);

impl PreviousBuild for SameBranch {
    const NAME: &'static str = "same-branch";
    const SUMMARY: &'static str = "The build before on the same branch";
    type Settings = Settings;

    fn previous_build(
        settings: &Settings,
        report: &BuildReport,
        host: &impl PluginHost,
    ) -> Result<Option<Id>, Failure> {
        let value = |report: &BuildReport| serde_json::from_str(&report.property(&settings.property)?.value).ok();
        let wanted: Option<Value> = value(report);
        let fits = |earlier: &Earlier| {
            let value = earlier.properties.get(&settings.property).map(|(value, _)| value);
            value == wanted.as_ref() && earlier.results.and_then(Results::from_code) != Some(Results::Retry)
        };
        for offset in (0..settings.builds).step_by(PAGE) {
            let limit = PAGE.min(settings.builds - offset);
            let page = earlier(settings, report, (limit, offset), host)?;
            if let Some(found) = page.iter().find(|earlier| fits(earlier)) {
                return Ok(Some(found.buildid));
            }
            if page.len() < limit {
                break;
            }
        }
        Ok(None)
    }
}

/// Builds before this one on its builder, the last first.
fn earlier(
    settings: &Settings,
    report: &BuildReport,
    (limit, offset): (usize, usize),
    host: &impl PluginHost,
) -> Result<Vec<Earlier>, Failure> {
    let (builder, number, property) = (report.builder.id, report.build.number, &settings.property);
    let path = format!(
        "builders/{builder}/builds?number__lt={number}&order=-number&limit={limit}&offset={offset}\
         &field=buildid&field=number&field=results&field=properties&property={property}"
    );
    let answer = match host.get(&path) {
        Ok(answer) => answer,
        Err(DataError::NotFound) => return Ok(Vec::new()),
        Err(error) => return Err(Failure::GiveUp(format!("{path}: {error:?}"))),
    };
    let page: Page = serde_json::from_str(&answer).map_err(|error| Failure::GiveUp(format!("{path}: {error}")))?;
    Ok(page.builds)
}

#[cfg(test)]
mod tests {
    use campanile_sdk::testing::Given;
    use campanile_sdk::testing::GivenBuild;
    use campanile_sdk::testing::a_build;
    use serde_json::json;

    use super::*;

    const QUESTION: &str = "builders/80/builds?number__lt=7&order=-number&limit=100&offset=0\
                            &field=buildid&field=number&field=results&field=properties&property=branch";

    /// Builds before the seventh: id, result, branch.
    fn given(builds: &[(Id, u64, &str)]) -> Given {
        let earlier = |(id, results, branch): &(Id, u64, &str)| json!({"buildid": id, "results": results, "properties": {"branch": [branch, "Build"]}});
        let builds: Vec<Value> = builds.iter().map(earlier).collect();
        Given::settings(json!({})).answers(QUESTION, json!({"builds": builds, "meta": {"total": builds.len()}}))
    }

    fn the_seventh() -> GivenBuild {
        a_build("linux").number(7)
    }

    #[track_caller]
    fn check(builds: &[(Id, u64, &str)], build: GivenBuild, before: Option<Id>) {
        assert_eq!(given(builds).build_before::<SameBranch>(&build.report()), Ok(before));
    }

    #[test]
    fn the_last_one_on_the_branch() {
        check(&[(6, 2, "next"), (5, 0, "main"), (4, 2, "main")], the_seventh(), Some(5));
        check(&[(6, 2, "next"), (5, 0, "main")], the_seventh().property("branch", "next"), Some(6));
        check(&[(6, 5, "main"), (5, 0, "main")], the_seventh(), Some(5));
    }

    #[test]
    fn none_on_the_branch() {
        check(&[(6, 2, "next")], the_seventh(), None);
        check(&[], the_seventh(), None);
        check(&[(6, 2, "next")], the_seventh().without_property("branch"), None);
    }

    #[test]
    fn of_many_builds_it_turns_the_pages() {
        let many: Vec<Value> = (0..100).map(|id| json!({"buildid": id, "results": 0, "properties": {}})).collect();
        let second = QUESTION.replace("offset=0", "offset=100");
        let found = json!({"buildid": 900, "results": 2, "properties": {"branch": ["main", "x"]}});
        let given = Given::settings(json!({}))
            .answers(QUESTION, json!({ "builds": many }))
            .answers(&second, json!({"builds": [found]}));
        assert_eq!(given.build_before::<SameBranch>(&the_seventh().report()), Ok(Some(900)));
    }
}
