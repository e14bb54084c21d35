//! From the author's traits to the component's exports: the descriptor, settings parsed, one macro.
//!
//! Everything but the macro is a plain function, so the same path runs natively (tests, benches).

use schemars::JsonSchema;

use crate::context::Context;
use crate::contract::Answer;
use crate::contract::BuildReport;
use crate::contract::Effect;
use crate::contract::Event;
use crate::contract::Failure;
use crate::contract::Fetched;
use crate::contract::Formatted;
use crate::contract::HookOutcome;
use crate::contract::HookRequest;
use crate::contract::Id;
use crate::contract::Moment;
use crate::contract::Problem;
use crate::contract::RawConfig;
use crate::contract::Subscription;
use crate::host::Host;
use crate::host::PluginHost;
use crate::plugin::AddressLookup;
use crate::plugin::ChangeHook;
use crate::plugin::Config;
use crate::plugin::MessageFormatter;
use crate::plugin::PreviousBuild;
use crate::plugin::Reporter;
use crate::plugin::ReviewCallbacks;
use crate::settings;

pub use crate::bindings::plugin::exports::campanile::reporter::plugin::Descriptor;
pub use crate::host::Imports;

/// Who a plugin is; `version` is that of the plugin's own package.
pub fn describe<S: JsonSchema>(name: &str, version: &str, summary: &str) -> Descriptor {
    let schema = schemars::schema_for!(S);
    Descriptor {
        name: name.to_owned(),
        version: version.to_owned(),
        summary: summary.to_owned(),
        settings_schema: schema.as_value().to_string(),
    }
}

/// `reporting.subscribe`.
///
/// # Errors
/// The reporter's own problems, or the one that kept its settings from parsing.
pub fn subscribe<R: Reporter>(config: RawConfig) -> Result<Vec<Subscription>, Vec<Problem>> {
    R::subscribe(&typed(config).map_err(|problem| vec![problem])?)
}

/// `reporting.handle`.
///
/// # Errors
/// The reporter's own failure, or to give up because its settings do not parse.
pub fn handle<R: Reporter>(config: RawConfig, event: &Event, host: &impl Host) -> Result<Vec<Effect>, Failure> {
    let config = typed(config).map_err(unfit)?;
    let answer = R::handle(&config, event, host);
    leave(config);
    answer
}

/// `formatting.format`.
///
/// # Errors
/// The formatter's own failure, or to give up because its settings or the context do not parse.
pub fn format<F: MessageFormatter>(
    settings: &str,
    context: String,
    host: &impl PluginHost,
) -> Result<Option<Formatted>, Failure> {
    F::format(&settings::parse(settings).map_err(unfit)?, &context_of(context)?, host)
}

/// `reviewing.review`; `told` is when, and the context.
///
/// # Errors
/// The callbacks' own failure, or to give up because their settings or the context do not parse.
pub fn review<C: ReviewCallbacks>(
    settings: &str,
    told: (Moment, String),
    host: &impl PluginHost,
) -> Result<Answer, Failure> {
    let settings = settings::parse(settings).map_err(unfit)?;
    let (moment, context) = (told.0, context_of(told.1)?);
    match moment {
        Moment::Start => C::start(&settings, &context, host),
        Moment::End => C::review(&settings, &context, host),
        Moment::Summary => C::summary(&settings, &context, host),
    }
}

/// `addressing.addresses`.
///
/// # Errors
/// The lookup's own failure, or to give up because its settings do not parse.
pub fn addresses<L: AddressLookup>(
    settings: &str,
    users: &[String],
    host: &impl PluginHost,
) -> Result<Vec<Option<String>>, Failure> {
    L::addresses(&settings::parse(settings).map_err(unfit)?, users, host)
}

/// `preceding.previous-build`.
///
/// # Errors
/// The getter's own failure, or to give up because its settings do not parse.
pub fn previous_build<G: PreviousBuild>(
    settings: &str,
    report: &BuildReport,
    host: &impl PluginHost,
) -> Result<Option<Id>, Failure> {
    G::previous_build(&settings::parse(settings).map_err(unfit)?, report, host)
}

/// `hooking.check`.
pub fn check<H: ChangeHook>(settings: &str) -> Vec<Problem> {
    match settings::parse(settings) {
        Ok(settings) => H::check(&settings),
        Err(problem) => vec![problem],
    }
}

/// `hooking.changes`.
///
/// # Errors
/// What is wrong with the request.
///
/// # Panics
/// If the settings do not parse, which is no fault of who sent the request.
pub fn changes<H: ChangeHook>(
    settings: &str,
    request: &HookRequest,
    fetched: &[Fetched],
) -> Result<HookOutcome, String> {
    let settings = settings::parse(settings).unwrap_or_else(|problem| panic!("{}: {}", problem.at, problem.message));
    H::changes(&settings, request, fetched)
}

/// In a guest nothing is given back piece by piece: the instance ends with the call, and its memory at once.
pub fn leave<T>(used: T) {
    if cfg!(target_family = "wasm") {
        std::mem::forget(used);
    }
}

fn context_of(json: String) -> Result<Context, Failure> {
    Context::parse(json).map_err(|problem| Failure::GiveUp(format!("the context does not parse: {problem}")))
}

fn typed<S: serde::de::DeserializeOwned>(config: RawConfig) -> Result<Config<S>, Problem> {
    let settings = settings::parse(&config.settings)?;
    Ok(Config { name: config.name, title: config.title, url: config.url, settings })
}

