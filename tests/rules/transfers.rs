//! Transfers and their reversal, corrections and revocations, as tables.

use super::script::check;

#[test]
fn a_transfer_moves_free_credits_in_the_order_of_use_and_keeps_their_expiry() {
    check(
        "give alice 10 expires 10d -> 10
         give alice 10 expires 5d -> 20
         give alice 10 -> 30
         transfer t alice bob 25 -> -25, +10, +10, +5
         history alice
         | -25 transfer_out #2:10 #1:10 #3:5 = 5
         | +10 manual_adjustment = 30
         | +10 manual_adjustment = 20, expires 5d
         | +10 manual_adjustment = 10, expires 10d
         history bob
         | +5 transfer_in = 25
         | +10 transfer_in = 20, expires 10d
         | +10 transfer_in = 10, expires 5d
         clock @5d
         balance bob -> 15 available, 0 held",
    );
}

#[test]
fn parts_of_the_same_terms_arrive_as_one_grant() {
    check(
        "give alice 10 -> 10
         give alice 10 reason spring-bonus -> 20
         give alice 10 expires 5d -> 30
         transfer t alice bob 30 evergreen -> -30, +30
         history bob
         | +30 transfer_in = 30
         transfer u bob eve 12 expires 1d -> -12, +12
         history eve
         | +12 transfer_in = 12, expires 1d",
    );
}

#[test]
fn promotional_credits_stay_unless_they_are_asked_for() {
    check(
        "give alice 10 promotional -> 10
         give alice 5 -> 15
         transfer t alice bob 6 -> insufficient_credits: 6 credits needed, 5 available: transfer promotional ones too with `.including_promotional()`
         transfer t alice bob 5 -> -5, +5
         transfer u alice bob 4 promotional -> -4, +4
         balance alice -> 6 available, 0 held
         // They are promotional there too.
         give bob 3 -> 12
         spend bob process 1 -> 6
         history bob
         | -6 operation_charge (process) #4:4 #3:2 = 6
         | +3 manual_adjustment = 12
         | +4 transfer_in = 9
         | +5 transfer_in = 5",
    );
}

#[test]
fn what_is_held_or_owed_or_expired_does_not_move() {
    check(
        "give alice 10 expires 1d -> 10
         hold h alice upscale -> 3 until 15m
         transfer t alice bob 8 -> insufficient_credits: 8 credits needed, 7 available: give or buy at least 1 more
         clock @1d
         transfer t alice bob 1 -> insufficient_credits: 1 credit needed, 0 available: give or buy at least 1 more
         give alice 10 -> 10
         adjust alice -12 with-debt -> -2
         transfer t alice bob 1 -> insufficient_credits: 1 credit needed, -2 available: give or buy at least 3 more
         balance bob -> 0 available, 0 held",
    );
}

#[test]
fn a_transfer_is_between_two_owners_of_one_asset() {
    check(
        "give alice 10 -> 10
         transfer t alice alice 5 -> transfer_to_self: `alice` cannot transfer to itself: name another owner
         transfer t alice bob 0 -> amount_not_positive: 0 is not a positive amount: give or take at least 1
         transfer t alice bob -5 -> amount_not_positive: -5 is not a positive amount: give or take at least 1
         transfer t alice bob 5 expires 0s -> expiry_in_past: an expiry at 2026-01-01T00:00:00Z has passed at 2026-01-01T00:00:00Z: choose a later one
         transfer t alice bob 5 category tip -> category_unknown: `tip` is no category of this pricing: add it to `categories` in its settings
         history bob
         balance alice -> 10 available, 0 held",
    );
}

