//! Every number in every statement is replaced: the text of a renumbered value has no other difference.

use super::*;
use crate::domain::amount::Amount;
use crate::domain::billing::award::AwardId;
use crate::domain::category::Category;
use crate::domain::cover::CoveredBy;
use crate::domain::fact::RecordId;
use crate::domain::grant::{Class, Origin};
use crate::domain::hold::Purpose;
use crate::domain::ids::{Asset, GivenKey, ObjectId, Owner, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::pricing::{Charge, OperationId};
use crate::domain::time::Timestamp;

const AMOUNT: Amount = Amount::new(5);
const AT: Timestamp = Timestamp::MIN;
const OPERATION: OperationId = OperationId { catalogue: 1, index: 2 };
/// The difference of new numbers to old ones.
const MOVED_BY: usize = 1_000;

/// Every number but one has a new one.
struct AllBut(Option<FactNumber>);

impl NewNumbers for AllBut {
    fn of(&self, number: FactNumber) -> Option<FactNumber> {
        (Some(number) != self.0).then(|| number.plus(MOVED_BY))
    }
}

/// Numbers that differ.
struct Next(usize);

impl Next {
    fn fact(&mut self) -> FactNumber {
        self.0 = self.0.saturating_add(1);
        FactNumber(0).plus(self.0)
    }

    fn hold(&mut self) -> HoldId {
        HoldId(self.fact())
    }

    fn transfer(&mut self) -> TransferId {
        TransferId(self.fact())
    }

    fn terms(&mut self) -> GrantTerms {
        let scope = vec![OPERATION];
        let (expires_at, class, origin) = (Some(AT), Class::Paid, Origin::Purchase);
        GrantTerms { expires_at, priority: 50, class, scope, origin, purchase: Some(self.fact()) }
    }

    fn allocations(&mut self) -> Vec<Allocation> {
        (0..2).map(|_| Allocation { grant: self.fact(), amount: AMOUNT }).collect()
    }

    fn part(&mut self) -> Part {
        Part { grant: self.fact(), amount: AMOUNT, category: Category::Bonus, terms: self.terms() }
    }

    fn parts(&mut self) -> Vec<Part> {
        vec![self.part(), self.part()]
    }

    fn takings(&mut self) -> Vec<Taking> {
        let what =
            [Taken::Part(self.part()), Taken::Owed(AMOUNT), Taken::Forfeited(AMOUNT), Taken::Left(AMOUNT)];
        what.map(|what| Taking { at: AT, what }).into()
    }

    fn forfeited(&mut self) -> Forfeited {
        Forfeited { grant: self.fact(), expired: AMOUNT, revoked: AMOUNT }
    }

    fn held(&mut self) -> Held {
        let pinned = |next: &mut Self| PinnedTerms {
            grant: next.fact(),
            category: Category::Bonus,
            terms: next.terms(),
        };
        Held {
            charge: charge(),
            pins: self.allocations(),
            until: AT,
            purpose: Purpose::Hold,
            key: None,
            metadata: Metadata::default(),
            usable_as: OPERATION,
            unpinned: AMOUNT,
            opened_at: AT,
            pinned: vec![pinned(self), pinned(self)],
            covered_by: None,
        }
    }
}

fn charge() -> Charge {
    Charge { operation: OPERATION, inputs: Vec::new(), price: AMOUNT }
}

fn wallet() -> WalletId {
    WalletId::known("", "ann")
}

/// Statements with numbers, about wallets.
fn of_wallets(next: &mut Next) -> Vec<Body> {
    let (category, metadata, balance_after) = (Category::Bonus, Metadata::default(), AMOUNT);
    let covered_by = CoveredBy { plan: "pro".to_owned(), subscription: ObjectId::known("sub_1") };
    vec![
        Body::Given {
            amount: AMOUNT,
            category: category.clone(),
            terms: next.terms(),
            reason: None,
            joins: Some(next.fact()),
            metadata: metadata.clone(),
            balance_after,
        },
        Body::Charged {
            charge: charge(),
            allocations: next.allocations(),
            settles: Some(Settled { hold: next.hold(), late: false, key: None }),
            shortfall: AMOUNT,
            metadata: metadata.clone(),
            balance_after,
            owed: AMOUNT,
            expiries: (0..2).map(|_| ExpiryThen { grant: next.fact(), expires_at: None }).collect(),
            covered_by: Some(covered_by),
        },
        Body::Deducted {
            reason: "by hand".to_owned(),
            allocations: next.allocations(),
            metadata: metadata.clone(),
            balance_after,
            owed: AMOUNT,
            category: category.clone(),
            revokes: true,
        },
        Body::Held(next.held()),
        Body::Released { hold: next.hold() },
        Body::Lapsed { hold: next.hold(), at: AT },
        Body::Expired { grant: next.fact(), amount: AMOUNT, effective_at: AT, balance_after },
        Body::DebtRepaid { allocations: next.allocations(), effective_at: AT, balance_after },
        Body::Extended { hold: next.hold(), until: AT },
        Body::Restored {
            grant: next.fact(),
            amount: AMOUNT,
            category: category.clone(),
            terms: next.terms(),
            balance_after,
        },
        Body::Sent {
            to: wallet(),
            parts: next.parts(),
            category: category.clone(),
            metadata: metadata.clone(),
            balance_after,
        },
        Body::Received {
            from: wallet(),
            transfer: next.transfer(),
            amount: AMOUNT,
            sources: next.allocations(),
            category: category.clone(),
            terms: next.terms(),
            metadata: metadata.clone(),
            balance_after,
        },
        Body::Returned {
            to: wallet(),
            transfer: next.transfer(),
            allocations: next.allocations(),
            owed: AMOUNT,
            metadata: metadata.clone(),
            balance_after,
        },
        Body::Reclaimed {
            from: wallet(),
            transfer: next.transfer(),
            parts: next.parts(),
            metadata: metadata.clone(),
            balance_after,
        },
        Body::TakenBack {
            category: category.clone(),
            parts: next.parts(),
            owed: AMOUNT,
            reason: "pro".to_owned(),
            balance_after,
        },
        Body::GivenBack { category, parts: next.parts(), reason: "pro".to_owned(), balance_after },
        Body::Rescheduled { grant: next.fact(), expires_at: None },
        Body::ChargeReversed {
            charge: next.fact(),
            parts: next.parts(),
            undone: AMOUNT,
            repaid: AMOUNT,
            reversed: AMOUNT,
            previous: Some(next.fact()),
            reason: None,
            metadata,
            balance_after,
        },
        Body::Adopted { grant: next.fact(), origin: Origin::Purchase, purchase: Some(next.fact()) },
    ]
}

/// Statements with numbers, about billing and waiting events.
fn of_billing(next: &mut Next) -> Vec<Body> {
    let (award, asset) = (AwardId::Trial("pro".to_owned()), Asset::credits());
    let award = || award.clone();
    vec![
        Body::Awarded {
            award: award(),
            asset: asset.clone(),
            grant: next.fact(),
            amount: AMOUNT,
            basis: None,
            at: AT,
        },
        Body::TookBack { award: award(), taken: next.takings() },
        Body::AdvanceTaken { award: award(), taken: next.takings() },
        Body::TookForgiven { award: award(), taken: next.takings() },
        Body::ForfeitureNoted { award: award(), forfeited: next.forfeited() },
        Body::GaveBack { award: award(), amount: AMOUNT, grant: Some(next.fact()) },
        Body::GivenBefore { award: award(), asset, amount: AMOUNT, grant: Some(next.fact()), at: AT },
        Body::Freed { event: next.fact() },
        Body::GaveWay { event: next.fact(), at: AT },
    ]
}

fn frame(scope: Scope, kind: Kind, key: Key, bodies: Vec<Body>, next: &mut Next) -> Frame {
    let fact =
        |body| Fact { record: RecordId::Wallet(wallet()), previous: Some(next.fact()), ordinal: 7, body };
    Frame { kind, scope, key, fingerprint: [7; 8], at: AT, facts: bodies.into_iter().map(fact).collect() }
}

/// The text of a value with every number of a fact replaced, and these numbers.
fn replaced(value: &impl std::fmt::Debug) -> (String, Vec<FactNumber>) {
    let (text, mut numbers) = (format!("{value:?}"), Vec::new());
    let mut parts = text.split("FactNumber(");
    let mut new = parts.next().unwrap().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(')').unwrap();
        let number: FactNumber = number.parse().unwrap();
        numbers.push(number);
        new.extend(["FactNumber(", &number.plus(MOVED_BY).to_string(), ")", rest]);
    }
    (new, numbers)
}

