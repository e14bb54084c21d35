//! What a new plugin's folder is made of. All of it is in the binary: an installed host is enough.

use super::new::Kind;
use super::new::Language;

/// A file: where it goes, and what is in it before names are filled in.
pub(super) struct Template {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
    pub(super) runs: bool,
}

macro_rules! template {
    ($path:literal, $file:literal) => {
        Template { path: $path, text: include_str!(concat!("../../../templates/", $file)), runs: false }
    };
}

macro_rules! script {
    ($path:literal, $file:literal) => {
        Template { path: $path, text: include_str!(concat!("../../../templates/", $file)), runs: true }
    };
}

macro_rules! contract {
    ($($name:literal),*) => {
        &[$(Template {
            path: concat!("wit/", $name),
            text: include_str!(concat!("../../../../wit/", $name)),
            runs: false,
        }),*]
    };
}

/// The contract, which the tools of Python and JavaScript read. The SDK has it already.
const CONTRACT: &[Template] =
    contract!("effects.wit", "events.wit", "hooks.wit", "host.wit", "messages.wit", "plugins.wit", "types.wit");

/// The files of a project.
pub(super) fn of(kind: Kind, language: Language) -> impl Iterator<Item = &'static Template> {
    const COMMON: &[Template] = &[template!("README.md", "README.md"), template!(".gitignore", "gitignore")];
    let contract = if language == Language::Rust { &[] } else { CONTRACT };
    COMMON.iter().chain(sources(kind, language)).chain(fixtures(kind)).chain(contract)
}

fn sources(kind: Kind, language: Language) -> &'static [Template] {
    match (language, kind) {
        (Language::Rust, Kind::MessageFormatter) => &[
            script!("build.sh", "rust/build.sh"),
            template!("Cargo.toml", "rust/Cargo.toml"),
            template!("src/lib.rs", "rust/message-formatter.rs"),
        ],
        (Language::Rust, Kind::Reporter) => &[
            script!("build.sh", "rust/build.sh"),
            template!("Cargo.toml", "rust/Cargo.toml"),
            template!("src/lib.rs", "rust/reporter.rs"),
        ],
        (Language::Rust, Kind::AddressLookup) => &[
            script!("build.sh", "rust/build.sh"),
            template!("Cargo.toml", "rust/Cargo.toml"),
            template!("src/lib.rs", "rust/address-lookup.rs"),
        ],
        (Language::Rust, Kind::ReviewCallbacks) => &[
            script!("build.sh", "rust/build.sh"),
            template!("Cargo.toml", "rust/Cargo.toml"),
            template!("src/lib.rs", "rust/review-callbacks.rs"),
        ],
        (Language::Rust, Kind::ChangeHook) => &[
            script!("build.sh", "rust/build.sh"),
            template!("Cargo.toml", "rust/Cargo.toml"),
            template!("src/lib.rs", "rust/change-hook.rs"),
        ],
        (Language::Python, Kind::ChangeHook) => {
            &[script!("build.sh", "python/build.sh"), template!("app.py", "python/change-hook.py")]
        }
        (Language::JavaScript, Kind::ChangeHook) => {
            &[script!("build.sh", "js/build.sh"), template!("app.js", "js/change-hook.js")]
        }
        (Language::Python, Kind::ReviewCallbacks) => {
            &[script!("build.sh", "python/build.sh"), template!("app.py", "python/review-callbacks.py")]
        }
        (Language::JavaScript, Kind::ReviewCallbacks) => {
            &[script!("build.sh", "js/build.sh"), template!("app.js", "js/review-callbacks.js")]
        }
        (Language::Python, Kind::MessageFormatter) => {
            &[script!("build.sh", "python/build.sh"), template!("app.py", "python/message-formatter.py")]
        }
        (Language::Python, Kind::Reporter) => {
            &[script!("build.sh", "python/build.sh"), template!("app.py", "python/reporter.py")]
        }
        (Language::Python, Kind::AddressLookup) => {
            &[script!("build.sh", "python/build.sh"), template!("app.py", "python/address-lookup.py")]
        }
        (Language::JavaScript, Kind::MessageFormatter) => {
            &[script!("build.sh", "js/build.sh"), template!("app.js", "js/message-formatter.js")]
        }
        (Language::JavaScript, Kind::Reporter) => {
            &[script!("build.sh", "js/build.sh"), template!("app.js", "js/reporter.js")]
        }
        (Language::JavaScript, Kind::AddressLookup) => {
            &[script!("build.sh", "js/build.sh"), template!("app.js", "js/address-lookup.js")]
        }
    }
}

fn fixtures(kind: Kind) -> &'static [Template] {
    match kind {
        Kind::MessageFormatter => &[
            template!("fixtures/failed.json", "fixtures/message-formatter/failed.json"),
            template!("fixtures/passed.json", "fixtures/message-formatter/passed.json"),
        ],
        Kind::Reporter => &[
            template!("fixtures/failed.json", "fixtures/reporter/failed.json"),
            template!("fixtures/no-url.json", "fixtures/reporter/no-url.json"),
            template!("fixtures/passed.json", "fixtures/reporter/passed.json"),
        ],
        Kind::ReviewCallbacks => &[
            template!("fixtures/started.json", "fixtures/review-callbacks/started.json"),
            template!("fixtures/failed.json", "fixtures/review-callbacks/failed.json"),
            template!("fixtures/summary.json", "fixtures/review-callbacks/summary.json"),
        ],
        Kind::AddressLookup => &[
            template!("fixtures/no-domain.json", "fixtures/address-lookup/no-domain.json"),
            template!("fixtures/people.json", "fixtures/address-lookup/people.json"),
        ],
        Kind::ChangeHook => &[
            template!("fixtures/other.json", "fixtures/change-hook/other.json"),
            template!("fixtures/pushed.json", "fixtures/change-hook/pushed.json"),
        ],
    }
}

