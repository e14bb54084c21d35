//! Asking another plugin: the formatter, the callbacks, the lookup or the getter that the reporter's settings name.
//!
//! It runs in its own store with its own CPU and memory budget, on its caller's turn and within its
//! caller's time. Whatever it does, the reporter only sees a failure; what it said joins the reporter's log.

use crate::data::DataError;
use crate::model;
use crate::model::About;
use crate::model::Grounds;
use crate::model::MADE_UP;
use crate::model::ReporterName;
use crate::model::Want;
use crate::plugin::bindings::wit;
use crate::plugin::bindings::wit::helpers::Host;
use crate::plugin::bindings::wit::messages::Answer;
use crate::plugin::bindings::wit::messages::Formatted;
use crate::plugin::bindings::wit::messages::Moment;
use crate::plugin::bindings::wit::types::BuildResult;
use crate::plugin::bindings::wit::types::Failure;
use crate::plugin::caller::Caller;
use crate::plugin::convert;
use crate::plugin::error::CallError;
use crate::plugin::exports::Export;
use crate::plugin::exports::FindAddresses;
use crate::plugin::exports::FindPrevious;
use crate::plugin::exports::Format;
use crate::plugin::exports::GetReview;
use crate::plugin::load::Kind;
use crate::plugin::load::Plugin;
use crate::plugin::settings::CallbacksSetting;
use crate::plugin::settings::FormatterSetting;
use crate::plugin::state::CallState;
use crate::plugin::state::HostFailure;
use crate::plugin::state::Scene;
use serde_json::Map;
use serde_json::Value;
use std::result::Result as Either;
use wasmtime::Result;

impl Host for CallState {
    async fn context(
        &mut self,
        about: wit::messages::About,
        grounds: wit::messages::Grounds,
        scope: wit::messages::Scope,
    ) -> Result<Either<String, Failure>> {
        let grounds = convert::grounds(grounds);
        let context = context(&self.scene, &convert::about(about), (&grounds, &convert::scope(scope))).await?;
        Ok(context.map_err(Failure::GiveUp))
    }

    async fn object(
        &mut self,
        about: wit::messages::About,
        previous: wit::messages::Previous,
        scope: wit::messages::Scope,
    ) -> Result<Either<String, Failure>> {
        let Some(data) = self.scene.caller.as_ref().map(Caller::data) else { return Ok(nobody_to_ask()) };
        let (about, previous, scope) = (convert::about(about), convert::previous(previous), convert::scope(scope));
        let posted = read(data.posted((&about, previous, &scope), self.scene.event.clone()).await)?;
        Ok(posted.map_err(|reason| Failure::GiveUp(format!("cannot tell of {about:?}: {reason}"))))
    }

    async fn format(
        &mut self,
        formatter: String,
        about: wit::messages::About,
        grounds: wit::messages::Grounds,
    ) -> Result<Either<Option<Formatted>, Failure>> {
        let Some(caller) = self.scene.caller.clone() else { return Ok(nobody_to_ask()) };
        let setting = FormatterSetting::parse(&formatter);
        let (plugin, settings) = match caller.plugins().formatter(&setting) {
            Ok(found) => found,
            Err(reason) => return Ok(give_up(reason)),
        };
        let FormatterSetting::Plugin(chosen) = setting else {
            return Ok(give_up("expected the name of a message-formatter plugin".into()));
        };
        let grounds = convert::grounds(grounds);
        let context = match context(&self.scene, &convert::about(about), (&grounds, &chosen.scope)).await? {
            Ok(context) => changed(context, chosen.context),
            Err(reason) => return Ok(give_up(reason)),
        };
        let format = Format { settings: &settings, context: &context };
        let formatted = self.ask(&caller, ("formatter", &plugin), format).await?;
        Ok(formatted.map(|formatted| formatted.map(convert::formatted_for_reporter)))
    }

