//! Histories as text: a line is an instant, a verb with its words, and ann's credits then.
//!
//! | verb | event |
//! |---|---|
//! | `join s1 pro 2026-01-31..2026-02-28` | created; items are `[name:]price[xQUANTITY]`, metered `price*` |
//! | `subscribe s1 pro ..2026-02-28` | created, and its first invoice `in_s1` paid |
//! | `change s1 max [period]` | it is updated; the other fields stay |
//! | `end s1` | it is cancelled now |
//! | `paid in_2 s1 pro -450 rest and max 1350 rest` | a paid invoice; a line is item, amount and period |
//! | `uncollectible in_2 ..`, `void in_2 ..` | an invoice is given up |
//! | `refund re_1 pi_in_2 900 [failed]` | a refund |
//! | `charged_back ch_1 pi_1 450` | a charge, of which this much was refunded in total |
//! | `withdrawn du_1 pi_1 900`, `reinstated du_1 pi_1 900` | the funds of a dispute |
//! | `note cn_1 in_2 900` | a credit note without a refund |
//! | `sell cs_1` | a checkout of the pack boost for 9 dollars |
//! | `spend 100`, `hold 100`, `settle 150`, `transfer 100 bob`, `link s1 bob`, `look` | calls of the ledger |
//!
//! The period of a line is `month` (the subscription's running period), `rest` (from now to its end, a
//! proration), `once` (without length, an extra) or an interval. An instant is a date, a date with a time,
//! `+6m`, `+3h`, `+2d`, or `.`. `jump` after the instant sets the clock there in one leap. Expectations are
//! ann's credits, `OWNER=credits`, `held=`, `awarded=` and `listed=` (entries of the unresolved list, which
//! is empty at the end unless the last line has `listed=`).

use std::time::Duration;

use credits_runtime::Timestamp;
use credits_runtime::billing::{Interval, ObjectId};
use credits_runtime::testing::stripe::Shape;

use super::super::script::{duration, instant};
use super::Operation;
use super::payload::{self, Invoice, Item, Line, Origin, Session, Subscription};
use super::stage::Stage;

/// Plays a history in every shape.
pub fn check(text: &str) {
    for shape in Shape::ALL {
        played(*shape, text);
    }
}

/// Plays a history in one shape, verifies the ledger, and returns it.
pub fn played(shape: Shape, text: &str) -> Stage {
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let mut at = instant(lines[0].split_whitespace().next().unwrap());
    let mut stage = Stage::new(shape, at);
    for line in &lines {
        let (asked, expected) = line.split_once("->").unwrap_or((line, ""));
        let mut words = asked.split_whitespace();
        at = moved(at, words.next().unwrap());
        let words = Words::new(words.collect(), at);
        if words.verb == "jump" {
            stage.clock.set(at);
        } else {
            stage.go_to(at);
        }
        words.play(&mut stage);
        expect(&stage, line, expected);
    }
    if !lines.last().unwrap().contains("listed=") {
        expect(&stage, "at the end", "listed=0");
    }
    stage.credits.verify().unwrap();
    stage
}

fn moved(at: Timestamp, word: &str) -> Timestamp {
    match word.strip_prefix('+') {
        Some(time) => at.after(duration(time)),
        None if word == "." => at,
        None => instant(word),
    }
}

fn expect(stage: &Stage, line: &str, expected: &str) {
    for word in expected.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap_or(("ann", word));
        let found = match name {
            "held" => stage.ann.held().unwrap().get(),
            "awarded" => stage.awarded(),
            "listed" => i64::try_from(stage.credits.unresolved().unwrap().len()).unwrap(),
            owner => stage.credits_of(owner),
        };
        let described = stage.describe(if name == "bob" { "bob" } else { "ann" });
        assert_eq!(found.to_string(), value, "{name}, {:?}: {line}\n{described}", stage.shape);
    }
}

/// The words of a line after its instant.
struct Words<'a> {
    verb: &'a str,
    /// Words without `=`.
    plain: Vec<&'a str>,
    /// Words of the form `name=value`.
    named: Vec<(&'a str, &'a str)>,
    at: Timestamp,
}

