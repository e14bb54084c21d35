//! Pull requests: one change, with the message of the newest commit and the files asked from GitHub's API.

use campanile_sdk::contract::Fetch;
use campanile_sdk::contract::Field;
use campanile_sdk::hooks::timestamp;
use campanile_sdk::literal;
use campanile_sdk::prelude::*;
use campanile_sdk::secret;
use serde::Deserialize;
use serde_json::Value;

use crate::settings::Settings;

/// A page of files, as large as GitHub makes them, and so many pages.
const PAGE: u32 = 100;
const MOST_PAGES: u32 = 10;

/// What stands for a message that could not be had. It has no skip in it.
const NO_MESSAGE: &str = "No message field";

#[derive(Deserialize)]
struct Payload {
    action: String,
    number: u64,
    pull_request: Pull,
    repository: Repository,
    sender: Sender,
}

#[derive(Deserialize)]
struct Pull {
    head: Head,
    base: Base,
    created_at: String,
    title: String,
    body: Option<String>,
    commits: u64,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Deserialize)]
struct Head {
    sha: String,
}

#[derive(Deserialize)]
struct Base {
    #[serde(rename = "ref")]
    reference: String,
    repo: Repository,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
    html_url: String,
}

#[derive(Deserialize)]
struct Sender {
    login: String,
}

#[derive(Deserialize)]
struct Links {
    html: Link,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

/// What the API says of a commit, and of a file.
#[derive(Deserialize)]
struct Told {
    commit: Message,
}

#[derive(Deserialize)]
struct Message {
    message: String,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    previous_filename: Option<String>,
}

pub(crate) fn changes(settings: &Settings, request: &HookRequest, fetched: &[Fetched]) -> Result<HookOutcome, String> {
    let payload: Payload = request.payload()?;
    if !["opened", "reopened", "synchronize"].contains(&payload.action.as_str()) {
        return Ok(HookOutcome::NOTHING);
    }
    let api = Api::of(settings, &payload)?;
    let [commit, pages @ ..] = fetched else { return Ok(HookOutcome::Fetch(vec![api.commit(), api.files(1)])) };
    let message = commit.json::<Told>().map_or_else(|| NO_MESSAGE.into(), |told| told.commit.message);
    if settings.skips.has(&message) {
        return Ok(HookOutcome::NOTHING);
    }
    if let [first] = pages {
        let pages = last_page(first);
        if pages > MOST_PAGES {
            println!("of {pages} pages of files the first {MOST_PAGES} are read");
        }
        let last = pages.min(MOST_PAGES);
        if last > 1 {
            return Ok(HookOutcome::Fetch((2..=last).map(|page| api.files(page)).collect()));
        }
    }
    let change = change(settings, &payload, files(pages));
    let whole = match settings.github_property_whitelist.is_empty() {
        true => Value::Null,
        false => request.payload::<Value>()?["pull_request"].take(),
    };
    let change = settings.github_property_whitelist.add(change, "github", &whole);
    let change = change
        .property("pullrequesturl", &payload.pull_request.links.html.href)
        .property("event", &"pull_request")
        .property("basename", &payload.pull_request.base.reference);
    Ok(HookOutcome::Changes(vec![change.named_by(request)]))
}

fn change(settings: &Settings, payload: &Payload, files: Vec<String>) -> NewChange {
    let Payload { number, pull_request: pull, repository, sender, .. } = payload;
    let plural = if pull.commits == 1 { "" } else { "s" };
    let body = pull.body.as_deref().unwrap_or_default();
    NewChange {
        author: Some(sender.login.clone()),
        comments: Some(format!(
            "GitHub Pull Request #{number} ({} commit{plural})\n{}\n{body}",
            pull.commits, pull.title
        )),
        files,
        revision: Some(pull.head.sha.clone()),
        when_timestamp: timestamp(&pull.created_at),
        branch: Some(format!("refs/pull/{number}/{}", settings.pullrequest_ref)),
        category: Some("pull".into()),
        revlink: Some(pull.links.html.href.clone()),
        repository: repository.html_url.clone(),
        codebase: settings.codebase.clone(),
        project: pull.base.repo.full_name.clone(),
        src: Some("git".into()),
        ..NewChange::default()
    }
}

/// What could not be had, has no files.
fn files(pages: &[Fetched]) -> Vec<String> {
    let files = pages.iter().flat_map(|page| page.json::<Vec<File>>().unwrap_or_default());
    files.flat_map(|file| [Some(file.filename), file.previous_filename]).flatten().collect()
}

/// As the header Link says it: `<…&page=3>; rel="last"`.
fn last_page(first: &Fetched) -> u32 {
    let links = first.header("link").unwrap_or_default().split(',');
    let last = links.filter(|link| link.contains("rel=\"last\"")).find_map(|link| {
        let (url, _) = link.trim().strip_prefix('<')?.split_once('>')?;
        let (_, query) = url.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix("page="))?.parse().ok()
    });
    last.unwrap_or(1)
}

/// Where GitHub is asked about this pull request.
struct Api<'s> {
    settings: &'s Settings,
    repository: String,
    sha: String,
    number: u64,
}

impl<'s> Api<'s> {
    /// Whoever sends the payload writes what stands in the URL: only what names a repository and a commit may.
    fn of(settings: &'s Settings, payload: &Payload) -> Result<Self, String> {
        let (repository, sha) = (payload.repository.full_name.clone(), payload.pull_request.head.sha.clone());
        let is_name = |name: &str| {
            let legal = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
            !name.is_empty() && name.chars().all(legal) && !name.chars().all(|c| c == '.')
        };
        let is_repository = repository.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name));
        if !is_repository || sha.is_empty() || !sha.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!("repository.full_name {repository:?} or pull_request.head.sha {sha:?} is none"));
        }
        Ok(Self { settings, repository, sha, number: payload.number })
    }

    fn commit(&self) -> Fetch {
        self.get(&format!("commits/{}", self.sha))
    }

    fn files(&self, page: u32) -> Fetch {
        self.get(&format!("pulls/{}/files?per_page={PAGE}&page={page}", self.number))
    }

    fn get(&self, path: &str) -> Fetch {
        let api = self.settings.github_api_endpoint.trim_end_matches('/');
        let mut headers = vec![Field { name: "Accept".into(), value: literal("application/vnd.github+json") }];
        if let Some(token) = &self.settings.token {
            let value = [literal("token "), secret(token)].concat();
            headers.push(Field { name: "Authorization".into(), value });
        }
        let url = literal(format!("{api}/repos/{}/{path}", self.repository));
        Fetch { url, headers, verify: self.settings.verify.of_request() }
    }
}
