//! A component that is linked, ready to be instantiated; and the way to its busiest function.
//!
//! The type of `handle` is compared with the contract's at a reporter's first event, and not at each: it is the
//! component's, so that of all its instances.

use crate::model::ReporterConfig;
use crate::model::ReporterEvent;
use crate::plugin::bindings::address_lookup::AddressLookupPre;
use crate::plugin::bindings::change_hook::ChangeHookPre;
use crate::plugin::bindings::message_formatter::MessageFormatterPre;
use crate::plugin::bindings::previous_build::PreviousBuildPre;
use crate::plugin::bindings::reporter::ReporterPre;
use crate::plugin::bindings::review_callbacks::ReviewCallbacksPre;
use crate::plugin::bindings::wit::effects::Effect;
use crate::plugin::bindings::wit::events::Config;
use crate::plugin::bindings::wit::events::Event;
use crate::plugin::bindings::wit::types::Failure;
use crate::plugin::convert;
use crate::plugin::load::Kind;
use crate::plugin::state::CallState;
use crate::plugin::state::Refusal;
use bumpalo::Bump;
use std::sync::OnceLock;
use wasmtime::Result;
use wasmtime::Store;
use wasmtime::component::Component;
use wasmtime::component::ComponentExportIndex;
use wasmtime::component::Func;
use wasmtime::component::Linker;
use wasmtime::component::TypedFunc;
use wasmtime::format_err;

/// The interface of reporters, as components name it.
const REPORTING: &str = "campanile:reporter/reporting@0.1.0";

/// What the lists of most events take.
const EVENT_BYTES: usize = 8 << 10;

pub(super) enum Program {
    Reporter(ReporterProgram),
    MessageFormatter(MessageFormatterPre<CallState>),
    ReviewCallbacks(ReviewCallbacksPre<CallState>),
    AddressLookup(AddressLookupPre<CallState>),
    PreviousBuild(PreviousBuildPre<CallState>),
    ChangeHook(ChangeHookPre<CallState>),
}

impl Program {
    /// The call was not made for such a plugin.
    pub(super) fn is_no(&self, wanted: Kind) -> wasmtime::Error {
        let kind = match self {
            Self::Reporter(_) => Kind::Reporter,
            Self::MessageFormatter(_) => Kind::MessageFormatter,
            Self::ReviewCallbacks(_) => Kind::ReviewCallbacks,
            Self::AddressLookup(_) => Kind::AddressLookup,
            Self::PreviousBuild(_) => Kind::PreviousBuild,
            Self::ChangeHook(_) => Kind::ChangeHook,
        };
        Refusal(format!("it is of the world `{}`, not `{}`", kind.world(), wanted.world())).into()
    }
}

/// `reporting.handle`, as the bindings have it.
type HandleFunc<'a> = TypedFunc<(Config<'a>, Event<'a>), (Result<Vec<Effect>, Failure>,)>;

/// A reporter, with the place of its `handle`.
pub(super) struct ReporterProgram {
    pub(super) pre: ReporterPre<CallState>,
    handle: ComponentExportIndex,
    /// Whether the type of `handle` was found to be the contract's.
    fits: OnceLock<()>,
}

impl ReporterProgram {
    pub(super) fn new(linker: &Linker<CallState>, component: &Component) -> Result<Self> {
        let reporting = component.get_export_index(None, REPORTING);
        let handle = reporting.and_then(|interface| component.get_export_index(Some(&interface), "handle"));
        let handle = handle.ok_or_else(|| format_err!("it has no function `handle`"))?;
        Ok(Self { pre: ReporterPre::new(linker.instantiate_pre(component)?)?, handle, fits: OnceLock::new() })
    }

    /// `reporting.handle` in a fresh instance.
    pub(super) async fn handle(
        &self,
        store: &mut Store<CallState>,
        config: &ReporterConfig,
        event: &ReporterEvent,
    ) -> Result<Result<Vec<Effect>, Failure>> {
        let instance = self.pre.instance_pre().instantiate_async(&mut *store).await?;
        let handle =
            instance.get_func(&mut *store, self.handle).ok_or_else(|| format_err!("`handle` is no function"))?;
        let handle = self.typed(handle, store)?;
        let arena = Bump::with_capacity(EVENT_BYTES);
        let told = (convert::config(config), convert::event(&arena, event));
        let (answer,) = handle.call_async(store, told).await?;
        Ok(answer)
    }

    fn typed<'a>(&self, handle: Func, store: &Store<CallState>) -> Result<HandleFunc<'a>> {
        if self.fits.get().is_some() {
            // SAFETY: `handle` is the export of this component whose type was compared with the same types before.
            // The contract has no resources, whose types would be the instance's.
            return Ok(unsafe { TypedFunc::new_unchecked(handle) });
        }
        let typed = handle.typed(store)?;
        self.fits.get_or_init(|| ());
        Ok(typed)
    }
}
