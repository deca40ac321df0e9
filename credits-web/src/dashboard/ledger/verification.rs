//! Work that takes as long as the ledger: the one verification and its last result, and permits for
//! downloads and comparisons.
//!
//! It does not know what a verification does.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use credits_runtime::{Timestamp, Verified, VerifyProgress};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::LONG_REQUESTS_MAX;
use crate::refusal::Refusal;

/// The long work of a dashboard.
pub(in crate::dashboard) struct LongWork {
    verification: Mutex<Verification>,
    permits: Arc<Semaphore>,
}

impl Default for LongWork {
    fn default() -> Self {
        let permits = Arc::new(Semaphore::new(LONG_REQUESTS_MAX));
        Self { verification: Mutex::default(), permits }
    }
}

/// The verification of the ledger. Only one runs at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verification {
    /// When the running one was started.
    pub(super) running_since: Option<Timestamp>,
    /// How far the running one is.
    pub(super) progress: Option<VerifyProgress>,
    /// The last one that ended.
    pub(super) last: Option<Ended>,
}

/// A verification that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    /// The counts, or the first contradiction.
    pub(super) result: Result<Verified, String>,
}

impl LongWork {
    pub(super) fn verification(&self) -> Verification {
        self.locked().clone()
    }

    /// Starts a verification, unless one runs.
    pub(super) fn start(&self, now: Timestamp) -> bool {
        let mut verification = self.locked();
        if verification.running_since.is_some() {
            return false;
        }
        verification.running_since = Some(now);
        verification.progress = None;
        true
    }

    /// Notes how far the running verification is.
    pub(super) fn progress(&self, progress: VerifyProgress) {
        self.locked().progress = Some(progress);
    }

    /// Ends the running verification.
    pub(super) fn end(&self, now: Timestamp, result: Result<Verified, String>) {
        let mut verification = self.locked();
        let since = verification.running_since.take().unwrap_or(now);
        verification.last = Some(Ended { since, until: now, result });
    }

    /// The permit of a request that reads the whole ledger: it is held until the read ends, also if the visitor has gone.
    pub(in crate::dashboard) fn permit(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            let detail = format!(
                "{LONG_REQUESTS_MAX} requests read the whole ledger, the most at one time: try again later"
            );
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
        })
    }

    /// The state is whole between any two of its changes.
    fn locked(&self) -> MutexGuard<'_, Verification> {
        self.verification.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_verification_runs_at_one_time() {
        let (work, at) = (LongWork::default(), |time: &str| time.parse::<Timestamp>().unwrap());
        let (start, end) = (at("2026-11-27T10:00:00Z"), at("2026-11-27T10:00:40Z"));
        assert_eq!(work.verification(), Verification::default());
        assert!(work.start(start));
        assert!(!work.start(end));
        assert_eq!(work.verification().running_since, Some(start));
        work.end(end, Err("fact 7 is not as it was".to_owned()));
        let ended = work.verification();
        assert_eq!(ended.running_since, None);
        assert_eq!(ended.last.map(|last| (last.since, last.until)), Some((start, end)));
        assert!(work.start(end));
    }

    #[test]
    fn long_requests_beyond_the_limit_are_refused() {
        let work = LongWork::default();
        let mut permits: Vec<_> = (0..LONG_REQUESTS_MAX).map(|_| work.permit().unwrap()).collect();
        assert_eq!(work.permit().unwrap_err().status(), StatusCode::SERVICE_UNAVAILABLE);
        permits.pop();
        assert!(work.permit().is_ok());
    }
}