impl<'a> Words<'a> {
    fn new(words: Vec<&'a str>, at: Timestamp) -> Self {
        let named = words.iter().filter_map(|word| word.split_once('=')).collect();
        let mut plain: Vec<&str> = words.into_iter().filter(|word| !word.contains('=')).collect();
        let verb = if plain.is_empty() { "look" } else { plain.remove(0) };
        Self { verb, plain, named, at }
    }

    fn has(&self, word: &str) -> bool {
        self.plain.contains(&word)
    }

    fn option(&self, name: &str) -> Option<&'a str> {
        self.named.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    fn number<T: std::str::FromStr>(&self, place: usize) -> T {
        self.plain[place].parse().unwrap_or_else(|_| panic!("`{}` is no number", self.plain[place]))
    }

    fn amount(&self, name: &str) -> Option<i64> {
        self.option(name).map(|amount| amount.parse().unwrap())
    }

    /// Time of the event, by Stripe's clock.
    fn created(&self) -> Timestamp {
        self.option("happened").map_or(self.at, instant)
    }

    fn owner(&self) -> Option<String> {
        (!self.has("unnamed")).then(|| self.option("by").unwrap_or("ann").to_owned())
    }

    fn customer(&self) -> String {
        let owner = self.option("customer").or(self.option("by")).unwrap_or("ann");
        format!("cus_{owner}")
    }

    /// `A..B`; `..B` begins now.
    fn interval(&self, text: &str) -> Interval {
        let (start, end) = text.split_once("..").unwrap_or_else(|| panic!("`{text}` is no period"));
        let start = if start.is_empty() { self.created() } else { instant(start) };
        Interval { start, end: instant(end) }
    }

    fn play(&self, stage: &mut Stage) {
        let id = self.plain.first().copied().unwrap_or_default();
        match self.verb {
            "look" | "jump" => {}
            "join" => self.join(stage),
            "subscribe" => {
                self.join(stage);
                let subscription = &stage.subscriptions[id];
                let lines = subscription.items.iter().map(|item| first_line(subscription, item));
                let invoice = self.invoice(stage, &format!("in_{id}"), Some(id), lines.collect());
                self.send_paid(stage, &invoice);
            }
            "change" => self.change(stage, "customer.subscription.updated"),
            "end" => self.change(stage, "customer.subscription.deleted"),
            "paid" | "uncollectible" | "void" => self.bill(stage),
            "refund" => {
                let status = if self.has("failed") { "failed" } else { "succeeded" };
                let refund = payload::refund(id, self.plain[1], self.number(2), status);
                let kind = if self.has("failed") { "refund.failed" } else { "refund.created" };
                stage.send(self.created(), kind, &refund, None);
            }
            "charged_back" => {
                let charge = payload::charge(id, self.plain[1], self.number(2));
                stage.send(self.created(), "charge.refunded", &charge, None);
            }
            "withdrawn" | "reinstated" => {
                let dispute = payload::dispute(id, self.plain[1], self.number(2));
                let kind = format!("charge.dispute.funds_{}", self.verb);
                stage.send(self.created(), &kind, &dispute, None);
            }
            "note" => {
                let note = payload::credit_note(id, self.plain[1], self.number(2));
                stage.send(self.created(), "credit_note.created", &note, None);
            }
            "sell" => self.sell(stage),
            _ => self.write(stage, id),
        }
    }

    fn write(&self, stage: &mut Stage, id: &str) {
        match self.verb {
            "spend" => stage.spend(self.number(0)),
            "give" => drop(stage.ann.give_credits(self.number::<i64>(0)).now().wait().unwrap()),
            "hold" => {
                let hold = stage.ann.spend_credits_on(Operation::step(self.number::<u64>(0)));
                let hold = hold.hold(Duration::from_hours(3)).wait().unwrap();
                stage.hold = Some(hold.into_id());
            }
            "settle" => {
                let hold = stage.hold.take().unwrap();
                drop(stage.ann.settle_amount(hold, self.number::<i64>(0)).wait().unwrap());
            }
            "transfer" => {
                let receiver = stage.credits.wallet(self.plain[1]);
                drop(stage.ann.transfer_to(&receiver, self.number::<i64>(0)).now().wait().unwrap());
            }
            "link" => {
                let object = ObjectId::new(id).unwrap();
                stage.credits.link(object, self.plain[1]).wait().unwrap();
            }
            verb => panic!("`{verb}` is no verb"),
        }
    }

