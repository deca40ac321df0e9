//! The client of every command: it sends requests, and turns problems and lost connections into failures.

use std::io::{BufRead, BufReader, Read};

use credits_runtime::Problem;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::Request;
use super::response::Response;
use super::transport::{Lost, Transport};
use crate::exit::{Exit, Failure};

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
}

impl Reply {
    /// The value as a type of the API.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        T::deserialize(&self.value).map_err(|error| unreadable(&error))
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
        let (is_replayed, mut last) = (response.is_replayed, None);
        for line in BufReader::new(response.body).lines() {
            let line = line.map_err(|error| cut_off(request, &error))?;
            if line.trim().is_empty() {
                continue;
            }
            let value: Value = serde_json::from_str(&line).map_err(|error| unreadable(&error))?;
            if let Some(before) = last.replace(value) {
                report(&before);
            }
        }
        let value = last.ok_or_else(|| unreadable(&"it is empty"))?;
        match problem_within(&value) {
            Some(problem) => Err(problem.into()),
            None => Ok(Reply { value, is_replayed }),
        }
    }

    /// Sends a request whose response is as long as the ledger.
    pub(crate) fn stream(&self, request: &Request) -> Result<Response, Failure> {
        let response = self.transport.send(request).map_err(|lost| unanswered(request, &lost, &self.way))?;
        if (200..300).contains(&response.status) { Ok(response) } else { Err(refused(request, response)) }
    }
}

/// The problem of a verification that failed after its response had begun.
fn problem_within(value: &Value) -> Option<Problem> {
    let is_problem = ["title", "status", "code", "detail"].iter().all(|name| value.get(name).is_some());
    is_problem.then(|| serde_json::from_value(value.clone()).ok()).flatten()
}

fn refused(request: &Request, response: Response) -> Failure {
    let mut text = String::new();
    let read = response.body.take(PROBLEM_BYTES_MAX).read_to_string(&mut text);
    let problem = read.ok().and_then(|_| serde_json::from_str::<Problem>(&text).ok());
    let Some(problem) = problem else {
        let message = format!(
            "the response has the status {} and is no problem of the API: give the address at which the API is mounted",
            response.status
        );
        return Failure::new(Exit::Unreachable, message);
    };
    let failure = Failure::from(problem);
    match (failure.exit, &request.key) {
        (Exit::OutcomeUnknown, Some(key)) => {
            Failure { message: format!("{}; {}", failure.message, again(key)), ..failure }
        }
        // A read can be sent again in any case.
        (Exit::OutcomeUnknown, None) => Failure { exit: Exit::Unreachable, ..failure },
        _ => failure,
    }
}

fn unanswered(request: &Request, lost: &Lost, way: &str) -> Failure {
    match (lost, &request.key) {
        (Lost::Unanswered(error), Some(key)) => {
            let message =
                format!("no response came {way} ({error}), and the write may have happened; {}", again(key));
            Failure::new(Exit::OutcomeUnknown, message)
        }
        (Lost::Unanswered(error) | Lost::Unsent(error), _) => {
            let message = format!("the ledger cannot be reached {way}: {error}");
            Failure::new(Exit::Unreachable, message)
        }
    }
}

fn cut_off(request: &Request, error: &std::io::Error) -> Failure {
    let (exit, again) = match &request.key {
        Some(key) => (Exit::OutcomeUnknown, format!("; {}", again(key))),
        None => (Exit::Unreachable, String::new()),
    };
    Failure::new(exit, format!("the response was cut off: {error}{again}"))
}

/// How a write is sent again.
fn again(key: &str) -> String {
    format!("send it again with --key {key}, which does it once")
}

fn unreadable(error: &dyn std::fmt::Display) -> Failure {
    let message = format!("the response cannot be read ({error}): use a command as new as the program");
    Failure::new(Exit::Unreachable, message)
}
