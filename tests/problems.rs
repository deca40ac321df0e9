//! Problems: the bodies of error responses. They have the code, the message and the fields of a rejection, and of a failure
//! of the ledger or of work nothing but what a client can do.

use std::io;

use credits_runtime::{Cursor, FactNumber, OperationCall, Problem, RunError, usage_credits};
use serde_json::json;

usage_credits! {
    operation step { costs 10.credits_per(page) }
}

fn problem<T: std::fmt::Debug>(result: Result<T, impl Into<Problem>>) -> Problem {
    result.map_err(Into::into).unwrap_err()
}

#[test]
fn a_rejection_is_a_problem_with_its_fields() {
    let ann = Credits::in_memory().unwrap().wallet("ann");
    let missing = problem(ann.spend_credits_on(Operation::step(2)).now().wait());
    let shown = json!({
        "title": "Insufficient credits", "status": 402, "code": "insufficient_credits",
        "detail": "20 credits needed for `step`, 0 available: give or buy at least 20 more",
        "needed": 20, "available": 0, "missing": 20, "unit": "credits", "operation": "step", "remedy": "give_or_buy",
    });
    assert_eq!(serde_json::to_value(&missing).unwrap(), shown);
    assert_eq!(serde_json::from_value::<Problem>(shown).unwrap(), missing);
}

#[test]
fn texts_that_cannot_be_read_are_problems_that_name_them() {
    let cursor = problem("next".parse::<Cursor>());
    assert_eq!((cursor.status, cursor.code.as_str()), (422, "cursor_invalid"));
    let number = problem("-1".parse::<FactNumber>());
    assert_eq!((number.status, number.code.as_str()), (404, "entry_unknown"));
    for (body, status) in
        [("{", 400), ("[]", 422), (r#"{ "pages": 1 }"#, 422), (r#"{ "operation": 1 }"#, 422)]
    {
        let body = problem(OperationCall::from_slice(body.as_bytes()));
        assert_eq!((body.status, body.code.as_str()), (status, "body_invalid"));
    }
    let input = json!({ "operation": "step", "pages": true });
    let call = OperationCall::from_slice(input.to_string().as_bytes()).unwrap();
    let error = Operation::from_json(&call.operation, &call.inputs).unwrap_err();
    let input = Problem::from(error.clone());
    assert_eq!((input.status, input.detail.as_str()), (error.http_status(), error.to_string().as_str()));
    assert_eq!(serde_json::to_value(&error).unwrap()["code"], error.code());
    assert_eq!((input.code.as_str(), &input.fields["input"]), ("invalid_input", &json!("pages")));
}

#[test]
fn a_failure_does_not_appear_in_its_problem() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.redb");
    let credits = Credits::open(&path).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(100).now().wait().unwrap();
    let step = || ann.spend_credits_on(Operation::step(1)).key("job-1");

    let failed = problem(step().run(|| Err::<(), _>(io::Error::other("secret"))));
    assert_eq!((failed.status, failed.code.as_str()), (500, "work_failed"));
    assert!(!failed.detail.contains("secret"), "{failed}");
    step().run(|| Ok::<_, io::Error>(())).unwrap();
    let charged = problem(step().run(|| Ok::<_, io::Error>(())));
    assert_eq!((charged.status, charged.code.as_str()), (409, "already_charged"));
    let unsettled = problem(
        ann.spend_credits_on(Operation::step(1))
            .run(|| credits.close().map_err(|error| io::Error::other(error.to_string()))),
    );
    assert_eq!((unsettled.status, unsettled.code.as_str()), (503, "unsettled"));

    let closed = problem(ann.give_credits(1).now().wait());
    assert_eq!((closed.status, closed.code.as_str()), (503, "unavailable"));
    let reader = Credits::open_read_only(&path).unwrap();
    let read_only = problem(reader.wallet("ann").give_credits(1).now().wait());
    assert_eq!((read_only.status, read_only.code.as_str()), (503, "unavailable"));

    std::fs::write(folder.path().join("other.redb"), "secret").unwrap();
    let foreign = problem(Credits::open(folder.path().join("other.redb")).map(drop));
    assert_eq!((foreign.status, foreign.code.as_str()), (500, "internal_error"));
    for problem in [closed, read_only, foreign] {
        assert!(!problem.detail.contains("secret") && problem.fields.is_empty(), "{problem}");
    }
}

#[test]
fn a_receipt_of_work_is_the_same_for_every_request_under_its_key() {
    let ann = Credits::in_memory().unwrap().wallet("ann");
    ann.give_credits(15).now().wait().unwrap();
    let step = |pages: u32, key: &str| ann.spend_credits_on(Operation::step(pages)).key(key);
    let mut runs = 0;
    let mut render = |key: &str| {
        step(1, key).run_for_receipt(|charge| {
            runs += 1;
            charge.metadata(json!({ "video": runs }));
            if runs == 1 { Err(io::Error::other("out of memory")) } else { Ok(()) }
        })
    };
    assert!(matches!(render("job-1"), Err(RunError::Work(_))));
    let (first, again) = (render("job-1").unwrap(), render("job-1").unwrap());
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.entry, again.entry);
    assert_eq!(first.entry.metadata.value(), json!({ "video": 2 }));
    assert!(matches!(render("job-2"), Err(RunError::Rejected(_))));
    assert_eq!(runs, 2);
    assert_eq!(ann.credits().unwrap(), 5);
    let other = problem(step(2, "job-1").run_for_receipt(|_| Ok::<_, io::Error>(())));
    assert_eq!(other.code, "idempotency_key_reused");
}
