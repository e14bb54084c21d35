//! Asking another plugin: the formatter that the reporter's settings name.
//!
//! The formatter runs in its own store with its own CPU and memory budget, on its caller's turn and within its
//! caller's time. Whatever it does, the reporter only sees a failure; what it said joins the reporter's log.

use crate::data::DataError;
use crate::model;
use crate::model::About;
use crate::model::ReporterName;
use crate::plugin::bindings::wit;
use crate::plugin::bindings::wit::helpers::Host;
use crate::plugin::bindings::wit::messages::Answer;
use crate::plugin::bindings::wit::messages::Formatted;
use crate::plugin::bindings::wit::messages::Moment;
use crate::plugin::bindings::wit::types::Failure;
use crate::plugin::caller::Caller;
use crate::plugin::convert;
use crate::plugin::error::CallError;
use crate::plugin::exports::Format;
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
        mode: Vec<String>,
        scope: wit::messages::Scope,
    ) -> Result<Either<String, Failure>> {
        let context = context(&self.scene, &convert::about(about), (&mode, &convert::scope(scope))).await?;
        Ok(context.map_err(Failure::GiveUp))
    }

    async fn format(
        &mut self,
        formatter: String,
        about: wit::messages::About,
        mode: Vec<String>,
    ) -> Result<Either<Option<Formatted>, Failure>> {
        let Some(caller) = self.scene.caller.clone() else {
            return Ok(give_up("a plugin cannot ask a formatter while it describes itself".into()));
        };
        let setting = FormatterSetting::parse(&formatter);
        let (plugin, settings) = match caller.plugins().formatter(&setting) {
            Ok(found) => found,
            Err(reason) => return Ok(give_up(reason)),
        };
        let FormatterSetting::Plugin(chosen) = setting else {
            return Ok(give_up("expected the name of a message-formatter plugin".into()));
        };
        let context = match context(&self.scene, &convert::about(about), (&mode, &chosen.scope)).await? {
            Ok(context) => changed(context, chosen.context),
            Err(reason) => return Ok(give_up(reason)),
        };
        let format = Format { settings: &settings, context: &context };
        let report = caller.run(&plugin, format, self.within(&plugin.name)).await;
        self.log.append(report.log);
        match report.outcome {
            Ok(Ok(formatted)) => Ok(Ok(formatted.map(convert::formatted_for_reporter))),
            Ok(Err(failure)) => Ok(Err(convert::failure_for_reporter(failure))),
            // It passes by itself, so the whole call is to be tried again.
            Err(CallError::Host(reason)) => Err(HostFailure(reason).into()),
            Err(error) => Ok(give_up(format!("formatter {:?}: {error}", plugin.name))),
        }
    }

    async fn review(&mut self, _: String, _: Moment, _: wit::messages::About) -> Result<Either<Answer, Failure>> {
        Ok(give_up("review callbacks: this version of Campanile serves no such plugins".into()))
    }

    async fn addresses(&mut self, _: String, _: Vec<String>) -> Result<Either<Vec<Option<String>>, Failure>> {
        Ok(give_up("address lookup: this version of Campanile serves no such plugins".into()))
    }
}

impl CallState {
    fn within(&self, formatter: &str) -> Scene {
        Scene {
            caller: self.scene.caller.clone(),
            reporter: ReporterName(self.scene.reporter.0.clone()),
            // A formatter has no state, and no event but what is in its context.
            overlay: Default::default(),
            event: None,
            at: self.scene.at,
            seed: formatter.bytes().fold(self.scene.seed, |seed, byte| seed.rotate_left(5) ^ u64::from(byte)),
            until: Some(self.deadline),
        }
    }
}

/// The formatter's context, or why there is none.
async fn context(
    scene: &Scene,
    about: &About,
    (mode, scope): (&[String], &model::Extent),
) -> Result<Either<String, String>> {
    let Some(data) = scene.caller.as_ref().map(Caller::data) else {
        return Ok(Err("there is no data to format".into()));
    };
    match data.formatter_context(about, (mode, scope), scene.event.as_deref()).await {
        Ok(context) => Ok(Ok(context)),
        Err(DataError::Store(reason)) => Err(HostFailure(format!("cannot read the data API: {reason}")).into()),
        Err(error @ (DataError::NotFound(_) | DataError::Invalid(_) | DataError::TooLarge { .. })) => {
            Ok(Err(format!("cannot make the context for {about:?}: {error}")))
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

fn give_up<T>(reason: String) -> Either<T, Failure> {
    Err(Failure::GiveUp(reason))
}
