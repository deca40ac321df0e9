//! Every frame is read as it was written.

use credits_core::Fraction;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::domain::category::Category;
use crate::domain::fact::{
    Allocation, ChosenKey, Class, GrantTerms, Held, Kind, Origin, PinnedTerms, Purpose,
};
use crate::domain::ids::Key;
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, OperationId, RecordedInput};

const KINDS: [Kind; 7] =
    [Kind::Give, Kind::Spend, Kind::Hold, Kind::Settle, Kind::Release, Kind::BookDue, Kind::Bill];
const ORIGINS: [Origin; 4] = [Origin::Gift, Origin::Transfer, Origin::Subscription, Origin::Purchase];

fn number() -> impl Strategy<Value = FactNumber> {
    (0_u32..64, 1_u64..).prop_map(|(shift, number)| FactNumber((number >> shift).max(1)))
}

fn amount() -> impl Strategy<Value = Amount> {
    (0_u32..64, any::<i64>()).prop_map(|(shift, amount)| Amount::new(amount >> shift))
}

/// Often nothing, as most are.
fn rest() -> impl Strategy<Value = Amount> {
    prop_oneof![Just(Amount::ZERO), amount()]
}

fn at() -> impl Strategy<Value = Timestamp> {
    (0..=Timestamp::MAX.microseconds()).prop_map(Timestamp::from_microseconds)
}

fn wallet() -> impl Strategy<Value = WalletId> {
    ("[a-z]{0,2}", "[a-z:]{1,3}").prop_map(|(asset, owner)| WalletId::known(&asset, &owner))
}

fn metadata() -> impl Strategy<Value = Metadata> {
    proptest::option::of("[a-z\"{}]{0,200}")
        .prop_map(|text| text.map_or_else(Metadata::default, |text| Metadata::of_text(&text)))
}

fn category() -> impl Strategy<Value = Category> {
    prop_oneof![
        (0..Category::ALL.len()).prop_map(|place| Category::ALL[place].clone()),
        "[a-z]{1,30}".prop_map(|name| Category::from(name.as_str())),
    ]
}

fn operation() -> impl Strategy<Value = OperationId> {
    (any::<u32>(), any::<u16>()).prop_map(|(catalogue, index)| OperationId { catalogue, index })
}

fn input() -> impl Strategy<Value = RecordedInput> {
    let fraction = (any::<i128>(), 1_i128..9)
        .prop_filter_map("a fraction", |(numerator, denominator)| Fraction::new(numerator, denominator));
    prop_oneof![
        any::<i64>().prop_map(|whole| RecordedInput::Quantity(Fraction::whole(whole.into()))),
        fraction.prop_map(RecordedInput::Quantity),
        any::<u16>().prop_map(RecordedInput::Choice),
        any::<i64>().prop_map(|value| RecordedInput::Integer(value.into())),
        any::<i128>().prop_map(RecordedInput::Integer),
        any::<bool>().prop_map(RecordedInput::Flag),
    ]
}

fn charge() -> impl Strategy<Value = Charge> {
    (operation(), vec(input(), 0..4), amount()).prop_map(|(operation, inputs, price)| Charge {
        operation,
        inputs,
        price,
    })
}

fn allocations() -> impl Strategy<Value = Vec<Allocation>> {
    vec((number(), amount()).prop_map(|(grant, amount)| Allocation { grant, amount }), 0..4)
}

fn key() -> impl Strategy<Value = Key> {
    "[a-z0-9~]{0,40}".prop_map(|text| Key::known(&text))
}

fn chosen() -> impl Strategy<Value = Option<ChosenKey>> {
    proptest::option::of(
        (key(), any::<[u8; 8]>()).prop_map(|(key, fingerprint)| ChosenKey { key, fingerprint }),
    )
}

fn terms() -> impl Strategy<Value = GrantTerms> {
    let rare = (any::<u16>(), vec(operation(), 0..3), proptest::option::of(number()));
    let rare = prop_oneof![Just((GrantTerms::PRIORITY_DEFAULT, Vec::new(), None)), rare];
    (proptest::option::of(at()), any::<bool>(), 0_usize..4, rare).prop_map(
        |(expires_at, is_paid, origin, (priority, scope, purchase))| GrantTerms {
            expires_at,
            priority,
            class: if is_paid { Class::Paid } else { Class::Promotional },
            scope,
            origin: ORIGINS[origin],
            purchase,
        },
    )
}

