//! Exit codes, and the failures that lead to them: one table from the codes of problems.
//!
//! It does not know how a failure is printed.

mod failure;

use std::process::ExitCode;

use credits_runtime::Problem;

pub(crate) use failure::Failure;

/// The exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Exit {
    /// Done.
    Done,
    /// A rule of the ledger, or of the application's API, refuses it. Nothing changed.
    Refused,
    /// The command line is wrong.
    Usage,
    /// There is no such thing: file, entry, hold, operation.
    NotFound,
    /// The ledger is open in another program, unreachable, or not able to serve now. Nothing changed.
    Unreachable,
    /// The ledger is damaged, or contradicts an earlier head.
    Damaged,
    /// A write may have happened or not: send it again under its key.
    OutcomeUnknown,
}

impl Exit {
    /// The number, from 0 to 6.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Unreachable => 4,
            Self::Damaged => 5,
            Self::OutcomeUnknown => 6,
        }
    }

    /// The code of a failure that is no problem of the API.
    fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Unreachable => "unreachable",
            Self::Damaged => "damaged",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }

    /// The exit of a command that the ledger answered with this problem.
    #[must_use]
    pub fn of(problem: &Problem) -> Self {
        let by_code = CODES.iter().find(|(code, _)| *code == problem.code);
        by_code.map_or_else(|| Self::of_status(problem.status), |(_, exit)| *exit)
    }

    fn of_status(status: u16) -> Self {
        match status {
            404 => Self::NotFound,
            408 | 429 | 500.. => Self::Unreachable,
            _ => Self::Refused,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.number().into()
    }
}

/// Codes of problems whose exit does not follow from their status: mistakes of the command line, and the states of a ledger.
const CODES: &[(&str, Exit)] = &[
    ("body_invalid", Exit::Usage),
    ("body_too_large", Exit::Usage),
    ("clock_unconfirmed", Exit::Unreachable),
    ("cursor_invalid", Exit::Usage),
    ("damaged", Exit::Damaged),
    ("field_invalid", Exit::Usage),
    ("head_disagrees", Exit::Damaged),
    ("instant_invalid", Exit::Usage),
    ("invalid_input", Exit::Usage),
    ("missing_input", Exit::Usage),
    ("not_callable", Exit::Usage),
    ("outcome_unknown", Exit::OutcomeUnknown),
    ("path_invalid", Exit::Usage),
    ("pricing_missing", Exit::Usage),
    ("query_invalid", Exit::Usage),
    ("timeout", Exit::OutcomeUnknown),
    ("unknown_input", Exit::Usage),
];

/// Codes of problems after which a write is known not to have happened, although their status is that of a failing server.
const NOT_DONE: &[&str] = &["busy", "clock_unconfirmed", "not_done", "queue_full", "unavailable"];

/// Whether a write may have happened although its response has this status, and the code of its problem if it has one.
pub(crate) fn may_be_done(status: u16, code: Option<&str>) -> bool {
    let names = ["internal_error", "outcome_unknown", "timeout"];
    let is_unclear = matches!(status, 408 | 500..) || code.is_some_and(|code| names.contains(&code));
    is_unclear && !code.is_some_and(|code| NOT_DONE.contains(&code))
}

#[cfg(test)]
mod tests {
    use credits_runtime::Rejection;
    use serde_json::json;

    use super::*;

    /// The codes of all rejections, which serde lists for one that it does not know.
    fn rejections() -> Vec<String> {
        let unknown = serde_json::from_value::<Rejection>(json!({ "code": "" })).unwrap_err().to_string();
        let (_, list) = unknown.split_once("expected one of ").unwrap();
        list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_rejection_is_refused_not_found_or_unreachable() {
        let codes = rejections();
        assert!(codes.len() > 50, "{codes:?}");
        // Statuses of rejections, as `Rejection::http_status` gives them.
        for status in [402, 404, 409, 413, 422, 503] {
            for code in &codes {
                let exit = Exit::of(&Problem::new(status, code, ""));
                let expected = match (status, code.as_str()) {
                    (_, "clock_unconfirmed") | (503, _) => Exit::Unreachable,
                    (404, _) => Exit::NotFound,
                    _ => Exit::Refused,
                };
                assert_eq!(exit, expected, "{status} {code}");
            }
        }
    }

    #[test]
    fn every_other_problem_has_its_exit() {
        for (status, code, exit) in [
            (401, "token_missing", Exit::Refused),
            (401, "token_invalid", Exit::Refused),
            (403, "scope_missing", Exit::Refused),
            (403, "user_denied", Exit::Refused),
            (404, "entry_unknown", Exit::NotFound),
            (404, "path_unknown", Exit::NotFound),
            (404, "unknown_operation", Exit::NotFound),
            (404, "unresolved_unknown", Exit::NotFound),
            (409, "head_disagrees", Exit::Damaged),
            (409, "pricing_missing", Exit::Usage),
            (422, "field_invalid", Exit::Usage),
            (422, "instant_invalid", Exit::Usage),
            (422, "missing_input", Exit::Usage),
            (422, "unknown_input", Exit::Usage),
            (500, "damaged", Exit::Damaged),
            (500, "internal_error", Exit::Unreachable),
            (503, "busy", Exit::Unreachable),
            (503, "queue_full", Exit::Unreachable),
            (503, "not_done", Exit::Unreachable),
            (503, "unavailable", Exit::Unreachable),
            (503, "outcome_unknown", Exit::OutcomeUnknown),
            (503, "timeout", Exit::OutcomeUnknown),
        ] {
            assert_eq!(Exit::of(&Problem::new(status, code, "")), exit, "{status} {code}");
        }
    }

    #[test]
    fn a_write_may_be_done_unless_its_response_says_that_it_is_not() {
        for (status, code, may_be) in [
            (500, Some("internal_error"), true),
            (409, Some("internal_error"), true),
            (500, Some("io"), true),
            (500, None, true),
            (502, None, true),
            (504, Some("gateway_timeout"), true),
            (408, None, true),
            (503, Some("outcome_unknown"), true),
            (503, Some("timeout"), true),
            (503, Some("not_done"), false),
            (503, Some("queue_full"), false),
            (503, Some("busy"), false),
            (503, Some("unavailable"), false),
            (503, Some("clock_unconfirmed"), false),
            (402, Some("insufficient_credits"), false),
            (404, None, false),
            (302, None, false),
        ] {
            assert_eq!(may_be_done(status, code), may_be, "{status} {code:?}");
        }
        assert!(NOT_DONE.is_sorted());
    }

    #[test]
    fn the_table_is_in_order_and_the_numbers_are_those_of_the_documentation() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let all = [
            Exit::Done,
            Exit::Refused,
            Exit::Usage,
            Exit::NotFound,
            Exit::Unreachable,
            Exit::Damaged,
            Exit::OutcomeUnknown,
        ];
        assert_eq!(all.map(Exit::number), [0, 1, 2, 3, 4, 5, 6]);
    }
}
