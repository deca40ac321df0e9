//! Bytes as commands of every kind to two wallets, decided and booked as the writer does, but never committed: whatever
//! is answered, every fact adds up.

use std::sync::OnceLock;
use std::time::Duration;

use credits_core::{Overrun, Settings};

use crate::domain::amount::Amount;
use crate::domain::category::Category;
use crate::domain::command::{
    Action, Command, Expiry, Gift, Missing, Quote, SettleAt, TakeFrom, Taking, Transfer,
};
use crate::domain::fact::{Body, Class, Kind, Purpose};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ids::{FactNumber, HoldId, Key, TransferId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::pricing::{Charge, OperationId};
use crate::domain::time::Timestamp;
use crate::engine::keys::Keys;
use crate::engine::memory::Memory;
use crate::engine::overlay::Batch;
use crate::engine::recovery::beginning;
use crate::engine::store::Store;
use crate::engine::views::Views;

/// An empty ledger, which everything is booked after.
fn empty() -> &'static (Store, Views) {
    static EMPTY: OnceLock<(Store, Views)> = OnceLock::new();
    EMPTY.get_or_init(|| {
        let store = Store::in_memory(Memory::USUAL);
        (
            store.unwrap_or_else(|error| panic!("{error}")),
            Views::new(Timestamp::MIN, Keys::none(), Memory(usize::MAX)),
        )
    })
}

const COMMANDS_MAX: usize = 100;

/// Plays what the bytes say.
pub fn commands(bytes: &[u8]) {
    let mut drawn = Drawn { bytes, holds: Vec::new(), transfers: Vec::new(), grants: Vec::new() };
    let settings = Settings {
        negative_balance_max: drawn.once_in(2).then_some(100),
        overrun: if drawn.once_in(2) { Overrun::Debt } else { Overrun::Deny },
        ..Settings::DEFAULT
    };
    let (policy, beginning) = (Policy::of(&settings), beginning());
    let (store, views) = empty();
    let mut batch = Batch::new((store, views, &policy), &beginning);
    let mut now = Timestamp::from_microseconds(1_767_225_600_000_000);
    for _ in 0..COMMANDS_MAX {
        if drawn.bytes.is_empty() {
            break;
        }
        now = now.after(drawn.minutes());
        let command = drawn.command();
        match batch.submit(&command, now) {
            Ok(Ok(done)) => {
                let frame = batch.frame_of(done).unwrap_or_else(|error| panic!("{error}"));
                drawn.remember(&frame.1.facts, frame.0);
            }
            Ok(Err(rejection)) => assert!(!rejection.to_string().is_empty()),
            Err(error) => panic!("{error}"),
        }
        batch.audit(now).unwrap_or_else(|what| panic!("{what}"));
    }
}

/// What is drawn from bytes, and what came of it.
struct Drawn<'a> {
    bytes: &'a [u8],
    holds: Vec<HoldId>,
    transfers: Vec<TransferId>,
    grants: Vec<FactNumber>,
}

