//! The terms of the declared catalogues, as far as this program knows them.

#[cfg(feature = "postgres")]
use std::sync::Mutex;
use std::sync::{Arc, PoisonError, RwLock};
#[cfg(feature = "postgres")]
use std::time::Duration;

#[cfg(feature = "postgres")]
use super::clock::{Clock as _, SystemClock};
use super::recovery::TermsByNumber;

/// How often the price lists of other programs are read, at most.
#[cfg(feature = "postgres")]
const TERMS_EVERY: Duration = Duration::from_secs(1);

/// The known terms by the numbers of their catalogues.
pub(super) struct KnownTerms {
    by_number: RwLock<Arc<TermsByNumber>>,
    /// When those of other programs were last read.
    #[cfg(feature = "postgres")]
    read_at: Mutex<Option<Duration>>,
}

impl KnownTerms {
    pub(super) fn of(terms: TermsByNumber) -> Self {
        Self {
            by_number: RwLock::new(Arc::new(terms)),
            #[cfg(feature = "postgres")]
            read_at: Mutex::default(),
        }
    }

    pub(super) fn all(&self) -> Arc<TermsByNumber> {
        Arc::clone(&self.by_number.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether those of other programs have not been read just now.
    #[cfg(feature = "postgres")]
    pub(super) fn may_be_read(&self) -> bool {
        let (now, mut at) =
            (SystemClock.monotonic(), self.read_at.lock().unwrap_or_else(PoisonError::into_inner));
        let may = at.is_none_or(|at| now.saturating_sub(at) >= TERMS_EVERY);
        if may {
            *at = Some(now);
        }
        may
    }

    /// Adds terms. Those that are known stay: the application's own keep what the ledger does not.
    #[cfg(feature = "postgres")]
    pub(super) fn put(&self, terms: TermsByNumber) {
        let mut known = self.by_number.write().unwrap_or_else(PoisonError::into_inner);
        let mut all = terms;
        all.extend(known.iter().map(|(number, terms)| (*number, Arc::clone(terms))));
        *known = Arc::new(all);
    }
}
