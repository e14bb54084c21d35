//! The log of a step that makes an HTTP request, line by line in the layout of Buildbot's `HTTPStep`.
//!
//! Pure rules. What stands here has been redacted, or holds no secret.

use super::HttpStep;
use super::Results;
use super::StepData;

/// What stands in place of a value that is hidden.
const HIDDEN: &str = "<HIDDEN>";

/// Behind each answer that led elsewhere.
const RULE: &str = "============================================================";

/// A log of type `s` that grows: each line with its stream in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpStepLog {
    text: String,
}

/// What was sent, and what came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpExchange {
    pub url: String,
    pub status: u16,
    pub request_headers: Vec<(String, String)>,
    pub response_headers: Vec<(String, String)>,
    /// The body as text.
    pub content: String,
}

impl HttpStepLog {
    /// What is about to be done. `redact` takes out what is secret.
    pub fn begin(step: &HttpStep, redact: impl Fn(String) -> String) -> Self {
        let mut log = Self::default();
        log.header(&redact(format!("Performing {} request to {}", step.request.method, step.url.redacted())));
        if !step.params.is_empty() {
            log.header("Parameters:");
            for param in &step.params {
                log.header(&redact(format!("\t{}: {}", param.name, param.value.redacted())));
            }
        }
        match &step.data {
            StepData::Unshown => {}
            StepData::Form(fields) if fields.is_empty() => {}
            StepData::Text(text) if text.is_empty() => {}
            StepData::Form(fields) => {
                log.header("Data:");
                for field in fields {
                    log.header(&redact(format!("\t{}: {}", field.name, field.value.redacted())));
                }
            }
            StepData::Text(text) => {
                log.header("Data:");
                log.header(&redact(format!("\t{text}")));
            }
        }
        log
    }

    /// Why there is no answer.
    pub fn failed(&mut self, why: &str) {
        self.lines('e', &format!("An exception occurred while performing the request: {why}"));
    }

    /// All that came back, the answers that led elsewhere first.
    pub fn answered(&mut self, step: &HttpStep, (elsewhere, last): (&[HttpExchange], &HttpExchange)) {
        if !elsewhere.is_empty() {
            self.lines('o', &format!("\nRedirected {} times:\n", elsewhere.len()));
            for exchange in elsewhere {
                self.exchange(step, exchange);
                self.lines('o', RULE);
            }
        }
        self.exchange(step, last);
    }

    fn exchange(&mut self, step: &HttpStep, exchange: &HttpExchange) {
        self.header("Request Headers:");
        self.headers(&exchange.request_headers, &step.hidden.of_request);
        self.lines('o', &format!("URL: {}", exchange.url));
        // Only 200 is told as output, as Buildbot has it.
        let stream = if exchange.status == 200 { 'o' } else { 'e' };
        self.lines(stream, &format!("Status: {}", exchange.status));
        self.header("Response Headers:");
        self.headers(&exchange.response_headers, &step.hidden.of_response);
        self.lines('o', " ------ Content ------");
        self.lines('o', exchange.content.strip_suffix('\n').unwrap_or(&exchange.content));
    }

    fn headers(&mut self, headers: &[(String, String)], hidden: &[String]) {
        for (name, value) in headers {
            let shown = if hidden.contains(&name.to_lowercase()) { HIDDEN } else { value };
            self.header(&format!("\t{name}: {shown}"));
        }
    }

    fn header(&mut self, text: &str) {
        self.lines('h', text);
    }

    fn lines(&mut self, stream: char, text: &str) {
        for line in text.split('\n') {
            self.text.push(stream);
            self.text.push_str(line);
            self.text.push('\n');
        }
    }

    /// All of it, or what came since it was last taken.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// What a step says at its end, as Buildbot has it; `status` is that of the last answer.
pub fn http_step_state(results: Results, status: Option<u16>) -> String {
    let said = status.map_or_else(|| "Requested".to_owned(), |status| format!("Status code: {status}"));
    match results {
        Results::Success => said,
        other => format!("{said} ({})", other.name()),
    }
}

/// A text as a log of type `s` that was all written to standard output.
pub fn as_stdout(text: &str) -> String {
    let mut log = HttpStepLog::default();
    if !text.is_empty() {
        log.lines('o', text.strip_suffix('\n').unwrap_or(text));
    }
    log.take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HttpStepArguments;
    use serde_json::json;

    fn step(arguments: serde_json::Value) -> HttpStep {
        let arguments: HttpStepArguments = serde_json::from_value(arguments).unwrap();
        arguments.step(&crate::model::Properties::new()).unwrap()
    }

    fn exchange(status: u16, url: &str) -> HttpExchange {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        HttpExchange {
            url: url.to_owned(),
            status,
            request_headers: [("User-Agent", "campanile"), ("Authorization", "Basic x")].map(owned).into(),
            response_headers: [("Content-Type", "text/plain"), ("X-Key", "k")].map(owned).into(),
            content: "OK\n".to_owned(),
        }
    }

    #[test]
    fn the_layout_is_buildbots() {
        let step = step(json!({"url": "http://srv/x", "data": {"a": "b"}, "hide_response_headers": ["x-KEY"]}));
        let mut log = HttpStepLog::begin(&step, |text| text);
        log.answered(&step, (&[exchange(302, "http://srv/x")], &exchange(200, "http://srv/y")));
        let block = |url: &str, status: &str| {
            format!(
                "hRequest Headers:\nh\tUser-Agent: campanile\nh\tAuthorization: <HIDDEN>\noURL: {url}\n{status}\n\
                 hResponse Headers:\nh\tContent-Type: text/plain\nh\tX-Key: <HIDDEN>\no ------ Content ------\noOK\n"
            )
        };
        let expected = [
            "hPerforming POST request to http://srv/x\nhData:\nh\ta: b\no\noRedirected 1 times:\no\n",
            &block("http://srv/x", "eStatus: 302"),
            &format!("o{RULE}\n"),
            &block("http://srv/y", "oStatus: 200"),
        ];
        assert_eq!(log.take(), expected.concat());
    }

    #[test]
    fn parameters_and_errors() {
        let step = step(json!({"url": "http://srv/x", "method": "GET", "params": {"b": 2, "a": "1"}, "json": {}}));
        let mut log = HttpStepLog::begin(&step, |text| text);
        log.failed("nobody is there");
        let expected = "hPerforming GET request to http://srv/x\nhParameters:\nh\ta: 1\nh\tb: 2\n\
                        eAn exception occurred while performing the request: nobody is there\n";
        assert_eq!(log.take(), expected);
    }
}
