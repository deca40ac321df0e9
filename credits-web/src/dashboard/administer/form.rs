//! The forms for administrators: which there are, what they send, and how they look.
//!
//! It does not know what a form does to the ledger.

use credits_runtime::Rejection;
use credits_runtime::limits::REASON_BYTES_MAX;
use maud::{Markup, html};
use serde::Deserialize;

use super::key;
use crate::dashboard::visit::Visit;
use crate::parts::field::{Field, Kind, REFUSAL, hidden, tick};
use crate::refusal::Refusal;

/// A write that an administrator asks for by a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::dashboard) enum Form {
    /// Credits for an owner.
    Give,
    /// Credits off an owner.
    Take,
    /// Credits of one owner for another.
    Transfer,
    /// The free part of a grant off its owner.
    Revoke,
    /// The end of a hold.
    Release,
    /// Credits of a charge back, in whole or in part.
    Reverse,
    /// Money of a purchase back, in whole or in part.
    Refund,
}

/// What a form sends. A box that is not ticked is not sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::dashboard) struct Fields {
    /// The owner.
    pub(in crate::dashboard) name: String,
    /// The asset.
    pub(in crate::dashboard) asset: String,
    /// The idempotency key, made with the page.
    pub(in crate::dashboard) key: String,
    /// The grant, hold, charge or purchase.
    pub(in crate::dashboard) number: String,
    /// The receiver of a transfer.
    pub(in crate::dashboard) to: String,
    pub(in crate::dashboard) amount: String,
    pub(in crate::dashboard) reason: String,
    /// The last day of the credits.
    pub(in crate::dashboard) expires: String,
    /// Gives promotional credits, or transfers them too.
    pub(in crate::dashboard) promotional: String,
    /// Takes more than there is.
    pub(in crate::dashboard) debt: String,
    /// The change of the owner's credits that the second page has shown, such as `-1000`.
    pub(in crate::dashboard) confirm: String,
}

impl Fields {
    /// An empty form for an owner, with a new key.
    pub(in crate::dashboard) fn empty(name: &str, asset: &str) -> Result<Self, Refusal> {
        let (name, asset) = (name.to_owned(), asset.to_owned());
        Ok(Self { name, asset, key: key::new()?, ..Self::default() })
    }

    /// An empty form about a grant, hold or charge.
    pub(in crate::dashboard) fn about(name: &str, asset: &str, number: u64) -> Result<Self, Refusal> {
        Ok(Self { number: number.to_string(), ..Self::empty(name, asset)? })
    }

    /// An empty form about a purchase.
    pub(in crate::dashboard) fn about_purchase(
        name: &str,
        asset: &str,
        session: &str,
    ) -> Result<Self, Refusal> {
        Ok(Self { number: session.to_owned(), ..Self::empty(name, asset)? })
    }

    /// The address of the owner's page, as parts of its query.
    pub(super) fn owner_query(&self) -> Vec<(&str, &str)> {
        let mut query = vec![("name", self.name.as_str())];
        query.extend(
            (!matches!(self.asset.as_str(), "" | "credits")).then_some(("asset", self.asset.as_str())),
        );
        query
    }

    /// The fields that are not empty, without the confirmation.
    fn sent(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { name, asset, key, number, to, amount, reason, expires, promotional, debt, confirm: _ } =
            self;
        let fields = [
            ("name", name),
            ("asset", asset),
            ("key", key),
            ("number", number),
            ("to", to),
            ("amount", amount),
            ("reason", reason),
            ("expires", expires),
            ("promotional", promotional),
            ("debt", debt),
        ];
        fields.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.as_str()))
    }
}

