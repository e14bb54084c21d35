//! The settings, with Buildbot's names and defaults.

use std::borrow::Cow;

use campanile_sdk::Renderable;
use campanile_sdk::contract::HttpRequest;
use campanile_sdk::contract::Problem;
use campanile_sdk::forges;
use campanile_sdk::formatters::FormatterChoice;
use campanile_sdk::generators::Generator;
use campanile_sdk::http::Access;
use campanile_sdk::http::Login;
use campanile_sdk::http::Verify;
use campanile_sdk::literal;
use campanile_sdk::secret;
use schemars::JsonSchema;
use serde::Deserialize;

/// Shows at Bitbucket Cloud how commits fare.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// The key of an OAuth consumer. Together with oauth_secret; either they or auth.
    #[serde(default, rename = "oauth_key", alias = "oauthKey")]
    pub(crate) oauth_key: Option<String>,

    /// The secret that holds the consumer's secret, by its name.
    #[serde(default, rename = "oauth_secret", alias = "oauthSecret")]
    #[schemars(extend("x-campanile" = "secret"))]
    pub(crate) oauth_secret: Option<String>,

    /// Who posts: a user, and the name of the secret with the app password.
    #[serde(default)]
    pub(crate) auth: Option<Login>,

    /// Where the API is.
    #[serde(default = "api", rename = "base_url", alias = "baseUrl")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) base_url: String,

    /// Where tokens are had.
    #[serde(default = "tokens", rename = "oauth_url", alias = "oauthUrl")]
    #[schemars(extend("x-campanile" = "http-origin"))]
    pub(crate) oauth_url: String,

    /// What tells the states of a commit apart, with placeholders: of each key the last is shown. Bitbucket is sent its SHA-1.
    /// Without it: that of the builder's name.
    #[serde(default = "of_builder", rename = "status_key", alias = "statusKey")]
    pub(crate) status_key: Renderable,

    /// What the state is called, with placeholders. Without it: the builder's name.
    #[serde(default = "of_builder", rename = "status_name", alias = "statusName")]
    pub(crate) status_name: Renderable,

    /// What is reported, and how; the description is the subject. Without it: builds that start, and builds that ended, without a
    /// description.
    #[serde(default)]
    pub(crate) generators: Option<Vec<Generator>>,

    /// Whether each status is written into the plugin's log, too.
    #[serde(default)]
    pub(crate) debug: bool,

    /// Whether the server's certificate is verified; or a file of authorities (PEM) that vouch for it, by its whole path.
    #[serde(default)]
    pub(crate) verify: Verify,
}

impl Settings {
    pub(crate) fn generators(&self) -> Cow<'_, [Generator]> {
        self.generators.as_deref().map_or_else(|| without_words().into(), Cow::Borrowed)
    }

    /// The request, from who the settings say.
    pub(crate) fn authorized(&self, request: HttpRequest) -> HttpRequest {
        let access = Access { auth: self.auth.as_ref(), verify: Some(&self.verify), ..Access::default() };
        let request = request.with(&access);
        match self.oauth_key.as_ref().zip(self.oauth_secret.as_ref()) {
            Some((key, name)) => request.oauth(&self.oauth_url, literal(key), secret(name)),
            None => request,
        }
    }

    /// All that is wrong with them.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let texts = [("/status_key", Some(&self.status_key)), ("/status_name", Some(&self.status_name))];
        let mut problems = forges::text_problems(&texts);
        let who = match (&self.oauth_key, &self.oauth_secret, &self.auth) {
            (None, None, None) => {
                Some(("", "give oauth_key and oauth_secret, or auth, so that Bitbucket knows who posts"))
            }
            (Some(_), None, _) => Some(("/oauth_key", "it goes together with oauth_secret, the name of a secret")),
            (None, Some(_), _) => Some(("/oauth_secret", "it goes together with oauth_key")),
            (Some(_), Some(_), Some(_)) => Some(("/auth", "give oauth_key and oauth_secret, or auth, not both")),
            (Some(_), Some(_), None) | (None, None, Some(_)) => None,
        };
        problems.extend(who.map(|(at, message)| Problem::new(at, message)));
        problems.extend(forges::problems(self.generators.as_deref().unwrap_or_default(), "/generators"));
        problems
    }
}

/// Buildbot's generators say nothing by themselves: its formatter has an empty subject.
fn without_words() -> Vec<Generator> {
    let mut generators = forges::start_end(None, None);
    for generator in &mut generators {
        generator.start_formatter = Some(FormatterChoice::empty());
        generator.end_formatter = Some(FormatterChoice::empty());
    }
    generators
}

fn of_builder() -> Renderable {
    "%(prop:buildername)s".into()
}

fn api() -> String {
    String::from("https://api.bitbucket.org/2.0/repositories")
}

fn tokens() -> String {
    String::from("https://bitbucket.org/site/oauth2/access_token")
}
