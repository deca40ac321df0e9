//! The client of every command: it sends requests, and turns problems and lost connections into failures.

use std::io::{BufRead, BufReader, Read};

use credits_runtime::Problem;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::Request;
use super::response::Response;
use super::transport::{Lost, Transport};
use crate::exit::{Exit, Failure, may_be_done};

/// Maximum bytes of a problem.
const PROBLEM_BYTES_MAX: u64 = 64 * 1_024;

/// A client of a ledger's API.
pub(crate) struct Client {
    transport: Box<dyn Transport>,
    /// The way on which requests go, for people.
    pub(crate) way: String,
}

/// A response that was read as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) value: Value,
    pub(crate) is_replayed: bool,
    /// The key of the write that this is the response of.
    pub(crate) key: Option<String>,
}

impl Reply {
    /// The value as a type of the API.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.value).map_err(|error| unreadable(self.key.as_deref(), &error))
    }
}

impl Client {
    pub(super) fn over(transport: impl Transport + 'static, way: String) -> Self {
        Self { transport: Box::new(transport), way }
    }

    /// Sends a request whose response is JSON.
    pub(crate) fn send(&self, request: &Request) -> Result<Reply, Failure> {
        self.send_watched(request, |_| ())
    }

    /// Sends a request whose response is lines of JSON: reports of progress, then the result.
    pub(crate) fn send_watched(
        &self,
        request: &Request,
        mut report: impl FnMut(&Value),
    ) -> Result<Reply, Failure> {
        let response = self.stream(request)?;
        let (key, is_replayed, mut last) = (request.key.as_deref(), response.is_replayed, None);
        for line in BufReader::new(response.body).lines() {
            let line = line.map_err(|error| cut_off(key, &error))?;
            if line.trim().is_empty() {
                continue;
            }
            let value: Value = serde_json::from_str(&line).map_err(|error| unreadable(key, &error))?;
            if let Some(before) = last.replace(value) {
                report(&before);
            }
        }
        let value = last.ok_or_else(|| unreadable(key, &"it is empty"))?;
        match problem_within(&value) {
            Some(problem) => Err(judged(key, problem.status, Some(problem))),
            None => Ok(Reply { value, is_replayed, key: request.key.clone() }),
        }
    }

    /// Sends a request whose response is as long as the ledger.
    pub(crate) fn stream(&self, request: &Request) -> Result<Response, Failure> {
        let response = self.transport.send(request).map_err(|lost| unanswered(request, &lost, &self.way))?;
        if (200..300).contains(&response.status) {
            Ok(response)
        } else {
            Err(refused(request.key.as_deref(), response))
        }
    }
}

/// The problem of a verification that failed after its response had begun.
fn problem_within(value: &Value) -> Option<Problem> {
    let is_problem = ["title", "status", "code", "detail"].iter().all(|name| value.get(name).is_some());
    is_problem.then(|| serde_json::from_value(value.clone()).ok()).flatten()
}

fn refused(key: Option<&str>, response: Response) -> Failure {
    let mut text = String::new();
    let read = response.body.take(PROBLEM_BYTES_MAX).read_to_string(&mut text);
    let problem = read.ok().and_then(|_| serde_json::from_str::<Problem>(&text).ok());
    judged(key, response.status, problem)
}

/// The failure of a response with this status: of a write that may have happened, or of a request that changed nothing.
fn judged(key: Option<&str>, status: u16, problem: Option<Problem>) -> Failure {
    let code = problem.as_ref().map(|problem| problem.code.clone());
    let failure = problem.map_or_else(|| foreign(status), Failure::from);
    match key.filter(|_| may_be_done(status, code.as_deref())) {
        Some(key) => failure.of_unknown_outcome(key),
        // A read can be sent again in any case.
        None if failure.exit == Exit::OutcomeUnknown => Failure { exit: Exit::Unreachable, ..failure },
        None => failure,
    }
}

/// The failure of a response that the API did not give: a proxy's page, or the page of another program.
fn foreign(status: u16) -> Failure {
    let message = format!(
        "the response has the status {status} and is no problem of the API: give the address at which the API is mounted"
    );
    Failure::new(Exit::Unreachable, message)
}

fn unanswered(request: &Request, lost: &Lost, way: &str) -> Failure {
    match (lost, &request.key) {
        (Lost::Unanswered(error), Some(key)) => {
            let message = format!("no response came {way} ({error}), and the write may have happened");
            Failure::new(Exit::OutcomeUnknown, message).of_unknown_outcome(key)
        }
        (Lost::Unanswered(error) | Lost::Unsent(error), _) => {
            let message = format!("the ledger cannot be reached {way}: {error}");
            Failure::new(Exit::Unreachable, message)
        }
    }
}

fn cut_off(key: Option<&str>, error: &std::io::Error) -> Failure {
    unread(key, format!("the response was cut off: {error}"))
}

fn unreadable(key: Option<&str>, error: &dyn std::fmt::Display) -> Failure {
    let remedy =
        if key.is_some() { "the write may have happened" } else { "use a command as new as the program" };
    unread(key, format!("the response cannot be read ({error}): {remedy}"))
}

/// A response that promised success and cannot be read.
fn unread(key: Option<&str>, message: String) -> Failure {
    let failure = Failure::new(Exit::Unreachable, message);
    match key {
        Some(key) => failure.of_unknown_outcome(key),
        None => failure,
    }
}
