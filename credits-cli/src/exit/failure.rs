//! Failures: why a command ends without its result, in words and for programs, and the key of a write to send again.
//!
//! It does not know how a failure is printed.

use credits_runtime::{Error, LedgerError, LedgerErrorKind as Kind, Problem};
use serde_json::{Value, json};

use super::Exit;

/// Why a command ends without its result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
    /// The problem that the ledger answered with, for programs.
    pub(crate) problem: Option<Box<Problem>>,
    /// The key under which a write of unknown outcome is sent again.
    pub(crate) key: Option<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), problem: None, key: None }
    }

    /// The failure of a write that may have happened. Damage stays damage: it is the greater trouble.
    pub(crate) fn of_unknown_outcome(self, key: &str) -> Self {
        let exit = if self.exit == Exit::Damaged { self.exit } else { Exit::OutcomeUnknown };
        let message = format!("{}; send it again with --key {key}, which does it once", self.message);
        Self { exit, message, key: Some(key.to_owned()), ..self }
    }

    /// The failure as programs get it: the problem, or a code and the message, and the key of a write to send again.
    pub(crate) fn value(&self) -> Value {
        let code = self.exit.code();
        let plain = || json!({ "code": code, "detail": self.message });
        let problem = self.problem.as_ref().and_then(|problem| serde_json::to_value(problem).ok());
        let mut value = problem.unwrap_or_else(plain);
        if let (Some(key), Some(members)) = (&self.key, value.as_object_mut()) {
            members.insert("send_again_with".to_owned(), key.as_str().into());
        }
        value
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A failure with a file that the command line names.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let is_missing = error.kind() == std::io::ErrorKind::NotFound;
        let exit = if is_missing { Exit::NotFound } else { Exit::Refused };
        Self::new(exit, format!("`{}` cannot be used: {error}", path.display()))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let (exit, message) = (Exit::of(&problem), problem.detail.clone());
        Self { exit, message, problem: Some(Box::new(problem)), key: None }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let exit = match error.kind() {
            Kind::Damaged | Kind::HeadDisagrees | Kind::LogDisagrees | Kind::LogMissing => Exit::Damaged,
            Kind::Empty | Kind::NotALedger => Exit::NotFound,
            Kind::OutcomeUnknown => Exit::OutcomeUnknown,
            Kind::NameClash | Kind::PlanChanged => Exit::Refused,
            _ => Exit::Unreachable,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Ledger(error) => error.into(),
            Error::Rejected(rejection) => Problem::from(rejection).into(),
            error => Self::new(Exit::Refused, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_the_key_of_an_unknown_outcome() {
        let lost = Failure::new(Exit::Unreachable, "no response came").of_unknown_outcome("g7");
        assert_eq!(lost.exit, Exit::OutcomeUnknown);
        assert_eq!(lost.value()["code"], "outcome_unknown");
        assert_eq!(lost.value()["send_again_with"], "g7");
        let problem = Failure::from(Problem::new(500, "damaged", "fact 7")).of_unknown_outcome("g8");
        assert_eq!(problem.exit, Exit::Damaged);
        assert_eq!(
            (&problem.value()["status"], &problem.value()["send_again_with"]),
            (&json!(500), &json!("g8"))
        );
        let refused = Failure::usage("add --yes").value();
        assert_eq!(refused, json!({ "code": "usage", "detail": "add --yes" }));
    }
}
