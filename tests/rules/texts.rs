//! Owners, keys, metadata, reasons and quantities: which are kept, and which are rejected.

use credits_runtime::{Error, Metadata, Rejection};
use serde_json::{Value, json};

use crate::pricing::{Credits, Operation, Wallet};

/// Checks that a result is the rejection with this code and message, or no rejection.
fn check<T: std::fmt::Debug>(what: &str, result: Result<T, Error>, refused: Option<(&str, &str)>) {
    let rejection = result.err().map(|error| match error {
        Error::Rejected(rejection) => (rejection.code(), rejection.to_string()),
        other => panic!("{what}: {other:?}"),
    });
    let rejection = rejection.as_ref().map(|(code, message)| (*code, message.as_str()));
    assert_eq!(rejection, refused, "{what}");
}

fn alice() -> Wallet {
    Credits::in_memory().unwrap().wallet("alice")
}

/// Texts at the edges of valid owners and keys, with the rule that rejects them.
fn texts() -> [(String, Option<&'static str>); 9] {
    [
        ("a".repeat(255), None),
        ("user:42".to_owned(), None),
        ("two words".to_owned(), None),
        ("\u{e9}".repeat(127), None),
        (String::new(), Some("is empty")),
        ("a".repeat(256), Some("has more than 255 bytes")),
        ("\u{e9}".repeat(128), Some("has more than 255 bytes")),
        ("a\nb".to_owned(), Some("has a control character")),
        ("a\u{0}".to_owned(), Some("has a control character")),
    ]
}

/// Beginning of a text, as messages show it.
fn beginning(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[test]
fn an_owner_that_cannot_be_named_is_rejected_by_every_read_and_write() {
    let credits = Credits::in_memory().unwrap();
    for (text, rule) in texts() {
        let wallet = credits.wallet(&text);
        let message = rule.map(|rule| {
            format!("owner `{}` {rule}: name owners with 1 to 255 bytes of printable text", beginning(&text))
        });
        let refused = message.as_deref().map(|message| ("owner_invalid", message));
        check(&text, wallet.give_credits(10).now().wait(), refused);
        check(&text, wallet.deduct_credits(1, "r").now().wait(), refused);
        check(&text, wallet.spend_credits_on(Operation::Tick).now().wait(), refused);
        check(
            &text,
            wallet.spend_credits_on(Operation::Tick).hold(std::time::Duration::from_mins(1)).wait(),
            refused,
        );
        check(&text, wallet.credits(), refused);
        check(&text, wallet.held(), refused);
        check(&text, wallet.balance(), refused);
        check(&text, wallet.open_holds(), refused);
        check(&text, wallet.credit_history().page(), refused);
        check(&text, wallet.has_enough_credits_to(Operation::Tick), refused);
    }
}

#[test]
fn a_key_that_cannot_be_kept_is_rejected() {
    let wallet = alice();
    let own = ("~mine".to_owned(), Some("starts with `~`, which is kept for the ledger's own keys"));
    for (text, rule) in texts().into_iter().chain([own]) {
        let message = rule.map(|rule| {
            format!("key `{}` {rule}: give keys of 1 to 255 bytes of printable text", beginning(&text))
        });
        let refused = message.as_deref().map(|message| ("key_invalid", message));
        check(&text, wallet.give_credits(10).key(&text).now().wait(), refused);
    }
    assert_eq!(wallet.credits().unwrap(), 40);
}

#[test]
fn owners_and_keys_that_look_alike_are_others() {
    let credits = Credits::in_memory().unwrap();
    // Owner and key stay distinct, whatever they contain.
    for (count, (owner, key)) in
        [("a", "bc"), ("ab", "c"), ("abc", "a"), ("A", "bc"), ("a ", "bc"), ("a", "bc ")].iter().enumerate()
    {
        let receipt = credits.wallet(owner).give_credits(1).key(*key).now().wait().unwrap();
        assert!(!receipt.replayed, "{owner} {key} is not new at {count}");
    }
    assert_eq!(credits.wallet("a").credits().unwrap(), 2);
}

fn nested(levels: usize) -> Value {
    (0..levels)
        .fold(json!(1), |inner, level| if level % 2 == 0 { json!([inner]) } else { json!({ "in": inner }) })
}

#[test]
fn metadata_is_bounded() {
    let wallet = alice();
    let large = (
        "metadata_too_large",
        "metadata of 4097 bytes is over the limit of 4096: keep large data elsewhere and its id here",
    );
    let deep = ("metadata_too_deep", "metadata of 33 levels is over the limit of 32: flatten it");
    for (what, value, refused) in [
        ("4,096 bytes", json!("x".repeat(4_094)), None),
        ("4,097 bytes", json!("x".repeat(4_095)), Some(large)),
        ("32 levels", nested(32), None),
        ("33 levels", nested(33), Some(deep)),
    ] {
        check(what, wallet.give_credits(1).metadata(value.clone()).now().wait(), refused);
        check(what, wallet.deduct_credits(1, "r").metadata(value.clone()).now().wait(), refused);
        check(what, wallet.spend_credits_on(Operation::Look).metadata(value.clone()).now().wait(), refused);
        check(
            what,
            wallet
                .spend_credits_on(Operation::Look)
                .metadata(value)
                .hold(std::time::Duration::from_mins(1))
                .wait(),
            refused,
        );
    }
}

#[test]
fn metadata_comes_back_as_it_was_given() {
    let wallet = alice();
    for value in [
        json!({ "job": 17, "tags": ["a", "b"], "ratio": 0.1 }),
        json!(null),
        json!([]),
        json!("text"),
        json!(false),
    ] {
        let receipt = wallet.give_credits(1).metadata(value.clone()).now().wait().unwrap();
        assert_eq!(receipt.entry.metadata.value(), value);
        let page = wallet.credit_history().limit(1).page().unwrap();
        assert_eq!(page.entries.first().unwrap().metadata, Metadata::from(value));
    }
}

#[test]
fn a_reason_is_bounded() {
    let wallet = alice();
    let long = ("reason_too_long", "a reason of 1001 bytes is over the limit of 1000: shorten it");
    let empty = ("reason_invalid", "reason `` is empty: say in printable text why");
    for (bytes, refused) in [(0, Some(empty)), (1, None), (1_000, None), (1_001, Some(long))] {
        let reason = "r".repeat(bytes);
        check("give", wallet.give_credits(10).reason(&reason).now().wait(), refused);
        check("deduct", wallet.deduct_credits(1, &reason).now().wait(), refused);
    }
    assert_eq!(wallet.credits().unwrap(), 18);
}

#[test]
fn rejections_come_in_their_order() {
    let wallet = alice();
    wallet.give_credits(10).key("used").now().wait().unwrap();
    let code = |result: Result<_, Error>| match result {
        Err(Error::Rejected(rejection)) => rejection.code(),
        other => panic!("{other:?}"),
    };
    let too_large = || json!("x".repeat(5_000));
    let long = || "r".repeat(1_001);
    // Each line has one fault less than the line before.
    let give = |key: &str, metadata: Value, reason: String, amount: i64| {
        code(
            wallet
                .give_credits(amount)
                .key(key)
                .metadata(metadata)
                .reason(reason)
                .expires_in(std::time::Duration::ZERO)
                .now()
                .wait(),
        )
    };
    assert_eq!(give("used", too_large(), long(), 0), "idempotency_key_reused");
    assert_eq!(give("new", too_large(), long(), 0), "metadata_too_large");
    assert_eq!(give("new", nested(40), long(), 0), "metadata_too_deep");
    assert_eq!(give("new", json!(1), long(), 0), "reason_too_long");
    assert_eq!(give("new", json!(1), "r".to_owned(), 0), "amount_not_positive");
    assert_eq!(give("new", json!(1), "r".to_owned(), 1), "expiry_in_past");
    let hold = |key: &str, metadata: Value, pages: i64, seconds: u64| {
        let hold = wallet.spend_credits_on(Operation::process(pages)).key(key).metadata(metadata);
        code(
            hold.hold(std::time::Duration::from_secs(seconds)).wait().map(|_| unreachable!("it has a fault")),
        )
    };
    assert_eq!(hold("used", too_large(), 1_001, 0), "idempotency_key_reused");
    assert_eq!(hold("new", too_large(), 1_001, 0), "metadata_too_large");
    assert_eq!(hold("new", json!(1), 1_001, 0), "quantity_over_limit");
    assert_eq!(hold("new", json!(1), 1_000, 0), "hold_limit_invalid");
    assert_eq!(hold("new", json!(1), 1_000, 1), "insufficient_credits");
}

#[test]
fn a_quantity_that_does_not_fit_is_rejected() {
    let wallet = alice();
    let refused =
        Some(("quantity_out_of_range", "the pages of `process` are out of range: give a smaller number"));
    check(
        "estimate",
        wallet.estimate_credits_to(Operation::process(u128::MAX)).map_err(Error::from),
        refused,
    );
    check("spend", wallet.spend_credits_on(Operation::process(u128::MAX)).now().wait(), refused);
}

#[test]
fn a_rejection_serialises_as_its_code_and_numbers() {
    let rejection = alice().spend_credits_on(Operation::process(3)).now().wait().unwrap_err();
    let Error::Rejected(rejection) = rejection else { panic!("{rejection:?}") };
    let value = serde_json::to_value(&rejection).unwrap();
    assert_eq!(
        value,
        json!({
            "code": "insufficient_credits", "needed": 8, "available": 0, "missing": 8, "unit": "credits",
            "operation": "process", "remedy": "give_or_buy",
        })
    );
    assert_eq!(serde_json::from_value::<Rejection>(value).unwrap(), rejection);
}
