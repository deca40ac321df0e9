//! A ledger with ninety days of an image studio: plans of its own, gifts, charges, expiries, a transfer, holds.

use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Timestamp, usage_credits};

usage_credits! {
    settings { low_balance_threshold 100.credits, 10.gems }

    /// Stones for the gallery.
    asset gem

    /// For people who try it.
    subscription_plan hobby { gives 300.credits.every(month) }
    /// For people who live on it.
    subscription_plan pro { gives 2_000.credits.every(month) unlimited upscale_image }

    credit_pack boost { gives 1_000.credits costs 9.00.usd }

    /// One picture of a text.
    operation generate_image { costs by quality { draft => 5.credits, hd => 25.credits } }
    operation generate_video {
        costs 100.credits + 10.credits_per(second)
        limit seconds <= 600
    }
    operation upscale_image { costs 20.credits }
    operation show_in_gallery { costs 2.gems }
}

/// The days that the demonstration lasts.
pub const DAYS: u64 = 90;

/// The last instant of the demonstration.
pub fn end() -> Timestamp {
    "2026-11-26T11:30:00Z".parse().unwrap()
}

/// A ledger in memory after ninety days, with its clock.
pub fn studio() -> (Credits, ManualClock) {
    let clock = ManualClock::at(end().before(Duration::from_hours(24 * DAYS)));
    let credits = Credits::builder().clock(clock.clone()).in_memory().unwrap();
    fill(&credits, &clock);
    (credits, clock)
}

/// Ninety days of the studio.
pub fn fill(credits: &Credits, clock: &ManualClock) {
    let names =
        ["ada", "ben", "chen", "dora", "emil", "fatou", "goran", "ines", "jonas", "kofi", "lena", "mei"];
    let owners: Vec<String> = names.iter().map(|name| format!("user:{name}")).collect();
    for (place, owner) in owners.iter().enumerate() {
        let wallet = credits.wallet(owner);
        wallet.give_credits(50).reason("signup").key("welcome").now().wait().unwrap();
        if place % 3 == 0 {
            credits.subscribe(owner, Plan::Pro).complimentary().now().wait().unwrap();
        } else if place % 3 == 1 {
            credits.subscribe(owner, Plan::Hobby).complimentary().now().wait().unwrap();
        }
    }
    credits.wallet("user:ada").of(Asset::Gems).give_credits(30).reason("prize").now().wait().unwrap();
    for day in 0..DAYS {
        for (place, owner) in owners.iter().enumerate() {
            let wallet = credits.wallet(owner);
            // Figures that look random and are always the same.
            let dice = (day * 31 + place as u64 * 17) * 2_654_435_761 % 97;
            let operation = match dice % 8 {
                0 | 1 => Operation::generate_image(GenerateImageQuality::Hd),
                2 => Operation::generate_video(Duration::from_millis(1_000 + dice * 50)),
                3 => Operation::upscale_image(),
                4 | 5 => Operation::generate_image(GenerateImageQuality::Draft),
                _ => continue,
            };
            // Who has too little goes without.
            drop(wallet.spend_credits_on(operation).key(format!("job-{day}-{place}")).now().wait());
        }
        if day % 9 == 0 {
            let owner = &owners[usize::try_from(day / 9).unwrap() % owners.len()];
            let gift = credits.wallet(owner).give_credits(200).reason("sorry for the outage").promotional();
            gift.expires_in(Duration::from_hours(24 * 21)).now().wait().unwrap();
        }
        clock.advance(Duration::from_hours(24));
        credits.book_due().unwrap();
    }
    let (ada, ben) = (credits.wallet("user:ada"), credits.wallet("user:ben"));
    ada.transfer_to(&ben, 40).key("gift").now().wait().unwrap();
    let video = ada.spend_credits_on(Operation::generate_video(Duration::from_millis(3_650))).key("video");
    let video = video.metadata(serde_json::json!({ "video": "v-1" })).now().wait().unwrap();
    ada.reverse_charge(video.entry.number).amount(37).reason("blurred").now().wait().unwrap();
    ada.spend_credits_on(Operation::show_in_gallery()).now().wait().unwrap();
    let hold = ada.spend_credits_on(Operation::generate_image(GenerateImageQuality::Hd));
    hold.hold(Duration::from_hours(1)).wait().unwrap().into_id();
    let strange = credits.wallet("a/b?c#d <b>&\"x\" \u{5d0}\u{5d1}");
    strange.give_credits(7).reason("<script>alert(1)</script>").now().wait().unwrap();
}
