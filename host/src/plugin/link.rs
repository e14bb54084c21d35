//! What each world is linked with: the contract's imports, and the empty WASI world.

use crate::plugin::bindings::address_lookup::AddressLookup;
use crate::plugin::bindings::change_hook::ChangeHook;
use crate::plugin::bindings::message_formatter::MessageFormatter;
use crate::plugin::bindings::previous_build::PreviousBuild;
use crate::plugin::bindings::reporter::Reporter;
use crate::plugin::bindings::review_callbacks::ReviewCallbacks;
use crate::plugin::state::CallState;
use wasmtime::Engine;
use wasmtime::component::HasSelf;
use wasmtime::component::Linker;

pub(super) struct Linkers {
    pub(super) reporter: Linker<CallState>,
    pub(super) message_formatter: Linker<CallState>,
    pub(super) review_callbacks: Linker<CallState>,
    pub(super) address_lookup: Linker<CallState>,
    pub(super) previous_build: Linker<CallState>,
    pub(super) change_hook: Linker<CallState>,
}

impl Linkers {
    pub(super) fn new(engine: &Engine) -> wasmtime::Result<Self> {
        let mut reporter = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut reporter)?;
        let [mut message_formatter, mut review_callbacks, mut address_lookup, mut previous_build, mut change_hook] =
            [(); 5].map(|()| reporter.clone());
        let state: for<'s> fn(&'s mut CallState) -> &'s mut CallState = |state| state;
        Reporter::add_to_linker::<_, HasSelf<_>>(&mut reporter, state)?;
        MessageFormatter::add_to_linker::<_, HasSelf<_>>(&mut message_formatter, state)?;
        ReviewCallbacks::add_to_linker::<_, HasSelf<_>>(&mut review_callbacks, state)?;
        AddressLookup::add_to_linker::<_, HasSelf<_>>(&mut address_lookup, state)?;
        PreviousBuild::add_to_linker::<_, HasSelf<_>>(&mut previous_build, state)?;
        ChangeHook::add_to_linker::<_, HasSelf<_>>(&mut change_hook, state)?;
        Ok(Self { reporter, message_formatter, review_callbacks, address_lookup, previous_build, change_hook })
    }
}