#[test]
fn a_wallet_that_would_overflow_is_left_as_it_is_and_so_is_the_sender() {
    check(
        "give bob 9223372036854775807 -> 9223372036854775807
         give alice 10 -> 10
         transfer t alice bob 1 -> balance_out_of_range: +1 on a balance of 9223372036854775807 is more than 64 bits hold: choose a smaller amount
         balance alice -> 10 available, 0 held
         history alice
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn a_key_of_a_transfer_is_its_senders() {
    check(
        "give alice 10 -> 10
         give bob 10 -> 10
         transfer t alice bob 5 key k -> -5, +5
         transfer t alice bob 5 key k -> replayed: -5, +5
         transfer t alice bob 4 key k -> idempotency_key_reused: key `k` was used by transfer, fact 4 of the journal: choose a new key, or send that command again
         transfer t alice eve 5 key k -> idempotency_key_reused: key `k` was used by transfer, fact 4 of the journal: choose a new key, or send that command again
         transfer t bob alice 5 key k -> -5, +5
         balance alice -> 10 available, 0 held",
    );
}

#[test]
fn what_arrives_in_a_wallet_in_debt_repays_it() {
    check(
        "adjust bob -7 with-debt -> -7
         give alice 10 -> 10
         transfer t alice bob 10 -> -10, +10
         debt bob -> 0
         history bob
         | +0 debt_repaid #2:7 = 3
         | +10 transfer_in = 3
         | -7 manual_adjustment (correction) = -7
         // What repaid a debt is not there to be taken back.
         reverse t -> insufficient_credits: 10 credits needed, 3 available: reverse what is free with `.as_far_as_possible()`, or allow debt with `.with_debt()`
         reverse t partly -> +3, -3
         balance alice -> 3 available, 0 held",
    );
}

#[test]
fn a_reversal_returns_to_each_grant_what_came_from_it_once() {
    check(
        "give alice 10 expires 5d -> 10
         give alice 10 -> 20
         transfer t alice bob 15 -> -15, +10, +5
         reverse t -> +15, -15
         history alice
         | +15 transfer_in #1:10 #2:5 = 20
         | -15 transfer_out #1:10 #2:5 = 5
         | +10 manual_adjustment = 20
         | +10 manual_adjustment = 10, expires 5d
         history bob
         | -15 transfer_out #3:10 #4:5 = 0
         | +5 transfer_in = 15
         | +10 transfer_in = 10, expires 5d
         reverse t -> replayed: +15, -15
         reverse t with-debt -> replayed: +15, -15
         balance alice -> 20 available, 0 held
         balance bob -> 0 available, 0 held",
    );
}

#[test]
fn what_was_used_is_missing_left_or_owed() {
    check(
        "give alice 10 -> 10
         transfer t alice bob 10 -> -10, +10
         spend bob upscale -> 7
         reverse t -> insufficient_credits: 10 credits needed, 7 available: reverse what is free with `.as_far_as_possible()`, or allow debt with `.with_debt()`
         balance bob -> 7 available, 0 held
         give bob 2 -> 9
         // What is owed is repaid by whatever else is free.
         reverse t with-debt -> +10, -10
         history bob
         | +0 debt_repaid #3:2 = -1
         | -10 transfer_out #2:7 = -1
         | +2 manual_adjustment = 9
         | -3 operation_charge (upscale) #2:3 = 7
         | +10 transfer_in = 10
         debt bob -> 1
         balance alice -> 10 available, 0 held",
    );
}

#[test]
fn the_last_part_taken_comes_back_first() {
    check(
        "give alice 10 -> 10
         give alice 10 -> 20
         transfer t alice bob 15 -> -15, +15
         spend bob process 5 -> 5
         reverse t partly -> +5, -5
         history alice
         | +5 transfer_in #2:5 = 10
         | -15 transfer_out #1:10 #2:5 = 5
         | +10 manual_adjustment = 20
         | +10 manual_adjustment = 10",
    );
}

#[test]
fn what_comes_back_to_a_grant_that_has_expired_expires_at_once() {
    check(
        "give alice 10 expires 1d -> 10
         transfer t alice bob 10 evergreen -> -10, +10
         clock @2d
         reverse t -> +10, -10
         history alice
         | -10 expired #1:10 = 0
         | +10 transfer_in #1:10 = 10
         | -10 transfer_out #1:10 = 0
         | +10 manual_adjustment = 10, expires 1d",
    );
}

#[test]
fn a_transfer_is_reversed_from_the_wallet_that_made_it() {
    check(
        "give alice 10 -> 10
         transfer t alice bob 10 -> -10, +10
         reverse t of bob -> transfer_unknown: this wallet made no transfer 3: reverse it from the wallet that sent it
         balance bob -> 10 available, 0 held",
    );
}

#[test]
fn a_correction_goes_up_or_down_and_by_debt_if_asked() {
    check(
        "adjust alice 10 -> 10
         adjust alice -4 -> 6
         adjust alice 0 -> amount_zero: a correction by 0 changes nothing: adjust by at least 1, up or down
         adjust alice -7 -> insufficient_credits: 7 credits needed, 6 available: take up to 6, or allow debt with `.with_debt()`
         adjust alice -7 with-debt -> -1
         adjust alice 3 -> 2
         history alice
         | +0 debt_repaid #2:1 = 2
         | +3 manual_adjustment (correction) = 2
         | -7 manual_adjustment (correction) #1:6 = -1
         | -4 manual_adjustment (correction) #1:4 = 6
         | +10 manual_adjustment (correction) = 10
         adjust bob -9223372036854775808 -> amount_out_of_range: 9223372036854775808 is not an amount from -9223372036854775808 to 9223372036854775807: give or take less",
    );
}

#[test]
fn what_is_free_of_one_grant_is_revoked() {
    check(
        "give alice 10 -> 10
         give alice 20 expires 1d -> 30
         hold h alice process 5 -> 10 until 15m
         revoke alice #2 -> 20
         revoke alice #2 -> grant_not_free: grant 3 of this wallet has no free credits: nothing can be revoked
         revoke bob #2 -> grant_not_free: grant 3 of this wallet has no free credits: nothing can be revoked
         release h
         balance alice -> 20 available, 0 held
         history alice
         | -10 credit_deducted (mistake) #2:10 = 20
         | +20 manual_adjustment = 30, expires 1d
         | +10 manual_adjustment = 10",
    );
}
