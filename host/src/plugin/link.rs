//! What each world is linked with: the contract's imports, and the empty WASI world.

use crate::plugin::bindings::message_formatter::MessageFormatter;
use crate::plugin::bindings::reporter::Reporter;
use crate::plugin::state::CallState;
use wasmtime::Engine;
use wasmtime::component::HasSelf;
use wasmtime::component::Linker;

pub(super) struct Linkers {
    pub(super) reporter: Linker<CallState>,
    pub(super) message_formatter: Linker<CallState>,
}

impl Linkers {
    pub(super) fn new(engine: &Engine) -> wasmtime::Result<Self> {
        let mut reporter = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut reporter)?;
        let mut message_formatter = reporter.clone();
        Reporter::add_to_linker::<_, HasSelf<_>>(&mut reporter, |state: &mut CallState| state)?;
        MessageFormatter::add_to_linker::<_, HasSelf<_>>(&mut message_formatter, |state: &mut CallState| state)?;
        Ok(Self { reporter, message_formatter })
    }
}
