//! Property tests: arbitrary wallets and frames survive an encoding round trip.

use credits_core::Fraction;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::frame::{read, skip, write};
use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::cover::{Cover, CoveredBy};
use crate::domain::fact::{Fact, Frame, Kind, RecordId, Scope};
use crate::domain::fingerprint::Hash64;
use crate::domain::grant::{Allocation, Class, ExpiryThen, GrantTerms, MovedExpiry, Origin, PinnedTerms};
use crate::domain::hold::{ChosenKey, Held, Purpose, Settled};
use crate::domain::ids::{Asset, FactNumber, GivenKey, HoldId, Key, ObjectId, Owner, WalletId};
use crate::domain::limits::HOLD_LIMIT;
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, OperationId, RecordedInput};
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Forfeited, Grant, OpenHold, Wallet};
use crate::engine::wallets::packed::{names_of, pack, packed_names, unpack};

const KINDS: [Kind; 7] =
    [Kind::Give, Kind::Spend, Kind::Hold, Kind::Settle, Kind::Release, Kind::BookDue, Kind::Bill];
const ORIGINS: [Origin; 4] = [Origin::Gift, Origin::Transfer, Origin::Subscription, Origin::Purchase];

fn amount() -> impl Strategy<Value = Amount> {
    (0_u32..64, any::<i64>()).prop_map(|(shift, amount)| Amount::new(amount >> shift))
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.microseconds()..=Timestamp::MAX.microseconds()).prop_map(Timestamp::from_microseconds)
}

fn fact() -> impl Strategy<Value = FactNumber> {
    (0_u32..64, 1_u64..).prop_map(|(shift, number)| FactNumber((number >> shift).max(1)))
}

fn operation() -> impl Strategy<Value = OperationId> {
    any::<(u32, u16)>().prop_map(|(catalogue, index)| OperationId { catalogue, index })
}

fn category() -> impl Strategy<Value = Category> {
    // An application's category may have the name of a built-in one.
    let own = "[a-z_]{0,300}|bonus".prop_map(|name: String| Category::Application(name.into()));
    prop_oneof![proptest::sample::select(Category::ALL), own]
}

fn terms() -> impl Strategy<Value = GrantTerms> {
    let priority = prop_oneof![Just(GrantTerms::PRIORITY_DEFAULT), any::<u16>()];
    let class = prop_oneof![Just(Class::Paid), Just(Class::Promotional)];
    let origin = proptest::sample::select(&ORIGINS[..]);
    let parts = (option::of(instant()), priority, class, vec(operation(), 0..3), origin);
    (parts, option::of(fact())).prop_map(|((expires_at, priority, class, scope, origin), purchase)| {
        GrantTerms { expires_at, priority, class, scope, origin, purchase }
    })
}

fn grant() -> impl Strategy<Value = Grant> {
    let held = prop_oneof![Just(Amount::ZERO), amount()];
    let promised = instant().prop_map(MovedExpiry::Promised);
    let moved = option::of(prop_oneof![Just(MovedExpiry::Rescheduled), promised]);
    (fact(), amount(), held, (terms(), moved), category()).prop_map(
        |(number, free, held, (terms, moved), category)| Grant { number, free, held, terms, category, moved },
    )
}

fn forfeited() -> impl Strategy<Value = Forfeited> {
    (fact(), amount(), amount()).prop_map(|(grant, expired, revoked)| Forfeited { grant, expired, revoked })
}

