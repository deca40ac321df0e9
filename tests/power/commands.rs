//! Commands, each under a key, and their results. It does not know of crashes.

use std::time::Duration;

use credits_runtime::{
    Category, Entry, Error, FactNumber, HoldId, LedgerError, Receipt, Rejection, Reply, RunError, Settled,
    Transferred,
};

use super::random::Random;

mod pricing {
    credits_runtime::usage_credits! {
        operation process {
            costs 2.credits + 1.credit_per(page)
            limit pages <= 20
        }
    }
}

pub(crate) use pricing::{Credits, Hold, Operation, Wallet};

pub(crate) const OWNERS: [&str; 3] = ["ann", "bob", "eve"];

/// A command with its owner and key.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) owner: &'static str,
    pub(crate) key: String,
    pub(crate) ask: Ask,
    /// Length of the text in the metadata.
    note: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Ask {
    Give {
        amount: i64,
        expires_in: Option<Duration>,
    },
    Spend {
        pages: i64,
    },
    Deduct {
        amount: i64,
    },
    Hold {
        pages: i64,
        limit: Duration,
    },
    Settle(HoldId),
    Release(HoldId),
    /// A downward correction, with debt if needed.
    Adjust {
        amount: i64,
    },
    /// A transfer: two wallets in one commit.
    Transfer {
        to: &'static str,
        amount: i64,
    },
    /// A reversal of a charge, in part.
    Reverse {
        charge: FactNumber,
        amount: i64,
    },
    /// Work that succeeds or fails.
    Run {
        pages: i64,
        works: bool,
    },
}

/// Holds and charges of earlier commands, each with its owner.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) holds: Vec<(&'static str, HoldId)>,
    pub(crate) charges: Vec<(&'static str, FactNumber)>,
}

impl Known {
    /// Remembers the outcome of a command.
    pub(crate) fn add(&mut self, command: &Command, answered: &Answered) {
        match answered {
            Answered { answer: Answer::Held(hold), replayed: false } => {
                self.holds.push((command.owner, *hold));
            }
            Answered { answer: Answer::Entry(entry), replayed: false }
                if entry.category == Category::OperationCharge =>
            {
                self.charges.push((command.owner, entry.number));
            }
            _ => {}
        }
    }
}

/// Result of a command, and whether it was replayed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) replayed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Entry(Box<Entry>),
    Held(HoldId),
    Released,
    Rejected(Rejection),
}

/// Result of spending around work.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ran {
    Done,
    Failed,
    ChargedBefore(Box<Entry>),
    Rejected(Rejection),
}

/// A command in flight.
pub(crate) enum Sent {
    Receipt(Reply<Receipt>),
    Hold(Reply<pricing::Hold>),
    Settled(Reply<Settled>),
    Released(Reply<credits_runtime::Released>),
    Transferred(Reply<Transferred>),
}

impl Command {
    /// Draws the command of this number: anything but work, on one of these holds and charges or a new one.
    pub(crate) fn draw(number: usize, known: &Known, random: &mut Random) -> Self {
        let holds = &known.holds[..];
        let minutes = Duration::from_mins(5) * u32::try_from(1 + random.below(6)).unwrap();
        let (owner, ask) = match (random.below(17), holds) {
            (0..=2, _) => {
                let expires_in = random.once_in(3).then_some(minutes);
                (random.choose(&OWNERS), Ask::Give { amount: random.amount(60), expires_in })
            }
            (3, _) => (random.choose(&OWNERS), Ask::Deduct { amount: random.amount(10) }),
            (12, _) => (random.choose(&OWNERS), Ask::Adjust { amount: random.amount(40) }),
            (13 | 14, _) => {
                let place = random.below(OWNERS.len());
                let to = OWNERS[(place + 1 + random.below(2)) % OWNERS.len()];
                (OWNERS[place], Ask::Transfer { to, amount: random.amount(30) })
            }
            (15 | 16, _) if !known.charges.is_empty() => {
                let (owner, charge) = random.choose(&known.charges);
                (owner, Ask::Reverse { charge, amount: random.amount(6) })
            }
            (8 | 9, [_, ..]) => {
                let (owner, hold) = random.choose(holds);
                (owner, Ask::Settle(hold))
            }
            (10, [_, ..]) => {
                let (owner, hold) = random.choose(holds);
                (owner, Ask::Release(hold))
            }
            (6.., _) => (random.choose(&OWNERS), Ask::Hold { pages: random.amount(8), limit: minutes }),
            _ => (random.choose(&OWNERS), Ask::Spend { pages: random.amount(8) }),
        };
        let note = if random.once_in(4) { random.below(400) } else { 0 };
        Self { owner, key: format!("key {number}"), ask, note }
    }

