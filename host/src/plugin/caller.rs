//! Calls on behalf of reporters: which plugin, with what settings, seeing what data.

use crate::data::Data;
use crate::model::BuildId;
use crate::model::BuildReport;
use crate::model::Effect;
use crate::model::Failure;
use crate::model::Fetched;
use crate::model::Formatted;
use crate::model::HookOutcome;
use crate::model::HookRequest;
use crate::model::Moment;
use crate::model::Problem;
use crate::model::ReporterConfig;
use crate::model::ReporterEvent;
use crate::model::ReporterName;
use crate::model::Review;
use crate::model::Subscription;
use crate::model::Timestamp;
use crate::plugin::call;
use crate::plugin::call::CallReport;
use crate::plugin::call::Callee;
use crate::plugin::directory::Plugins;
use crate::plugin::exports::CheckHook;
use crate::plugin::exports::Export;
use crate::plugin::exports::FindAddresses;
use crate::plugin::exports::FindChanges;
use crate::plugin::exports::FindPrevious;
use crate::plugin::exports::Format;
use crate::plugin::exports::GetReview;
use crate::plugin::exports::Handle;
use crate::plugin::exports::Subscribe;
use crate::plugin::load::Plugin;
use crate::plugin::runtime::Runtime;
use crate::plugin::state::Scene;
use crate::plugin::world::Seed;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a reporter remembered or forgot by effects that are not written yet. Seen over its state.
pub type Overlay = BTreeMap<String, Option<String>>;

/// What a reporter is called for.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub event: Arc<ReporterEvent>,
    pub overlay: Arc<Overlay>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Caller {
    runtime: Runtime,
    plugins: Plugins,
    data: Data,
}

impl Caller {
    pub fn new(runtime: Runtime, plugins: Plugins, data: Data) -> Self {
        Self { runtime, plugins, data }
    }

    pub fn plugins(&self) -> &Plugins {
        &self.plugins
    }

    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    /// What the reporter wants to be told, or all that is wrong with its settings. The guest's clock shows 1970:
    /// settings are not right at one time and wrong at another.
    pub async fn subscribe(
        &self,
        plugin: &Plugin,
        config: &ReporterConfig,
    ) -> CallReport<Result<Vec<Subscription>, Vec<Problem>>> {
        let scene = self.scene(&config.name, Seed::new(&config.name, 0));
        self.run(plugin, Subscribe(config), scene).await
    }

    /// The same event, settings, state and overlay give the same answer.
    pub async fn handle(
        &self,
        plugin: &Plugin,
        config: &ReporterConfig,
        Occasion { event, overlay }: Occasion,
    ) -> CallReport<Result<Vec<Effect>, Failure>> {
        let scene = Scene {
            overlay,
            event: Some(event.clone()),
            at: event.at,
            ..self.scene(&config.name, Seed::new(&config.name, event.seq.0))
        };
        self.run(plugin, Handle(config, &event), scene).await
    }

    /// Calls a formatter by itself, with JSON texts for its settings and its context.
    pub async fn format(
        &self,
        plugin: &Plugin,
        settings: &String,
        context: &String,
    ) -> CallReport<Result<Option<Formatted>, Failure>> {
        let scene = self.scene("", Seed::new(&plugin.name, 0));
        self.run(plugin, Format { settings, context }, scene).await
    }

    /// Calls review callbacks by themselves, with JSON texts for their settings and their context.
    pub async fn review(
        &self,
        plugin: &Plugin,
        settings: String,
        (moment, context): (Moment, String),
    ) -> CallReport<Result<Review, Failure>> {
        let scene = self.scene("", Seed::new(&plugin.name, 0));
        self.run(plugin, GetReview { settings, moment, context }, scene).await
    }

    /// Calls an address lookup by itself, with JSON text for its settings.
    pub async fn addresses(
        &self,
        plugin: &Plugin,
        settings: String,
        users: Vec<String>,
    ) -> CallReport<Result<Vec<Option<String>>, Failure>> {
        let scene = self.scene("", Seed::new(&plugin.name, 0));
        self.run(plugin, FindAddresses { settings, users }, scene).await
    }

    /// Calls a getter of previous builds by itself, with JSON text for its settings.
    pub async fn previous_build(
        &self,
        plugin: &Plugin,
        settings: String,
        report: BuildReport,
    ) -> CallReport<Result<Option<BuildId>, Failure>> {
        let scene = self.scene("", Seed::new(&plugin.name, 0));
        self.run(plugin, FindPrevious { settings, report }, scene).await
    }

    /// What is wrong with the settings of a change hook, JSON text that fits its schema.
    pub async fn check_hook(&self, plugin: &Plugin, settings: &str) -> CallReport<Vec<Problem>> {
        let scene = self.scene("", Seed::new(&plugin.name, 0));
        self.run(plugin, CheckHook { settings }, scene).await
    }

    /// What a request means to a change hook; an error is what is wrong with the request. The guest's clock shows when
    /// it came.
    pub async fn changes(
        &self,
        plugin: &Plugin,
        settings: &str,
        (request, fetched): (&HookRequest, &[Fetched]),
    ) -> CallReport<Result<HookOutcome, String>> {
        let scene = Scene { at: request.received_at, ..self.scene("", Seed::new(&plugin.name, 0)) };
        self.run(plugin, FindChanges { settings, request, fetched }, scene).await
    }

    pub(super) async fn run<E: Export>(&self, plugin: &Plugin, export: E, scene: Scene) -> CallReport<E::Answer> {
        let callee = Callee { name: &plugin.name, program: &plugin.program };
        call::run(&self.runtime, callee, export, scene).await
    }

    fn scene(&self, reporter: &str, seed: Seed) -> Scene {
        Scene {
            caller: Some(self.clone()),
            reporter: ReporterName(reporter.to_owned()),
            overlay: Arc::default(),
            event: None,
            at: Timestamp(0),
            seed,
            until: None,
        }
    }
}
