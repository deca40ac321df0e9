//! Billing: customers, subscriptions and packs of the `pay` gem, for a ledger that goes on with them. What the gem gave for
//! them is marked as given before, so that it is not given again, and a later refund finds it.
//!
//! It does not know Stripe's webhooks.

mod awards;
mod cycles;
mod marking;
mod packs;
mod stripe_object;
mod subscriptions;

use std::collections::BTreeMap;

use credits_runtime::billing::ObjectId;
use credits_runtime::{Credits, Owner, Timestamp};

use super::database::{Cells, Database};
use super::declared::Declared;
use super::error::ImportError;
use super::findings::{Finding, Findings};
use super::instant::{self, Instant};
use super::options::Options;
use super::report::BillingReport;
use super::schema::{Schema, Version};
use super::wallets::GemWallets;
use marking::Marking;
use packs::Pack;
use subscriptions::Subscription;

/// Begins the id of the object that tells that an import has linked a customer.
const LINKED: &str = "import:linked:";

/// A plan that a running subscription needs.
#[derive(Clone, Debug)]
pub(super) struct NeededPlan {
    credits: String,
    /// As the gem writes it: `1.month`.
    every: String,
}

impl NeededPlan {
    /// The declaration to paste, with a name that the application may change.
    pub(super) fn declaration(&self, price: &str) -> String {
        let name: String =
            price.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        let every = self.every.strip_prefix("1.").unwrap_or(&self.every);
        format!(
            "subscription_plan {} {{ stripe_price \"{price}\" gives {}.credits.every({every}) }}",
            name.to_lowercase(),
            self.credits
        )
    }
}

/// A customer at Stripe.
#[derive(Clone, Debug)]
struct Customer {
    id: ObjectId,
    owner: Owner,
}

/// What `pay` knows.
#[derive(Debug, Default)]
pub(super) struct Billed {
    /// Plans of running subscriptions, by price.
    pub(super) plans: BTreeMap<String, NeededPlan>,
    customers: BTreeMap<String, Customer>,
    subscriptions: Vec<Subscription>,
    packs: Vec<Pack>,
    /// The time of the newest row of a running subscription.
    pub(super) newest: Option<Timestamp>,
}

/// Reads the tables of `pay`, and the transactions of its subscriptions and charges.
pub(super) fn read(
    database: &mut dyn Database,
    schema: &Schema,
    options: &Options,
    declared: &Declared,
    findings: &mut Findings,
) -> Result<Billed, ImportError> {
    let customers = customers(database, options, findings)?;
    let (mut subscriptions, plans) =
        subscriptions::read(database, schema, (options, declared), &customers, findings)?;
    let mut packs = packs::read(database, schema, options, &customers, findings)?;
    awards::read(database, schema, &mut subscriptions, &mut packs)?;
    let newest = subscriptions.iter().filter_map(Subscription::newest).max();
    Ok(Billed { plans, customers, subscriptions, packs, newest })
}

impl Billed {
    /// Links, marks and receives everything. A second time nothing changes.
    pub(super) fn carry(
        &self,
        credits: &Credits<()>,
        (options, version): (&Options, Version),
        wallets: &GemWallets,
        findings: &mut Findings,
    ) -> Result<BillingReport, ImportError> {
        let report = BillingReport { customers: count(&self.customers), ..BillingReport::default() };
        for Customer { id, owner } in self.customers.values() {
            // A link of an administrator stays: the customer is linked by the first import alone.
            let is_first = match ObjectId::new(&format!("{LINKED}{}", id.as_str())) {
                Some(mark) => credits.link(mark, owner).wait()?.is_new,
                None => true,
            };
            if is_first {
                credits.link(id.clone(), owner).wait()?;
            }
        }
        let (mode, now) = (options.mode, options.now);
        let mut marking = Marking { credits, version, mode, wallets, findings, now, report };
        for pack in &self.packs {
            pack.carry(&mut marking)?;
        }
        for subscription in &self.subscriptions {
            subscription.carry(&mut marking)?;
        }
        Ok(marking.report)
    }
}

fn count<K, V>(map: &BTreeMap<K, V>) -> u64 {
    u64::try_from(map.len()).unwrap_or(u64::MAX)
}

/// Customers by their ids in `pay`.
fn customers(
    database: &mut dyn Database,
    options: &Options,
    findings: &mut Findings,
) -> Result<BTreeMap<String, Customer>, ImportError> {
    let mut customers = BTreeMap::new();
    database.each(Schema::CUSTOMERS, &mut |cells| {
        let text = |place: usize| cells.text(place).unwrap_or_default();
        if text(3) != "stripe" {
            findings.add(Finding::CustomerOfOtherProcessor, format!("customer {} of {}", text(0), text(3)));
            return Ok(());
        }
        let owner = Owner::new(&options.owners.name(text(1), text(2)));
        match (owner, ObjectId::new(text(4))) {
            (Ok(owner), Some(id)) => drop(customers.insert(text(0).to_owned(), Customer { id, owner })),
            (Err(rejection), _) => {
                findings.add(Finding::OwnerInvalid, format!("customer {}: {rejection}", text(0)));
            }
            // A customer without a charge or a checkout has no id yet.
            (Ok(_), None) => {}
        }
        Ok(())
    })?;
    Ok(customers)
}

/// An instant in a column.
fn time(cells: &Cells, place: usize) -> Option<Timestamp> {
    match instant::read(cells.text(place)?)? {
        Instant::At(at) => Some(at),
        Instant::TooFar => None,
    }
}
