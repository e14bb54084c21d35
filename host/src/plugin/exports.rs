//! The functions of a plugin, as calls that `call::run` can make.

mod asked;
mod hooked;

pub(super) use asked::FindAddresses;
pub(super) use asked::FindPrevious;
pub(super) use asked::GetReview;
pub(super) use hooked::CheckHook;
pub(super) use hooked::FindChanges;

use crate::model::Effect;
use crate::model::Failure;
use crate::model::Formatted;
use crate::model::Problem;
use crate::model::ReporterConfig;
use crate::model::ReporterEvent;
use crate::model::Subscription;
use crate::plugin::bindings::Descriptor;
use crate::plugin::convert;
use crate::plugin::load::Kind;
use crate::plugin::program::Program;
use crate::plugin::program::ReporterProgram;
use crate::plugin::state::CallState;
use crate::plugin::state::Refusal;
use std::future::Future;
use wasmtime::Result;
use wasmtime::Store;

pub(super) trait Export: Send {
    type Answer: Send;

    fn call(self, store: &mut Store<CallState>, program: &Program)
    -> impl Future<Output = Result<Self::Answer>> + Send;
}

pub(super) struct Describe;

pub(super) struct Subscribe<'a>(pub(super) &'a ReporterConfig);

pub(super) struct Handle<'a>(pub(super) &'a ReporterConfig, pub(super) &'a ReporterEvent);

#[derive(Clone)]
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
            Program::Reporter(reporter) => describe!(reporter.pre, store),
            Program::MessageFormatter(pre) => describe!(pre, store),
            Program::ReviewCallbacks(pre) => describe!(pre, store),
            Program::AddressLookup(pre) => describe!(pre, store),
            Program::PreviousBuild(pre) => describe!(pre, store),
            Program::ChangeHook(pre) => describe!(pre, store),
        }
    }
}

impl Export for Subscribe<'_> {
    type Answer = Result<Vec<Subscription>, Vec<Problem>>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let plugin = reporter(program)?.pre.instantiate_async(&mut *store).await?;
        let answer = plugin.campanile_reporter_reporting().call_subscribe(store, convert::config(self.0)).await?;
        Ok(convert::subscriptions(answer))
    }
}

impl Export for Handle<'_> {
    type Answer = Result<Vec<Effect>, Failure>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        match reporter(program)?.handle(store, self.0, self.1).await? {
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

fn reporter(program: &Program) -> Result<&ReporterProgram> {
    match program {
        Program::Reporter(reporter) => Ok(reporter),
        other => Err(other.is_no(Kind::Reporter)),
    }
}
