//! Closing changes nothing else: of two billings with the same events one closes as much as it can, and both
//! have the same awards due.

use credits_core::{Settings, Upgrades};
use proptest::prelude::*;

use super::*;
use crate::domain::amount::Amount;
use crate::domain::billing::award::{Taken, Taking};
use crate::domain::billing::event::{BillingEvent, Happening, Interval, Line, Status, SubscriptionState};
use crate::domain::billing::record::{CreditNote, Pinned};
use crate::domain::billing::terms::{Length, LengthUnit, PlanTerms, Unused};
use crate::domain::billing::unsolved::Unsolved;
use crate::domain::ids::FactNumber;
use crate::domain::record::Record;

const DAY: Duration = Duration::from_hours(24);
const BEGIN: i64 = 1_767_225_600_000_000;
/// Limits so low that a short history closes periods and purchases.
const EARLY: ClosingRule = ClosingRule { after: Duration::from_hours(24 * 60), least: 2, most: 64 };

fn fulfilment(upgrades: Upgrades) -> Fulfilment {
    Fulfilment { upgrades, ..Fulfilment::of(&Settings::DEFAULT) }
}

fn id(text: &str) -> ObjectId {
    ObjectId::known(text)
}

fn terms(plan: &str, amount: i64, days: u32) -> PlanTerms {
    PlanTerms {
        plan: plan.to_owned(),
        version: 1,
        amount,
        asset: String::new(),
        every: Some(Length { count: days, unit: LengthUnit::Day }),
        unused: if plan == "rolling" { Unused::Rollover } else { Unused::Expire },
        signup_bonus: if plan == "monthly" { 5 } else { 0 },
        trial: 0,
        expire_after: None,
        is_rise_full: plan == "full",
        in_advance: plan == "advance",
        unlimited: None,
    }
}

/// Plans: name, amount and days of a cycle.
const PLANS: [(&str, i64, u32); 6] = [
    ("monthly", 30, 30),
    ("pro", 70, 30),
    ("rolling", 11, 30),
    ("full", 100, 30),
    ("advance", 1_000, 360),
    ("weekly", 9, 6),
];

/// Events of a billing period of 30 days.
#[derive(Clone, Debug)]
enum Step {
    /// The period is paid.
    Renew,
    /// The period is not paid.
    Skip,
    /// The period is paid, and returned this number of days later.
    Return(u8),
    /// The period is paid; on this day the item gets another plan and quantity, prorated.
    Change(u8, usize, u64),
    /// The period is paid; on this day a new whole period starts.
    Reset(u8),
    /// The period is paid; on this day another item joins.
    Join(u8, usize),
    /// The period is paid this number of days late.
    Late(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Renew),
        1 => Just(Step::Skip),
        1 => (1..50_u8).prop_map(Step::Return),
        2 => (1..29_u8, 0..PLANS.len(), 1..4_u64).prop_map(|(day, plan, many)| Step::Change(day, plan, many)),
        1 => (1..29_u8).prop_map(Step::Reset),
        1 => (1..29_u8, 0..PLANS.len()).prop_map(|(day, plan)| Step::Join(day, plan)),
        1 => (1..40_u8).prop_map(Step::Late),
    ]
}

/// An item of the subscription at the seller.
#[derive(Clone, Debug)]
struct Item {
    id: ObjectId,
    plan: usize,
    quantity: u64,
}

/// Writes a history of events.
#[derive(Default)]
struct Account {
    events: Vec<(Timestamp, Happening)>,
    items: Vec<Item>,
    invoices: u32,
}

impl Account {
    fn price(plan: usize) -> ObjectId {
        id(&format!("price_{plan}"))
    }

    fn state(&mut self, at: Timestamp, item: &Item) {
        let state = SubscriptionState {
            item: item.id.clone(),
            subscription: id("sub_1"),
            status: Status::Active,
            price: Self::price(item.plan),
            quantity: Some(item.quantity),
            anchor: Timestamp::from_microseconds(BEGIN),
            trial: None,
            ends_at: None,
            before: None,
        };
        self.events.push((at, Happening::SubscriptionChanged(state)));
    }

    fn line(item: &Item, (start, end): (Timestamp, Timestamp), is_proration: bool, sign: i64) -> Line {
        let amount = sign * i64::try_from(item.quantity).unwrap_or(1) * 100;
        Line {
            id: None,
            item: Some(item.id.clone()),
            subscription: Some(id("sub_1")),
            price: Self::price(item.plan),
            quantity: Some(item.quantity),
            period: Interval { start, end },
            amount,
            net: amount,
            is_proration,
            credits: None,
        }
    }

