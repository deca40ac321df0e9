//! Every limit of the ledger, in one table. Where one is hit, a rejection or an error names it.

use std::time::Duration;

/// Bytes of an owner's name, an idempotency key or the name of a subscriber.
pub const NAME_BYTES_MAX: usize = 255;
/// Bytes of a reason.
pub const REASON_BYTES_MAX: usize = 1_000;
/// Bytes of one write's metadata, as JSON.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Levels of lists and objects within metadata.
pub const METADATA_DEPTH_MAX: usize = 32;

/// Open grants above which a gift joins an open one with the same terms.
pub const OPEN_GRANTS_MERGE_ABOVE: usize = 64;
/// Grants of purchases and subscriptions of which a wallet remembers what expired, until fulfilment takes note of it: twice
/// as many as one commit awards.
pub const GONE_GRANTS_MAX: usize = 128;
/// Open grants of a wallet; an application's gift over it is rejected.
pub const OPEN_GRANTS_MAX: usize = 1_000;
/// Open holds of a wallet.
pub const OPEN_HOLDS_MAX: usize = 1_000;
/// How long a hold around work stays open without being settled.
pub const HOLD_LIMIT: Duration = Duration::from_mins(15);
/// How long a hold may be open in all.
pub const HOLD_LIMIT_MAX: Duration = Duration::from_hours(24);

/// How far a clock may run ahead of the time that passed before it is not believed.
pub const CLOCK_LEAP_MAX: Duration = Duration::from_hours(30 * 24);
/// How far a clock may be ahead of the last fact of a ledger that is opened.
pub const CLOCK_SILENCE_MAX: Duration = Duration::from_hours(400 * 24);

/// Commands waiting for the writer.
pub const QUEUE_COMMANDS_MAX: usize = 65_536;
/// Commands of one commit.
pub const BATCH_COMMANDS_MAX: usize = 4_096;
/// Bytes of frames from which on a commit takes no more commands.
pub const BATCH_BYTES: usize = 512 * 1_024;
/// How long the writer waits for more commands than wait already, when more came lately.
pub const LINGER: Duration = Duration::from_micros(100);
/// From how many commands on, in a batch and waiting, it is committed while the next is decided: with so many clients some
/// ask again before it is durable. With fewer, waking a thread takes longer than that saves.
pub const AHEAD_COMMANDS: usize = 128;
/// Records of the agenda that one commit works off.
pub const AGENDA_RECORDS_MAX: usize = 256;
/// Awards that one commit gives; more are given by the next one.
pub const AWARDS_MAX: usize = 64;
/// Bytes of a billing event, as it is kept: an invoice of about 500 lines.
pub const EVENT_BYTES_MAX: usize = 65_536;
/// Billing events that wait for the owner of one object.
pub const WAITING_EVENTS_MAX: usize = 1_000;
/// How long something is unsolved before handlers are told: most of it is solved by the next events of the same change.
pub const UNSOLVED_TOLD_AFTER: Duration = Duration::from_hours(1);
/// After how long it is asked whether held credits that are to be taken back were released.
pub const HELD_ASKED_AFTER: Duration = Duration::from_mins(1);
/// How long a checkout can be paid; Stripe's longest.
pub const OFFERED_MAX: Duration = Duration::from_hours(24);
/// How long something is over, and was given before, when it is counted no more. What is told after that is listed.
pub const CLOSED_AFTER: Duration = Duration::from_hours(400 * 24);
/// Awards, or purchases and offers, that are closed together at least.
pub const CLOSED_TOGETHER_MIN: usize = 32;
/// And at most.
pub const CLOSED_TOGETHER_MAX: usize = 1_024;
/// Bytes of a closing.
pub const CLOSING_BYTES_MAX: usize = 256 * 1_024;
/// Cumulative figures that are kept of a charge's refunds, the newest.
pub const REFUND_FIGURES_MAX: usize = 32;
/// Billing events that wait for their owners in all.
pub const WAITING_EVENTS_IN_ALL_MAX: u64 = 100_000;
/// Namings of an object by its own events; of more, the oldest that repeat the one before are forgotten.
pub const NAMINGS_MAX: usize = 32;
/// Bytes of a webhook's body.
pub const WEBHOOK_BYTES_MAX: usize = 1_024 * 1_024;
/// Facts in which every row that lags behind the journal is written once; twice as many are replayed at most.
pub const CHECKPOINT_FACTS: usize = 524_288;
/// Rows of a checkpoint that are written together, so that most small commits write none.
pub const CHECKPOINT_ROWS_MIN: usize = 128;
/// Rows of a checkpoint that one commit writes when there is time.
pub const CHECKPOINT_ROWS_MAX: usize = 16_384;
/// Keys that are kept in memory before they are sealed into a segment; the frames of at most so many are read again
/// when the ledger is opened.
pub const RECENT_KEYS_MAX: usize = 32_768;
/// Segments of keys that are merged into one.
pub const SEGMENTS_MERGED: usize = 8;
/// Keys of segments that are merged together, so that most small commits merge none.
pub const KEYS_MERGED_MIN: usize = 2_048;
/// Rows of segments that are no more, which one commit removes.
pub const SEGMENT_ROWS_DROPPED: usize = 16;
/// Bytes that a ledger may take in memory, about, unless it is set.
pub const MEMORY_BYTES: usize = 256 * 1_024 * 1_024;
/// Facts of a wallet between two milestones of its history.
pub const MILESTONE_FACTS: u64 = 64;
/// Bytes of frames after which a block is sealed: redb rounds values over a page up to 2^k pages.
pub const BLOCK_BYTES_MAX: usize = 4_000;
/// Bytes of a frame: the command's own (texts of 6 KiB, an allocation of 20 bytes for each open grant), and what
/// was due before it (a fact of at most 330 bytes for each open grant and hold).
pub const FRAME_BYTES_MAX: usize = 1_024 * 1_024;
/// Refused spendings that wait for their handlers; older ones are forgotten.
pub const REFUSALS_MAX: usize = 1_024;
/// Entries of one page of history.
pub const HISTORY_PAGE_MAX: usize = 1_000;
/// Facts that one page of history looks at; it ends early and gives a cursor.
pub const HISTORY_SCAN_MAX: usize = 5_000;
