//! The booked billing events of the whole ledger, and the catalogues that it was opened with.

use std::time::Duration;

use credits_runtime::billing::{BillingEvent, BookedEvent, Happening, ObjectId, PackPayment, Unresolved};
use credits_runtime::testing::ManualClock;
use credits_runtime::{Category, Cursor, Owner, Timestamp};

mod first {
    credits_runtime::usage_credits! {
        credit_pack boost { gives 100.credits costs 9.dollars }
        operation step { costs 1.credit_per(page) limit pages <= 9 }
    }
}

mod second {
    credits_runtime::usage_credits! {
        credit_pack boost { gives 100.credits costs 9.dollars }
        operation step { costs 2.credits }
    }
}

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn id(text: &str) -> ObjectId {
    ObjectId::new(text).unwrap()
}

fn event(objects: &[&str], owner: Option<&str>, what: Happening) -> BillingEvent {
    let owner = owner.map(|owner| Owner::new(owner).unwrap());
    BillingEvent { at: start(), objects: objects.iter().map(|object| id(object)).collect(), owner, what }
}

fn sale(session: &str) -> Happening {
    Happening::PackPaid(PackPayment {
        session: id(session),
        payment: Some(id(&format!("pi_{session}"))),
        currency: "usd".to_owned(),
        subtotal: 900,
        paid: 900,
        pack: Some("boost".to_owned()),
        prices: Vec::new(),
        tax: 0,
        invoice: None,
        paid_in: None,
    })
}

fn all(credits: &first::Credits, limit: usize) -> Vec<BookedEvent> {
    let (mut found, mut before) = (Vec::new(), None::<Cursor>);
    loop {
        let page = credits.billing_events().limit(limit).before(before).page().unwrap();
        found.extend(page.events);
        before = page.next;
        if before.is_none() {
            return found;
        }
    }
}

#[test]
fn an_event_that_waited_is_there_twice_with_what_followed() {
    let clock = ManualClock::at(start());
    let credits = first::Credits::builder().clock(clock.clone()).stress_maintenance().in_memory().unwrap();
    // A gift that has expired when the sale is booked is no outcome of the sale.
    let gift = credits.wallet("ann").give_credits(5).expires_in(Duration::from_hours(1));
    gift.now().wait().unwrap();
    credits.receive(event(&["cs_1", "cus_1"], None, sale("cs_1"))).wait().unwrap();
    clock.advance(Duration::from_hours(2));
    credits.link(id("cus_1"), "ann").wait().unwrap();
    // A replay is not booked.
    assert!(!credits.receive(event(&["cs_1", "cus_1"], None, sale("cs_1"))).wait().unwrap().is_new);

    let [applied, waited] = &all(&credits, 50)[..] else { panic!("{:?}", all(&credits, 50)) };
    assert_eq!(waited.owner, None);
    assert_eq!((waited.recorded_at, waited.entries.len()), (start(), 0));
    assert_eq!(applied.owner.as_ref().map(Owner::as_str), Some("ann"));
    assert_eq!(applied.recorded_at, start().after(Duration::from_hours(2)));
    assert_eq!(applied.event, waited.event);
    let [entry] = &applied.entries[..] else { panic!("{:?}", applied.entries) };
    assert_eq!((&entry.category, entry.amount.get()), (&Category::CreditPackPurchase, 100));
    assert_eq!(credits.entry(entry.number).unwrap().unwrap().entry, *entry);
    for limit in [1, 2, 3] {
        assert_eq!(all(&credits, limit), all(&credits, 50));
    }
    assert_eq!(
        serde_json::from_value::<BookedEvent>(serde_json::to_value(applied).unwrap()).unwrap(),
        *applied
    );
}

#[test]
fn an_event_shows_the_entry_that_it_lists_and_resolves() {
    let credits = first::Credits::in_memory().unwrap();
    let refund = Happening::Refunded {
        payment: id("pi_9"),
        refund: id("re_9"),
        amount: 900,
        stands: true,
        made_at: None,
    };
    credits.receive(event(&["pi_9"], Some("ann"), refund)).wait().unwrap();
    let listed = credits.unresolved().unwrap();
    credits.dismiss(&listed[0]).unwrap();
    let [dismissal, refund] = &all(&credits, 50)[..] else { panic!() };
    assert_eq!(refund.listed, listed);
    assert_eq!(dismissal.resolved, [listed[0].key().unwrap()]);
    assert!(matches!(&refund.listed[0], Unresolved::PaymentUnknown { returned: 900, .. }));
    assert_eq!(listed[0].owner().map(Owner::as_str), Some("ann"));
}

#[test]
fn a_page_of_events_before_any_number_is_empty_or_whole() {
    let credits = first::Credits::in_memory().unwrap();
    assert_eq!(credits.billing_events().page().unwrap().events, []);
    credits.receive(event(&["cs_1"], Some("ann"), sale("cs_1"))).wait().unwrap();
    let count =
        |before: u64| credits.billing_events().before(Cursor::new(before)).page().unwrap().events.len();
    assert_eq!((count(0), count(1), count(u64::MAX)), (0, 0, 1));
}

#[test]
fn catalogues_are_kept_once_with_the_time_of_their_declaration() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.redb");
    let clock = ManualClock::at(start());
    let day = Duration::from_hours(24);
    first::Credits::builder().clock(clock.clone()).open(&path).unwrap().close().unwrap();
    clock.advance(day);
    second::Credits::builder().clock(clock.clone()).open(&path).unwrap().close().unwrap();
    clock.advance(day);
    let credits = first::Credits::builder().clock(clock).open(&path).unwrap();
    let kept = credits.catalogues().unwrap();
    let numbers: Vec<_> = kept.iter().map(|list| (list.number, list.declared_at)).collect();
    assert_eq!(numbers, [(1, start()), (2, start().after(day))]);
    let words = kept.iter().map(|list| list.catalogue.cost_in_words(&list.catalogue.operations[0]));
    assert_eq!(words.collect::<Vec<_>>(), ["1 credit per page (at most 9 pages)", "2 credits"]);
    assert_eq!(kept[0].fingerprint, first::Pricing::catalog().fingerprint());
    assert_eq!(kept[1].fingerprint, second::Pricing::catalog().fingerprint());
}
