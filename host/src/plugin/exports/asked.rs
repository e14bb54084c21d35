//! What reporters ask of other plugins, besides a text: the addresses of users, the build before.

use crate::model::BuildId;
use crate::model::BuildReport;
use crate::model::Failure;
use crate::plugin::convert;
use crate::plugin::exports::Export;
use crate::plugin::load::Kind;
use crate::plugin::program::Program;
use crate::plugin::state::CallState;
use crate::plugin::state::Refusal;
use bumpalo::Bump;
use wasmtime::Result;
use wasmtime::Store;

#[derive(Clone)]
pub(in crate::plugin) struct FindAddresses {
    pub(in crate::plugin) settings: String,
    pub(in crate::plugin) users: Vec<String>,
}

#[derive(Clone)]
pub(in crate::plugin) struct FindPrevious {
    pub(in crate::plugin) settings: String,
    pub(in crate::plugin) report: BuildReport,
}

impl Export for FindAddresses {
    /// One for each user.
    type Answer = Result<Vec<Option<String>>, Failure>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let Program::AddressLookup(pre) = program else { return Err(program.is_no(Kind::AddressLookup)) };
        let plugin = pre.instantiate_async(&mut *store).await?;
        let lookup = plugin.campanile_reporter_addressing();
        let users: Vec<&str> = self.users.iter().map(String::as_str).collect();
        match lookup.call_addresses(store, &self.settings, &users).await? {
            Ok(found) => Ok(Ok(convert::addresses(found, &self.users).map_err(Refusal)?)),
            Err(failure) => Ok(Err(convert::failure(failure))),
        }
    }
}

impl Export for FindPrevious {
    type Answer = Result<Option<BuildId>, Failure>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let Program::PreviousBuild(pre) = program else { return Err(program.is_no(Kind::PreviousBuild)) };
        let plugin = pre.instantiate_async(&mut *store).await?;
        let getter = plugin.campanile_reporter_preceding();
        let arena = Bump::new();
        let report = convert::lent_build_report(&arena, &self.report);
        let answer = getter.call_previous_build(store, &self.settings, report).await?;
        Ok(answer.map(|id| id.map(convert::build_id)).map_err(convert::failure))
    }
}
