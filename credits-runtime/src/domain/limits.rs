//! The limits of the ledger, in one table. A rejection or an error names each limit that a caller can exceed.

use std::time::Duration;

/// Maximum bytes of an owner's name, an idempotency key or the name of a subscriber.
pub const NAME_BYTES_MAX: usize = 255;
/// Maximum bytes of the name of a subscription of the application's own, whose id has at most 255.
pub const SUBSCRIPTION_NAME_BYTES_MAX: usize = 200;
/// Maximum subscriptions of the application's own that an owner has and that have not ended.
pub const OWN_SUBSCRIPTIONS_MAX: usize = 256;
/// Maximum bytes of a reason.
pub const REASON_BYTES_MAX: usize = 1_000;
/// Maximum bytes of one write's metadata, as JSON.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Maximum levels of lists and objects within metadata.
pub const METADATA_DEPTH_MAX: usize = 32;

/// Number of open grants above which a gift joins an open one with the same terms.
pub const OPEN_GRANTS_MERGE_ABOVE: usize = 64;
/// Maximum grants of purchases and subscriptions whose expired and revoked credits a wallet keeps until
/// fulfilment notes them: twice the awards of one commit.
pub const FORFEITED_GRANTS_MAX: usize = 128;
/// Maximum open grants of a wallet. A gift or transfer that would exceed it is rejected.
pub const OPEN_GRANTS_MAX: usize = 1_000;
/// Maximum open holds of a wallet.
pub const OPEN_HOLDS_MAX: usize = 1_000;
/// Default time after which the hold of a `.run(..)` lapses unless it is extended.
pub const HOLD_LIMIT: Duration = Duration::from_mins(15);
/// Default for the longest total time of a hold.
pub const HOLD_LIMIT_MAX: Duration = Duration::from_hours(24);

/// Longest leap of the clock, ahead of the time that passed, that is adopted without confirmation.
pub const CLOCK_LEAP_MAX: Duration = Duration::from_hours(30 * 24);
/// Longest distance of the clock from the last fact that is adopted without confirmation when a ledger is
/// opened.
pub const CLOCK_SILENCE_MAX: Duration = Duration::from_hours(400 * 24);

/// Maximum commands that wait for the writer.
pub const QUEUE_COMMANDS_MAX: usize = 65_536;
/// Maximum commands of one commit.
pub const BATCH_COMMANDS_MAX: usize = 4_096;
/// Maximum awards that one commit gives; the next commit gives more.
pub const AWARDS_MAX: usize = 64;
/// Maximum bytes of a stored billing event: an invoice of about 500 lines.
pub const EVENT_BYTES_MAX: usize = 65_536;
/// Maximum billing events that wait for the owner of one object.
pub const WAITING_EVENTS_MAX: usize = 1_000;
/// Time after which an unsolved entry is reported to handlers: most entries are solved earlier, by the next
/// events of the same change.
pub const UNSOLVED_REPORTED_AFTER: Duration = Duration::from_hours(1);
/// Interval at which fulfilment checks whether held credits that are to be taken back were released.
pub const HELD_ASKED_AFTER: Duration = Duration::from_mins(1);
/// Longest time in which a checkout can be paid, which is Stripe's maximum.
pub const OFFERED_MAX: Duration = Duration::from_hours(24);
/// Age, since their end and their award, at which periods and purchases are closed. Later events about them
/// are listed.
pub const CLOSED_AFTER: Duration = Duration::from_hours(400 * 24);
/// Minimum awards, or purchases and offers, that are closed together.
pub const CLOSED_TOGETHER_MIN: usize = 32;
/// Maximum awards, or purchases and offers, that are closed together.
pub const CLOSED_TOGETHER_MAX: usize = 1_024;
/// Maximum bytes of a closing.
pub const CLOSING_BYTES_MAX: usize = 256 * 1_024;
/// Maximum cumulative refund figures that are kept of a charge; the newest are kept.
pub const REFUND_FIGURES_MAX: usize = 32;
/// Maximum billing events that wait for their owners in total.
pub const WAITING_EVENTS_IN_ALL_MAX: u64 = 100_000;
/// Maximum namings of an object by its own events; beyond that, the oldest one that repeats the one before is
/// forgotten.
pub const NAMINGS_MAX: usize = 32;
/// Maximum bytes of a webhook's body.
pub const WEBHOOK_BYTES_MAX: usize = 1_024 * 1_024;
/// Default memory budget of a ledger, in approximate bytes.
pub const MEMORY_BYTES: usize = 256 * 1_024 * 1_024;
/// Facts of a wallet between two milestones of its history.
pub const MILESTONE_FACTS: u64 = 64;
/// Maximum bytes of a frame: the command's own (texts of 6 KiB, an allocation of 20 bytes for each open
/// grant), and the facts due before it (at most 330 bytes for each open grant and hold).
pub const FRAME_BYTES_MAX: usize = 1_024 * 1_024;
/// Maximum entries of one page of history.
pub const HISTORY_PAGE_MAX: usize = 1_000;
/// Maximum facts that one page of history scans; a page that reaches it ends early, with a cursor.
pub const HISTORY_SCAN_MAX: usize = 5_000;
/// Maximum owners of one page.
pub const OWNERS_PAGE_MAX: usize = 1_000;
/// Maximum items of one page of what is due.
pub const DUE_PAGE_MAX: usize = 1_000;
/// Maximum days of activity that one read returns.
pub const ACTIVITY_DAYS_MAX: u32 = 3_660;
