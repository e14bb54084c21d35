//! What a change hook is asked: whether its settings are right, and what a request means.

use crate::model::Fetched;
use crate::model::HookOutcome;
use crate::model::HookRequest;
use crate::model::Problem;
use crate::plugin::bindings::change_hook::ChangeHookPre;
use crate::plugin::convert;
use crate::plugin::exports::Export;
use crate::plugin::load::Kind;
use crate::plugin::program::Program;
use crate::plugin::state::CallState;
use crate::plugin::state::Refusal;
use wasmtime::Result;
use wasmtime::Store;

pub(in crate::plugin) struct CheckHook<'a> {
    pub(in crate::plugin) settings: &'a str,
}

pub(in crate::plugin) struct FindChanges<'a> {
    pub(in crate::plugin) settings: &'a str,
    pub(in crate::plugin) request: &'a HookRequest,
    pub(in crate::plugin) fetched: &'a [Fetched],
}

impl Export for CheckHook<'_> {
    type Answer = Vec<Problem>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let plugin = hook(program)?.instantiate_async(&mut *store).await?;
        let problems = plugin.campanile_reporter_hooking().call_check(store, self.settings).await?;
        Ok(convert::hook_problems(problems))
    }
}

impl Export for FindChanges<'_> {
    /// An error is what is wrong with the request.
    type Answer = Result<HookOutcome, String>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let plugin = hook(program)?.instantiate_async(&mut *store).await?;
        let (headers, query) = (convert::lent(&self.request.headers), convert::lent(&self.request.query));
        let request = convert::hook_request(self.request, &headers, &query);
        let theirs: Vec<_> = self.fetched.iter().map(|fetched| convert::lent(&fetched.headers)).collect();
        let fetched: Vec<_> =
            self.fetched.iter().zip(&theirs).map(|(fetched, headers)| convert::fetched(fetched, headers)).collect();
        let hooking = plugin.campanile_reporter_hooking();
        match hooking.call_changes(store, self.settings, request, &fetched).await? {
            Ok(outcome) => Ok(Ok(convert::hook_outcome(outcome).map_err(Refusal)?)),
            Err(reason) => Ok(Err(convert::refusal(reason))),
        }
    }
}

fn hook(program: &Program) -> Result<&ChangeHookPre<CallState>> {
    match program {
        Program::ChangeHook(pre) => Ok(pre),
        other => Err(other.is_no(Kind::ChangeHook)),
    }
}
