//! A fuzz target for commands: draws commands of every kind for two wallets, books them as the writer does
//! without committing, and audits all facts after each one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use credits_core::{Overrun, Settings};

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::booked::Booked;
use crate::domain::category::Category;
use crate::domain::command::{
    Action, Command, Deduction, Expiry, Gift, Missing, Quote, SettleAt, TakeFrom, Transfer,
};
use crate::domain::fact::Kind;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::grant::Class;
use crate::domain::hold::Purpose;
use crate::domain::ids::{FactNumber, HoldId, Key, TransferId, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::policy::Policy;
use crate::domain::pricing::{Charge, OperationId};
use crate::domain::time::Timestamp;
use crate::engine::batch::batch::{Batch, Position};
use crate::engine::batch::memory_source::{Fetched, MemorySource, PartialSource, Unread};

const COMMANDS_MAX: usize = 100;
const BATCHES_MAX: usize = 8;

/// Submits the commands that the bytes encode.
pub fn commands(bytes: &[u8]) {
    let mut drawn = Drawn { bytes, holds: Vec::new(), transfers: Vec::new(), grants: Vec::new() };
    let settings = Settings {
        negative_balance_max: drawn.once_in(2).then_some(100),
        overrun: if drawn.once_in(2) { Overrun::Debt } else { Overrun::Deny },
        ..Settings::DEFAULT
    };
    let policy = Policy::of(&settings);
    let mut now = Timestamp::from_microseconds(1_767_225_600_000_000);
    let (mut source, mut position, mut audits) = (MemorySource::default(), Position::start(), HashMap::new());
    for _ in 0..BATCHES_MAX {
        let mut batch = Batch::new(&source, &policy, &position);
        let mut submitted = Vec::new();
        while submitted.len() < COMMANDS_MAX && !drawn.bytes.is_empty() {
            now = now.after(drawn.minutes());
            let command = drawn.command();
            match batch.submit(&command, now) {
                Ok(Ok(verdict)) => {
                    let frame = batch.frame_of(verdict).unwrap_or_else(|error| panic!("{error}"));
                    drawn.remember(&frame);
                }
                Ok(Err(rejection)) => assert!(!rejection.to_string().is_empty()),
                Err(error) => panic!("{error}"),
            }
            batch.audit(audits.clone(), now).unwrap_or_else(|what| panic!("{what}"));
            submitted.push((command, now));
            if drawn.once_in(16) {
                break;
            }
        }
        audits = batch.audit(audits, now).unwrap_or_else(|what| panic!("{what}"));
        let sealed = batch.sealed();
        assert!(
            fetching(&source, &policy, &position, &submitted) == sealed.frames,
            "commands are decided otherwise over records that are fetched"
        );
        position = sealed.after();
        source.commit(sealed).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// The frames of a batch that is decided again whenever a record is missing, which is then fetched.
fn fetching(
    source: &MemorySource,
    policy: &Policy,
    position: &Position,
    commands: &[(Command, Timestamp)],
) -> Arc<Vec<u8>> {
    let mut fetched = Fetched::default();
    loop {
        let partial = PartialSource { all: source, fetched: &fetched };
        let mut batch = Batch::new(partial, policy, position);
        let mut submit = |(command, now): &(Command, Timestamp)| batch.submit(command, *now).map(|_| ());
        match commands.iter().try_for_each(&mut submit) {
            Ok(()) => return batch.sealed().frames,
            Err(Unread::Missing(record)) => assert!(fetched.insert(record), "a record is fetched twice"),
            Err(Unread::Failed(error)) => panic!("{error}"),
        }
    }
}

/// Draws commands from bytes, and remembers the holds, transfers and grants that they made.
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

    /// Mostly small amounts, and some at the limits of the type.
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
            operation: "work",
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

    fn taking(&mut self) -> Deduction {
        let from = if self.once_in(3) {
            TakeFrom::Grant(self.one(|drawn| &drawn.grants, FactNumber::FIRST))
        } else {
            TakeFrom::Any { amount: self.amount(), with_debt: self.once_in(2) }
        };
        Deduction { kind: Kind::Deduct, from, reason: String::new(), category: Some(Category::Bonus) }
    }

    fn remember(&mut self, booked: &Booked) {
        for (number, fact) in booked.numbered() {
            match &fact.body {
                Body::Held(_) => self.holds.push(HoldId(number)),
                Body::Sent { .. } => self.transfers.push(TransferId(number)),
                Body::Given { .. } | Body::Received { .. } => self.grants.push(number),
                _ => {}
            }
        }
    }
}
