//! The page of an entry: the sum of a charge, where its credits came from, and what belongs to it.

use std::time::Duration;

use credits_runtime::{Entry, FactNumber};
use serde_json::json;

use crate::demo::{Credits, GenerateImageQuality, Operation, studio};
use crate::forms::open;
use crate::site::Site;

fn page(site: &Site, number: FactNumber) -> String {
    site.get(&format!("/admin/entry?number={number}")).page(200).to_owned()
}

fn newest(credits: &Credits, owner: &str, category: &str) -> Entry {
    credits.wallet(owner).credit_history().category(category).limit(1).page().unwrap().entries.remove(0)
}

#[track_caller]
fn shows(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text} is missing: {page}");
    }
}

#[test]
fn a_charge_is_explained_term_by_term() {
    let (credits, _clock) = studio();
    let (site, ada) = (open(&credits), credits.wallet("user:ada"));
    let video = ada.credit_history().operation("generate_video").limit(1).page().unwrap().entries.remove(0);
    let grant = video.allocations[0].grant;
    shows(
        &page(&site, video.number),
        &[
            "<h1><bdi>Why -137 credits?</bdi></h1>",
            "owner?name=user%3Aada",
            "26 Nov 2026, 11:30",
            "100 + 10 x 3.65 s = 136.5, rounded up: 137",
            "<th scope=\"row\">seconds</th><td>10 x 3.65 s</td><td class=\"figure\">36.5</td>",
            "Price, rounded up</th><td class=\"figure\">137<",
            "Charged</th><td class=\"figure\">137<",
            &video.explanation().unwrap().catalogue,
            "computed again from it: 137, equal",
            "Balance 1,950 \u{2192} <strong>1,813</strong>",
            &format!("entry?number={grant}\">Entry {grant}</a></th><td class=\"figure\">137<"),
            "<code><bdi>video</bdi></code>",
            "&quot;video&quot;: &quot;v-1&quot;",
            "gave back 37 on 26 Nov 2026, 11:30: <bdi>blurred</bdi>",
            "Up to 100 can be given back.",
            "owner/reverse",
        ],
    );
}

#[test]
fn entries_that_belong_together_link_to_each_other() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let reversal = newest(&credits, "user:ada", "charge_reversed");
    let charge = reversal.reverses.unwrap();
    shows(
        &page(&site, reversal.number),
        &[
            "<h1><bdi>+37 credits</bdi></h1>",
            "Given back to",
            &format!("It reverses the charge of <a href=\"./entry?number={charge}\">"),
            "Reason</dt><dd><bdi>blurred</bdi>",
        ],
    );
    shows(&page(&site, charge), &[&format!("<a href=\"./entry?number={}\">", reversal.number)]);

    let (sent, received) =
        (newest(&credits, "user:ada", "transfer_out"), newest(&credits, "user:ben", "transfer_in"));
    let link = |number: FactNumber| {
        format!("<a href=\"./entry?number={number}\">Entry {number}</a>, the other side")
    };
    shows(
        &page(&site, sent.number),
        &[&link(received.number), "+40 for <a href=\"./owner?name=user%3Aben\">"],
    );
    shows(
        &page(&site, received.number),
        &[&link(sent.number), "\u{2212}40 for <a href=\"./owner?name=user%3Aada\">", "40 of 40 left"],
    );

    let covered =
        credits.wallet("user:ada").credit_history().operation("upscale_image").limit(1).page().unwrap();
    shows(
        &page(&site, covered.entries[0].number),
        &["Why 0 credits?", "Covered by the plan pro", "The plan pro covered it"],
    );
    let signup = newest(&credits, "user:ada", "signup_bonus");
    shows(&page(&site, signup.number), &["+50 credits", "50 of 50 left", "Key</dt><dd><code><bdi>welcome"]);
}

