//! Amounts are integers of any type. One that does not fit is rejected, and changes nothing.

use std::time::Duration;

use credits_runtime::{Amount, Error, Rejection};

use crate::pricing::{Credits, Operation};

#[test]
fn an_amount_is_given_as_an_integer_of_any_type() {
    let credits = Credits::in_memory().unwrap();
    let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
    ann.give_credits(1_u64).now().wait().unwrap();
    ann.give_credits(2_usize).now().wait().unwrap();
    ann.give_credits(4_u128).now().wait().unwrap();
    ann.give_credits(8_i128).now().wait().unwrap();
    ann.give_credits(Amount::new(16)).now().wait().unwrap();
    ann.deduct_credits(1_u64, "by hand").now().wait().unwrap();
    ann.transfer_to(&bob, 10_usize).now().wait().unwrap();
    assert_eq!((ann.credits().unwrap(), bob.credits().unwrap()), (Amount::new(20), Amount::new(10)));
}

#[test]
fn an_amount_that_does_not_fit_is_rejected() {
    let credits = Credits::in_memory().unwrap();
    let (ann, bob) = (credits.wallet("ann"), credits.wallet("bob"));
    ann.give_credits(20).now().wait().unwrap();
    for outcome in [
        ann.give_credits(u64::MAX).now().wait().map(drop),
        ann.deduct_credits(usize::MAX, "by hand").now().wait().map(drop),
        ann.adjust_credits(i128::MIN, "by hand").now().wait().map(drop),
        ann.adjust_credits(i64::MIN, "by hand").with_debt().now().wait().map(drop),
        ann.transfer_to(&bob, u128::MAX).now().wait().map(drop),
    ] {
        let Err(Error::Rejected(rejection)) = outcome else { panic!("{outcome:?}") };
        assert_eq!(rejection.code(), "amount_out_of_range", "{rejection}");
    }
    assert_eq!(ann.credits().unwrap(), 20);
    let hold = ann.spend_credits_on(Operation::upscale()).hold(Duration::from_mins(1)).wait().unwrap();
    let id = ann.open_holds().unwrap()[0].id;
    let refused = hold.settle_amount(1_u64 << 63).wait();
    let Err(Error::Rejected(Rejection::AmountOutOfRange { given })) = refused else { panic!("{refused:?}") };
    assert_eq!(given, "9223372036854775808");
    // The hold stays open, and is settled by its number.
    ann.settle_amount(id, 3_u64).wait().unwrap();
    assert_eq!(ann.credits().unwrap(), 17);
}