#[test]
fn every_number_of_every_statement_is_replaced_or_missed() {
    let next = &mut Next(0);
    let bodies: Vec<Body> = of_wallets(next).into_iter().chain(of_billing(next)).collect();
    for body in bodies {
        let GivenKey(key) = "chosen".into();
        let frame = frame(Scope::Wallet(wallet()), Kind::Give, key.unwrap(), vec![body], next);
        let (expected, numbers) = replaced(&frame);
        assert!(numbers.len() >= 2, "{frame:?}");
        assert_eq!(format!("{:?}", renumbered(&frame, &AllBut(None)).unwrap()), expected);
        for number in numbers {
            let missing = renumbered(&frame, &AllBut(Some(number)));
            assert_eq!(missing, Err(NumberUnknown(number)), "{frame:?}");
        }
    }
}

#[test]
fn statements_without_numbers_stay() {
    let bodies = vec![
        Body::CatalogueDeclared { number: 1, fingerprint: [1; 32], data: vec![1] },
        Body::Linked { owner: Owner::known("ann") },
        Body::AdvanceReturned { award: AwardId::Trial("pro".to_owned()), amount: AMOUNT },
        Body::Listed { at: AT, added: Vec::new(), removed: vec!["price 1".to_owned()] },
        Body::Covered { covers: Vec::new() },
        Body::GaveWayDismissed { count: 3, at: AT },
    ];
    let facts = bodies.into_iter().map(|body| {
        let record = RecordId::Billing(Owner::known("ann"));
        Fact { record, previous: None, ordinal: 1, body }
    });
    let facts = facts.collect();
    let (kind, scope, key) = (Kind::Bill, Scope::Ledger, Key::none());
    let frame = Frame { kind, scope, key, fingerprint: [7; 8], at: AT, facts };
    assert_eq!(renumbered(&frame, &AllBut(None)).as_ref(), Ok(&frame));
}

