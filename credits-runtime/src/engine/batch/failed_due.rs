//! Due work that failed: its records, each with the instant of its next attempt. Until then other due work passes
//! them.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::engine::rows::Scheduled;

/// Records from which on all due work pauses.
const RECORDS_MAX: usize = 4_096;
/// The first and the longest pause between two attempts.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);

/// Records whose due work failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailedDue {
    paused: BTreeMap<Scheduled, Retry>,
    /// The last pauses of the records that are attempted now.
    attempted: BTreeMap<Scheduled, Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Retry {
    at: Timestamp,
    pause: Duration,
}

impl FailedDue {
    /// Begins attempts at the records whose pause is over.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        let Self { paused, attempted } = self;
        for (record, retry) in paused.extract_if(.., |_, retry| retry.at <= now) {
            attempted.insert(record, retry.pause);
        }
    }

    /// Ends the attempts: records that were not added again succeeded, or have no due work any more.
    pub(crate) fn finish(&mut self) {
        self.attempted.clear();
    }

    /// Adds a record whose due work failed. Each failure in a row doubles the pause, up to a minute.
    pub(crate) fn add(&mut self, record: Scheduled, now: Timestamp) {
        let last = self.attempted.remove(&record);
        let pause = last.map_or(PAUSE_FIRST, |last| last.saturating_mul(2).min(PAUSE_MAX));
        self.paused.insert(record, Retry { at: now.after(pause), pause });
    }

    /// Whether a record is passed over.
    pub(crate) fn has(&self, record: &Scheduled) -> bool {
        self.paused.contains_key(record)
    }

    pub(crate) fn len(&self) -> usize {
        self.paused.len()
    }

    /// Whether all due work has to pause, because no more records can be passed over.
    pub(crate) fn is_full(&self) -> bool {
        self.paused.len() >= RECORDS_MAX
    }

    /// The instant of the next attempt.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.paused.values().map(|retry| retry.at).min()
    }

    /// Ends all pauses.
    pub(crate) fn retry_now(&mut self) {
        self.paused.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Owner;

    #[test]
    fn each_failure_in_a_row_doubles_the_pause_up_to_a_minute() {
        let record = Scheduled::Billing(Owner::new("ann").unwrap());
        let (mut failed, mut now, mut pauses) = (FailedDue::default(), Timestamp::MIN, Vec::new());
        for _ in 0..8 {
            failed.begin(now);
            assert!(!failed.has(&record));
            failed.add(record.clone(), now);
            assert!(failed.has(&record));
            let next = failed.next_at().unwrap();
            pauses.push(next.since(now).as_secs());
            now = next;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        // An attempt that succeeds ends the row.
        failed.begin(now);
        failed.finish();
        failed.add(record, now);
        assert_eq!(failed.next_at().unwrap().since(now).as_secs(), 1);
    }
}