fn input() -> impl Strategy<Value = RecordedInput> {
    let fraction = (any::<i128>(), 1..i128::MAX)
        .prop_filter_map("reduced", |(numerator, denominator)| Fraction::new(numerator, denominator));
    let fractions = prop_oneof![
        any::<i64>().prop_map(|whole| Fraction::whole(whole.into())),
        any::<i128>().prop_map(Fraction::whole),
        fraction
    ];
    let integers = prop_oneof![any::<i64>().prop_map(i128::from), any::<i128>()];
    prop_oneof![
        fractions.prop_map(RecordedInput::Quantity),
        any::<u16>().prop_map(RecordedInput::Choice),
        integers.prop_map(RecordedInput::Integer),
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

fn chosen() -> impl Strategy<Value = ChosenKey> {
    ("[a-z0-9][a-z0-9 ]{0,254}", any::<Hash64>()).prop_map(|(key, fingerprint)| {
        let GivenKey(key) = key.into();
        ChosenKey { key: key.unwrap(), fingerprint }
    })
}

fn metadata() -> impl Strategy<Value = Metadata> {
    prop_oneof![Just(Metadata::default()), ".{0,300}".prop_map(|text| Metadata::of(&text).unwrap())]
}

fn pinned() -> impl Strategy<Value = PinnedTerms> {
    (fact(), category(), terms()).prop_map(|(grant, category, terms)| PinnedTerms { grant, category, terms })
}

fn pin() -> impl Strategy<Value = Allocation> {
    (fact(), amount()).prop_map(|(grant, amount)| Allocation { grant, amount })
}

fn covered_by() -> impl Strategy<Value = CoveredBy> {
    cover().prop_map(|cover| cover.by())
}

fn cover() -> impl Strategy<Value = Cover> {
    let names = ("[a-z_]{1,9}", "[a-z:/_]{1,20}");
    (names, vec(operation(), 0..3), option::of(instant())).prop_map(
        |((plan, subscription), operations, until)| Cover {
            subscription: ObjectId::known(&subscription),
            plan,
            operations,
            until,
        },
    )
}

fn hold() -> impl Strategy<Value = OpenHold> {
    let credits = (charge(), vec(pin(), 0..3), prop_oneof![Just(Amount::ZERO), amount()]);
    let purpose = prop_oneof![Just(Purpose::Run), Just(Purpose::Hold)];
    let said = (fact(), purpose, option::of(chosen()), metadata());
    let terms = (vec(pinned(), 0..3), option::of(covered_by()));
    let rest = (instant(), instant(), option::of(operation()), terms);
    (credits, said, rest).prop_map(|(credits, said, rest)| {
        let (charge, pins, unpinned) = credits;
        let (id, purpose, key, metadata) = said;
        let (opened_at, until, usable_as, (pinned, covered_by)) = rest;
        let usable_as = usable_as.unwrap_or(charge.operation);
        let held = Held {
            charge,
            pins,
            until,
            purpose,
            key,
            metadata,
            usable_as,
            unpinned,
            opened_at,
            pinned,
            covered_by,
        };
        OpenHold { id: HoldId(id), held }
    })
}

fn wallet() -> impl Strategy<Value = Wallet> {
    let lists = (vec(forfeited(), 0..3), vec(grant(), 0..5), vec(hold(), 0..4), vec(cover(), 0..3));
    let rest = (option::of(fact()), any::<u64>(), amount(), amount());
    (lists, rest).prop_map(|((forfeited, grants, holds, covers), (last_fact, facts, balance, debt))| Wallet {
        changes_of_covers: covers.len() as u64,
        last_fact,
        facts,
        balance,
        grants,
        holds,
        debt,
        forfeited,
        covers,
    })
}

fn wallet_id() -> impl Strategy<Value = WalletId> {
    ("[a-z]{0,2}", "[a-z:]{1,3}").prop_map(|(asset, owner)| WalletId::known(&asset, &owner))
}

fn key() -> impl Strategy<Value = Key> {
    "[a-z0-9~]{0,40}".prop_map(|text| Key::known(&text))
}

/// An amount that is often zero, as in most frames.
fn rest() -> impl Strategy<Value = Amount> {
    prop_oneof![Just(Amount::ZERO), amount()]
}

fn charged() -> impl Strategy<Value = Body> {
    let settles = option::of((fact(), any::<bool>(), option::of(chosen())));
    let expiry = (fact(), option::of(instant()));
    let expiry = expiry.prop_map(|(grant, expires_at)| ExpiryThen { grant, expires_at });
    let parts = (vec(pin(), 0..4), vec(expiry, 0..2), option::of(covered_by()));
    (charge(), parts, settles, (rest(), rest()), metadata(), amount()).prop_map(
        |(
            charge,
            (allocations, expiries, covered_by),
            settles,
            (shortfall, owed),
            metadata,
            balance_after,
        )| {
            Body::Charged {
                charge,
                allocations,
                settles: settles.map(|(hold, late, key)| Settled { hold: HoldId(hold), late, key }),
                shortfall,
                metadata,
                balance_after,
                owed,
                expiries,
                covered_by,
            }
        },
    )
}

fn given() -> impl Strategy<Value = Body> {
    let reason = option::of("[a-z]{0,9}");
    (amount(), category(), terms(), reason, option::of(fact()), metadata(), amount()).prop_map(
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
    let id = || fact().prop_map(HoldId);
    prop_oneof![
        given(),
        charged(),
        hold().prop_map(|open| Body::Held(open.held)),
        id().prop_map(|hold| Body::Released { hold }),
        (id(), instant()).prop_map(|(hold, at)| Body::Lapsed { hold, at }),
        (fact(), amount(), instant(), amount()).prop_map(|(grant, amount, effective_at, balance_after)| {
            Body::Expired { grant, amount, effective_at, balance_after }
        }),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    let names = (0..KINDS.len(), 0..5, wallet_id(), key());
    let record = prop_oneof![
        Just(None),
        wallet_id().prop_map(|wallet| Some(RecordId::Wallet(wallet))),
        Just(Some(RecordId::Catalogues)),
        Just(Some(RecordId::WaitingRoom)),
        "[a-z]{1,3}".prop_map(|owner| Some(RecordId::Billing(Owner::known(&owner)))),
        "[a-z]{1,3}".prop_map(|object| Some(RecordId::Object(ObjectId::known(&object)))),
    ];
    let facts = vec((record, option::of(fact()), any::<u64>(), body()), 0..3);
    (names, any::<[u8; 8]>(), instant(), facts).prop_map(
        |((kind, scope, wallet, key), fingerprint, at, facts)| {
            let own = || RecordId::Wallet(wallet.clone());
            let facts = facts.into_iter().map(|(record, previous, ordinal, body)| Fact {
                record: record.unwrap_or_else(own),
                previous,
                ordinal,
                body,
            });
            let facts = facts.collect();
            let scope = match scope {
                1 => Scope::Wallet(wallet),
                2 => Scope::Holds(wallet),
                3 => Scope::Transfers(wallet),
                4 => Scope::Charges(wallet),
                _ => Scope::Ledger,
            };
            Frame { kind: KINDS[kind], scope, key, fingerprint, at, facts }
        },
    )
}

proptest! {
    #[test]
    fn a_wallet_is_unpacked_as_it_was(
        (owner, asset) in ("[a-z:]{1,40}", "[a-z]{0,9}"),
        wallet in wallet(),
        trailing in vec(any::<u8>(), 0..9),
    ) {
        let id = WalletId::of_asset(Asset::of(&asset), Owner::new(&owner).unwrap());
        let mut bytes = Vec::new();
        pack(&id, &wallet, &mut bytes);
        prop_assert_eq!(packed_names(&bytes), Some(names_of(&id)));
        bytes.extend(trailing);
        prop_assert_eq!(unpack(&bytes), Some(wallet));
    }

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
        // A truncated frame does not decode.
        let mut cut = Vec::new();
        write(&frames[0], &mut cut);
        for length in 0..cut.len() {
            prop_assert!(read(&mut &cut[..length]).is_none());
        }
    }
}

/// Pins the packed bytes of an open hold, with the large fact numbers of an old ledger.
#[test]
fn an_open_hold_takes_little() {
    let (grant, id) = (FactNumber(1_000_000), HoldId::new(2_000_000));
    let operation = OperationId { catalogue: 1, index: 0 };
    let inputs = vec![RecordedInput::Quantity(Fraction::whole(1))];
    let opened_at = Timestamp::from_microseconds(1_767_225_600_000_000);
    let held = Held {
        charge: Charge { operation, inputs, price: Amount::new(1) },
        pins: vec![Allocation { grant, amount: Amount::new(1) }],
        until: opened_at.after(HOLD_LIMIT),
        purpose: Purpose::Run,
        key: None,
        metadata: Metadata::default(),
        usable_as: operation,
        unpinned: Amount::ZERO,
        opened_at,
        pinned: Vec::new(),
        covered_by: None,
    };
    let owner = WalletId::of_credits(Owner::new("user:42").unwrap());
    let size = |holds| {
        let mut bytes = Vec::new();
        pack(&owner, &Wallet { holds, ..Wallet::default() }, &mut bytes);
        bytes.len()
    };
    let none = size(Vec::new());
    assert_eq!(size(vec![OpenHold { id, held: held.clone() }]) - none, 28);
    let key = ChosenKey { key: Key::generated(1 << 60, 1), fingerprint: Hash64::default() };
    let held = Held { key: Some(key), ..held };
    assert_eq!(size(vec![OpenHold { id, held }]) - none, 28 + 19 + 8);
}
