//! Deliveries of events, and disorder among them: repeated, late, or in another order.
//!
//! They do not know the contents of an event.

use std::time::Duration;

use crate::domain::fingerprint::sha256;
use crate::domain::time::Timestamp;
use crate::stripe::sign;

/// An event to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it arrives.
    pub at: Timestamp,
    /// The event, in JSON.
    pub body: String,
}

impl Delivery {
    /// The value of its `Stripe-Signature` header, signed at this instant.
    pub fn signature(&self, secret: &str, at: Timestamp) -> String {
        sign(secret, self.body.as_bytes(), at)
    }
}

/// The disorder of deliveries, determined by a seed.
#[derive(Clone, Copy, Debug)]
pub struct Disorder {
    seed: u64,
    late_max: Duration,
}

impl Disorder {
    /// The disorder of this seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, late_max: Duration::from_hours(72) }
    }

    /// Sets the longest delay of an event; three days unless set, the time for which Stripe retries.
    #[must_use]
    pub fn late_at_most(mut self, time: Duration) -> Self {
        self.late_max = time;
        self
    }

    /// The deliveries in their order of arrival: half of all events in time, the others late, a quarter
    /// twice.
    pub fn of(self, deliveries: &[Delivery]) -> Vec<Delivery> {
        let mut arriving = Vec::new();
        for (delivery, number) in deliveries.iter().zip(0_u64..) {
            let drawn = self.draw(number);
            let lateness = |draw: u64| {
                let share = u128::from(draw % 1_000_000) * self.late_max.as_micros() / 1_000_000;
                Duration::from_micros(u64::try_from(share).unwrap_or(u64::MAX))
            };
            let late = if drawn[0].is_multiple_of(2) { Duration::ZERO } else { lateness(drawn[1]) };
            arriving.push((delivery.at.after(late), drawn[2], delivery));
            if drawn[2].is_multiple_of(4) {
                arriving.push((delivery.at.after(late + lateness(drawn[3])), drawn[3], delivery));
            }
        }
        arriving.sort_by_key(|(at, drawn, _)| (*at, *drawn));
        let deliver = |(at, _, delivery): (Timestamp, u64, &Delivery)| Delivery { at, ..delivery.clone() };
        arriving.into_iter().map(deliver).collect()
    }

    /// Every event exactly once, in an order that does not depend on its time, all at this instant.
    pub fn shuffled(self, deliveries: &[Delivery], at: Timestamp) -> Vec<Delivery> {
        let mut drawn: Vec<_> =
            deliveries.iter().zip(0..).map(|(it, number)| (self.draw(number)[0], it)).collect();
        drawn.sort_by_key(|(drawn, _)| *drawn);
        drawn.into_iter().map(|(_, delivery)| Delivery { at, ..delivery.clone() }).collect()
    }

    fn draw(self, number: u64) -> [u64; 4] {
        let hash = sha256(&[self.seed.to_be_bytes(), number.to_be_bytes()].concat());
        let mut words = hash.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_be_bytes));
        [(); 4].map(|()| words.next().unwrap_or_default())
    }
}
