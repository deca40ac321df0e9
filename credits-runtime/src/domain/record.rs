//! Records: the values that facts change, each fact once and in the order of their numbers.
//!
//! It does not know which records there are, nor what a fact states.

use super::body::Body;
use super::fact::Fact;
use super::ids::FactNumber;

/// The facts that a record has.
#[derive(Debug)]
pub struct Applied<'a> {
    /// The last applied fact.
    pub last_fact: &'a mut Option<FactNumber>,
    /// Number of applied facts.
    pub facts: &'a mut u64,
}

/// A record: the result of the facts about it.
pub trait Record {
    /// Its name in messages.
    const NAME: &'static str;

    /// The facts that it has.
    fn applied(&mut self) -> Applied<'_>;

    /// Applies the body of the fact with this number, whatever facts it has.
    fn change(&mut self, number: FactNumber, body: &Body);

    /// Applies the fact with this number, unless it is already applied; returns whether it was new.
    ///
    /// Panics if the fact does not follow the record's last fact, or does not fit the record.
    fn apply(&mut self, number: FactNumber, fact: &Fact) -> bool {
        let last = *self.applied().last_fact;
        if last >= Some(number) {
            return false;
        }
        assert_eq!(last, fact.previous, "fact {number} follows another fact than the {}'s last", Self::NAME);
        self.change(number, &fact.body);
        let Applied { last_fact, facts } = self.applied();
        (*last_fact, *facts) = (Some(number), fact.ordinal);
        true
    }
}
