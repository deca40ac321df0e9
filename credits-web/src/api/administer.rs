//! Writes of administrators: gifts, deductions, corrections, revocations of grants, reversals of charges.

use axum::response::Response;
use credits_runtime::generated::JsonObject;
use credits_runtime::{FactNumber, Timestamp};
use serde::Deserialize;

use super::request::{Account, Named, Sent, Writer, number, with_options};
use super::write::written;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gift {
    amount: i64,
    reason: Option<String>,
    category: Option<String>,
    expires_at: Option<Timestamp>,
    promotional: Option<bool>,
    priority: Option<u16>,
    #[serde(default)]
    only_for: Vec<String>,
    metadata: Option<JsonObject>,
}

/// Gives credits.
pub(super) async fn give(
    Account { wallet, .. }: Account,
    writer: Writer,
    Sent(gift): Sent<Gift>,
) -> Result<Response, Refusal> {
    let options = writer.options(gift.metadata)?;
    let mut give = with_options!(wallet.give_credits(gift.amount).only_for(gift.only_for), options);
    if let Some(reason) = gift.reason {
        give = give.reason(reason);
    }
    if let Some(category) = gift.category {
        give = give.category(category.as_str());
    }
    if let Some(expires_at) = gift.expires_at {
        give = give.expires_at(expires_at);
    }
    give = match gift.promotional {
        Some(true) => give.promotional(),
        Some(false) => give.paid(),
        None => give,
    };
    if let Some(priority) = gift.priority {
        give = give.priority(priority);
    }
    let receipt = give.now().await?;
    Ok(written(&receipt, receipt.replayed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Deduction {
    amount: i64,
    reason: String,
    category: Option<String>,
    #[serde(default)]
    with_debt: bool,
    metadata: Option<JsonObject>,
}

/// Takes credits.
pub(super) async fn deduct(
    Account { wallet, .. }: Account,
    writer: Writer,
    Sent(sent): Sent<Deduction>,
) -> Result<Response, Refusal> {
    let options = writer.options(sent.metadata)?;
    let mut deduct = with_options!(wallet.deduct_credits(sent.amount, sent.reason), options);
    if let Some(category) = sent.category {
        deduct = deduct.category(category.as_str());
    }
    if sent.with_debt {
        deduct = deduct.with_debt();
    }
    let receipt = deduct.now().await?;
    Ok(written(&receipt, receipt.replayed))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Correction {
    amount: i64,
    reason: String,
    #[serde(default)]
    with_debt: bool,
    metadata: Option<JsonObject>,
}

/// Corrects the balance up or down.
pub(super) async fn adjust(
    Account { wallet, .. }: Account,
    writer: Writer,
    Sent(sent): Sent<Correction>,
) -> Result<Response, Refusal> {
    let options = writer.options(sent.metadata)?;
    let mut adjust = with_options!(wallet.adjust_credits(sent.amount, sent.reason), options);
    if sent.with_debt {
        adjust = adjust.with_debt();
    }
    let receipt = adjust.now().await?;
    Ok(written(&receipt, receipt.replayed))
}

/// The number of a grant in the path.
#[derive(Deserialize)]
pub(super) struct OfGrant {
    grant: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Revocation {
    reason: String,
    metadata: Option<JsonObject>,
}

/// Takes the free part of a grant.
pub(super) async fn revoke(
    Account { wallet, .. }: Account,
    Named(OfGrant { grant }): Named<OfGrant>,
    writer: Writer,
    Sent(sent): Sent<Revocation>,
) -> Result<Response, Refusal> {
    let grant = FactNumber::new(number("grant", &grant)?);
    let revoke = with_options!(wallet.revoke_grant(grant, sent.reason), writer.options(sent.metadata)?);
    let receipt = revoke.now().await?;
    Ok(written(&receipt, receipt.replayed))
}

/// The number of a charge in the path.
#[derive(Deserialize)]
pub(super) struct OfCharge {
    charge: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reversal {
    amount: Option<i64>,
    reason: Option<String>,
    metadata: Option<JsonObject>,
}

/// Returns the credits of a charge, in whole or in part.
pub(super) async fn reverse(
    Account { wallet, .. }: Account,
    Named(OfCharge { charge }): Named<OfCharge>,
    writer: Writer,
    Sent(sent): Sent<Reversal>,
) -> Result<Response, Refusal> {
    let charge = FactNumber::new(number("charge", &charge)?);
    let mut reverse = with_options!(wallet.reverse_charge(charge), writer.options(sent.metadata)?);
    if let Some(amount) = sent.amount {
        reverse = reverse.amount(amount);
    }
    if let Some(reason) = sent.reason {
        reverse = reverse.reason(reason);
    }
    let receipt = reverse.now().await?;
    Ok(written(&receipt, receipt.replayed))
}