    async fn review(
        &mut self,
        callbacks: String,
        moment: Moment,
        about: wit::messages::About,
    ) -> Result<Either<Answer, Failure>> {
        let Some(caller) = self.scene.caller.clone() else { return Ok(nobody_to_ask()) };
        let chosen = CallbacksSetting::parse(&callbacks);
        let (plugin, settings) = match caller.plugins().callbacks(chosen.as_ref()) {
            Ok(found) => found,
            Err(reason) => return Ok(give_up(reason)),
        };
        let CallbacksSetting { scope, context: more, .. } = chosen.expect("what is no setting names no plugin");
        let about = convert::about(about);
        let told = caller.data().review_context(&about, &scope, self.scene.event.as_deref()).await;
        let context = match read(told)? {
            Ok(context) => changed(context, more),
            Err(reason) => return Ok(give_up(format!("cannot make the context for {about:?}: {reason}"))),
        };
        let question = GetReview { settings, moment: convert::moment(moment), context };
        let answer = self.ask(&caller, (plugin.kind.noun(), &plugin), question).await?;
        Ok(answer.map(convert::review_for_reporter))
    }

    async fn addresses(&mut self, lookup: String, users: Vec<String>) -> Result<Either<Vec<Option<String>>, Failure>> {
        self.ask_named(Kind::AddressLookup, &lookup, |settings| FindAddresses { settings, users }).await
    }

    async fn previous_build(&mut self, getter: String, build: u64) -> Result<Either<Option<BuildResult>, Failure>> {
        let Some(data) = self.data().cloned() else { return Ok(nobody_to_ask()) };
        let id = convert::build_id(build);
        let report = match read(data.build_as_told(id, LOOKED_AT, self.scene.event.clone()).await)? {
            Ok(report) => report,
            Err(reason) => return Ok(give_up(reason)),
        };
        let given = report.previous.as_ref().map(convert::build);
        let asked = self.ask_named(Kind::PreviousBuild, &getter, |settings| FindPrevious { settings, report }).await?;
        if id == MADE_UP {
            // A build that never was has the history that its test report gives it; the getter was asked all the same.
            return Ok(asked.map(|_| given));
        }
        let found = match asked {
            Ok(Some(found)) if found == id => {
                return Ok(give_up(format!("the getter {getter} says that build {id} comes before itself")));
            }
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Ok(None)),
            Err(failure) => return Ok(Err(failure)),
        };
        let before = read(data.build(found).await)?;
        Ok(match before {
            Ok(before) => Ok(Some(convert::build(&before))),
            Err(reason) => give_up(format!("the getter {getter} says that build {found} comes before {id}: {reason}")),
        })
    }
}

/// What it means for the caller that the asked plugin gave no answer.
#[derive(Debug, PartialEq, Eq)]
enum Unanswered {
    /// The whole call is to be tried again.
    HostFailed(String),
    OutOfTime,
    /// It passes by itself.
    Later,
    Never,
}

impl Unanswered {
    fn of(error: CallError) -> Self {
        match error {
            CallError::Host(reason) => Self::HostFailed(reason),
            CallError::WallClock { .. } => Self::OutOfTime,
            CallError::PoolExhausted => Self::Later,
            CallError::Trap { .. } | CallError::CpuBudget { .. } | CallError::Memory { .. } | CallError::Refused(_) => {
                Self::Never
            }
        }
    }
}

/// What a getter sees of the build.
const LOOKED_AT: Want =
    Want { properties: true, previous: true, steps: false, logs: false, changes: false, users: false };

impl CallState {
    /// Asks the plugin that a setting names.
    async fn ask_named<T, E: Export<Answer = Either<T, model::Failure>> + Clone>(
        &mut self,
        kind: Kind,
        setting: &str,
        question: impl FnOnce(String) -> E,
    ) -> Result<Either<T, Failure>> {
        let Some(caller) = self.scene.caller.clone() else { return Ok(nobody_to_ask()) };
        match caller.plugins().named(kind, serde_json::from_str(setting).unwrap_or_default()) {
            Ok((plugin, settings)) => self.ask(&caller, (kind.noun(), &plugin), question(settings)).await,
            Err(reason) => Ok(give_up(reason)),
        }
    }