#[test]
fn a_transfer_and_its_reversal_link_to_each_other() {
    let (credits, _clock) = studio();
    let (site, ada) = (open(&credits), credits.wallet("user:ada"));
    let sent = newest(&credits, "user:ada", "transfer_out");
    let received = newest(&credits, "user:ben", "transfer_in");
    let transfer = sent.transfer.unwrap();
    assert_eq!(ada.reversal_of_transfer(transfer).unwrap(), None);
    assert!(!page(&site, sent.number).contains("of the reversal"));

    let reversed = ada.reverse_transfer(transfer).now().wait().unwrap();
    let found = ada.reversal_of_transfer(transfer).unwrap().unwrap();
    assert_eq!((&found.reclaimed, &found.returned), (&reversed.reclaimed, &reversed.returned));
    // The receiver has no transfers of this number.
    assert_eq!(credits.wallet("user:ben").reversal_of_transfer(transfer).unwrap(), None);
    let (back, gone) = (reversed.reclaimed.number, reversed.returned.number);
    for number in [sent.number, received.number] {
        for (entry, change) in [(back, "+40 for"), (gone, "\u{2212}40 for")] {
            shows(&page(&site, number), &[&format!("Entry {entry}</a>, of the reversal on"), change]);
        }
    }
    let sides = page(&site, sent.number).matches("the other side").count();
    assert_eq!(sides, 1, "the entries of the reversal are no sides of the transfer");
    for number in [back, gone] {
        let shown = page(&site, number);
        assert!(!shown.contains("of the reversal on"), "{shown}");
        shows(&shown, &[&format!("It reverses the transfer of <a href=\"./entry?number={}\">", sent.number)]);
    }
    shows(&page(&site, back), &[&format!("Entry {gone}</a>, the other side")]);
    shows(&page(&site, gone), &[&format!("Entry {back}</a>, the other side")]);
}

#[test]
fn a_settlement_at_another_amount_shows_the_difference() {
    let (credits, _clock) = studio();
    let ada = credits.wallet("user:ada");
    let spend = ada.spend_credits_on(Operation::generate_image(GenerateImageQuality::Hd));
    let hold = spend.hold(Duration::from_mins(1)).wait().unwrap();
    let settled = hold.settle_amount(10).wait().unwrap().entry;
    let shown = page(&open(&credits), settled.number);
    shows(
        &shown,
        &[
            "Why -10 credits?",
            "25 (quality hd)",
            "Settled at</th><td class=\"figure\">10<",
            "computed again from it: 25. It was settled at 10, a difference of \u{2212}15.",
            "Settles</dt><dd>hold ",
        ],
    );
    ada.reverse_charge(settled.number).now().wait().unwrap();
    assert!(!page(&open(&credits), settled.number).contains("owner/reverse"), "nothing is left to reverse");
}

#[test]
fn text_of_users_is_inert() {
    let (credits, _clock) = studio();
    let gift = credits.wallet("user:ada").give_credits(5).reason("<script>1</script>").key("<i>");
    let gift = gift.metadata(json!({ "by": "<b>eve</b>", "note": "</pre><script>" })).now().wait().unwrap();
    let shown = page(&open(&credits), gift.entry.number);
    assert!(!shown.contains("<script") && !shown.contains("<b>eve") && !shown.contains("<i>"), "{shown}");
    shows(&shown, &["By</dt><dd><bdi>&lt;b&gt;eve", "&lt;/pre&gt;&lt;script&gt;"]);
}

#[test]
fn a_number_without_an_entry_is_not_found() {
    let (credits, _clock) = studio();
    let site = open(&credits);
    let hold = credits.wallet("user:ada").open_holds().unwrap()[0].id;
    for number in [
        "0",
        "999999",
        "18446744073709551615",
        "18446744073709551616",
        "-1",
        "x",
        "%3Cb%3E",
        &hold.to_string(),
    ] {
        assert!(
            site.get(&format!("/admin/entry?number={number}")).page(404).contains("role=\"alert\""),
            "{number}"
        );
    }
    assert_eq!(site.get("/admin/entry").status.as_u16(), 400);
}
