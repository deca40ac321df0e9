//! The catalogues declared in a ledger, by number: the record that `CatalogueDeclared` facts are about.

use minicbor::{Decode, Encode};

use super::body::Body;
use super::catalogue::CatalogueData;
use super::fact::{Fact, RecordId};
use super::ids::FactNumber;
use super::record::{Applied, Record};

/// All declared catalogues.
#[derive(Clone, Debug, PartialEq, Eq, Default, Encode, Decode)]
pub struct Catalogues {
    /// The last applied fact; stored before the record's body.
    #[cbor(skip)]
    pub last_fact: Option<FactNumber>,
    #[n(0)]
    facts: u64,
    #[n(1)]
    declared: Vec<Declared>,
}

/// A declared catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Declared {
    /// Number by which facts refer to it.
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
    /// All catalogues, in the order of their first declaration.
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// The number of its facts.
    #[cfg(feature = "postgres")]
    pub fn facts(&self) -> u64 {
        self.facts
    }

    /// The number of the catalogue with this fingerprint, if it was declared.
    pub fn number_of(&self, fingerprint: &[u8; 32]) -> Option<u32> {
        self.declared
            .iter()
            .find(|declared| declared.fingerprint == *fingerprint)
            .map(|declared| declared.number)
    }

    /// The number of a new catalogue, and the fact that declares it.
    pub fn declaration(&self, terms: &CatalogueData) -> (u32, Fact) {
        let number = u32::try_from(self.declared.len()).unwrap_or(u32::MAX).saturating_add(1);
        let body = Body::CatalogueDeclared {
            number,
            fingerprint: terms.terms_fingerprint(),
            data: terms.to_bytes(),
        };
        let ordinal = self.facts.saturating_add(1);
        (number, Fact { record: RecordId::Catalogues, previous: self.last_fact, ordinal, body })
    }
}

impl Record for Catalogues {
    const NAME: &'static str = "list of catalogues";

    fn applied(&mut self) -> Applied<'_> {
        Applied { last_fact: &mut self.last_fact, facts: &mut self.facts }
    }

    fn change(&mut self, fact: FactNumber, body: &Body) {
        let Body::CatalogueDeclared { number, fingerprint, .. } = body else {
            panic!("fact {fact} is no fact about catalogues");
        };
        self.declared.push(Declared { number: *number, fingerprint: *fingerprint, fact });
    }
}