fn unfit(Problem { at, message }: Problem) -> Failure {
    let at = if at.is_empty() { "settings" } else { &at };
    Failure::GiveUp(format!("the settings do not fit: {at}: {message}"))
}

/// Makes a component of a type: `export!(Ping)` of a [`Reporter`], `export!(formatter Short)` of a
/// [`MessageFormatter`], `export!(callbacks Votes)` of [`ReviewCallbacks`], `export!(lookup People)` of an [`AddressLookup`], `export!(getter SameBranch)` of a
/// [`PreviousBuild`], `export!(hook Belfry)` of a [`ChangeHook`]. Once in a crate whose type is `cdylib`. Outside of WebAssembly it only checks the type,
/// so the same crate links into tests.
#[macro_export]
macro_rules! export {
    (formatter $plugin:ident) => {
        $crate::__export_plugin!($plugin, MessageFormatter, formatting, format, $crate::export::Imports, {
            fn format(
                settings: $crate::contract::Json,
                context: $crate::contract::Json,
            ) -> Result<Option<$crate::contract::Formatted>, $crate::contract::Failure> {
                $crate::export::format::<$plugin>(&settings, context, &$crate::export::Imports)
            }
        });
    };
    (callbacks $plugin:ident) => {
        $crate::__export_plugin!($plugin, ReviewCallbacks, reviewing, review, $crate::export::Imports, {
            fn review(
                settings: $crate::contract::Json,
                moment: $crate::contract::Moment,
                context: $crate::contract::Json,
            ) -> Result<$crate::contract::Answer, $crate::contract::Failure> {
                $crate::export::review::<$plugin>(&settings, (moment, context), &$crate::export::Imports)
            }
        });
    };
    (lookup $plugin:ident) => {
        $crate::__export_plugin!($plugin, AddressLookup, addressing, addresses, $crate::export::Imports, {
            fn addresses(
                settings: $crate::contract::Json,
                users: Vec<String>,
            ) -> Result<Vec<Option<String>>, $crate::contract::Failure> {
                $crate::export::addresses::<$plugin>(&settings, &users, &$crate::export::Imports)
            }
        });
    };
    (getter $plugin:ident) => {
        $crate::__export_plugin!($plugin, PreviousBuild, preceding, previous_build, $crate::export::Imports, {
            fn previous_build(
                settings: $crate::contract::Json,
                report: $crate::contract::BuildReport,
            ) -> Result<Option<$crate::contract::Id>, $crate::contract::Failure> {
                $crate::export::previous_build::<$plugin>(&settings, &report, &$crate::export::Imports)
            }
        });
    };
    (hook $plugin:ident) => {
        $crate::__export_plugin!($plugin, ChangeHook, hooking, changes, [$crate::contract::Fetched], {
            fn check(settings: $crate::contract::Json) -> Vec<$crate::contract::Problem> {
                $crate::export::check::<$plugin>(&settings)
            }

            fn changes(
                settings: $crate::contract::Json,
                request: $crate::contract::HookRequest,
                fetched: Vec<$crate::contract::Fetched>,
            ) -> Result<$crate::contract::HookOutcome, String> {
                $crate::export::changes::<$plugin>(&settings, &request, &fetched)
            }
        });
    };
    ($plugin:ident) => {
        $crate::__export_plugin!($plugin, Reporter, reporting, handle, $crate::export::Imports, {
            fn subscribe(
                config: $crate::contract::RawConfig,
            ) -> Result<Vec<$crate::contract::Subscription>, Vec<$crate::contract::Problem>> {
                $crate::export::subscribe::<$plugin>(config)
            }

            fn handle(
                config: $crate::contract::RawConfig,
                event: $crate::contract::Event,
            ) -> Result<Vec<$crate::contract::Effect>, $crate::contract::Failure> {
                let answer = $crate::export::handle::<$plugin>(config, &event, &$crate::export::Imports);
                $crate::export::leave(event);
                answer
            }
        });
    };
}

/// The exports of a plugin: what every kind has, and the functions of its own interface.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_plugin {
    ($plugin:ident, $kind:ident, $interface:ident, $main:ident, $last:ty, { $($functions:tt)* }) => {
        // Natively the exported symbols of two plugins in one binary would collide.
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Component;

            #[global_allocator]
            static MEMORY: $crate::memory::Memory = $crate::memory::Memory::new();

            impl $crate::bindings::plugin::exports::campanile::reporter::plugin::Guest for Component {
                fn describe() -> $crate::export::Descriptor {
                    $crate::export::describe::<<$plugin as $crate::$kind>::Settings>(
                        <$plugin as $crate::$kind>::NAME,
                        env!("CARGO_PKG_VERSION"),
                        <$plugin as $crate::$kind>::SUMMARY,
                    )
                }
            }

            impl $crate::bindings::$interface::exports::campanile::reporter::$interface::Guest for Component {
                $($functions)*
            }

            $crate::bindings::plugin::export!(Component with_types_in $crate::bindings::plugin);
            $crate::bindings::$interface::export!(Component with_types_in $crate::bindings::$interface);
        };

        // Natively the plugin counts as used all the same.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = || {
            let _ = |first, second, last: &$last| {
                $crate::export::$main::<$plugin>(first, second, last)
            };
        };
    };
}