    fn join(&self, stage: &mut Stage) {
        let id = self.plain[0];
        let period = self.plain[1..].iter().find(|word| word.contains("..")).unwrap();
        let period = self.interval(period);
        let mut subscription = Subscription {
            id: id.to_owned(),
            owner: self.owner(),
            customer: self.customer(),
            status: "active".to_owned(),
            items: Vec::new(),
            period,
            anchor: period.start,
            trial: None,
            cancel_at: None,
            cancel_at_period_end: false,
            ended_at: None,
            pause_collection: None,
        };
        self.set(&mut subscription);
        let json = subscription.json(stage.shape);
        stage.send(self.created(), "customer.subscription.created", &json, None);
        stage.subscriptions.insert(id.to_owned(), subscription);
    }

    fn change(&self, stage: &mut Stage, kind: &str) {
        let id = self.plain[0];
        let before = stage.subscriptions[id].clone();
        let mut after = before.clone();
        self.set(&mut after);
        if kind.ends_with("deleted") {
            "canceled".clone_into(&mut after.status);
            after.ended_at = Some(self.created());
        }
        let (old, new) = (before.json(stage.shape), after.json(stage.shape));
        let previous = payload::previous(&old, &new);
        stage.send(self.created(), kind, &new, Some(&previous).filter(|_| kind.ends_with("updated")));
        stage.subscriptions.insert(id.to_owned(), after);
    }

    /// Sets the named fields of a subscription.
    fn set(&self, subscription: &mut Subscription) {
        let id = subscription.id.clone();
        let is_item = |word: &&&str| !word.contains("..") && !["anchored", "unnamed"].contains(*word);
        let items: Vec<Item> =
            self.plain[1..].iter().filter(is_item).map(|word| item(word, &format!("si_{id}"))).collect();
        if !items.is_empty() {
            subscription.items = items;
        }
        if let Some(period) = self.plain[1..].iter().find(|word| word.contains("..")) {
            subscription.period = self.interval(period);
        }
        if self.has("anchored") {
            subscription.anchor = subscription.period.start;
        }
        for (name, value) in &self.named {
            match *name {
                "status" => (*value).clone_into(&mut subscription.status),
                "trial" => subscription.trial = Some(self.interval(value)),
                "anchor" => subscription.anchor = instant(value),
                "cancel_at" => {
                    subscription.cancel_at = (*value != "none").then(|| instant(value));
                }
                "cancel_at_period_end" => subscription.cancel_at_period_end = *value == "true",
                "pause" => subscription.pause_collection = (*value != "none").then(|| (*value).to_owned()),
                "by" | "customer" | "happened" => {}
                _ => panic!("`{name}` is no word of a subscription"),
            }
        }
    }

    fn bill(&self, stage: &Stage) {
        let (id, subscription) = (self.plain[0], Some(self.plain[1]).filter(|word| *word != "-"));
        let told: Vec<&[&str]> = match &self.plain[2..] {
            [] => Vec::new(),
            words => words.split(|word| *word == "and").collect(),
        };
        let told = told.into_iter().map(|words| self.line(stage, subscription, words));
        let mut invoice = self.invoice(stage, id, subscription, told.collect());
        match self.verb {
            "uncollectible" => {
                "uncollectible".clone_into(&mut invoice.status);
                invoice.amount_paid = 0;
                let json = invoice.json(stage.shape);
                stage.send(self.created(), "invoice.marked_uncollectible", &json, None);
                stage.send(self.created(), "invoice.updated", &json, None);
            }
            "void" => {
                "void".clone_into(&mut invoice.status);
                invoice.amount_paid = 0;
                stage.send(self.created(), "invoice.voided", &invoice.json(stage.shape), None);
            }
            _ => self.send_paid(stage, &invoice),
        }
    }

    /// Sends a paid invoice. Since basil another event names its payment.
    fn send_paid(&self, stage: &Stage, invoice: &Invoice) {
        let json = invoice.json(stage.shape);
        stage.send(self.created(), "invoice.paid", &json, None);
        if invoice.is_out_of_band {
            stage.send(self.created(), "invoice.payment_succeeded", &json, None);
        }
        if let Some(payment) = invoice.invoice_payment(stage.shape) {
            stage.send(self.created(), "invoice_payment.paid", &payment, None);
        }
    }

