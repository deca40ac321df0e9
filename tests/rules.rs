//! The rules of the ledger, as tables.

mod repricing;
mod script;
mod texts;
mod transfers;
mod wallets;

use script::check;

#[test]
fn a_gift_has_the_category_of_its_reason_unless_one_is_named() {
    check(
        "give alice 10 reason signup -> 10
         give alice 10 reason referral -> 20
         give alice 10 reason spring-bonus -> 30
         give alice 10 reason sorry -> 40
         give alice 10 -> 50
         give alice 10 reason signup category credit_pack_purchase -> 60
         history alice
         | +10 credit_pack_purchase (signup) = 60
         | +10 manual_adjustment = 50
         | +10 manual_adjustment (sorry) = 40
         | +10 bonus (spring-bonus) = 30
         | +10 referral_bonus (referral) = 20
         | +10 signup_bonus (signup) = 10",
    );
}

#[test]
fn a_gift_is_at_least_one_credit_that_expires_later_than_now() {
    check(
        "clock +1h
         give alice 0 -> amount_not_positive: 0 is not a positive amount: give or take at least 1
         give alice -5 -> amount_not_positive: -5 is not a positive amount: give or take at least 1
         give alice 5 until 1h -> expiry_in_past: an expiry at 2026-01-01T01:00:00Z has passed at 2026-01-01T01:00:00Z: choose a later one
         give alice 5 expires 0s -> expiry_in_past: an expiry at 2026-01-01T01:00:00Z has passed at 2026-01-01T01:00:00Z: choose a later one
         history alice
         give alice 5 until 1h+1us -> 5
         give alice 9223372036854775802 -> 9223372036854775807
         give alice 1 -> balance_out_of_range: +1 on a balance of 9223372036854775807 is more than 64 bits hold: choose a smaller amount
         balance alice -> 9223372036854775807 available, 0 held",
    );
}

