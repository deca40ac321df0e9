//! Entries as responses show them: in words too, and with the sum of a charge.

use credits_runtime::{Entry, Explanation, Metadata, OwnedEntry, Owner};
use serde::{Deserialize, Serialize};

use super::request::Audience;

/// Whether the sums of charges are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Explain {
    Charges,
    Nothing,
}

/// An entry in words too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownEntry {
    /// The entry.
    #[serde(flatten)]
    pub entry: Entry,
    /// What it was, for people.
    pub description: String,
    /// The amount with its unit.
    pub formatted_amount: String,
    /// The sum of a charge, if the request asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explained>,
}

/// An entry with its owner: `GET /entries/{number}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownOwnedEntry {
    /// The owner.
    pub owner: Owner,
    /// The entry.
    #[serde(flatten)]
    pub entry: ShownEntry,
}

/// The sum of a charge, as one line and in its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explained {
    /// The line.
    pub text: String,
    /// The parts.
    #[serde(flatten)]
    pub explanation: Explanation,
}

impl From<Explanation> for Explained {
    fn from(explanation: Explanation) -> Self {
        Self { text: explanation.to_string(), explanation }
    }
}

impl ShownEntry {
    pub(super) fn of(mut entry: Entry, explain: Explain, audience: Audience) -> Self {
        if audience == Audience::Owner {
            (entry.metadata, entry.key) = (Metadata::default(), None);
        }
        let explanation =
            (explain == Explain::Charges).then(|| entry.explanation().map(Explained::from)).flatten();
        let (description, formatted_amount) = (entry.description(), entry.formatted_amount());
        Self { entry, description, formatted_amount, explanation }
    }
}

impl ShownOwnedEntry {
    pub(super) fn of(owned: OwnedEntry, explain: Explain) -> Self {
        Self { owner: owned.owner, entry: ShownEntry::of(owned.entry, explain, Audience::Application) }
    }
}
