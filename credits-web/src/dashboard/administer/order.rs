//! What a form asks for, read from its fields.
//!
//! It knows no wallet: whether it can be done is for the ledger to say.

use axum::http::StatusCode;
use credits_runtime::{Amount, FactNumber, HoldId, Timestamp};

use super::amount::amount;
use super::form::{Fields, Form, reason};
use super::key;
use crate::dashboard::instants::end_of_day;
use crate::refusal::Refusal;

/// A write with its owner, key and reason.
#[derive(Clone, Debug)]
pub(super) struct Order {
    pub(super) owner: String,
    pub(super) asset: String,
    pub(super) key: String,
    /// Empty for a release, with which the ledger keeps none.
    pub(super) reason: String,
    pub(super) deed: Deed,
}

/// The write that a form asks for.
#[derive(Clone, Debug)]
pub(super) enum Deed {
    Give {
        amount: Amount,
        expires_at: Option<Timestamp>,
        is_promotional: bool,
    },
    Take {
        amount: Amount,
        with_debt: bool,
    },
    Transfer {
        amount: Amount,
        to: String,
        with_promotional: bool,
    },
    Revoke {
        grant: FactNumber,
    },
    Release {
        hold: HoldId,
    },
    /// Everything that is left of the charge unless an amount is given.
    Reverse {
        charge: FactNumber,
        amount: Option<Amount>,
    },
}

impl Order {
    /// Reads a form.
    pub(super) fn read(form: Form, fields: &Fields) -> Result<Self, Refusal> {
        let key = key::checked(&fields.key)?;
        let deed = Deed::read(form, fields)?;
        let reason = if form == Form::Release { String::new() } else { reason(&fields.reason)? };
        let asset = if fields.asset.is_empty() { "credits" } else { &fields.asset };
        Ok(Self { owner: fields.name.clone(), asset: asset.to_owned(), key, reason, deed })
    }
}

impl Deed {
    fn read(form: Form, fields: &Fields) -> Result<Self, Refusal> {
        let asked = || amount("amount", &fields.amount);
        let is_ticked = |field: &str| !field.is_empty();
        Ok(match form {
            Form::Give => Self::Give {
                amount: asked()?,
                expires_at: expiry(&fields.expires)?,
                is_promotional: is_ticked(&fields.promotional),
            },
            Form::Take => Self::Take { amount: asked()?, with_debt: is_ticked(&fields.debt) },
            Form::Transfer => Self::Transfer {
                to: fields.to.trim().to_owned(),
                amount: asked()?,
                with_promotional: is_ticked(&fields.promotional),
            },
            Form::Revoke => Self::Revoke { grant: fields.number.parse()? },
            Form::Release => Self::Release { hold: HoldId::new(fields.number.parse::<FactNumber>()?.get()) },
            Form::Reverse => Self::Reverse {
                charge: fields.number.parse()?,
                amount: (!fields.amount.trim().is_empty()).then(asked).transpose()?,
            },
            Form::Refund => {
                let detail = "a refund is made by the payment processor, and is no write of the ledger";
                return Err(Refusal::new(StatusCode::NOT_FOUND, "form_unknown", detail));
            }
        })
    }
}

/// The end of the last day on which credits can be used.
fn expiry(text: &str) -> Result<Option<Timestamp>, Refusal> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { end_of_day("expires", text).map(Some) }
}