    fn invoice(&self, stage: &Stage, id: &str, subscription: Option<&str>, lines: Vec<Line>) -> Invoice {
        let known = subscription.and_then(|id| stage.subscriptions.get(id));
        let sum: i64 = lines.iter().filter(|line| !line.is_free).map(|line| line.amount).sum();
        let is_out_of_band = self.has("by_hand");
        Invoice {
            id: id.to_owned(),
            subscription: subscription.map(str::to_owned),
            owner: known.map_or_else(|| self.owner(), |known| known.owner.clone()),
            customer: known.map_or_else(|| self.customer(), |known| known.customer.clone()),
            status: "paid".to_owned(),
            amount_paid: self.amount("charged").unwrap_or(sum.max(0)),
            total: self.amount("total"),
            paid_at: self.created(),
            is_out_of_band,
            lines,
        }
    }

    /// `[name:]price[xQUANTITY] AMOUNT PERIOD [proration] [extra] [discounted]`.
    fn line(&self, stage: &Stage, subscription: Option<&str>, words: &[&str]) -> Line {
        let default = subscription.map_or_else(String::new, |id| format!("si_{id}"));
        let known = subscription.and_then(|id| stage.subscriptions.get(id));
        let Item { id, price, quantity } = item(words[0], &default);
        let has = |word: &str| words.contains(&word);
        let (period, origin) = match words[2] {
            "month" => (known.unwrap().period, Origin::Period),
            "rest" => (Interval { start: self.created(), ..known.unwrap().period }, Origin::Proration),
            "once" => (Interval { start: self.created(), end: self.created() }, Origin::Extra),
            interval => (self.interval(interval), Origin::Period),
        };
        let origin = match origin {
            _ if has("extra") => Origin::Extra,
            _ if has("proration") => Origin::Proration,
            origin => origin,
        };
        let amount = words[1].parse().unwrap();
        Line {
            item: id,
            price,
            quantity: quantity.unwrap(),
            amount,
            period,
            origin,
            is_free: has("discounted"),
        }
    }

    fn sell(&self, stage: &Stage) {
        let id = self.plain[0];
        if let Some(sold) = self.option("sells") {
            let items = sold.split('+').map(|word| item(word, ""));
            let items: Vec<_> = items.map(|item| (item.price, item.quantity.unwrap())).collect();
            stage.lists.sold(id, &items);
        }
        let subtotal = self.amount("subtotal").unwrap_or(900);
        let text = |name: &str, default: &str| self.option(name).unwrap_or(default).to_owned();
        let some = |name: &str, default: &str| Some(text(name, default)).filter(|value| value != "none");
        let session = Session {
            id: id.to_owned(),
            mode: text("mode", "payment"),
            payment_status: text("status", "paid"),
            payment: some("payment", "pi_1"),
            reference: some("reference", "ann"),
            owner: self.owner(),
            pack: some("pack", "boost"),
            customer: some("customer", "cus_ann"),
            currency: text("in", "usd"),
            subtotal,
            total: self.amount("total").unwrap_or(subtotal),
            is_converted: self.has("converted"),
            is_by_link: self.has("by_link"),
        };
        let kind = format!("checkout.session.{}", self.option("kind").unwrap_or("completed"));
        stage.send(self.created(), &kind, &session.json(), None);
    }
}

/// The line of the first period of an item.
fn first_line(subscription: &Subscription, item: &Item) -> Line {
    let quantity = item.quantity.unwrap_or(0);
    Line {
        item: item.id.clone(),
        price: item.price.clone(),
        quantity,
        amount: 900 * i64::try_from(quantity).unwrap(),
        period: subscription.period,
        origin: Origin::Period,
        is_free: false,
    }
}

/// `[name:]price[xQUANTITY]`, or `price*` for a metered price.
fn item(word: &str, default: &str) -> Item {
    let (id, price) = match word.split_once(':') {
        Some((name, price)) => (format!("si_{name}"), price),
        None => (default.to_owned(), word),
    };
    let counted = price.rsplit_once('x').and_then(|(price, count)| Some((price, count.parse().ok()?)));
    let (price, quantity) = match (price.strip_suffix('*'), counted) {
        (Some(price), _) => (price, None),
        (None, Some((price, count))) => (price, Some(count)),
        (None, None) => (price, Some(1)),
    };
    Item { id, price: format!("price_{price}"), quantity }
}
