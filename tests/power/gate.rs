//! A clock that stops the writer while a group of commands is sent, so that they form one batch. It does not
//! know the commands.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use credits_runtime::testing::ManualClock;
use credits_runtime::{Clock, Timestamp};

/// Timeout of a wait for a caller at the gate. It comes at once or never.
const PATIENCE: Duration = Duration::from_mins(1);

/// A manual clock with a gate. Clones share one clock.
#[derive(Clone, Debug)]
pub(crate) struct GatedClock {
    clock: ManualClock,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Open,
    /// The next read of the time waits.
    Shut,
    /// A read of the time waits.
    Waiting,
}

impl GatedClock {
    pub(crate) fn at(instant: Timestamp) -> Self {
        Self { clock: ManualClock::at(instant), gate: Arc::new((Mutex::new(Gate::Open), Condvar::new())) }
    }

    pub(crate) fn set(&self, instant: Timestamp) {
        self.clock.set(instant);
    }

    /// Shuts the gate: the next read of the time waits until it is opened.
    pub(crate) fn shut(&self) {
        self.turn(Gate::Shut);
    }

    /// Returns once a read of the time waits.
    pub(crate) fn until_somebody_waits(&self) {
        let (gate, turned) = &*self.gate;
        let nobody = |gate: &mut Gate| *gate != Gate::Waiting;
        let waited = turned.wait_timeout_while(gate.lock().unwrap(), PATIENCE, nobody).unwrap();
        assert!(!waited.1.timed_out(), "nobody asks for the time");
    }

    pub(crate) fn open(&self) {
        self.turn(Gate::Open);
    }

    fn turn(&self, to: Gate) {
        let (gate, turned) = &*self.gate;
        *gate.lock().unwrap() = to;
        turned.notify_all();
    }
}

impl Clock for GatedClock {
    fn now(&self) -> Timestamp {
        let (gate, turned) = &*self.gate;
        let mut state = gate.lock().unwrap();
        if *state == Gate::Shut {
            *state = Gate::Waiting;
            turned.notify_all();
        }
        drop(turned.wait_while(state, |state| *state == Gate::Waiting).unwrap());
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    fn is_ticking(&self) -> bool {
        false
    }
}