    fn invoice(&mut self, at: Timestamp, lines: Vec<Line>) -> ObjectId {
        self.invoices += 1;
        let invoice = id(&format!("in_{}", self.invoices));
        let paid = lines.iter().map(|line| line.amount).sum::<i64>().max(0);
        let paid = Invoice {
            invoice: invoice.clone(),
            made_at: at,
            paid_at: at,
            paid,
            tax: 0,
            currency: "usd".to_owned(),
            payments: vec![id(&format!("pi_{}", self.invoices))],
            lines,
        };
        self.events.push((at, Happening::TimePaid(paid)));
        invoice
    }

    /// Writes the events of the billing period that starts at `start`; returns its end.
    fn period(&mut self, start: Timestamp, step: &Step) -> Timestamp {
        let day = |days: u8| start.after(DAY * u32::from(days));
        let end = day(30);
        let whole = |account: &Self, at: Timestamp, end| -> Vec<Line> {
            let _ = at;
            account.items.iter().map(|item| Self::line(item, (at, end), false, 1)).collect()
        };
        let lines = whole(self, start, end);
        match *step {
            Step::Skip => {}
            Step::Late(days) => drop(self.invoice(day(days), lines)),
            Step::Renew => drop(self.invoice(start, lines)),
            Step::Return(days) => {
                let invoice = self.invoice(start, lines);
                let amount = 1_000_000;
                let note = id(&format!("cn_{}", self.invoices));
                self.events.push((day(days), Happening::Credited { invoice, note, amount, stands: true }));
            }
            Step::Change(days, plan, quantity) => {
                self.invoice(start, lines);
                let Some(old) = self.items.first().cloned() else { return end };
                let new = Item { plan, quantity, ..old.clone() };
                self.state(day(days), &new);
                let span = (day(days), end);
                self.invoice(
                    day(days),
                    vec![Self::line(&old, span, true, -1), Self::line(&new, span, true, 1)],
                );
                if let Some(first) = self.items.first_mut() {
                    *first = new;
                }
            }
            Step::Reset(days) => {
                self.invoice(start, lines);
                let begin = day(days);
                let end = begin.after(DAY * 30);
                let lines = whole(self, begin, end);
                self.invoice(begin, lines);
                return end;
            }
            Step::Join(days, plan) => {
                self.invoice(start, lines);
                if self.items.len() < 3 {
                    let item = Item { id: id(&format!("si_{}", self.items.len() + 1)), plan, quantity: 1 };
                    self.state(day(days), &item);
                    self.invoice(day(days), vec![Self::line(&item, (day(days), end), true, 1)]);
                    self.items.push(item);
                }
            }
        }
        end
    }
}

/// A billing whose due credits are given and used immediately.
struct Played {
    billing: Billing,
    closings: usize,
}

impl Played {
    fn new() -> Self {
        let mut played = Self { billing: Billing::default(), closings: 0 };
        let plans = PLANS.iter().enumerate().map(|(place, (plan, amount, days))| Pinned {
            subscription: id("sub_1"),
            price: Account::price(place),
            from: Timestamp::MIN,
            terms: terms(plan, *amount, *days),
        });
        played.say(&Body::Priced { plans: plans.collect(), packs: Vec::new() });
        played
    }

    fn say(&mut self, body: &Body) {
        self.billing.change(FactNumber::FIRST, body);
    }

    /// Books the difference between due and given awards.
    fn fulfil(&mut self, due: &Due, now: Timestamp) {
        let known: Vec<_> =
            self.billing.awards.iter().map(|(id, award)| (id.clone(), award.clone())).collect();
        for (id, wanted) in &due.awards {
            let award = self.billing.awards.get(id).cloned().unwrap_or_default();
            let given = award.given.minus(award.taken());
            let wanted = Amount::new(wanted.amount);
            if !award.is_closed && wanted > given {
                self.say(&Body::Awarded {
                    award: id.clone(),
                    asset: Asset::default(),
                    grant: FactNumber::FIRST,
                    amount: wanted.minus(given),
                    basis: None,
                    at: now,
                });
            }
        }
        for (id, award) in known.into_iter().filter(|(_, award)| !award.is_closed) {
            let left = award.given.minus(award.taken());
            let wanted = Amount::new(due.awards.get(&id).map_or(0, |wanted| wanted.amount));
            if left > wanted {
                let taken = vec![Taking { at: now, what: Taken::Left(left.minus(wanted)) }];
                self.say(&Body::TookBack { award: id, taken });
            }
        }
    }

    fn close(&mut self, due: &Due, fulfilment: Fulfilment, now: Timestamp) {
        let wallet = Wallet::default();
        let wallets = BTreeMap::from([(Asset::default(), &wallet)]);
        if let Some(closed) = close(&self.billing, due, &wallets, (EARLY, fulfilment), now) {
            self.billing = closed.billing;
            self.closings += 1;
        }
    }
}

