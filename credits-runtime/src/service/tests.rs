//! The services over a pricing written by hand, as the macro would generate it.

use credits_core::{Catalogue, Clause, Limit, OperationSpec, PackSpec, PlanSpec, Settings, Unit};

use crate::domain::pricing::Inputs;
use crate::generated::json::JsonInputs;
use crate::generated::shared::Shared;
use crate::generated::{self, InputError};
use crate::{Quantity, units};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Pricing;

pub(crate) enum Page {}

impl units::Unit for Page {
    const NAME: &'static str = "page";
    const PLURAL: &'static str = "pages";
    const BASE: u64 = 1;
}

pub(crate) enum Operation {
    Process { pages: Quantity<Page> },
    Free,
}

#[derive(Clone, Copy)]
pub(crate) enum Nothing {}

#[derive(Clone, Copy)]
pub(crate) enum Asset {}

impl generated::Asset for Asset {
    fn name(self) -> &'static str {
        match self {}
    }
}

const PAGE: Unit = Unit { name: "page", plural: "pages", dimension: credits_core::Dimension::Count, base: 1 };

const CATALOGUE: Catalogue = Catalogue {
    settings: Settings::DEFAULT,
    assets: &[],
    operations: &[
        OperationSpec {
            name: "process",
            named: "Process",
            costs: &[Clause::Fixed(5), Clause::Rate { credits: 1, batch: 1, unit: PAGE, after: 0 }],
            limits: &[Limit { quantity: 0, max: 100 }],
            ..OperationSpec::NONE
        },
        OperationSpec { name: "free", named: "Free", costs: &[Clause::Fixed(0)], ..OperationSpec::NONE },
    ],
    plans: &[],
    packs: &[],
};

impl generated::Pricing for Pricing {
    type Operation = Operation;
    type Plan = Nothing;
    type Pack = Nothing;
    type Asset = Asset;
    const CATALOGUE: &'static Catalogue = &CATALOGUE;

    fn shared() -> &'static Shared<Self> {
        static SHARED: Shared<Pricing> = Shared::new();
        &SHARED
    }
}

impl generated::Operation for Operation {
    fn index(&self) -> u16 {
        match self {
            Self::Process { .. } => 0,
            Self::Free => 1,
        }
    }

    fn inputs(&self) -> Inputs {
        match self {
            Self::Process { pages } => Inputs::new([pages.to_input()]),
            Self::Free => Inputs::none(),
        }
    }

    fn from_json(name: &str, inputs: &generated::JsonObject) -> Result<Self, InputError> {
        let inputs = JsonInputs::of(CATALOGUE.operations, name, inputs)?;
        match inputs.operation() {
            Some(0) => Ok(Self::Process { pages: inputs.quantity("pages")? }),
            Some(1) => Ok(Self::Free),
            _ => Err(inputs.unknown_operation()),
        }
    }
}

impl generated::Plan for Nothing {
    fn spec(self) -> &'static PlanSpec {
        match self {}
    }
}

impl generated::Pack for Nothing {
    fn spec(self) -> &'static PackSpec {
        match self {}
    }
}

pub(crate) type Credits = crate::Credits<Pricing>;

pub(crate) fn process(pages: u32) -> Operation {
    Operation::Process { pages: pages.into() }
}

#[test]
fn a_ledger_in_memory_gives_spends_and_remembers() {
    let credits = Credits::in_memory().unwrap();
    let user = credits.wallet("user:42");
    let receipt = user.give_credits(100).reason("signup").key("welcome").now().wait().unwrap();
    assert_eq!(receipt.entry.balance_after, 100);
    let again = user.give_credits(100).reason("signup").key("welcome").now().wait().unwrap();
    assert!(again.replayed);
    assert_eq!(again.entry, receipt.entry);
    let worked = user.spend_credits_on(process(3)).run(|| Ok::<_, std::io::Error>("done")).unwrap();
    assert_eq!(worked, "done");
    assert_eq!(user.credits().unwrap(), 92);
    user.spend_credits_on(Operation::Free).now().wait().unwrap();
    let page = user.credit_history().page().unwrap();
    let amounts: Vec<i64> = page.entries.iter().map(|entry| entry.amount.get()).collect();
    assert_eq!(amounts, [0, -8, 100]);
}

#[test]
fn reopening_finds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    let id = {
        let credits = Credits::open(&path).unwrap();
        let user = credits.wallet("user:42");
        user.give_credits(100).key("welcome").now().wait().unwrap();
        credits.ledger_id()
    };
    let credits = Credits::open(&path).unwrap();
    assert_eq!(credits.ledger_id(), id);
    let user = credits.wallet("user:42");
    assert_eq!(user.credits().unwrap(), 100);
    assert!(user.give_credits(100).key("welcome").now().wait().unwrap().replayed);
    let hold = user.spend_credits_on(process(3)).hold(std::time::Duration::from_secs(5)).wait().unwrap();
    assert_eq!(user.held().unwrap(), 8);
    drop(hold);
    credits.close().unwrap();
    drop(credits);
    let credits = Credits::open(&path).unwrap();
    assert_eq!(credits.wallet("user:42").credits().unwrap(), 100);
}
