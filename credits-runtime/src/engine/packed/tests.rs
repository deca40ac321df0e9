//! Wallets, with everything varied that they have, packed and unpacked.

use credits_core::Fraction;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::domain::fact::{Allocation, ChosenKey, Held, PinnedTerms, Purpose};
use crate::domain::fingerprint::Hash128;
use crate::domain::ids::{Asset, GivenKey, HoldId, Key, Owner};
use crate::domain::limits::HOLD_LIMIT;
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, RecordedInput};
use crate::domain::wallet::OpenHold;

fn amount() -> impl Strategy<Value = Amount> {
    any::<i64>().prop_map(Amount::new)
}

fn instant() -> impl Strategy<Value = Timestamp> {
    (Timestamp::MIN.microseconds()..=Timestamp::MAX.microseconds()).prop_map(Timestamp::from_microseconds)
}

fn fact() -> impl Strategy<Value = FactNumber> {
    (1..=u64::MAX).prop_map(FactNumber)
}

fn operation() -> impl Strategy<Value = OperationId> {
    any::<(u32, u16)>().prop_map(|(catalogue, index)| OperationId { catalogue, index })
}

fn category() -> impl Strategy<Value = Category> {
    // An application's may be called what the ledger's are.
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
    (fact(), amount(), held, terms(), category()).prop_map(|(number, free, held, terms, category)| Grant {
        number,
        free,
        held,
        terms,
        category,
    })
}

fn gone() -> impl Strategy<Value = Gone> {
    (fact(), amount(), amount()).prop_map(|(grant, expired, revoked)| Gone { grant, expired, revoked })
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
    ("[a-z0-9 ]{1,255}", any::<Hash128>()).prop_map(|(key, fingerprint)| {
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

fn hold() -> impl Strategy<Value = OpenHold> {
    let pin = (fact(), amount()).prop_map(|(grant, amount)| Allocation { grant, amount });
    let credits = (charge(), vec(pin, 0..3), prop_oneof![Just(Amount::ZERO), amount()]);
    let purpose = prop_oneof![Just(Purpose::Run), Just(Purpose::Hold)];
    let said = (fact(), purpose, option::of(chosen()), metadata());
    let rest = (instant(), instant(), option::of(operation()), vec(pinned(), 0..3));
    (credits, said, rest).prop_map(|(credits, said, rest)| {
        let (charge, pins, unpinned) = credits;
        let (id, purpose, key, metadata) = said;
        let (opened_at, until, usable_as, pinned) = rest;
        let usable_as = usable_as.unwrap_or(charge.operation);
        let held =
            Held { charge, pins, until, purpose, key, metadata, usable_as, unpinned, opened_at, pinned };
        OpenHold { id: HoldId(id), held }
    })
}

fn wallet() -> impl Strategy<Value = Wallet> {
    let lists = (vec(gone(), 0..3), vec(grant(), 0..5), vec(hold(), 0..4));
    let rest = (option::of(fact()), option::of(instant()), any::<u64>(), amount(), amount());
    (lists, rest).prop_map(|((gone, grants, holds), (last_fact, agenda, facts, balance, debt))| Wallet {
        last_fact,
        agenda,
        facts,
        balance,
        grants,
        holds,
        debt,
        gone,
    })
}

proptest! {
    #[test]
    fn a_wallet_is_unpacked_as_it_was(
        (owner, asset) in ("[a-z:]{1,40}", "[a-z]{0,9}"),
        wallet in wallet(),
    ) {
        let id = WalletId::of_asset(Asset::of(&asset), Owner::new(&owner).unwrap());
        let mut bytes = Vec::new();
        pack(&id, &wallet, &mut bytes);
        prop_assert_eq!(packed_names(&bytes), Some(names_of(&id)));
        prop_assert_eq!(unpack(&bytes), Some(wallet));
    }
}

/// What a hold of one credit adds to a wallet, in a ledger that has come some way.
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
    };
    let owner = WalletId::of_credits(Owner::new("user:42").unwrap());
    let size = |holds| {
        let mut bytes = Vec::new();
        pack(&owner, &Wallet { holds, ..Wallet::default() }, &mut bytes);
        bytes.len()
    };
    let none = size(Vec::new());
    assert_eq!(size(vec![OpenHold { id, held: held.clone() }]) - none, 28);
    let key = ChosenKey { key: Key::generated(1 << 60, 1), fingerprint: Hash128::default() };
    let held = Held { key: Some(key), ..held };
    assert_eq!(size(vec![OpenHold { id, held }]) - none, 28 + 19 + 16);
}