    /// Draws work under the key of this number.
    pub(crate) fn draw_run(number: usize, random: &mut Random) -> Self {
        let ask = Ask::Run { pages: random.amount(8), works: !random.once_in(3) };
        Self { owner: random.choose(&OWNERS), key: format!("key {number}"), ask, note: 0 }
    }

    /// Whether an entry belongs to this command.
    pub(crate) fn is_on(&self, entry: &Entry) -> bool {
        entry.key.as_ref().is_some_and(|key| key.as_str() == self.key)
    }

    /// Sends any command but work.
    pub(crate) fn send(&self, credits: &Credits) -> Sent {
        let (wallet, key) = (credits.wallet(self.owner), self.key.as_str());
        let metadata = serde_json::json!({ "note": "n".repeat(self.note) });
        match self.ask {
            Ask::Give { amount, expires_in } => {
                let mut give = wallet.give_credits(amount).key(key).metadata(metadata);
                if let Some(expires_in) = expires_in {
                    give = give.expires_in(expires_in);
                }
                Sent::Receipt(give.now())
            }
            Ask::Deduct { amount } => {
                Sent::Receipt(wallet.deduct_credits(amount, "by hand").key(key).metadata(metadata).now())
            }
            Ask::Spend { pages } => Sent::Receipt(spend(&wallet, pages).key(key).metadata(metadata).now()),
            Ask::Hold { pages, limit } => {
                Sent::Hold(spend(&wallet, pages).key(key).metadata(metadata).hold(limit))
            }
            Ask::Settle(hold) => Sent::Settled(wallet.settle(hold).now()),
            Ask::Release(hold) => Sent::Released(wallet.release(hold)),
            Ask::Adjust { amount } => {
                let adjust = wallet.adjust_credits(-amount, "correction").with_debt();
                Sent::Receipt(adjust.key(key).metadata(metadata).now())
            }
            Ask::Transfer { to, amount } => {
                let transfer = wallet.transfer_to(&credits.wallet(to), amount);
                Sent::Transferred(transfer.key(key).metadata(metadata).now())
            }
            Ask::Reverse { charge, amount } => {
                let reversal = wallet.reverse_charge(charge).amount(amount);
                Sent::Receipt(reversal.key(key).metadata(metadata).now())
            }
            Ask::Run { .. } => panic!("work is not sent but run"),
        }
    }

    /// Spends around work, and calls `work` in the middle of it.
    pub(crate) fn run(&self, credits: &Credits, work: impl FnOnce()) -> Result<Ran, LedgerError> {
        let Ask::Run { pages, works } = self.ask else { panic!("{self:?} is no work") };
        let ran = spend(&credits.wallet(self.owner), pages).key(&*self.key).run(|| {
            work();
            if works { Ok(()) } else { Err("failed") }
        });
        match ran {
            Ok(()) => Ok(Ran::Done),
            Err(RunError::Work(_)) => Ok(Ran::Failed),
            Err(RunError::AlreadyCharged(receipt)) => Ok(Ran::ChargedBefore(Box::new(receipt.entry))),
            Err(RunError::Rejected(rejection)) => Ok(Ran::Rejected(rejection)),
            Err(RunError::Ledger(error) | RunError::Unsettled { error: Error::Ledger(error), .. }) => {
                Err(error)
            }
            Err(other) => panic!("{other}"),
        }
    }
}

impl Sent {
    /// Waits for the result.
    pub(crate) fn wait(self) -> Result<Answered, LedgerError> {
        let answered = match self {
            Self::Receipt(reply) => reply.wait().map(|receipt| Answered {
                replayed: receipt.replayed,
                answer: Answer::Entry(Box::new(receipt.entry)),
            }),
            Self::Settled(reply) => reply.wait().map(|settled| Answered {
                replayed: settled.replayed,
                answer: Answer::Entry(Box::new(settled.entry)),
            }),
            Self::Transferred(reply) => reply
                .wait()
                .map(|made| Answered { replayed: made.replayed, answer: Answer::Entry(Box::new(made.sent)) }),
            Self::Hold(reply) => reply
                .wait()
                .map(|hold| Answered { replayed: hold.replayed(), answer: Answer::Held(hold.into_id()) }),
            Self::Released(reply) => reply
                .wait()
                .map(|released| Answered { replayed: released.replayed, answer: Answer::Released }),
        };
        match answered {
            Err(Error::Ledger(error)) => Err(error),
            Err(Error::Rejected(rejection)) => {
                Ok(Answered { answer: Answer::Rejected(rejection), replayed: false })
            }
            Err(other) => panic!("{other}"),
            Ok(answered) => Ok(answered),
        }
    }
}

fn spend(wallet: &Wallet, pages: i64) -> credits_runtime::Spend<pricing::Pricing> {
    wallet.spend_credits_on(Operation::process(pages))
}
