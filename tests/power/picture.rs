//! Pictures: everything that can be read of a ledger at once. It does not know the commands that led there.

use credits_runtime::{Amount, Entry, Error, HoldSummary};

use super::commands::{Credits, OWNERS, Wallet};

/// State of all wallets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    pub(crate) wallets: Vec<Shown>,
}

/// State of one wallet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shown {
    pub(crate) balance: Amount,
    pub(crate) credits: Amount,
    pub(crate) held: Amount,
    pub(crate) holds: Vec<HoldSummary>,
    /// Oldest first.
    pub(crate) entries: Vec<Entry>,
}

impl Picture {
    /// As of the clock's time.
    pub(crate) fn of(credits: &Credits) -> Result<Self, Error> {
        let wallets = OWNERS.iter().map(|owner| Shown::of(&credits.wallet(owner)));
        Ok(Self { wallets: wallets.collect::<Result<_, _>>()? })
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.wallets.iter().flat_map(|wallet| &wallet.entries)
    }

    pub(crate) fn holds(&self) -> impl Iterator<Item = &HoldSummary> {
        self.wallets.iter().flat_map(|wallet| &wallet.holds)
    }
}

impl Shown {
    fn of(wallet: &Wallet) -> Result<Self, Error> {
        let page = wallet.credit_history().limit(1_000).page()?;
        assert_eq!(page.next, None, "histories of these tests fit on a page");
        let mut entries = page.entries;
        entries.reverse();
        Ok(Self {
            balance: wallet.balance()?,
            credits: wallet.credits()?,
            held: wallet.held()?,
            holds: wallet.open_holds()?,
            entries,
        })
    }

    /// The first contradiction between the sums. Credits that are due to expire have no entry yet.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let mut sum = 0;
        for entry in &self.entries {
            let before = sum;
            sum += entry.amount.get();
            if (entry.balance_before.get(), entry.balance_after.get()) != (before, sum) {
                return Some(format!("entry {} goes on from {before}: {entry:?}", entry.number));
            }
        }
        let numbers = self.entries.iter().map(|entry| entry.number);
        if !numbers.is_sorted_by(|earlier, later| earlier < later) {
            return Some("its entries are out of order".to_owned());
        }
        let Self { balance, credits, held, holds, .. } = self;
        if credits.get() + held.get() != balance.get() {
            return Some(format!("{credits} free and {held} held are not {balance}"));
        }
        let in_holds: i64 = holds.iter().map(|hold| hold.amount.get()).sum();
        if in_holds != held.get() {
            return Some(format!("{in_holds} in holds are not {held} held"));
        }
        None
    }
}