#[test]
fn credits_are_used_by_expiry_then_promotional_before_paid_then_in_the_order_of_gifts() {
    check(
        "give alice 10 -> 10
         give alice 10 promotional -> 20
         give alice 10 expires 20d -> 30
         give alice 10 expires 10d -> 40
         give alice 10 expires 10d reason signup -> 50
         give alice 10 expires 10d reason spring-bonus -> 60
         give alice 10 expires 10d reason referral paid -> 70
         deduct alice 65 -> 5
         history alice
         | -65 credit_deducted (-) #5:10 #4:10 #6:10 #7:10 #3:10 #2:10 #1:5 = 5
         | +10 referral_bonus (referral) = 70, expires 10d
         | +10 bonus (spring-bonus) = 60, expires 10d
         | +10 signup_bonus (signup) = 50, expires 10d
         | +10 manual_adjustment = 40, expires 10d
         | +10 manual_adjustment = 30, expires 20d
         | +10 manual_adjustment = 20
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn a_grant_is_spendable_strictly_before_its_expiry() {
    check(
        "give alice 100 expires 10d -> 100
         clock @10d-1us
         spend alice upscale -> 97
         clock @10d
         balance alice -> 0 available, 0 held
         enough alice tick -> false
         spend alice tick -> insufficient_credits: 1 credit needed for `tick`, 0 available: give or buy at least 1 more
         clock @10d+1us
         spend alice tick -> insufficient_credits: 1 credit needed for `tick`, 0 available: give or buy at least 1 more",
    );
}

#[test]
fn an_expiry_is_an_entry_at_its_instant_booked_with_whatever_is_written_next() {
    check(
        "give alice 10 expires 3d -> 10
         give alice 20 expires 1d -> 30
         give alice 30 expires 1d -> 60
         give alice 5 -> 65
         clock @4d
         balance alice -> 5 available, 0 held
         // A clock that is set by hand books nothing by itself.
         history alice
         | +5 manual_adjustment = 65
         | +30 manual_adjustment = 60, expires 1d
         | +20 manual_adjustment = 30, expires 1d
         | +10 manual_adjustment = 10, expires 3d
         // A rejection does, and another wallet's fact would.
         spend alice process 1 -> insufficient_credits: 6 credits needed for `process`, 5 available: give or buy at least 1 more
         history alice
         | -10 expired #1:10 = 5, effective 3d, recorded 4d
         | -30 expired #3:30 = 15, effective 1d, recorded 4d
         | -20 expired #2:20 = 45, effective 1d, recorded 4d
         | +5 manual_adjustment = 65
         | +30 manual_adjustment = 60, expires 1d
         | +20 manual_adjustment = 30, expires 1d
         | +10 manual_adjustment = 10, expires 3d
         spend alice tick -> 4
         balance alice -> 4 available, 0 held",
    );
}

#[test]
fn the_hold_of_work_that_is_alive_is_extended_before_it_lapses() {
    check(
        "give alice 10 -> 10
         begin job alice upscale key k
         holds alice -> 3 upscale until 15m
         clock @10m-1us
         give bob 1 -> 1
         holds alice -> 3 upscale until 15m
         clock @10m
         give bob 1 -> 2
         holds alice -> 3 upscale until 30m
         clock @29m
         give bob 1 -> 3
         holds alice -> 3 upscale until 45m
         clock @44m
         run alice upscale key k well -> not done, in_progress: the work under key `k` is in progress until 2026-01-01T01:00:00Z at the latest: ask again later
         end job well -> done
         balance alice -> 7 available, 0 held
         // A hold of the caller's own is not.
         hold h alice upscale for 15m -> 3 until 59m
         clock @58m
         give bob 1 -> 4
         holds alice -> 3 upscale until 59m
         clock @59m
         holds alice -> none
         balance alice -> 7 available, 0 held",
    );
}

#[test]
fn work_that_began_after_another_was_extended_is_extended_before_that() {
    check(
        "give alice 10 -> 10
         give bob 10 -> 10
         begin first alice upscale key k
         clock @10m
         give carol 1 -> 1
         begin second bob upscale key k
         holds alice -> 3 upscale until 30m
         holds bob -> 3 upscale until 25m
         clock @20m
         give carol 1 -> 2
         holds alice -> 3 upscale until 30m
         holds bob -> 3 upscale until 40m
         clock @29m
         give carol 1 -> 3
         holds alice -> 3 upscale until 45m
         end second well -> done
         end first well -> done
         balance bob -> 7 available, 0 held",
    );
}

#[test]
fn works_that_began_at_any_time_keep_what_is_set_aside_for_as_long_as_they_live() {
    // Some works begin at the instant at which another is extended.
    let works = [("alice", 0), ("bob", 4), ("dave", 10), ("erin", 11), ("finn", 25)];
    let mut script: Vec<String> = works.iter().map(|(owner, _)| format!("give {owner} 10 -> 10")).collect();
    for minute in 0..180 {
        script.push(format!("clock @{minute}m"));
        // Any write has the writer read the time.
        script.push(format!("give carol 1 -> {}", minute + 1));
        for (owner, began) in works {
            if minute == began {
                script.push(format!("begin of-{owner} {owner} upscale key k"));
            }
            if minute >= began {
                script.push(format!("balance {owner} -> 7 available, 3 held"));
            }
        }
    }
    // In the reverse order of beginning.
    for (owner, _) in works.iter().rev() {
        script.push(format!("end of-{owner} well -> done"));
        script.push(format!("balance {owner} -> 7 available, 0 held"));
    }
    check(&script.join("\n"));
}

#[test]
fn an_operation_has_an_exact_price_and_is_charged_it() {
    check(
        "estimate alice process 3 -> 8
         estimate alice store 0.5 -> 1
         estimate alice store 0.51 -> 2
         enough alice process 3 -> false
         give alice 8 -> 8
         enough alice process 3 -> true
         enough alice process 4 -> false
         spend alice process 4 -> insufficient_credits: 9 credits needed for `process`, 8 available: give or buy at least 1 more
         spend alice process 3 note invoice -> 0
         history alice
         | -8 operation_charge (process) #1:8 = 0, note invoice
         | +8 manual_adjustment = 8",
    );
}

#[test]
fn quantities_are_judged_before_money() {
    check(
        "estimate alice process 1000 -> 1005
         estimate alice process 1001 -> quantity_over_limit: `process` was asked for 1001 pages: its limit is 1000 pages
         spend alice process 1001 -> quantity_over_limit: `process` was asked for 1001 pages: its limit is 1000 pages
         enough alice process -1 -> quantity_negative: `process` was asked for -1 pages: a quantity is zero or more
         spend alice store -0.5 -> quantity_negative: `store` was asked for -0.5 mb: a quantity is zero or more
         spend alice store 4611686018427387904 -> cost_out_of_range: `store` would cost more than 9223372036854775807, or what cannot be computed: ask for less
         spend alice store 4611686018427387903 -> insufficient_credits: 9,223,372,036,854,775,806 credits needed for `store`, 0 available: give or buy at least 9,223,372,036,854,775,806 more
         hold h alice process 1001 for 0s -> quantity_over_limit: `process` was asked for 1001 pages: its limit is 1000 pages",
    );
}

#[test]
fn an_operation_of_no_cost_is_booked_with_amount_zero() {
    check(
        "spend alice look -> 0
         run alice look well -> done
         hold h alice look -> 0 until 15m
         settle h -> 0
         enough alice look -> true
         history alice
         | +0 operation_charge (look) = 0
         | +0 operation_charge (look) = 0
         | +0 operation_charge (look) = 0",
    );
}

#[test]
fn a_hold_sets_credits_aside_until_it_is_settled() {
    check(
        "give alice 100 -> 100
         hold h alice process 3 note job-17 -> 8 until 15m
         balance alice -> 92 available, 8 held
         holds alice -> 8 process until 15m
         history alice
         | +100 manual_adjustment = 100
         settle h -> -8
         balance alice -> 92 available, 0 held
         holds alice -> none
         history alice
         | -8 operation_charge (process) #1:8 = 92, note job-17
         | +100 manual_adjustment = 100
         settle h -> replayed: -8
         release h -> hold_closed: hold 3 is closed, it was settled: open a new one
         balance alice -> 92 available, 0 held",
    );
}

#[test]
fn a_released_hold_gives_each_grant_its_part_back() {
    check(
        "give alice 5 expires 1d -> 5
         give alice 10 -> 15
         hold h alice process 3 -> 8 until 15m
         balance alice -> 7 available, 8 held
         release h
         release h -> replayed
         settle h -> hold_closed: hold 4 is closed, it was released: open a new one
         balance alice -> 15 available, 0 held
         deduct alice 15 -> 0
         history alice
         | -15 credit_deducted (-) #1:5 #2:10 = 0
         | +10 manual_adjustment = 15
         | +5 manual_adjustment = 5, expires 1d",
    );
}

#[test]
fn a_dropped_hold_is_released_unless_it_was_passed_on() {
    check(
        "give alice 20 -> 20
         hold h alice process 3 -> 8 until 15m
         drop h
         balance alice -> 20 available, 0 held
         hold kept alice process 3 -> 8 until 15m
         keep kept
         drop kept
         balance alice -> 12 available, 8 held
         settle kept -> -8",
    );
}

#[test]
fn a_hold_cannot_use_what_another_holds() {
    check(
        "give alice 10 -> 10
         hold h alice process 3 -> 8 until 15m
         hold other alice upscale -> insufficient_credits: 3 credits needed for `upscale`, 2 available: give or buy at least 1 more
         spend alice upscale -> insufficient_credits: 3 credits needed for `upscale`, 2 available: give or buy at least 1 more
         deduct alice 3 -> insufficient_credits: 3 credits needed, 2 available: take up to 2, or allow debt with `.with_debt()`
         spend alice tick -> 9
         settle h -> -8
         balance alice -> 1 available, 0 held",
    );
}

#[test]
fn a_hold_lapses_at_its_limit_to_the_microsecond() {
    check(
        "give alice 10 -> 10
         hold h alice process 3 for 10m -> 8 until 10m
         keep h
         clock @10m-1us
         balance alice -> 2 available, 8 held
         spend alice upscale -> insufficient_credits: 3 credits needed for `upscale`, 2 available: give or buy at least 1 more
         clock @10m
         balance alice -> 10 available, 0 held
         holds alice -> none
         release h -> hold_closed: hold 3 is closed, it was lapsed: open a new one
         spend alice upscale -> 7
         release h -> hold_closed: hold 3 is closed, it was lapsed: open a new one
         history alice
         | -3 operation_charge (upscale) #1:3 = 7
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn a_hold_can_be_settled_up_to_its_limit_as_held() {
    check(
        "give alice 10 expires 5m -> 10
         hold h alice process 3 for 10m -> 8 until 10m
         clock @10m-1us
         settle h -> -8
         history alice
         | -8 operation_charge (process) #1:8 = 0
         | -2 expired #1:2 = 8, effective 5m, recorded 9m59s999999us
         | +10 manual_adjustment = 10, expires 5m",
    );
}

#[test]
fn a_hold_lasts_from_one_microsecond_to_a_day() {
    check(
        "give alice 10 -> 10
         hold h alice tick for 0s -> hold_limit_invalid: a hold of 0 s is not between 1 us and 86400 s: choose a limit in that range
         hold h alice tick for 25h -> hold_limit_invalid: a hold of 90000 s is not between 1 us and 86400 s: choose a limit in that range
         hold longest alice tick for 24h -> 1 until 1d
         hold shortest alice tick for 1us -> 1 until 1us
         balance alice -> 8 available, 2 held
         clock +1us
         balance alice -> 9 available, 1 held",
    );
}

#[test]
fn a_settle_after_the_lapse_charges_what_is_free_and_records_the_shortfall() {
    check(
        "give alice 10 -> 10
         hold h alice process 3 -> 8 until 15m
         clock @15m
         spend alice process 0 -> 5
         settle h -> -5, late, 3 short
         settle h -> replayed: -5, late, 3 short
         balance alice -> 0 available, 0 held
         history alice
         | -5 operation_charge (process) #1:5 = 0, 3 short
         | -5 operation_charge (process) #1:5 = 5
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn a_settle_after_the_lapse_never_fails_and_restores_what_expired_with_it() {
    check(
        "give alice 8 expires 15m -> 8
         hold h alice process 3 -> 8 until 15m
         hold other alice look -> 0 until 15m
         clock @20m
         settle h -> -8, late
         give alice 10 -> 10
         settle h -> replayed: -8, late
         settle other -> 0, late
         hold again alice upscale -> 3 until 35m
         clock @35m
         settle again -> -3, late
         release again -> hold_closed: hold 12 is closed, it was settled: open a new one
         history alice
         | -3 operation_charge (upscale) #2:3 = 7
         | +0 operation_charge (look) = 10
         | +10 manual_adjustment = 10
         | -8 operation_charge (process) #1:8 = 0
         | +8 expired #1:8 = 8, expires 15m
         | -8 expired #1:8 = 0, effective 15m, recorded 20m
         | +8 manual_adjustment = 8, expires 15m",
    );
}

#[test]
fn a_late_settle_takes_what_its_hold_returned_before_other_credits() {
    check(
        "give alice 8 -> 8
         hold h alice process 3 for 5m -> 8 until 5m
         clock @6m
         give alice 4 expires 15m -> 12
         spend alice upscale -> 9
         settle h -> -8, late
         balance alice -> 1 available, 0 held",
    );
}

#[test]
fn what_expires_while_it_is_held_leaves_as_a_charge() {
    check(
        "give alice 10 expires 10m -> 10
         give alice 10 -> 20
         hold h alice process 3 -> 8 until 15m
         clock @10m
         balance alice -> 10 available, 8 held
         settle h -> -8
         balance alice -> 10 available, 0 held
         history alice
         | -8 operation_charge (process) #1:8 = 10
         | -2 expired #1:2 = 18
         | +10 manual_adjustment = 20
         | +10 manual_adjustment = 10, expires 10m",
    );
}

#[test]
fn what_expired_while_it_was_held_expires_at_its_release() {
    check(
        "give alice 10 expires 10m -> 10
         give alice 10 -> 20
         hold h alice process 3 -> 8 until 15m
         clock @12m
         release h
         balance alice -> 10 available, 0 held
         history alice
         | -8 expired #1:8 = 10
         | -2 expired #1:2 = 18, effective 10m, recorded 12m
         | +10 manual_adjustment = 20
         | +10 manual_adjustment = 10, expires 10m",
    );
}

#[test]
fn what_expired_while_it_was_held_expires_at_its_lapse() {
    check(
        "give alice 10 expires 10m -> 10
         give alice 10 -> 20
         hold h alice process 3 -> 8 until 15m
         keep h
         clock @20m
         balance alice -> 10 available, 0 held
         spend alice tick -> 9
         history alice
         | -1 operation_charge (tick) #2:1 = 9
         | -8 expired #1:8 = 10, effective 15m, recorded 20m
         | -2 expired #1:2 = 18, effective 10m, recorded 20m
         | +10 manual_adjustment = 20
         | +10 manual_adjustment = 10, expires 10m",
    );
}

#[test]
fn at_one_instant_lapses_come_before_expiries() {
    check(
        "give alice 10 expires 15m -> 10
         give alice 4 expires 15m -> 14
         hold h alice process 3 -> 8 until 15m
         keep h
         clock @15m
         balance alice -> 0 available, 0 held
         spend alice look -> 0
         history alice
         | +0 operation_charge (look) = 0
         | -4 expired #2:4 = 0
         | -10 expired #1:10 = 4
         | +4 manual_adjustment = 14, expires 15m
         | +10 manual_adjustment = 10, expires 15m",
    );
}

#[test]
fn a_gift_under_a_key_is_given_once() {
    check(
        "give alice 100 key welcome -> 100
         give alice 100 key welcome -> replayed: 100
         give alice 100 key welcome note again -> replayed: 100
         give alice 100 key welcome reason sorry -> replayed: 100
         spend alice upscale -> 97
         give alice 100 key welcome -> replayed: 100
         give alice 50 key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         give alice 100 reason signup key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         give alice 100 promotional key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         give alice 100 expires 1d key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         deduct alice 100 key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         spend alice upscale key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         hold h alice upscale key welcome -> idempotency_key_reused: key `welcome` was used by give, fact 2 of the journal: choose a new key, or send that command again
         give bob 100 key welcome -> 100
         history alice
         | -3 operation_charge (upscale) #1:3 = 97
         | +100 manual_adjustment = 100, key welcome",
    );
}

#[test]
fn an_expiry_under_a_key_is_compared_as_it_was_asked_for() {
    check(
        "give alice 10 expires 10d key a -> 10
         give alice 10 until 5d key b -> 20
         clock @7d
         give alice 10 expires 10d key a -> replayed: 10
         give alice 10 until 5d key b -> replayed: 20
         give alice 10 until 10d key a -> idempotency_key_reused: key `a` was used by give, fact 2 of the journal: choose a new key, or send that command again
         give alice 10 until 6d key b -> idempotency_key_reused: key `b` was used by give, fact 3 of the journal: choose a new key, or send that command again
         balance alice -> 10 available, 0 held",
    );
}

#[test]
fn a_spend_under_a_key_is_charged_once_whatever_happens_between() {
    check(
        "give alice 8 -> 8
         spend alice process 3 key k -> 0
         spend alice process 3 key k -> replayed: 0
         spend alice process 4 key k -> idempotency_key_reused: key `k` was used by spend, fact 3 of the journal: choose a new key, or send that command again
         spend alice process 1001 key k -> idempotency_key_reused: key `k` was used by spend, fact 3 of the journal: choose a new key, or send that command again
         run alice process 3 key k well -> not done, idempotency_key_reused: key `k` was used by spend, fact 3 of the journal: choose a new key, or send that command again
         clock +100d
         spend alice process 3 key k note other -> replayed: 0
         history alice
         | -8 operation_charge (process) #1:8 = 0, key k
         | +8 manual_adjustment = 8",
    );
}

#[test]
fn a_rejection_does_not_use_its_key_up() {
    check(
        "spend alice upscale key k -> insufficient_credits: 3 credits needed for `upscale`, 0 available: give or buy at least 3 more
         spend alice process 1001 key k -> quantity_over_limit: `process` was asked for 1001 pages: its limit is 1000 pages
         give alice 0 key k -> amount_not_positive: 0 is not a positive amount: give or take at least 1
         hold h alice upscale key k -> insufficient_credits: 3 credits needed for `upscale`, 0 available: give or buy at least 3 more
         run alice upscale key k well -> not done, insufficient_credits: 3 credits needed for `upscale`, 0 available: give or buy at least 3 more
         give alice 5 -> 5
         spend alice upscale key k -> 2
         spend alice upscale key k -> replayed: 2",
    );
}

#[test]
fn a_deduction_is_an_administrators_and_takes_at_most_what_is_available() {
    check(
        "give alice 10 -> 10
         deduct alice 4 reason abuse key k -> 6
         deduct alice 4 reason abuse key k -> replayed: 6
         deduct alice 5 reason abuse key k -> idempotency_key_reused: key `k` was used by deduct, fact 3 of the journal: choose a new key, or send that command again
         deduct alice 7 -> insufficient_credits: 7 credits needed, 6 available: take up to 6, or allow debt with `.with_debt()`
         deduct alice 0 -> amount_not_positive: 0 is not a positive amount: give or take at least 1
         deduct alice -1 -> amount_not_positive: -1 is not a positive amount: give or take at least 1
         deduct alice 6 -> 0
         history alice
         | -6 credit_deducted (-) #1:6 = 0
         | -4 credit_deducted (abuse) #1:4 = 6, key k
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn work_is_charged_if_it_ends_well_and_not_otherwise() {
    check(
        "give alice 10 -> 10
         run alice upscale badly -> done, failed
         run alice upscale panicking -> done, panicked
         balance alice -> 10 available, 0 held
         begin work alice upscale
         balance alice -> 7 available, 3 held
         abandon work
         balance alice -> 10 available, 0 held
         run alice upscale well -> done
         run alice process 3 well -> not done, insufficient_credits: 8 credits needed for `process`, 7 available: give or buy at least 1 more
         history alice
         | -3 operation_charge (upscale) #1:3 = 7
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn a_key_of_work_is_used_up_by_its_charge_alone() {
    check(
        "give alice 10 -> 10
         run alice upscale key k badly -> done, failed
         run alice upscale key k panicking -> done, panicked
         begin work alice upscale key k
         abandon work
         run alice upscale key k well -> done
         run alice upscale key k well -> not done, already charged -3
         run alice tick key k well -> not done, idempotency_key_reused: key `k` was used by settle, fact 13 of the journal: choose a new key, or send that command again
         spend alice upscale key k -> idempotency_key_reused: key `k` was used by settle, fact 13 of the journal: choose a new key, or send that command again
         hold h alice upscale key k -> idempotency_key_reused: key `k` was used by settle, fact 13 of the journal: choose a new key, or send that command again
         history alice
         | -3 operation_charge (upscale) #1:3 = 7, key k
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn work_under_a_key_is_not_begun_twice() {
    check(
        "give alice 10 -> 10
         begin work alice upscale key k
         run alice upscale key k well -> not done, in_progress: the work under key `k` is in progress until 2026-01-01T00:15:00Z at the latest: ask again later
         balance alice -> 7 available, 3 held
         end work badly -> done, failed
         run alice upscale key k well -> done
         balance alice -> 7 available, 0 held",
    );
}

#[test]
fn an_attempt_that_lapsed_and_settles_late_is_the_one_charge_of_its_key() {
    check(
        "give alice 10 -> 10
         begin first alice upscale key k
         clock @10m-1us
         run alice upscale key k well -> not done, in_progress: the work under key `k` is in progress until 2026-01-01T00:15:00Z at the latest: ask again later
         clock @15m
         begin second alice upscale key k
         balance alice -> 7 available, 3 held
         end first well -> done
         balance alice -> 4 available, 3 held
         end second well -> done
         balance alice -> 7 available, 0 held
         run alice upscale key k well -> not done, already charged -3
         history alice
         | -3 operation_charge (upscale) #1:3 = 7, key k
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn an_attempt_that_lapsed_is_not_charged_when_a_later_one_was() {
    check(
        "give alice 10 -> 10
         begin first alice upscale key k
         clock @15m
         begin second alice upscale key k
         end second well -> done
         end first well -> done
         balance alice -> 7 available, 0 held
         run alice upscale key k well -> not done, already charged -3
         history alice
         | -3 operation_charge (upscale) #1:3 = 7, key k
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn an_attempt_that_lapsed_is_charged_when_the_later_ones_failed() {
    check(
        "give alice 10 -> 10
         begin first alice upscale key k
         clock @15m
         run alice upscale key k badly -> done, failed
         begin third alice upscale key k
         abandon third
         end first well -> done
         run alice upscale key k well -> not done, already charged -3
         balance alice -> 7 available, 0 held",
    );
}

#[test]
fn a_hold_under_a_key_is_opened_once_and_replays_release_nothing() {
    check(
        "give alice 20 -> 20
         hold h alice process 3 key k -> 8 until 15m
         clock @1m
         hold again alice process 3 key k -> replayed: 8 until 15m
         drop again
         balance alice -> 12 available, 8 held
         hold other alice process 4 key k -> idempotency_key_reused: key `k` was used by hold, fact 3 of the journal: choose a new key, or send that command again
         run alice process 3 key k well -> not done, idempotency_key_reused: key `k` was used by hold, fact 3 of the journal: choose a new key, or send that command again
         hold again alice process 3 for 1m key k -> replayed: 8 until 15m
         settle again -> -8
         settle h -> replayed: -8
         hold more alice process 3 key k -> hold_closed: hold 3 is closed, it was settled: open a new one
         balance alice -> 12 available, 0 held",
    );
}

#[test]
fn the_key_of_a_hold_that_ended_says_how() {
    check(
        "give alice 20 -> 20
         hold released alice upscale key r -> 3 until 15m
         release released
         hold more alice upscale key r -> hold_closed: hold 3 is closed, it was released: open a new one
         hold dropped alice upscale key d -> 3 until 15m
         drop dropped
         hold more alice upscale key d -> hold_closed: hold 5 is closed, it was released: open a new one
         hold lapsed alice upscale key l -> 3 until 15m
         keep lapsed
         clock @15m
         hold more alice upscale key l -> hold_closed: hold 8 is closed, it was lapsed: open a new one
         spend alice look -> 20
         hold more alice upscale key l -> hold_closed: hold 8 is closed, it was lapsed: open a new one
         settle lapsed -> -3, late
         hold more alice upscale key l -> hold_closed: hold 8 is closed, it was settled: open a new one
         balance alice -> 17 available, 0 held",
    );
}

#[test]
fn a_key_that_looks_like_the_number_of_a_hold_is_no_hold() {
    check(
        "give alice 10 key 4 -> 10
         spend alice tick key 5 -> 9
         hold h alice upscale key 6 -> 3 until 15m
         keep h
         settle h -> -3
         hold other alice tick -> 1 until 15m
         release other
         give alice 10 key 4 -> replayed: 10
         spend alice tick key 5 -> replayed: 9
         hold h alice upscale key 6 -> hold_closed: hold 4 is closed, it was settled: open a new one
         balance alice -> 6 available, 0 held",
    );
}

#[test]
fn a_hold_is_settled_on_the_wallet_that_opened_it() {
    check(
        "give alice 10 -> 10
         give bob 10 -> 10
         hold h alice upscale -> 3 until 15m
         keep h
         settle h of bob -> hold_unknown: this wallet has no hold 4: settle it on the wallet that opened it
         release h of bob -> hold_unknown: this wallet has no hold 4: settle it on the wallet that opened it
         balance bob -> 10 available, 0 held
         settle h of alice -> -3
         settle h of bob -> hold_unknown: this wallet has no hold 4: settle it on the wallet that opened it
         balance bob -> 10 available, 0 held",
    );
}

#[test]
fn the_ledgers_time_never_decreases() {
    check(
        "clock @10d
         give alice 10 expires 5d -> 10
         clock @1d
         give alice 10 expires 1d -> 20
         hold h alice tick for 10m -> 1 until 10d10m
         give alice 5 until 10d -> expiry_in_past: an expiry at 2026-01-11T00:00:00Z has passed at 2026-01-11T00:00:00Z: choose a later one
         balance alice -> 19 available, 1 held
         clock @10d+10m
         balance alice -> 20 available, 0 held
         clock @9d
         // Nothing was booked since, so a clock that was wrong for a moment has done nothing.
         balance alice -> 19 available, 1 held
         clock @11d
         spend alice tick -> 9
         clock @9d
         balance alice -> 9 available, 0 held
         history alice
         | -1 operation_charge (tick) #1:1 = 9
         | -10 expired #2:10 = 10
         | +10 manual_adjustment = 20, expires 11d
         | +10 manual_adjustment = 10, expires 15d",
    );
}