/// The due awards that are not closed.
fn open(due: &Due, closed: &BTreeSet<AwardId>) -> Vec<(AwardId, i64, Option<Timestamp>)> {
    let open = due.awards.iter().filter(|(id, wanted)| !closed.contains(id) && wanted.amount != 0);
    open.map(|(id, wanted)| (id.clone(), wanted.amount, wanted.expires_at)).collect()
}

/// Plays a history whose events arrive late by a number of days and repeatedly; returns the number of
/// closings.
fn plays(steps: &[Step], upgrades: Upgrades, plan: usize, days_late: &[u32]) -> Result<usize, TestCaseError> {
    let fulfilment = fulfilment(upgrades);
    let mut account = Account::default();
    let first = Item { id: id("si_1"), plan, quantity: 1 };
    let mut at = Timestamp::from_microseconds(BEGIN);
    account.state(at, &first);
    account.items.push(first);
    for step in steps {
        at = account.period(at, step);
    }
    let late = days_late.iter().cycle();
    let events = account.events.into_iter().zip(late);
    let arriving = events.map(|((at, what), days)| (at.after(DAY * *days), at, what));
    let mut events: Vec<_> = arriving.collect();
    events.sort_by_key(|(arrives, at, _)| (*arrives, *at));
    let (mut plain, mut closing, mut closed) = (Played::new(), Played::new(), BTreeSet::new());
    let mut too_late: BTreeSet<ObjectId> = BTreeSet::new();
    for (now, at, what) in events {
        // A closed invoice that is returned is listed, and changes nothing else.
        let is_known = |played: &Played, invoice| played.billing.invoices.contains_key(invoice);
        let returned = match &what {
            Happening::Credited { invoice, .. }
                if is_known(&plain, invoice) && !is_known(&closing, invoice) =>
            {
                Some(invoice.clone())
            }
            _ => None,
        };
        let event = BillingEvent { at, objects: Vec::new(), owner: None, what };
        if returned.is_none() {
            plain.say(&Body::Billed { event: event.clone() });
        }
        closing.say(&Body::Billed { event });
        let (before, mut after) =
            (due(&plain.billing, fulfilment, now), due(&closing.billing, fulfilment, now));
        too_late.extend(returned);
        let listed = after.unsolved.len();
        let is_listed = |entry: &Unsolved| matches!(entry, Unsolved::PaymentUnknown { payment, .. } if too_late.contains(payment));
        after.unsolved.retain(|entry| !is_listed(entry));
        prop_assert_eq!(listed, after.unsolved.len() + too_late.len());
        prop_assert_eq!(open(&before, &closed), open(&after, &closed), "at {}", now);
        prop_assert_eq!(before.next, after.next);
        prop_assert_eq!(&before.unsolved, &after.unsolved);
        plain.fulfil(&before, now);
        closing.fulfil(&after, now);
        let known: BTreeSet<_> = closing.billing.awards.keys().cloned().collect();
        closing.close(&after, fulfilment, now);
        let is_open = |id: &AwardId| closing.billing.awards.get(id).is_some_and(|award| !award.is_closed);
        closed.extend(known.into_iter().filter(|id| !is_open(id)));
    }
    Ok(closing.closings)
}

proptest! {
    #[test]
    fn nothing_else_changes(
        steps in proptest::collection::vec(step(), 6..40),
        on_change in any::<bool>(),
        plan in 0..PLANS.len(),
        days_late in proptest::collection::vec(prop_oneof![3 => Just(0_u32), 1 => 0..50_u32], 1..12),
    ) {
        let upgrades = if on_change { Upgrades::OnChange } else { Upgrades::OnPayment };
        plays(&steps, upgrades, plan, &days_late)?;
    }
}

#[test]
fn most_of_a_plain_history_is_closed() {
    let closings = plays(&vec![Step::Renew; 40], Upgrades::OnPayment, 0, &[0]);
    assert!(closings.as_ref().is_ok_and(|closings| *closings > 15), "{closings:?}");
}

#[test]
fn notes_go_with_their_invoices() {
    let mut billing = Billing::default();
    let note = CreditNote { at: Timestamp::MIN, amount: 1, stands: true };
    billing.notes.insert(id("in_1"), BTreeMap::from([(id("cn_1"), note)]));
    billing.close(&Closing {
        periods: None,
        purchases_until: None,
        awards: Vec::new(),
        invoices: vec![id("in_1")],
        sessions: Vec::new(),
        subscriptions: Vec::new(),
    });
    assert_eq!(billing, Billing::default());
}
