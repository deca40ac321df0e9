//! Half a year of a Stripe account, drawn from a seed: everything that the test kit can do, in any order that
//! Stripe allows. It does not know how the events are delivered.

use std::time::Duration;

use credits_runtime::billing::{Length, LengthUnit};
use credits_runtime::testing::stripe::{
    Account, Billed, CreditNoteId, CreditTo, DisputeId, Extra, InvoiceId, Item, ItemId, PaymentId, Price,
    Prorations, Purchase, RefundId, Shape, SubscriptionId, Tier, Uncollected, Update,
};

use super::script::instant;
use crate::power::random::Random;

pub const DAY: Duration = Duration::from_hours(24);
pub const OWNERS: [&str; 3] = ["ann", "bob", "cy"];
/// Steps of a life.
const STEPS: usize = 20;
/// Licensed prices of plans, in cents a month. Plans that trim their rollover are left out: the trimmed
/// amount depends on the free credits when the next cycle was given, and so on when its events arrived.
const LICENSED: [(&str, i64); 9] = [
    ("price_pro", 900),
    ("price_max", 2_700),
    ("price_full", 2_800),
    ("price_starter", 400),
    ("price_keep", 500),
    ("price_quarterly", 800),
    ("price_half", 300),
    ("price_gems", 600),
    ("price_free", 0),
];
const MONTH: Length = Length { count: 1, unit: LengthUnit::Month };
const YEARLY: &str = "price_pro_year";

/// An account and its events.
struct Life<'a> {
    random: &'a mut Random,
    account: Account,
    customers: Customers,
    subscriptions: Vec<SubscriptionId>,
    payments: Vec<PaymentId>,
    refunds: Vec<RefundId>,
    begun: Vec<RefundId>,
    disputes: Vec<DisputeId>,
    inquiries: Vec<DisputeId>,
    notes: Vec<CreditNoteId>,
}

/// Whether two owners share a customer. A fact that names the customer alone belongs to the owner who is
/// first named with it. An account with a shared customer has no such facts, because their owner would depend
/// on the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Customers {
    OfTheirOwn,
    Shared,
}

/// Draws an account.
pub fn account(random: &mut Random) -> Account {
    let start = instant("2026-01-29").after(Duration::from_hours(u64::try_from(random.below(72)).unwrap()));
    let mut account = Account::new(random.choose(Shape::ALL), start);
    let customers = if random.once_in(4) { Customers::Shared } else { Customers::OfTheirOwn };
    if customers == Customers::Shared {
        account.customer("ann", "cus_shared");
        account.customer("bob", "cus_shared");
    }
    let mut life = Life {
        random,
        account,
        customers,
        subscriptions: Vec::new(),
        payments: Vec::new(),
        refunds: Vec::new(),
        begun: Vec::new(),
        disputes: Vec::new(),
        inquiries: Vec::new(),
        notes: Vec::new(),
    };
    for _ in 0..STEPS {
        life.step();
        // Several steps may happen in one second.
        if !life.random.once_in(4) {
            let days = u32::try_from(life.random.below(14)).unwrap();
            life.account.pass(DAY * days + Duration::from_hours(7));
        }
    }
    life.account
}

