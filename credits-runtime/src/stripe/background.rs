//! Background threads: blocking requests are made on them, so that an executor's threads never wait for
//! Stripe. Up to [`THREADS_MAX`] threads start when there is work and end when there is none.
//!
//! It does not know the kind of work.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The maximum number of threads of one connection.
pub(super) const THREADS_MAX: usize = 4;
/// The maximum number of pieces of work that wait for a thread of one connection.
pub(super) const WAITING_MAX: usize = 1_024;

type Work = Box<dyn FnOnce() + Send>;

/// A pool of threads that live while there is work.
#[derive(Clone, Default)]
pub(super) struct Background(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Work>,
    threads: usize,
}

/// Reason why work was not accepted.
#[derive(Debug)]
pub(super) enum NotTaken {
    /// [`WAITING_MAX`] pieces wait already.
    Full,
    /// The operating system could not start a thread.
    NoThread(io::Error),
}

impl std::fmt::Debug for Background {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Background").finish_non_exhaustive()
    }
}

impl Background {
    /// Runs work on a background thread. The receiver gets the result, or is closed if the work panics. Work
    /// is skipped if its receiver is dropped before it starts.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, NotTaken> {
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            if !sender.is_closed() {
                drop(sender.send(work()));
            }
        };
        let mut state = self.lock();
        if state.waiting.len() >= WAITING_MAX {
            return Err(NotTaken::Full);
        }
        state.waiting.push_back(Box::new(work));
        if state.threads < THREADS_MAX {
            let threads = self.clone();
            let builder = std::thread::Builder::new().name("credits-stripe".to_owned());
            match builder.spawn(move || threads.work()) {
                Ok(_) => state.threads += 1,
                // A running thread takes this work too.
                Err(_) if state.threads > 0 => {}
                Err(error) => {
                    state.waiting.pop_back();
                    return Err(NotTaken::NoThread(error));
                }
            }
        }
        Ok(receiver)
    }

    /// Runs waiting work until none is left.
    fn work(&self) {
        while let Some(work) = self.next() {
            // The application's transport may panic; the next piece of work has another caller.
            drop(catch_unwind(AssertUnwindSafe(work)));
        }
    }

    fn next(&self) -> Option<Work> {
        let mut state = self.lock();
        let work = state.waiting.pop_front();
        if work.is_none() {
            state.threads -= 1;
        }
        work
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn results_arrive_and_a_panic_harms_no_other_work() {
        let background = Background::default();
        let panics = background.run(|| panic!("the transport's own")).unwrap();
        let works = background.run(|| 7).unwrap();
        assert!(panics.recv().is_err());
        assert_eq!(works.recv(), Ok(7));
    }

    #[test]
    fn a_few_run_at_once_and_a_limited_number_waits() {
        let background = Background::default();
        let (started, starts) = channel();
        let all_run = Arc::new(Barrier::new(THREADS_MAX + 1));
        let running: Vec<_> = (0..THREADS_MAX)
            .map(|number| {
                let (started, all_run) = (started.clone(), Arc::clone(&all_run));
                let work = move || {
                    started.send(number).unwrap();
                    all_run.wait();
                };
                background.run(work).unwrap()
            })
            .collect();
        for _ in 0..THREADS_MAX {
            starts.recv().unwrap();
        }
        // Every thread is busy, so this work does not begin.
        let (dropped, kept) = (background.run(|| panic!("nobody waits for it")).unwrap(), WAITING_MAX - 1);
        drop(dropped);
        let waiting: Vec<_> = (0..kept).map(|number| background.run(move || number).unwrap()).collect();
        assert!(matches!(background.run(|| 0), Err(NotTaken::Full)));
        assert_eq!(background.lock().threads, THREADS_MAX);
        all_run.wait();
        for work in running {
            work.recv().unwrap();
        }
        for (number, work) in waiting.into_iter().enumerate() {
            assert_eq!(work.recv(), Ok(number));
        }
    }
}
