//! A range of owners by name: the owners of one page of a list.

use super::ids::Owner;

/// A range of owners, in the order of the bytes of their names.
#[derive(Clone, Debug)]
pub struct OwnerRange {
    /// The beginning of their names.
    pub prefix: String,
    /// The owner before the first one.
    pub after: Option<Owner>,
    /// The maximum number of owners.
    pub max: usize,
}