impl Drawn<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        *first
    }

    fn once_in(&mut self, times: u8) -> bool {
        self.byte().checked_rem(times) == Some(0)
    }

    fn minutes(&mut self) -> Duration {
        Duration::from_mins(self.byte().into())
    }

    /// Small ones mostly, and now and then the largest there are.
    fn amount(&mut self) -> Amount {
        let small = i64::from(self.byte());
        Amount::new(match self.byte() {
            0 => i64::MAX.wrapping_sub(small),
            1 => i64::MIN.wrapping_add(small),
            2 => small.wrapping_neg(),
            3 => small << 40,
            _ => small,
        })
    }

    fn one<T: Copy>(&mut self, of: fn(&Self) -> &Vec<T>, none: T) -> T {
        let place = usize::from(self.byte());
        let items = of(self);
        place.checked_rem(items.len()).and_then(|place| items.get(place).copied()).unwrap_or(none)
    }

    fn wallet(&mut self) -> WalletId {
        let owner = if self.once_in(2) { "ann" } else { "bob" };
        WalletId::from_names("", owner).unwrap_or_else(|| panic!("an owner's name"))
    }

    fn operation(&mut self) -> OperationId {
        OperationId { catalogue: 1, index: u16::from(self.once_in(2)) }
    }

    fn quote(&mut self) -> Quote {
        let (price, operation) = (self.amount().max(Amount::ZERO), self.operation());
        let fingerprint = Fingerprint::default().field(&price.get().to_be_bytes()).hash();
        Quote {
            fingerprint,
            charge: Ok(Charge { operation, inputs: Vec::new(), price }),
            usable_as: operation,
        }
    }

    fn expiry(&mut self) -> Expiry {
        if self.once_in(2) { Expiry::Never } else { Expiry::In(self.minutes()) }
    }

    fn command(&mut self) -> Command {
        let (wallet, mut key) = (self.wallet(), Key::generated(0, u64::from(self.byte())));
        let action = match self.byte() % 12 {
            0 | 1 => Action::Give(self.gift()),
            2 => Action::Spend(self.quote()),
            3 | 4 => {
                let purpose = if self.once_in(2) { Purpose::Run } else { Purpose::Hold };
                Action::Hold { quote: self.quote(), limit: self.minutes(), purpose }
            }
            5 | 6 => {
                let hold = self.one(|drawn| &drawn.holds, HoldId::new(1));
                key = Key::of_hold(hold);
                let at = match self.byte() % 3 {
                    0 => SettleAt::Held,
                    1 => SettleAt::Amount(Ok(self.amount())),
                    _ => SettleAt::Quote(Box::new(self.quote())),
                };
                Action::Settle { hold, at }
            }
            7 => {
                let hold = self.one(|drawn| &drawn.holds, HoldId::new(1));
                key = Key::of_hold(hold);
                Action::Release(hold)
            }
            8 => Action::Extend { hold: self.one(|drawn| &drawn.holds, HoldId::new(1)), by: self.minutes() },
            9 => Action::Take(self.taking()),
            10 => Action::Transfer(Transfer {
                to: self.wallet(),
                amount: self.amount(),
                expiry: self.once_in(2).then(|| self.expiry()),
                including_promotional: self.once_in(2),
                category: None,
            }),
            _ => {
                let transfer = self.one(|drawn| &drawn.transfers, TransferId::new(1));
                key = Key::of_transfer(transfer);
                let missing = match self.byte() % 3 {
                    0 => Missing::Denied,
                    1 => Missing::Left,
                    _ => Missing::Owed,
                };
                Action::Reverse { transfer, missing }
            }
        };
        Command::new(wallet, key, action, Metadata::default())
    }

    fn gift(&mut self) -> Gift {
        Gift {
            amount: self.amount(),
            reason: None,
            category: None,
            class: self.once_in(2).then_some(Class::Promotional),
            expiry: self.expiry(),
            priority: u16::from(self.byte() % 3),
            scope: if self.once_in(2) { Vec::new() } else { vec![self.operation()] },
            kind: Kind::Give,
        }
    }

    fn taking(&mut self) -> Taking {
        let from = if self.once_in(3) {
            TakeFrom::Grant(self.one(|drawn| &drawn.grants, FactNumber::FIRST))
        } else {
            TakeFrom::Any { amount: self.amount(), with_debt: self.once_in(2) }
        };
        Taking { kind: Kind::Deduct, from, reason: String::new(), category: Some(Category::Bonus) }
    }

    fn remember(&mut self, facts: &[crate::domain::fact::Fact], first: FactNumber) {
        for (place, fact) in facts.iter().enumerate() {
            let number = first.plus(place);
            match &fact.body {
                Body::Held(_) => self.holds.push(HoldId(number)),
                Body::Sent { .. } => self.transfers.push(TransferId(number)),
                Body::Given { .. } | Body::Received { .. } => self.grants.push(number),
                _ => {}
            }
        }
    }
}
