//! The names of operations for people.

use credits_runtime::generated::Pricing;

/// The names for people of operations, separated by commas; an operation that is not declared has its own name.
pub(super) fn operations<'a, C: Pricing>(names: impl Iterator<Item = &'a str>) -> String {
    let named = |name: &'a str| {
        let known = C::CATALOGUE.operations.iter().find(|known| known.has_name(name));
        known.map_or(name, |known| known.named)
    };
    names.map(named).collect::<Vec<_>>().join(", ")
}