impl Form {
    /// The form that is sent to this path: `give`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let forms = [
            Self::Give,
            Self::Take,
            Self::Transfer,
            Self::Revoke,
            Self::Release,
            Self::Reverse,
            Self::Refund,
        ];
        forms.into_iter().find(|form| form.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Give => "give",
            Self::Take => "take",
            Self::Transfer => "transfer",
            Self::Revoke => "revoke",
            Self::Release => "release",
            Self::Reverse => "reverse",
            Self::Refund => "refund",
        }
    }

    /// The heading of the form.
    pub(in crate::dashboard) fn heading(self) -> &'static str {
        match self {
            Self::Give => "Give credits",
            Self::Take => "Take credits",
            Self::Transfer => "Transfer credits",
            Self::Revoke => "Revoke a grant",
            Self::Release => "Release a hold",
            Self::Reverse => "Reverse a charge",
            Self::Refund => "Refund a purchase",
        }
    }

    pub(super) fn button(self) -> &'static str {
        match self {
            Self::Give => "Give",
            Self::Take => "Take",
            Self::Transfer => "Transfer",
            Self::Revoke => "Revoke",
            Self::Release => "Release",
            Self::Reverse => "Reverse",
            Self::Refund => "Refund",
        }
    }

    /// The form with the values of its fields, and the field whose value was refused.
    pub(in crate::dashboard) fn draw(self, visit: &Visit, fields: &Fields, refused: Option<&str>) -> Markup {
        let field = |name, label, value, kind, is_required| {
            Field { name, label, value, kind, is_required, is_refused: refused == Some(name) }.draw()
        };
        let text = |name, label, value| field(name, label, value, Kind::Text, true);
        html! {
            form.stacked method="post" action=(visit.root.to(&format!("owner/{}", self.name()))) {
                (hidden("name", &fields.name)) (hidden("asset", &fields.asset)) (hidden("key", &fields.key))
                @if !fields.number.is_empty() { (hidden("number", &fields.number)) }
                @if self == Self::Transfer { (text("to", "To owner", &fields.to)) }
                @match self {
                    Self::Give | Self::Take | Self::Transfer => {
                        (field("amount", "Amount", &fields.amount, Kind::Whole, true))
                    }
                    Self::Reverse => {
                        (field("amount", "Amount (empty for all of it)", &fields.amount, Kind::Whole, false))
                    }
                    Self::Refund => {
                        (field("amount", "Money (empty for all that is left)", &fields.amount, Kind::Money, false))
                    }
                    Self::Revoke | Self::Release => {}
                }
                @if self != Self::Release { (text("reason", "Reason", &fields.reason)) }
                @match self {
                    Self::Give => {
                        (field("expires", "Last day (empty for no expiry)", &fields.expires, Kind::Day, false))
                        (tick("promotional", "Promotional credits", !fields.promotional.is_empty()))
                    }
                    Self::Take => (tick("debt", "What is missing becomes debt", !fields.debt.is_empty())),
                    Self::Transfer => {
                        (tick("promotional", "Promotional credits too", !fields.promotional.is_empty()))
                    }
                    Self::Revoke | Self::Release | Self::Reverse | Self::Refund => {}
                }
                button { (self.button()) }
            }
        }
    }

    /// A form with a button alone, which sends the same fields again with the change that is shown.
    pub(super) fn confirmation(self, visit: &Visit, fields: &Fields, change: &str) -> Markup {
        html! {
            form.stacked method="post" action=(visit.root.to(&format!("owner/{}", self.name()))) {
                @for (name, value) in fields.sent() { (hidden(name, value)) }
                (hidden("confirm", change))
                button { "Confirm" }
            }
        }
    }
}

/// The message of a refusal, to which its field refers.
pub(super) fn message(detail: &str) -> Markup {
    html! { p.bad id=(REFUSAL) role="alert" { bdi { (detail) } } }
}

/// The reason in a field, which may not be empty.
pub(super) fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        let rule = format!("say why in 1 to {REASON_BYTES_MAX} bytes, it stays with the entry");
        return Err(Refusal::invalid("reason", text, &rule));
    }
    if text.len() > REASON_BYTES_MAX {
        return Err(Rejection::ReasonTooLong { bytes: text.len(), max: REASON_BYTES_MAX }.into());
    }
    Ok(text.to_owned())
}