/// What the tools need, for the README.
pub(super) fn needs(language: Language) -> &'static str {
    match language {
        Language::Rust => {
            "It needs Rust and, once, `rustup target add wasm32-wasip2`; `cargo test` runs the tests in `src/lib.rs`. \
             `Cargo.toml` names\nthe SDK by its path: it is not published yet."
        }
        Language::Python => {
            "It needs Python 3.10 or newer and, the first time, the network: `build.sh` fetches componentize-py into \
             `venv/`. Modules are\nimported when the component is built, so whatever is pure Python on its path can be used."
        }
        Language::JavaScript => {
            "It needs Node.js and, the first time, the network: `build.sh` fetches componentize-qjs into \
             `node_modules/`. The component runs\nplain JavaScript in QuickJS: there is no `console`, `fetch` or \
             `setTimeout`."
        }
    }
}

/// What a fixture gives and expects, for the README.
pub(super) fn given(kind: Kind) -> &'static str {
    match kind {
        Kind::MessageFormatter => {
            "* `context`: what it is told; `\"builds/1\"` is what a host would tell of the first build (or `buildsets/1`, \
             `workers/1`), an\n  object is told as it stands. `mode`: why there is a message, such as `[\"failing\"]`.\n\
             * `formatted`, what it answers: `kind`, `body` (a text, or a list of lines), `subject`; `null` for \
             nothing. `problems`, where the\n  settings are wrong. `fails`, where the call fails."
        }
        Kind::Reporter => {
            "* `event`: what it is told; `\"builds/1/finished\"` is the end of the first build. `{\"wake\": \"key\"}`, \
             `{\"receipt\": {\"key\": …,\n  \"outcome\": \"done\", \"status\": 200}}` and `{\"chat\": {…}}` are there too. \
             `state`: what it remembers, by key.\n\
             * `effects`, what it answers: `deliver`, `remember`, `forget`, `wake`, `control`. `problems`, where the \
             settings are wrong. `fails`,\n  where the call fails."
        }
        Kind::ReviewCallbacks => {
            "* `moment`: `\"start\"` or `\"end\"` of a build, or the `\"summary\"` of a buildset. `context`: what they are \
             told; `\"builds/1\"` or\n  `\"buildsets/1\"` is what a host would tell, an object is told as it stands. \
             `\"ctx\": {\"arg\": …}` in `settings` is what `reviewArg` would be.\n\
             * `review`, what they answer: `\"default\"`, `\"nothing\"`, or `{\"message\": …, \"labels\": {\"Verified\": \
             1}}`. `problems`, where the\n  settings are wrong. `fails`, where the call fails."
        }
        Kind::AddressLookup => {
            "* `users`: whose addresses are asked for.\n* `addresses`, what it answers: one for each user, `null` for \
             none. `problems`, where the settings are wrong. `fails`,\n  where the call fails."
        }
        Kind::ChangeHook => {
            "* `request`: what is sent: `body` (an object is sent as JSON, a text as it is), `content_type`, `headers`, `query`, \
             `method`.\n  `fetched`: what came back of what it wanted to read, if it is asked again.\n\
             * `changes`, what it answers; or `poke`, or `fetch`, what it wants to read first; `refused`, what is wrong with \
             the request.\n  `problems`, where the settings are wrong. `fails`, where the call fails."
        }
    }
}

/// How it stands in a configuration, for the README.
pub(super) fn configuration(kind: Kind) -> &'static str {
    match kind {
        Kind::MessageFormatter => {
            "```toml\n[[reporter]]\nname = \"failures\"\nplugin = \"mail\"\n[reporter.settings]\nfromaddr = \
             \"ci@example.org\"\nextraRecipients = [\"builds@example.org\"]\nmode = [\"failing\"]\nmessageFormatter = \
             \"__NAME__\"            # or {plugin = \"__NAME__\", steps = false}\n```"
        }
        Kind::Reporter => {
            "```toml\n[[reporter]]\nname = \"__NAME__\"\nplugin = \"__NAME__\"\n[reporter.settings]\nurl = \
             \"https://ci.example.org/hook\"\n# token = \"hook-token\"               # a file of that name in [secrets] \
             directory\n```"
        }
        Kind::ReviewCallbacks => {
            "```toml\n[[reporter]]\nname = \"reviews\"\nplugin = \"gerrit\"\n[reporter.settings]\nserver = \
             \"gerrit.example.org\"\nusername = \"buildbot\"\nidentity_file = \"/etc/campanile/gerrit\"\nsummaryCB = \
             \"__NAME__\"                # and reviewCB, startCB, each with its own settings\n```"
        }
        Kind::AddressLookup => {
            "```toml\n[[reporter]]\nname = \"failures\"\nplugin = \"mail\"\n[reporter.settings]\nfromaddr = \
             \"ci@example.org\"\nmode = [\"failing\"]\nlookup = {plugin = \"__NAME__\", domain = \"example.org\"}\n```"
        }
        Kind::ChangeHook => {
            "```toml\n[[change_hook]]\ndialect = \"__NAME__\"            # POST /change_hook/__NAME__\nsecret = \
             \"hook\"                 # a file of that name in [secrets] directory\n[change_hook.settings]\nproject = \
             \"belfry\"\n```"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_whole_contract_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let ours = CONTRACT.iter().map(|template| template.path.trim_start_matches("wit/").to_owned());
        assert_eq!(ours.collect::<BTreeSet<_>>(), files.collect());
    }
}
