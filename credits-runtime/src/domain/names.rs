//! Names: the name under which the ledger keeps an operation, plan or pack that was renamed, and its present one.
//!
//! The first name that a ledger has seen is the one that its records keep, so that a rename changes no record. It
//! does not know the records.

use std::collections::HashMap;
use std::fmt;

use super::catalogue::CatalogueData;
use super::pricing::OperationId;

/// The names of all declared catalogues.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Of operations.
    pub operations: Renames,
    /// Of plans.
    pub plans: Renames,
    /// Of packs.
    pub packs: Renames,
    /// The first id of each operation, by each of its names. Scopes of grants name operations so.
    ids: HashMap<String, OperationId>,
}

/// The names of the items of one kind.
#[derive(Clone, Debug, Default)]
pub struct Renames {
    /// The first name, by each name.
    first: HashMap<String, String>,
    /// The present words, by the first name.
    present: HashMap<String, Present>,
}

/// The present words of an item: those of the application, or of the last catalogue that declared it.
#[derive(Clone, Debug)]
struct Present {
    name: String,
    named: String,
}

/// A name that a catalogue uses otherwise than the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameClash {
    /// The kind of the item, as the language calls it.
    pub kind: &'static str,
    /// The item's name.
    pub name: String,
    /// The name that contradicts it.
    pub other: String,
    /// Whether the ledger has both as two items; otherwise the catalogue declares one item twice.
    pub were_two: bool,
}

impl fmt::Display for NameClash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name, other, were_two } = self;
        if *were_two {
            write!(
                f,
                "the {kind} `{name}` is declared as `formerly {other}`, and this ledger has entries of both: \
                 leave `formerly {other}` out, and add it next time in the same change as the new name"
            )
        } else {
            write!(
                f,
                "the {kind}s `{other}` and `{name}` are declared side by side, and in this ledger one is the former \
                 name of the other: give one of them a new name"
            )
        }
    }
}

/// An item as a catalogue declares it.
struct NamedItem<'a> {
    name: &'a str,
    formerly: &'a [String],
    named: &'a str,
}

impl Names {
    /// The names of catalogues, in the order of their declaration; the last one is the application's.
    pub fn of<'a>(catalogues: impl Iterator<Item = (u32, &'a CatalogueData)>) -> Self {
        let mut names = Self::default();
        for (number, catalogue) in catalogues {
            names.operations.add(operations(catalogue));
            names.plans.add(plans(catalogue));
            names.packs.add(packs(catalogue));
            for (operation, index) in catalogue.operations.iter().zip(0..) {
                let id = OperationId { catalogue: number, index };
                let mut known = operation.formerly.iter().chain([&operation.name]);
                let id = known.find_map(|name| names.ids.get(name).copied()).unwrap_or(id);
                for name in operation.formerly.iter().chain([&operation.name]) {
                    names.ids.entry(name.clone()).or_insert(id);
                }
            }
        }
        names
    }

    /// The id by which scopes of grants name an operation.
    pub fn operation_id(&self, name: &str) -> Option<OperationId> {
        self.ids.get(name).copied()
    }

    /// The ids of all operations, by each of their names.
    pub fn operation_ids(&self) -> &HashMap<String, OperationId> {
        &self.ids
    }

    /// The first name of a new catalogue that contradicts these names.
    pub fn clash(&self, catalogue: &CatalogueData) -> Option<NameClash> {
        let operations = self.operations.clash("operation", &operations(catalogue).collect::<Vec<_>>());
        let plans = || self.plans.clash("subscription_plan", &plans(catalogue).collect::<Vec<_>>());
        let packs = || self.packs.clash("credit_pack", &packs(catalogue).collect::<Vec<_>>());
        operations.or_else(plans).or_else(packs)
    }
}

impl Renames {
    /// The name under which records keep the item of this name.
    pub fn first<'a>(&'a self, name: &'a str) -> &'a str {
        self.first.get(name).map_or(name, String::as_str)
    }

    /// The present name of an item, by any name that it had.
    pub fn present<'a>(&'a self, name: &'a str) -> &'a str {
        self.present.get(self.first(name)).map_or(name, |present| &present.name)
    }

    /// The name for people, by any name that the item had; `None` for an unknown item.
    pub fn named(&self, name: &str) -> Option<&str> {
        let present = self.present.get(self.first.get(name)?)?;
        Some(present.named.as_str()).filter(|named| !named.is_empty())
    }

    /// Every name, with the first name of its item.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.first.iter().map(|(name, first)| (name.as_str(), first.as_str()))
    }

    fn add<'a>(&mut self, items: impl Iterator<Item = NamedItem<'a>>) {
        for NamedItem { name, formerly, named } in items {
            let mut every = formerly.iter().map(String::as_str).chain([name]);
            let first = every.find_map(|name| self.first.get(name)).map_or(name, String::as_str).to_owned();
            for name in formerly.iter().map(String::as_str).chain([name]) {
                self.first.entry(name.to_owned()).or_insert_with(|| first.clone());
            }
            self.present.insert(first, Present { name: name.to_owned(), named: named.to_owned() });
        }
    }

    /// An item whose names the ledger has as two items, or that the catalogue has twice.
    fn clash(&self, kind: &'static str, items: &[NamedItem<'_>]) -> Option<NameClash> {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for NamedItem { name, formerly, .. } in items {
            let known = self.first.get(*name);
            let other = formerly.iter().find(|former| {
                known.zip(self.first.get(*former)).is_some_and(|(known, former)| known != former)
            });
            let first = known.map_or(*name, String::as_str);
            let same = seen.insert(first, name);
            if let Some(other) = other.map(String::as_str).or(same) {
                let (name, other) = ((*name).to_owned(), other.to_owned());
                return Some(NameClash { kind, name, other, were_two: same.is_none() });
            }
        }
        None
    }
}

fn operations(catalogue: &CatalogueData) -> impl Iterator<Item = NamedItem<'_>> {
    let items = catalogue.operations.iter();
    items.map(|item| NamedItem { name: &item.name, formerly: &item.formerly, named: &item.named })
}

fn plans(catalogue: &CatalogueData) -> impl Iterator<Item = NamedItem<'_>> {
    catalogue.plans.iter().map(|item| NamedItem {
        name: &item.name,
        formerly: &item.formerly,
        named: &item.named,
    })
}

fn packs(catalogue: &CatalogueData) -> impl Iterator<Item = NamedItem<'_>> {
    catalogue.packs.iter().map(|item| NamedItem {
        name: &item.name,
        formerly: &item.formerly,
        named: &item.named,
    })
}
