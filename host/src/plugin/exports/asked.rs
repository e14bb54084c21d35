//! What reporters ask of other plugins, besides a text: a review, the addresses of users, the build before.

use crate::model::BuildId;
use crate::model::BuildReport;
use crate::model::Failure;
use crate::model::Moment;
use crate::model::Review;
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

#[derive(Clone)]
pub(in crate::plugin) struct GetReview {
    pub(in crate::plugin) settings: String,
    pub(in crate::plugin) moment: Moment,
    /// JSON.
    pub(in crate::plugin) context: String,
}

impl Export for GetReview {
    type Answer = Result<Review, Failure>;

    async fn call(self, store: &mut Store<CallState>, program: &Program) -> Result<Self::Answer> {
        let Program::ReviewCallbacks(pre) = program else { return Err(program.is_no(Kind::ReviewCallbacks)) };
        let plugin = pre.instantiate_async(&mut *store).await?;
        let callbacks = plugin.campanile_reporter_reviewing();
        let moment = convert::moment_for_guest(self.moment);
        match callbacks.call_review(store, &self.settings, moment, &self.context).await? {
            Ok(answer) => Ok(Ok(convert::review(answer).map_err(Refusal)?)),
            Err(failure) => Ok(Err(convert::failure(failure))),
        }
    }
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
