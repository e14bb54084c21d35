//! The functions of a plugin, as calls that `call::run` can make.

mod asked;

pub(super) use asked::FindAddresses;
pub(super) use asked::FindPrevious;

use crate::model::Effect;
use crate::model::Failure;
use crate::model::Formatted;
use crate::model::Problem;
use crate::model::ReporterConfig;
use crate::model::ReporterEvent;
use crate::model::Subscription;
use crate::plugin::bindings::Descriptor;
use crate::plugin::bindings::address_lookup::AddressLookupPre;
use crate::plugin::bindings::message_formatter::MessageFormatterPre;
use crate::plugin::bindings::previous_build::PreviousBuildPre;
use crate::plugin::bindings::reporter::ReporterPre;
use crate::plugin::convert;
use crate::plugin::load::Kind;
use crate::plugin::state::CallState;
use crate::plugin::state::Refusal;
use std::future::Future;
use wasmtime::Result;
use wasmtime::Store;

/// A component that is linked and checked, ready to be instantiated.
pub(super) enum Program {
    Reporter(ReporterPre<CallState>),
    MessageFormatter(MessageFormatterPre<CallState>),
    AddressLookup(AddressLookupPre<CallState>),
    PreviousBuild(PreviousBuildPre<CallState>),
}

impl Program {
    /// The call was not made for such a plugin.
    fn is_no(&self, wanted: Kind) -> wasmtime::Error {
        let kind = match self {
            Self::Reporter(_) => Kind::Reporter,
            Self::MessageFormatter(_) => Kind::MessageFormatter,
            Self::AddressLookup(_) => Kind::AddressLookup,
            Self::PreviousBuild(_) => Kind::PreviousBuild,
        };
        Refusal(format!("it is of the world `{}`, not `{}`", kind.world(), wanted.world())).into()
    }
}

pub(super) trait Export: Send {
    type Answer: Send;

    fn call(self, store: &mut Store<CallState>, program: &Program)
    -> impl Future<Output = Result<Self::Answer>> + Send;
}

pub(super) struct Describe;

pub(super) struct Subscribe<'a>(pub(super) &'a ReporterConfig);

pub(super) struct Handle<'a>(pub(super) &'a ReporterConfig, pub(super) &'a ReporterEvent);

pub(super) struct Format<'a> {
    pub(super) settings: &'a String,
    pub(super) context: &'a String,
}

/// Each world has a descriptor of its own, and all are the same.
macro_rules! describe {
    ($pre:expr, $store:expr) => {{
        let plugin = $pre.instantiate_async(&mut *$store).await?;
        let described = plugin.campanile_reporter_plugin().call_describe($store).await?;
        Ok(Descriptor {
            name: described.name,
            version: described.version,
            summary: described.summary,
            settings_schema: described.settings_schema,
        })
    }};
}

impl Export for Describe {
    type Answer = Descriptor;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Descriptor> {
        match program {
            Program::Reporter(pre) => describe!(pre, store),
            Program::MessageFormatter(pre) => describe!(pre, store),
            Program::AddressLookup(pre) => describe!(pre, store),
            Program::PreviousBuild(pre) => describe!(pre, store),
        }
    }
}

impl Export for Subscribe<'_> {
    type Answer = Result<Vec<Subscription>, Vec<Problem>>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let plugin = reporter(program)?.instantiate_async(&mut *store).await?;
        let config = convert::config(self.0);
        let answer = plugin.campanile_reporter_reporting().call_subscribe(store, &config).await?;
        Ok(convert::subscriptions(answer))
    }
}

impl Export for Handle<'_> {
    type Answer = Result<Vec<Effect>, Failure>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let plugin = reporter(program)?.instantiate_async(&mut *store).await?;
        let (config, event) = (convert::config(self.0), convert::event(self.1));
        let answer = plugin.campanile_reporter_reporting().call_handle(store, &config, &event).await?;
        match answer {
            Ok(effects) => Ok(Ok(convert::effects(effects).map_err(Refusal)?)),
            Err(failure) => Ok(Err(convert::failure(failure))),
        }
    }
}

impl Export for Format<'_> {
    type Answer = Result<Option<Formatted>, Failure>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let Program::MessageFormatter(pre) = program else { return Err(program.is_no(Kind::MessageFormatter)) };
        let plugin = pre.instantiate_async(&mut *store).await?;
        let answer = plugin.campanile_reporter_formatting().call_format(store, self.settings, self.context).await?;
        match answer {
            Ok(Some(formatted)) => Ok(Ok(Some(convert::formatted(formatted).map_err(Refusal)?))),
            Ok(None) => Ok(Ok(None)),
            Err(failure) => Ok(Err(convert::failure(failure))),
        }
    }
}

fn reporter(program: &Program) -> Result<&ReporterPre<CallState>> {
    match program {
        Program::Reporter(pre) => Ok(pre),
        other => Err(other.is_no(Kind::Reporter)),
    }
}