impl Life<'_> {
    fn step(&mut self) {
        match self.random.below(24) {
            0..=4 => self.subscribe(),
            5..=8 => self.change_items(),
            9 => self.change_period(),
            10 => self.move_trial(),
            11 => self.collect(),
            12 | 13 => self.settle_an_invoice(),
            14 => self.leave_or_return(),
            15 => self.schedule(),
            16 => self.use_or_charge(),
            17 | 18 => self.buy(),
            19 => self.refund(),
            20 => self.end_a_refund(),
            21 => self.dispute(),
            22 => self.credit(),
            _ => {
                let shape = self.random.choose(Shape::ALL);
                self.account.write(shape);
            }
        }
    }

    fn quantity(&mut self, most: usize) -> u64 {
        1 + u64::try_from(self.random.below(most)).unwrap()
    }

    fn prorations(&mut self) -> Prorations {
        self.random.choose(&[
            Prorations::Invoiced,
            Prorations::Invoiced,
            Prorations::WithRenewal,
            Prorations::None,
        ])
    }

    /// An item at another price than these: licensed, by use, in tiers, or of no plan.
    fn item(&mut self, but: &[String]) -> Option<Item> {
        let (id, amount) = self.random.choose(&LICENSED);
        let (price, most) = match self.random.below(10) {
            0 => (Price::monthly("price_daily", 3).metered(), 1),
            1 => (Price::monthly("price_calls", 2).metered(), 1),
            2 => (
                Price::monthly("price_seats", 0).graduated([Tier::up_to(2, 300), Tier::rest(200).flat(50)]),
                5,
            ),
            3 => (Price::monthly("price_weekly", 0).volume([Tier::up_to(1, 200), Tier::rest(150)]), 3),
            _ => (Price::every(id, amount, MONTH), 3),
        };
        let is_new = !but.iter().any(|other| other == price.id());
        let quantity = self.quantity(most);
        is_new.then(|| Item::of(price).quantity(quantity))
    }

    fn items(&mut self) -> Vec<Item> {
        let (mut items, mut prices) = (Vec::new(), Vec::new());
        for _ in 0..=self.random.below(3) {
            if let Some(item) = self.item(&prices) {
                prices.push(item_price(&item));
                items.push(item);
            }
        }
        items
    }

    fn subscribe(&mut self) {
        let owner = self.random.choose(&OWNERS);
        let mut billed = Billed::at_once().trial_days(self.random.choose(&[0, 0, 0, 14]));
        if self.random.once_in(6) {
            billed = billed.discounted(self.random.choose(&[25, 100])).taxed(self.random.choose(&[0, 19]));
        }
        if self.random.once_in(6) {
            billed = billed.with(Extra::of(self.random.choose(&[set_up(), boost()])));
        }
        if self.customers == Customers::OfTheirOwn && self.random.once_in(8) {
            billed = billed.naming_no_owner();
        }
        let items = match self.random.below(6) {
            0 => vec![Item::of(Price::yearly(YEARLY, 9_000))],
            _ => self.items(),
        };
        self.subscriptions.push(self.account.subscribe_with(owner, items, billed));
    }

    /// A random subscription that has not ended.
    fn running(&mut self) -> Option<SubscriptionId> {
        let account = &self.account;
        let running: Vec<_> =
            self.subscriptions.iter().copied().filter(|id| !account.has_ended(*id)).collect();
        (!running.is_empty()).then(|| self.random.choose(&running))
    }

    /// A random subscription that is billed monthly, with its items and their prices.
    fn monthly(&mut self) -> Option<(SubscriptionId, Vec<ItemId>, Vec<String>)> {
        let id = self.running()?;
        let items = self.account.items_of(id);
        let price = |item: &ItemId| self.account.price_of(id, item).unwrap().id().to_owned();
        let prices: Vec<String> = items.iter().map(price).collect();
        (!prices.iter().any(|price| price == YEARLY)).then_some((id, items, prices))
    }

    fn change_items(&mut self) {
        let Some((id, items, prices)) = self.monthly() else { return };
        let Some(new) = self.item(&prices) else { return };
        let item = self.random.choose(&items);
        let prorations = self.prorations();
        match self.random.below(6) {
            0 => {
                self.account.add_item(id, new, prorations);
            }
            1 => {
                self.account.replace_item(id, &item, new, prorations);
            }
            2 if items.len() > 1 => self.account.remove_item(id, &item, prorations),
            3 => {
                let update = Update::of(prorations).replace(&item, new).anchor_now();
                self.account.update(id, update);
            }
            // Two changes at different times, prorated at one time.
            4 if self.account.period_end(id) > Some(self.account.now().after(DAY)) => {
                let at = self.account.now();
                self.account.update(id, Update::of(prorations).set(&item, new.clone()).prorated_at(at));
                self.account.pass(Duration::from_hours(3));
                let same = self.account.price_of(id, &item).unwrap().clone();
                let more = Item::of(same).quantity(self.quantity(4));
                self.account.update(id, Update::of(prorations).set(&item, more).prorated_at(at));
            }
            _ => self.account.update(id, Update::of(prorations).set(&item, new)),
        }
    }

    /// Moves the anchor, or changes from month to year and back.
    fn change_period(&mut self) {
        let Some(id) = self.running() else { return };
        let prorations = self.prorations();
        let items = self.account.items_of(id);
        let [item] = &items[..] else { return self.account.reset_anchor(id, prorations) };
        if self.random.once_in(2) {
            return self.account.reset_anchor(id, prorations);
        }
        let is_yearly = self.account.price_of(id, item).unwrap().id() == YEARLY;
        let to = if is_yearly { Price::monthly("price_pro", 900) } else { Price::yearly(YEARLY, 9_000) };
        self.account.update(id, Update::of(prorations).set(item, to));
    }

    fn move_trial(&mut self) {
        let Some(id) = self.running() else { return };
        let until = self.account.now().after(DAY * (1 + u32::try_from(self.random.below(20)).unwrap()));
        match (self.account.is_in_trial(id), self.random.below(2)) {
            (true, 0) => self.account.extend_trial(id, until),
            (true, _) => self.account.end_trial(id),
            (false, _) => {
                let prorations = self.prorations();
                self.account.begin_trial(id, until, prorations);
            }
        }
    }

    /// Changes how renewals are collected, or pays open invoices.
    fn collect(&mut self) {
        let Some(id) = self.running() else { return };
        match self.random.below(7) {
            0 | 1 => self.account.fail_renewals(id),
            2 => self.account.pay_what_is_owed(id),
            3 => {
                let behaviors = [Uncollected::Void, Uncollected::Draft, Uncollected::Uncollectible];
                self.account.pause_collection(id, self.random.choose(&behaviors));
            }
            4 => self.account.resume_collection(id),
            5 => self.account.pause(id),
            _ => self.account.resume(id),
        }
    }

    fn open_invoice(&mut self) -> Option<InvoiceId> {
        let open: Vec<_> = self.subscriptions.iter().flat_map(|id| self.account.open_invoices(*id)).collect();
        (!open.is_empty()).then(|| self.random.choose(&open))
    }

    fn settle_an_invoice(&mut self) {
        let Some(invoice) = self.open_invoice() else {
            if let Some(id) = self.running() {
                self.account.fail_renewals(id);
            }
            return;
        };
        match (self.random.below(4), self.account.status_of(&invoice)) {
            (0, _) => self.account.pay_invoice(&invoice),
            (1, _) => self.account.pay_out_of_band(&invoice),
            (2, "open") => self.account.mark_uncollectible(&invoice),
            _ => self.account.void(&invoice),
        }
    }

    fn leave_or_return(&mut self) {
        let Some(id) = self.running() else { return };
        match self.random.below(5) {
            0 | 1 => self.account.cancel_at_period_end(id),
            2 => self.account.reactivate(id),
            3 => self.account.cancel(id),
            _ => self.account.cancel_with_credit(id),
        }
    }

    fn schedule(&mut self) {
        let Some((id, ..)) = self.monthly() else { return };
        let items = self.items();
        self.account.schedule(id, items);
    }

    fn use_or_charge(&mut self) {
        let owner = self.random.choose(&OWNERS);
        let extra = Extra::of(self.random.choose(&[set_up(), boost()])).quantity(self.quantity(2));
        if self.random.once_in(4) {
            let invoice = self.account.invoice(owner, [extra]);
            self.payments.extend(self.account.payment_of_invoice(&invoice));
            return;
        }
        if self.random.once_in(4) {
            return self.account.credit_balance(owner, self.random.amount(2_000));
        }
        let Some(id) = self.running() else { return };
        let items = self.account.items_of(id);
        let metered =
            items.iter().find(|item| self.account.price_of(id, item).is_some_and(Price::is_metered));
        if let Some(item) = metered {
            return self.account.use_metered(id, item, 321);
        }
        let now = self.account.now();
        let overage = Extra::of(Price::once("price_overage", 2)).quantity(70);
        let overage = overage.period(now.before(DAY * 28), now);
        let extra = if self.random.once_in(2) { overage } else { extra };
        self.account.add_line(id, &extra);
    }

    fn buy(&mut self) {
        let owner = self.random.choose(&OWNERS);
        let mut purchase = Purchase::of(boost()).quantity(self.quantity(2));
        let is_named = self.customers == Customers::Shared || self.random.once_in(2);
        purchase = match is_named {
            true => Purchase::of(boost()).naming_pack("boost"),
            false if self.random.once_in(2) => purchase.by_link().without_reference(),
            false => purchase.by_link(),
        };
        purchase = match self.random.below(8) {
            0 | 1 => purchase.paid_after(DAY),
            2 => purchase.failing_after(DAY),
            3 => purchase.discounted(self.random.choose(&[300, 900])),
            4 => purchase.taxed(171),
            5 => purchase.presented_in("eur", 830),
            _ => purchase,
        };
        self.payments.extend(self.account.purchase(owner, purchase));
    }

    fn refund(&mut self) {
        let of_time = self.subscriptions.iter().filter_map(|id| self.account.payment_of(*id));
        let payments: Vec<_> = self.payments.iter().cloned().chain(of_time).collect();
        if payments.is_empty() {
            return;
        }
        let payment = self.random.choose(&payments);
        let left = self.account.refundable(&payment);
        if left == 0 {
            return;
        }
        let amount = if self.random.once_in(3) { left } else { self.random.amount(left) };
        if self.random.once_in(3) {
            self.begun.push(self.account.begin_refund(&payment, amount));
        } else {
            self.refunds.push(self.account.refund(&payment, amount));
        }
    }

    fn end_a_refund(&mut self) {
        if let Some(begun) = self.begun.pop() {
            if self.random.once_in(2) {
                self.account.finish_refund(begun);
                self.refunds.push(begun);
            } else {
                self.account.fail_refund(begun);
            }
        } else if !self.refunds.is_empty() {
            let place = self.random.below(self.refunds.len());
            self.account.fail_refund(self.refunds.remove(place));
        }
    }

    fn dispute(&mut self) {
        if let Some(inquiry) = self.inquiries.pop() {
            if self.random.once_in(2) {
                return self.account.close_inquiry(inquiry);
            }
            self.account.escalate(inquiry);
            self.disputes.push(inquiry);
        } else if let Some(dispute) = self.disputes.pop() {
            if self.random.once_in(2) { self.account.win(dispute) } else { self.account.lose(dispute) }
        } else if !self.payments.is_empty() {
            let payment = self.payments.remove(self.random.below(self.payments.len()));
            if self.random.once_in(2) {
                self.inquiries.push(self.account.inquire(&payment));
            } else {
                self.disputes.push(self.account.dispute(&payment));
            }
        }
    }

    fn credit(&mut self) {
        if self.random.once_in(3)
            && let Some(note) = self.notes.pop()
        {
            return self.account.void_credit(note);
        }
        if self.subscriptions.is_empty() {
            return;
        }
        let id = self.random.choose(&self.subscriptions);
        let Some(invoice) = self.account.invoice_of(id) else { return };
        let left = self.account.creditable(&invoice);
        if left == 0 || ["draft", "void"].contains(&self.account.status_of(&invoice)) {
            return;
        }
        let to = self.random.choose(&[CreditTo::Balance, CreditTo::OutOfBand, CreditTo::Refund]);
        let refundable = self.account.payment_of_invoice(&invoice).map(|it| self.account.refundable(&it));
        let (to, most) = match (to, refundable) {
            (CreditTo::Refund, Some(refundable)) if refundable > 0 => (to, left.min(refundable)),
            (CreditTo::Refund, _) => (CreditTo::Balance, left),
            _ => (to, left),
        };
        let amount = if self.random.once_in(2) { most } else { self.random.amount(most) };
        let note = self.account.credit(&invoice, amount, to);
        // A note with a refund cannot be voided, nor one that paid its invoice.
        if to != CreditTo::Refund && self.account.creditable(&invoice) + amount == left {
            self.notes.push(note);
        }
    }
}

fn item_price(item: &Item) -> String {
    item.price().id().to_owned()
}

fn boost() -> Price {
    Price::once("price_boost", 900)
}

fn set_up() -> Price {
    Price::once("price_setup", 5_000)
}

#[test]
fn every_life_can_be_lived() {
    let seeds = if std::env::var_os("CREDITS_NIGHTLY").is_some() { 2_000 } else { 200 };
    for seed in 0..seeds {
        let account = account(&mut Random::new(seed, 11));
        let deliveries = account.deliveries();
        assert!(deliveries.windows(2).all(|pair| pair[0].at <= pair[1].at), "seed {seed}");
    }
}
