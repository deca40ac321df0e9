//! Billing in words: events, unresolved entries, amounts of money.

use credits_core::{CURRENCIES, Money};
use credits_runtime::billing::{Happening, PurchaseProblem, Status, Unresolved};

/// An amount of money in minor units: `$9`; with its code for an unknown currency.
fn money(minor: i64, code: &str) -> String {
    let currency = CURRENCIES.iter().find(|currency| currency.code == code).copied();
    currency.map_or_else(|| format!("{minor} {code}"), |currency| Money { minor, currency }.to_string())
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Incomplete => "incomplete",
        Status::Trialing => "in trial",
        Status::Active => "active",
        Status::PastDue => "past due",
        Status::Unpaid => "unpaid",
        Status::Paused => "paused",
        Status::Ended => "ended",
        Status::Removed => "removed",
        _ => "of an unknown status",
    }
}

/// The change that an event reports.
pub(super) fn happening(what: &Happening) -> String {
    match what {
        Happening::OwnerNamed => "The owner of objects was named".to_owned(),
        Happening::SubscriptionChanged(state) => {
            format!("Subscription {} is {} at {}", state.subscription, status(state.status), state.price)
        }
        Happening::TimePaid(invoice) => {
            format!("Invoice {} was paid: {}", invoice.invoice, money(invoice.paid, &invoice.currency))
        }
        Happening::InvoicePayment { invoice, payment } => format!("Payment {payment} was made for {invoice}"),
        Happening::PackOffered(offer) => format!("Checkout {} offered {}", offer.session, offer.pack.pack),
        Happening::PackPaid(paid) => {
            let pack = paid.pack.as_deref().unwrap_or("a pack");
            let currency = paid.paid_in.as_deref().unwrap_or(&paid.currency);
            format!("Checkout {} sold {pack}: {}", paid.session, money(paid.paid, currency))
        }
        Happening::Refunded { payment, stands, amount, .. } => {
            let happened = if *stands { "was made" } else { "failed or was cancelled" };
            format!("A refund of {payment} {happened}: {amount} minor units")
        }
        Happening::RefundedInAll { payment, amount } => {
            format!("Refunds of {payment} add up to {amount} minor units")
        }
        Happening::DisputeFundsWithdrawn { payment, amount, .. } => {
            format!("A dispute of {payment} withdrew {amount} minor units")
        }
        Happening::DisputeFundsReinstated { payment, .. } => {
            format!("The funds of {payment} were reinstated")
        }
        Happening::HandedOver { subscription } => format!("Subscription {subscription} has another owner"),
        Happening::HandedBack { subscription } => format!("Subscription {subscription} has this owner again"),
        Happening::Credited { invoice, amount, stands, .. } => {
            let happened = if *stands { "returned" } else { "was voided:" };
            format!("A credit note of {invoice} {happened} {amount} minor units")
        }
        Happening::Dismissed { key } => format!("An entry was dismissed: {key}"),
        Happening::Subscribed(change) => {
            let state = &change.state;
            format!("Subscription {} of the application is {}", state.subscription, status(state.status))
        }
        _ => "An event of another kind".to_owned(),
    }
}

/// The reason why an entry is on the list.
pub(super) fn situation(entry: &Unresolved) -> String {
    match entry {
        Unresolved::OwnerUnknown { event, .. } => {
            format!("{}, and its owner is unknown", happening(&event.what))
        }
        Unresolved::EventsGaveWay { count, .. } => format!("{count} events of unknown owners are lost"),
        Unresolved::PriceUnknown { price, .. } => format!("The price {price} was paid, and no plan has it"),
        Unresolved::ItemUnknown { item, .. } => format!("The subscription of {item} was paid and is unknown"),
        Unresolved::StatusUnknown { subscription, .. } => format!("The status of {subscription} is unknown"),
        Unresolved::Purchase { session, problem, .. } => match problem {
            PurchaseProblem::PackUnknown => format!("{session} was paid, for no known pack"),
            PurchaseProblem::CurrencyDiffers { paid, .. } => {
                format!("{session} was paid in {paid}, in which the pack has no price")
            }
            PurchaseProblem::AmountDiffers { expected, subtotal } => {
                format!("{session} was paid with {subtotal} instead of {expected} minor units")
            }
            _ => format!("{session} does not fit its pack"),
        },
        Unresolved::UnpaidUpgrade { upgrade, .. } => {
            format!("{} rose to {} and was not paid", upgrade.subscription, upgrade.price)
        }
        Unresolved::PartialReturn { part, .. } => {
            let (returned, paid) = (money(part.returned, &part.currency), money(part.paid, &part.currency));
            format!("{returned} of {paid} of {} came back", part.invoice)
        }
        Unresolved::PaymentUnknown { payment, returned, .. } => {
            format!("{returned} minor units of {payment} came back, which paid for nothing known")
        }
        Unresolved::AwardTooLarge { .. } => "An award would exceed the largest balance".to_owned(),
        Unresolved::TooLate { object, .. } => format!("{object} arrived more than 400 days late"),
        _ => "An entry of another kind".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_the_decimals_of_its_currency() {
        for (minor, code, text) in [(900, "usd", "$9"), (1_300, "jpy", "\u{a5}1300"), (5, "xxx", "5 xxx")] {
            assert_eq!(money(minor, code), text);
        }
    }
}
