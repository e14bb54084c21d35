//! The setting `extraHeaders`: names and values with placeholders.

use campanile_sdk::Interpolate;
use campanile_sdk::Sources;
use campanile_sdk::contract::Field;
use campanile_sdk::contract::Part;
use campanile_sdk::contract::Text;
use campanile_sdk::prelude::*;

use crate::settings::Settings;

/// Headers that the mail has anyway. Another one of the same name would be a second From or Subject. List-Id, In-Reply-To
/// and References are not among them: those that stand here take the place of the host's.
const OWN_HEADERS: [&str; 12] = [
    "auto-submitted",
    "bcc",
    "cc",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "sender",
    "subject",
    "to",
];

/// The headers, filled in. One whose name is none then is left out, and the log says so.
pub(crate) fn fill(settings: &Settings, sources: Sources<'_>, host: &impl Host) -> Vec<Field> {
    let mut fields = Vec::new();
    for (name, value) in settings.extra_headers.iter().flatten() {
        let (Ok(name), Ok(value)) = (Interpolate::parse(name), value.read()) else { continue };
        let (name, value) = (name.fill_plain(sources), one_line(value.fill(sources)));
        match name_problem(&name) {
            None => fields.push(Field { name, value }),
            Some(why) => host.log(Level::Warn, "a header is left out", &[("header", &name), ("why", why)]),
        }
    }
    fields
}

/// What is filled in shall not begin another header.
fn one_line(value: Text) -> Text {
    let part = |part| match part {
        Part::Literal(text) if text.contains(char::is_control) => Part::Literal(text.replace(char::is_control, " ")),
        other @ (Part::Literal(_) | Part::Secret(_)) => other,
    };
    value.into_iter().map(part).collect()
}

/// What is wrong with a header, as it is written.
pub(crate) fn problem(name: &str, value: &campanile_sdk::Renderable) -> Option<String> {
    let is_filled = name.contains('%');
    let in_name = match Interpolate::parse(name) {
        Err(problem) => Some(problem),
        Ok(parsed) if parsed.fill(Sources::default()).iter().any(|part| matches!(part, Part::Secret(_))) => {
            Some(String::from("a header's name is no place for a secret"))
        }
        // The rest is seen when it is filled in.
        Ok(_) if is_filled => None,
        Ok(_) => name_problem(name).map(String::from),
    };
    let control =
        || value.text().contains(char::is_control).then(|| "a header's value has no control characters".into());
    in_name.or_else(control).or_else(|| value.problem())
}

fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        Some("a header's name is visible ASCII characters without a colon")
    } else if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        Some("the mail has this header already")
    } else {
        None
    }
}
