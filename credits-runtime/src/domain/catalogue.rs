//! The catalogue as the journal keeps it: the terms of a pricing, owned and encoded, so that old entries can be
//! explained after the application's source has changed.
//!
//! Processor ids are left out, so that test and live builds of one pricing have one fingerprint.

use credits_core::{Catalogue, Clause, Money, OperationSpec, PackSpec, Period, PlanSpec, UnusedCredits};
use minicbor::{Decode, Encode};

use super::fact::{Body, Fact, Record};
use super::fingerprint::sha256;
use super::ids::FactNumber;

/// The catalogues that a ledger has seen: the record that `CatalogueDeclared` facts are about.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Catalogues {
    /// The last fact that was applied; kept before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    #[n(0)]
    facts: u64,
    #[n(1)]
    declared: Vec<Declared>,
}

/// Where the terms of a catalogue are.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Declared {
    /// What facts name it by.
    #[n(0)]
    pub number: u32,
    /// SHA-256 over its terms.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub fingerprint: [u8; 32],
    /// The fact that declared it.
    #[n(2)]
    pub fact: FactNumber,
}

impl Catalogues {
    /// Every catalogue, in the order in which they were first declared.
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// The number of the catalogue with this fingerprint, if it was declared before.
    pub fn number_of(&self, fingerprint: &[u8; 32]) -> Option<u32> {
        self.declared
            .iter()
            .find(|declared| declared.fingerprint == *fingerprint)
            .map(|declared| declared.number)
    }

    /// The fact that declares a catalogue, and its number.
    pub fn declaration(&self, terms: &Terms) -> (u32, Fact) {
        let number = u32::try_from(self.declared.len()).unwrap_or(u32::MAX).saturating_add(1);
        let body =
            Body::CatalogueDeclared { number, fingerprint: terms.fingerprint(), data: terms.to_bytes() };
        let ordinal = self.facts.saturating_add(1);
        (number, Fact { record: Record::Catalogues, previous: self.last_fact, ordinal, body })
    }

    /// Applies the fact of this number, unless it was applied before.
    pub fn apply(&mut self, fact_number: FactNumber, fact: &Fact) {
        if self.last_fact.is_some_and(|last| last >= fact_number) {
            return;
        }
        let Body::CatalogueDeclared { number, fingerprint, .. } = &fact.body else {
            panic!("fact {fact_number} is no fact about catalogues");
        };
        self.declared.push(Declared { number: *number, fingerprint: *fingerprint, fact: fact_number });
        self.last_fact = Some(fact_number);
        self.facts = fact.ordinal;
    }
}

/// The terms of a pricing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    #[n(0)]
    currency: String,
    #[n(1)]
    rounding: String,
    /// The words for one and for several credits.
    #[n(2)]
    pub(crate) credits_named: (String, String),
    #[n(3)]
    operations: Vec<OperationTerms>,
    #[n(4)]
    plans: Vec<PlanTerms>,
    #[n(5)]
    packs: Vec<PackTerms>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct OperationTerms {
    #[n(0)]
    name: String,
    #[n(1)]
    costs: Vec<ClauseTerms>,
    /// Which quantity, and its most.
    #[n(2)]
    limits: Vec<(u16, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum ClauseTerms {
    #[n(0)]
    Fixed(#[n(0)] i64),
    #[n(1)]
    Rate {
        #[n(0)]
        credits: i64,
        #[n(1)]
        batch: u64,
        #[n(2)]
        unit: String,
        #[n(3)]
        base: u64,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct PlanTerms {
    #[n(0)]
    name: String,
    #[n(1)]
    gives: i64,
    #[n(2)]
    every: (u32, String),
    #[n(3)]
    rollover: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct PackTerms {
    #[n(0)]
    name: String,
    #[n(1)]
    gives: i64,
    #[n(2)]
    bonus: i64,
    /// Minor units and currency.
    #[n(3)]
    costs: (i64, String),
}

impl Terms {
    /// The name of an operation, if the catalogue has it.
    pub fn operation(&self, index: u16) -> Option<&str> {
        self.operations.get(usize::from(index)).map(|operation| operation.name.as_str())
    }

    /// The bytes that the journal keeps.
    pub fn to_bytes(&self) -> Vec<u8> {
        minicbor::to_vec(self).unwrap_or_default()
    }

    /// SHA-256 over [`to_bytes`](Self::to_bytes).
    pub fn fingerprint(&self) -> [u8; 32] {
        sha256(&self.to_bytes())
    }
}

impl From<&Catalogue> for Terms {
    fn from(catalogue: &Catalogue) -> Self {
        let named = catalogue.credits_named;
        Self {
            currency: catalogue.currency.code.to_owned(),
            rounding: catalogue.rounding.word().to_owned(),
            credits_named: (named.one.to_owned(), named.many.to_owned()),
            operations: catalogue.operations.iter().map(OperationTerms::from).collect(),
            plans: catalogue.plans.iter().map(PlanTerms::from).collect(),
            packs: catalogue.packs.iter().map(PackTerms::from).collect(),
        }
    }
}

impl From<&OperationSpec> for OperationTerms {
    fn from(operation: &OperationSpec) -> Self {
        let limits = operation.limits.iter();
        Self {
            name: operation.name.to_owned(),
            costs: operation.costs.iter().map(ClauseTerms::from).collect(),
            limits: limits
                .map(|limit| (u16::try_from(limit.quantity).unwrap_or(u16::MAX), limit.max))
                .collect(),
        }
    }
}

impl From<&Clause> for ClauseTerms {
    fn from(clause: &Clause) -> Self {
        match *clause {
            Clause::Fixed(credits) => Self::Fixed(credits),
            Clause::Rate { credits, batch, unit } => {
                Self::Rate { credits, batch, unit: unit.name.to_owned(), base: unit.base }
            }
        }
    }
}

impl From<&PlanSpec> for PlanTerms {
    fn from(plan: &PlanSpec) -> Self {
        let Period { count, unit } = plan.every;
        Self {
            name: plan.name.to_owned(),
            gives: plan.gives,
            every: (count, unit.word().to_owned()),
            rollover: plan.unused_credits == UnusedCredits::Rollover,
        }
    }
}

impl From<&PackSpec> for PackTerms {
    fn from(pack: &PackSpec) -> Self {
        let Money { minor, currency } = pack.costs;
        Self {
            name: pack.name.to_owned(),
            gives: pack.gives,
            bonus: pack.bonus,
            costs: (minor, currency.code.to_owned()),
        }
    }
}
