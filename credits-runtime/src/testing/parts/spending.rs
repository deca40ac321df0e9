//! The steps of one spend.

use credits_core::{Fraction, Settings};

use crate::domain::amount::Amount;
use crate::domain::body::Body;
use crate::domain::category::Category;
use crate::domain::command::{Action, Command, Quote};
use crate::domain::fact::{Fact, Frame, RecordId};
use crate::domain::fingerprint::Hash128;
use crate::domain::grant::{Class, GrantTerms, Origin};
use crate::domain::ids::{FactNumber, Key, Owner, WalletId};
use crate::domain::metadata::Metadata;
use crate::domain::numbers::Numbers;
use crate::domain::policy::Policy;
use crate::domain::pricing::{Charge, OperationId, RecordedInput};
use crate::domain::record::Record;
use crate::domain::time::Timestamp;
use crate::domain::wallet::{Decision, Grant, Prior, Wallet, Wallets, decide};
use crate::engine::journal::frame;
use crate::engine::wallets::packed::{pack, unpack};

/// A spend of one credit from a wallet.
#[derive(Debug)]
pub struct Spending {
    wallet: Wallet,
    command: Command,
    policy: Policy,
    frame: Frame,
    packed: Vec<u8>,
}

/// The number of the wallet's first fact.
const FACTS: u64 = 1_000_000;
/// The time of the command, in microseconds.
const NOW: i64 = 1_767_225_600_000_000;

impl Spending {
    /// A spend from a wallet with a number of grants.
    pub fn from_grants(grants: usize) -> Self {
        let owner = Owner::new("user:12345").unwrap_or_else(|rejection| panic!("{rejection}"));
        let id = WalletId::of_credits(owner);
        let grant = |place| Grant {
            number: FactNumber(FACTS).plus(place),
            free: Amount::new(1_000_000),
            held: Amount::ZERO,
            terms: GrantTerms {
                expires_at: None,
                priority: GrantTerms::PRIORITY_DEFAULT,
                class: Class::Paid,
                scope: Vec::new(),
                origin: Origin::Gift,
                purchase: None,
            },
            category: Category::ManualAdjustment,
            moved: None,
        };
        let grants: Vec<Grant> = (0..grants).map(grant).collect();
        let facts = grants.len() as u64;
        let balance = Amount::sum(grants.iter().map(|grant| grant.free));
        let last_fact = grants.last().map(|grant| grant.number);
        let wallet = Wallet { last_fact, facts, balance, grants, ..Wallet::default() };
        let operation = OperationId { catalogue: 1, index: 0 };
        let inputs = vec![RecordedInput::Quantity(Fraction::whole(1))];
        let charge = Charge { operation, inputs, price: Amount::new(1) };
        let (fingerprint, charge) = (Hash128::default(), Ok(charge));
        let quote = Quote { fingerprint, charge, usable_as: operation, operation: "work" };
        let key = Key::generated(0x0123_4567_89AB_CDEF, 0);
        let command = Command::new(id, key, Action::Spend(quote), Metadata::default());
        let frame = Frame {
            kind: command.kind(),
            scope: command.scope(),
            key: command.key.clone(),
            fingerprint: command.fingerprint,
            at: Timestamp::from_microseconds(NOW),
            facts: Vec::new(),
        };
        let mut spending =
            Self { wallet, command, policy: Policy::of(&Settings::DEFAULT), frame, packed: Vec::new() };
        let bodies = spending.decided().into_iter();
        spending.frame.facts = bodies
            .map(|body| Fact {
                record: RecordId::Wallet(spending.command.wallet.clone()),
                previous: spending.wallet.last_fact,
                ordinal: facts.saturating_add(1),
                body,
            })
            .collect();
        pack(&spending.command.wallet, &spending.wallet, &mut spending.packed);
        spending
    }

    /// Decides the command and returns the number of its facts.
    pub fn decide(&self) -> usize {
        self.decided().len()
    }

    /// Unpacks the wallet, applies the facts and returns the balance.
    pub fn apply(&self) -> i64 {
        let mut wallet = self.unpacked();
        for (place, fact) in self.frame.facts.iter().enumerate() {
            wallet.apply(FactNumber(FACTS).plus(self.wallet.grants.len()).plus(place), fact);
        }
        wallet.balance.get()
    }

    /// Encodes the frame and returns the number of its bytes.
    pub fn encode(&self, bytes: &mut Vec<u8>) -> usize {
        bytes.clear();
        frame::write(&self.frame, bytes);
        bytes.len()
    }

    /// Packs the wallet as the cache does, and returns the number of its bytes.
    pub fn pack(&self, bytes: &mut Vec<u8>) -> usize {
        pack(&self.command.wallet, &self.wallet, bytes);
        bytes.len()
    }

    /// Unpacks the wallet and returns the number of its grants.
    pub fn unpack(&self) -> usize {
        self.unpacked().grants.len()
    }

    fn unpacked(&self) -> Wallet {
        unpack(&self.packed).unwrap_or_else(|| panic!("it was packed"))
    }

    fn decided(&self) -> Vec<Body> {
        let wallets = Wallets { own: &self.wallet, other: None };
        let numbers = Numbers::from(FactNumber(FACTS).plus(self.wallet.grants.len()));
        let now = Timestamp::from_microseconds(NOW);
        match decide(wallets, &self.command, &Prior::default(), &self.policy, (numbers, now)) {
            Ok(Decision::Facts(bodies)) => bodies,
            other => panic!("it is not booked: {other:?}"),
        }
    }
}