#[test]
fn keys_that_are_numbers_are_replaced_with_their_fingerprints() {
    let command = |kind, number| {
        let number = FactNumber(number);
        match kind {
            Kind::Settle => Action::Settle { hold: HoldId(number), at: SettleAt::Held },
            Kind::Release => Action::Release(HoldId(number)),
            _ => Action::Reverse { transfer: TransferId(number), missing: Missing::Owed },
        }
    };
    let scopes = [
        (Kind::Settle, Scope::Holds(wallet()), Key::of_hold(HoldId::new(4))),
        (Kind::Release, Scope::Holds(wallet()), Key::of_hold(HoldId::new(4))),
        (Kind::Reverse, Scope::Transfers(wallet()), Key::of_transfer(TransferId::new(4))),
    ];
    for (kind, scope, key) in scopes {
        let before = Frame {
            fingerprint: command(kind, 4).fingerprint(),
            ..frame(scope, kind, key, Vec::new(), &mut Next(9))
        };
        let after = renumbered(&before, &AllBut(None)).unwrap();
        assert_eq!((after.key.as_str(), after.fingerprint), ("1004", command(kind, 1_004).fingerprint()));
        assert_eq!((&after.scope, after.kind, after.at), (&before.scope, kind, before.at));
        let four = FactNumber(4);
        assert_eq!(renumbered(&before, &AllBut(Some(four))), Err(NumberUnknown(four)));
    }
    // A key that a caller chose may look like a number.
    let chosen = frame(Scope::Wallet(wallet()), Kind::Spend, Key::known("4"), Vec::new(), &mut Next(9));
    assert_eq!(renumbered(&chosen, &AllBut(None)), Ok(chosen));
    let no_number = frame(Scope::Holds(wallet()), Kind::Settle, Key::known("4 "), Vec::new(), &mut Next(9));
    assert!(renumbered(&no_number, &AllBut(None)).is_err());
}

#[test]
fn every_number_of_a_wallet_is_replaced() {
    let next = &mut Next(0);
    let grant = |next: &mut Next| Grant {
        number: next.fact(),
        free: AMOUNT,
        held: AMOUNT,
        terms: next.terms(),
        category: Category::Bonus,
        moved: None,
    };
    let wallet = Wallet {
        last_fact: Some(next.fact()),
        facts: 9,
        grants: vec![grant(next), grant(next)],
        holds: vec![OpenHold { id: next.hold(), held: next.held() }],
        forfeited: vec![next.forfeited()],
        ..Wallet::default()
    };
    let (expected, numbers) = replaced(&wallet);
    assert!(numbers.len() > 10);
    let mut renumbered = wallet.clone();
    renumber_wallet(&mut renumbered, &AllBut(None)).unwrap();
    assert_eq!(format!("{renumbered:?}"), expected);
    for number in numbers {
        let missing = renumber_wallet(&mut wallet.clone(), &AllBut(Some(number)));
        assert_eq!(missing, Err(NumberUnknown(number)));
    }
}
