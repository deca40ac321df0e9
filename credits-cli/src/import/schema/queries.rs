//! The queries for the rows of a gem.
//!
//! It does not know which gem a database has.

use super::{Schema, Version};

impl Schema {
    fn has_transfers(&self) -> bool {
        self.version != Version::UsageCredits05
    }

    /// Wallets: id, type and id of the owner, asset code, stored balance, metadata.
    pub(in crate::import) fn wallets(&self) -> String {
        let asset = if self.has_transfers() { "asset_code" } else { "'credits'" };
        format!(
            "SELECT id, owner_type, owner_id, {asset}, balance, metadata FROM {}wallets ORDER BY id",
            self.prefix
        )
    }

    /// Transactions, in the order of their replay: see [`Row`](super::row::Row). Sums are joined whole, because every
    /// transaction is read.
    ///
    /// A debit is never before the credits that it uses: the clocks of two servers may differ by milliseconds, and ids need not
    /// be in the order of time. Of one instant it is the last if its id is before that of credits that it uses.
    pub(in crate::import) fn transactions(&self) -> String {
        let p = &self.prefix;
        let fulfillment = if self.version == Version::Wallets01 { "NULL" } else { "t.fulfillment_id" };
        let (transfer, moved) = if self.has_transfers() {
            (
                "t.transfer_id, x.from_wallet_id, x.to_wallet_id, x.amount, x.expiration_policy, m.received, m.sent, m.expiry",
                format!(
                    "LEFT JOIN {p}transfers x ON x.id = t.transfer_id LEFT JOIN (SELECT i.transfer_id AS moved, \
                     SUM(CASE WHEN i.amount > 0 AND i.wallet_id = y.to_wallet_id THEN i.amount END) AS received, \
                     SUM(CASE WHEN i.amount < 0 AND i.wallet_id = y.from_wallet_id THEN i.amount END) AS sent, \
                     MAX(CASE WHEN i.amount > 0 THEN i.expires_at END) AS expiry FROM {p}transactions i \
                     JOIN {p}transfers y ON y.id = i.transfer_id GROUP BY i.transfer_id) AS m ON m.moved = t.transfer_id"
                ),
            )
        } else {
            ("NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL", String::new())
        };
        format!(
            "SELECT t.id, t.wallet_id, t.amount, t.category, t.expires_at, t.created_at, t.metadata, {fulfillment}, \
             b.backed, u.used, b.newest, {transfer} FROM {p}transactions t \
             LEFT JOIN (SELECT a.transaction_id AS spend, SUM(a.amount) AS backed, MAX(s.created_at) AS newest, \
             MAX(CASE WHEN s.created_at >= d.created_at AND s.id > d.id THEN 1 ELSE 0 END) AS early \
             FROM {p}allocations a JOIN {p}transactions s ON s.id = a.source_transaction_id \
             JOIN {p}transactions d ON d.id = a.transaction_id GROUP BY a.transaction_id) AS b ON b.spend = t.id \
             LEFT JOIN (SELECT source_transaction_id AS source, SUM(amount) AS used FROM {p}allocations \
             GROUP BY source_transaction_id) AS u ON u.source = t.id {moved} \
             ORDER BY CASE WHEN b.newest > t.created_at THEN b.newest ELSE t.created_at END, COALESCE(b.early, 0), t.id"
        )
    }

    /// Allocations of which a transaction is missing.
    pub(in crate::import) fn dangling(&self) -> String {
        let p = &self.prefix;
        format!(
            "SELECT a.id FROM {p}allocations a LEFT JOIN {p}transactions d ON d.id = a.transaction_id \
             LEFT JOIN {p}transactions s ON s.id = a.source_transaction_id WHERE d.id IS NULL OR s.id IS NULL ORDER BY a.id"
        )
    }

    /// Allocations that no version of the gem makes.
    pub(in crate::import) fn crossing(&self) -> String {
        let p = &self.prefix;
        format!(
            "SELECT a.id FROM {p}allocations a JOIN {p}transactions d ON d.id = a.transaction_id \
             JOIN {p}transactions s ON s.id = a.source_transaction_id \
             WHERE d.wallet_id <> s.wallet_id OR a.amount < 1 ORDER BY a.id"
        )
    }

    /// Customers: id, type and id of the owner, processor, id there.
    pub(in crate::import) const CUSTOMERS: &'static str =
        "SELECT id, owner_type, owner_id, processor, processor_id FROM pay_customers ORDER BY id";

    /// Subscriptions of `pay` with their fulfillments.
    pub(in crate::import) fn subscriptions(&self) -> String {
        format!(
            "SELECT s.id, s.customer_id, s.processor_id, s.processor_plan, s.quantity, s.status, s.current_period_start, \
             s.current_period_end, s.trial_ends_at, s.ends_at, s.data, {}, s.created_at, s.updated_at, f.id, \
             f.credits_last_fulfillment, f.fulfillment_period, f.metadata FROM pay_subscriptions s \
             LEFT JOIN {}fulfillments f ON f.source_id = s.id AND f.source_type IN ('Pay::Subscription', 'Pay::Stripe::Subscription') \
             ORDER BY s.id",
            self.pay_object("s"),
            self.prefix
        )
    }

    /// Charges of subscriptions, oldest first.
    pub(in crate::import) fn subscription_charges(&self) -> String {
        format!(
            "SELECT c.subscription_id, c.processor_id, c.amount, c.amount_refunded, c.currency, c.data, {}, c.created_at \
             FROM pay_charges c WHERE c.subscription_id IS NOT NULL ORDER BY c.created_at, c.id",
            self.pay_object("c")
        )
    }

    /// Fulfillments of packs with their charges.
    pub(in crate::import) fn packs(&self) -> String {
        format!(
            "SELECT f.id, f.metadata, c.id, c.customer_id, c.processor_id, c.amount, c.amount_refunded, c.currency, c.data, {}, \
             c.created_at FROM {}fulfillments f LEFT JOIN pay_charges c ON c.id = f.source_id \
             AND f.source_type IN ('Pay::Charge', 'Pay::Stripe::Charge') WHERE f.fulfillment_type = 'credit_pack' ORDER BY f.id",
            self.pay_object("c"),
            self.prefix
        )
    }

    /// Transactions that gave credits for subscriptions and packs.
    pub(in crate::import) fn awards(&self) -> String {
        format!(
            "SELECT id, wallet_id, amount, category, created_at, fulfillment_id, metadata FROM {}transactions \
             WHERE amount > 0 AND category IN ('subscription_credits', 'subscription_trial', 'subscription_signup_bonus', \
             'subscription_upgrade', 'credit_pack_purchase') ORDER BY id",
            self.prefix
        )
    }

    /// The column of `pay` with Stripe's object, or a value for its absence.
    fn pay_object(&self, table: &str) -> String {
        if self.has_pay_objects { format!("{table}.object") } else { "NULL".to_owned() }
    }
}