fn held() -> impl Strategy<Value = Held> {
    let pinned = (number(), category(), terms());
    let pinned = pinned.prop_map(|(grant, category, terms)| PinnedTerms { grant, category, terms });
    let rare = proptest::option::of((operation(), rest(), vec(pinned, 0..3)));
    (charge(), allocations(), (at(), at()), any::<bool>(), chosen(), metadata(), rare).prop_map(
        |(charge, pins, (opened_at, until), is_callers, key, metadata, rare)| {
            let usual = (charge.operation, Amount::ZERO, Vec::new());
            let (usable_as, unpinned, pinned) = rare.unwrap_or(usual);
            let purpose = if is_callers { Purpose::Hold } else { Purpose::Run };
            Held { charge, pins, until, purpose, key, metadata, usable_as, unpinned, opened_at, pinned }
        },
    )
}

fn charged() -> impl Strategy<Value = Body> {
    let settles = proptest::option::of((number(), any::<bool>(), chosen()));
    (charge(), allocations(), settles, (rest(), rest()), metadata(), amount()).prop_map(
        |(charge, allocations, settles, (shortfall, owed), metadata, balance_after)| Body::Charged {
            charge,
            allocations,
            settles: settles.map(|(hold, late, key)| Settled { hold: HoldId(hold), late, key }),
            shortfall,
            metadata,
            balance_after,
            owed,
        },
    )
}

fn given() -> impl Strategy<Value = Body> {
    let reason = proptest::option::of("[a-z]{0,9}");
    (amount(), category(), terms(), reason, proptest::option::of(number()), metadata(), amount()).prop_map(
        |(amount, category, terms, reason, joins, metadata, balance_after)| Body::Given {
            amount,
            category,
            terms,
            reason,
            joins,
            metadata,
            balance_after,
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    let hold = || number().prop_map(HoldId);
    prop_oneof![
        given(),
        charged(),
        held().prop_map(Body::Held),
        hold().prop_map(|hold| Body::Released { hold }),
        (hold(), at()).prop_map(|(hold, at)| Body::Lapsed { hold, at }),
        (number(), amount(), at(), amount()).prop_map(|(grant, amount, effective_at, balance_after)| {
            Body::Expired { grant, amount, effective_at, balance_after }
        }),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    let names = (0..KINDS.len(), 0_u8..4, wallet(), key());
    let record = prop_oneof![
        Just(None),
        wallet().prop_map(|wallet| Some(Record::Wallet(wallet))),
        Just(Some(Record::Catalogues)),
        "[a-z]{1,3}".prop_map(|owner| Some(Record::Billing(Owner::known(&owner)))),
        "[a-z]{1,3}".prop_map(|object| Some(Record::Object(ObjectId::known(&object)))),
    ];
    let facts = vec((record, proptest::option::of(number()), any::<u64>(), body()), 0..3);
    (names, any::<[u8; 8]>(), at(), facts).prop_map(|((kind, scope, wallet, key), fingerprint, at, facts)| {
        let own = || Record::Wallet(wallet.clone());
        let facts = facts.into_iter().map(|(record, previous, ordinal, body)| Fact {
            record: record.unwrap_or_else(own),
            previous,
            ordinal,
            body,
        });
        let facts = facts.collect();
        let scope = match scope {
            WALLET => Scope::Wallet(wallet),
            HOLDS => Scope::Holds(wallet),
            TRANSFERS => Scope::Transfers(wallet),
            _ => Scope::Ledger,
        };
        Frame { kind: KINDS[kind], scope, key, fingerprint, at, facts }
    })
}

proptest! {
    #[test]
    fn frames_are_read_as_they_were_written_and_passed_over(frames in vec(frame(), 1..4)) {
        let mut bytes = Vec::new();
        for frame in &frames {
            write(frame, &mut bytes);
        }
        let (mut rest, mut passed) = (&bytes[..], &bytes[..]);
        for frame in &frames {
            prop_assert_eq!(skip(&mut passed), Some(frame.facts.len()));
            let again = read(&mut rest);
            prop_assert_eq!(again.as_ref(), Some(frame));
            prop_assert_eq!(rest.len(), passed.len());
        }
        prop_assert!(rest.is_empty());
        // Whatever is cut off is no frame.
        let mut cut = Vec::new();
        write(&frames[0], &mut cut);
        for length in 0..cut.len() {
            prop_assert!(read(&mut &cut[..length]).is_none());
        }
    }
}