    async fn ask<T, E: Export<Answer = Either<T, model::Failure>> + Clone>(
        &mut self,
        caller: &Caller,
        (what, plugin): (&str, &Plugin),
        question: E,
    ) -> Result<Either<T, Failure>> {
        let mut report = caller.run(plugin, question.clone(), self.within(&plugin.name)).await;
        if matches!(report.outcome, Err(CallError::CpuBudget { .. })) {
            // The machine may have been busy: that passes, and a loop without end does not.
            self.log.append(report.log);
            report = caller.run(plugin, question, self.within(&plugin.name)).await;
        }
        self.log.append(report.log);
        match report.outcome {
            Ok(answer) => Ok(answer.map_err(convert::failure_for_reporter)),
            Err(error) => {
                let reason = format!("{what} {:?}: {error}", plugin.name);
                match Unanswered::of(error) {
                    Unanswered::HostFailed(reason) => Err(HostFailure(reason).into()),
                    // The caller's time is over, too: whoever waits for it ends the call.
                    Unanswered::OutOfTime => std::future::pending().await,
                    Unanswered::Later => Ok(Err(Failure::Retry(reason))),
                    Unanswered::Never => Ok(give_up(reason)),
                }
            }
        }
    }

    fn within(&self, asked: &str) -> Scene {
        Scene {
            caller: self.scene.caller.clone(),
            reporter: ReporterName(self.scene.reporter.0.clone()),
            // Who is asked has no state, and knows of the event what it is told.
            overlay: Default::default(),
            event: None,
            at: self.scene.at,
            seed: self.scene.seed.of_asked(asked),
            until: Some(self.deadline),
        }
    }
}

/// The formatter's context, or why there is none.
async fn context(
    scene: &Scene,
    about: &About,
    (grounds, scope): (&Grounds, &model::Extent),
) -> Result<Either<String, String>> {
    let Some(data) = scene.caller.as_ref().map(Caller::data) else {
        return Ok(Err("there is no data to format".into()));
    };
    let context = data.formatter_context(about, (grounds, scope), scene.event.clone()).await;
    Ok(read(context)?.map_err(|reason| format!("cannot make the context for {about:?}: {reason}")))
}

/// What was read, or why there is no such thing. What passes by itself ends the call.
fn read<T>(answer: Either<T, DataError>) -> Result<Either<T, String>> {
    match answer {
        Ok(found) => Ok(Ok(found)),
        Err(DataError::Store(reason)) => Err(HostFailure(format!("cannot read the data API: {reason}")).into()),
        Err(error @ (DataError::NotFound(_) | DataError::Invalid(_) | DataError::TooLarge { .. })) => {
            Ok(Err(error.to_string()))
        }
    }
}

/// The context with what the operator put in the place of its values.
fn changed(context: String, values: Map<String, Value>) -> String {
    if values.is_empty() {
        return context;
    }
    match serde_json::from_str(&context) {
        Ok(Value::Object(mut object)) => {
            object.extend(values);
            Value::Object(object).to_string()
        }
        _ => context,
    }
}

fn nobody_to_ask<T>() -> Either<T, Failure> {
    give_up("a plugin cannot ask another one while it describes itself".into())
}

fn give_up<T>(reason: String) -> Either<T, Failure> {
    Err(Failure::GiveUp(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_no_reason_to_give_up() {
        let check = |error, expected| assert_eq!(Unanswered::of(error), expected);
        check(CallError::PoolExhausted, Unanswered::Later);
        check(CallError::WallClock { limit_ms: 1 }, Unanswered::OutOfTime);
        check(CallError::Host("busy".into()), Unanswered::HostFailed("busy".into()));
        check(CallError::Refused("odd".into()), Unanswered::Never);
    }
}
