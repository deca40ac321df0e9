//! Entries as responses show them: in words too, and with the sum of a charge.

use credits_runtime::{Entry, Explanation, Metadata, OwnedEntry, Owner};
use serde::Serialize;

use super::request::Audience;

/// Whether the sums of charges are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Explain {
    Charges,
    Nothing,
}

/// An entry in words too.
#[derive(Serialize)]
pub(super) struct ShownEntry {
    #[serde(flatten)]
    entry: Entry,
    description: String,
    formatted_amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Explained>,
}

/// An entry with its owner.
#[derive(Serialize)]
pub(super) struct ShownOwnedEntry {
    owner: Owner,
    #[serde(flatten)]
    entry: ShownEntry,
}

/// The sum of a charge, as one line and in its parts.
#[derive(Serialize)]
pub(super) struct Explained {
    text: String,
    #[serde(flatten)]
    explanation: Explanation,
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
