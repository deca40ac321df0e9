//! Positions of named subscribers, and which program tells each of them. One program at a time follows the lanes for a name;
//! another takes over when that one closes, or has not renewed its lease, such as after it was killed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::database::Database;
use super::names::to_long;
use super::position::LanePosition;
use super::statement::Statement;
use crate::engine::clock::{Clock as _, SystemClock};
use crate::engine::feed::Following;
use crate::error::LedgerError;

/// Time after the last renewal at which another program may follow for a name.
const HELD_FOR: Duration = Duration::from_secs(20);
/// A lease that ends sooner is renewed, so that an event may take this long.
const RENEWED_BEFORE: Duration = Duration::from_secs(15);

/// The lane of the row that says that a subscriber has begun: no facts have it.
const BEGUN: i32 = 0;

const CURSOR: &str = "SELECT lane, last FROM subscribers WHERE name = $1";

/// A position that another program began with is kept, whole.
const BEGIN: &str = "
    WITH begun AS (INSERT INTO subscribers (name, lane, last) VALUES ($1, 0, 0) ON CONFLICT DO NOTHING RETURNING 1)
    INSERT INTO subscribers (name, lane, last) SELECT $1, lane, last FROM unnest($2::int[], $3::bigint[]) AS told (lane, last)
    WHERE lane > 0 AND EXISTS (SELECT FROM begun)";

/// The events before a position were delivered by some program: none moves another one's back.
const ADVANCE: &str = "
    INSERT INTO subscribers AS s (name, lane, last) SELECT $1, lane, last FROM unnest($2::int[], $3::bigint[]) AS told (lane, last)
    ON CONFLICT (name, lane) DO UPDATE SET last = greatest(s.last, excluded.last)";

/// Whether another program follows. A lease that ends much later than one that is taken now is of a clock that was set back.
const FOLLOWED: &str = "
    SELECT 1 FROM following f, (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS clock (now)
    WHERE f.name = $1 AND f.holder <> $2 AND f.held_until > clock.now AND f.held_until <= clock.now + 2 * $3";

const FOLLOW: &str = "
    INSERT INTO following AS f (name, holder, held_until)
    VALUES ($1, $2, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + $3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
    WHERE f.holder = excluded.holder OR f.held_until <= excluded.held_until - $3 OR f.held_until > excluded.held_until + $3
    RETURNING 1";

const GIVE_UP: &str = "UPDATE following SET held_until = 0 WHERE holder = $1";

/// The subscribers that a program tells.
pub(super) struct Subscribers {
    database: Arc<Database>,
    told: Mutex<HashMap<String, Told>>,
    /// Held while positions are written.
    saving: Mutex<()>,
}

/// A subscriber that this program tells.
#[derive(Debug, Default)]
struct Told {
    /// The position that is not written yet.
    advanced: Option<LanePosition>,
    /// The reading of the monotonic clock until which this program follows for it; `None` if another one may.
    held_until: Option<Duration>,
}

impl Subscribers {
    pub(super) fn new(database: Arc<Database>) -> Self {
        Self { database, told: Mutex::default(), saving: Mutex::default() }
    }

    /// The position of a subscriber, if it has begun.
    pub(super) fn cursor(&self, name: &str) -> Result<Option<LanePosition>, LedgerError> {
        let mut lasts = self.database.positions(|| Statement::new(CURSOR).text(name))?;
        let has_begun = lasts.remove(&BEGUN).is_some();
        Ok(has_begun.then_some(LanePosition { lasts, is_own: false }))
    }

    /// Lets a subscriber begin at a position, unless another program lets it begin at the same time: returns where it begins.
    pub(super) fn begin(&self, name: &str, position: &LanePosition) -> Result<LanePosition, LedgerError> {
        self.write(BEGIN, name, position)?;
        Ok(self.cursor(name)?.unwrap_or_default())
    }

    /// Sets the position of a subscriber, to be written by [`save`](Self::save).
    pub(super) fn advance(&self, name: &str, next: &LanePosition) {
        self.told().entry(name.to_owned()).or_default().advanced = Some(next.clone());
    }

    /// Writes the positions of subscribers.
    pub(super) fn save(&self) -> Result<(), LedgerError> {
        let _saving = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let advanced: Vec<_> = self
            .told()
            .iter_mut()
            .filter_map(|(name, told)| Some((name.clone(), told.advanced.take()?)))
            .collect();
        let mut failed = None;
        for (name, position) in advanced {
            if failed.is_none() {
                failed = self.write(ADVANCE, &name, &position).err();
            }
            if failed.is_some() {
                // It may have advanced again meanwhile.
                self.told().entry(name).or_default().advanced.get_or_insert(position);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    fn write(&self, sql: &'static str, name: &str, position: &LanePosition) -> Result<(), LedgerError> {
        let lanes: Vec<i32> = std::iter::once(BEGUN).chain(position.lasts.keys().copied()).collect();
        let lasts: Vec<i64> =
            std::iter::once(0).chain(position.lasts.values().map(|last| to_long(*last))).collect();
        self.database.read(|| Statement::new(sql).text(name).integers(lanes.clone()).longs(lasts.clone()))?;
        Ok(())
    }

    /// Follows for a subscriber, unless another program does.
    pub(super) fn follow(&self, name: &str) -> Result<Following<LanePosition>, LedgerError> {
        let now = SystemClock.monotonic();
        let held_until = self.told().get(name).and_then(|told| told.held_until);
        let is_held = held_until.is_some_and(|until| now < until);
        if held_until.is_some_and(|until| now.saturating_add(RENEWED_BEFORE) < until) {
            return Ok(Following::Here);
        }
        if held_until.is_some() && !is_held {
            // The handler took longer than the lease, and another program may have taken over. Each has delivered its part.
            self.save()?;
        }
        let held_for = i64::try_from(HELD_FOR.as_micros()).unwrap_or(i64::MAX);
        let rows = |sql| {
            self.database.read(|| Statement::new(sql).text(name).bytes(self.database.holder).long(held_for))
        };
        // A look changes nothing, where an attempt to follow would lock the row.
        if !is_held && !rows(FOLLOWED)?.is_empty() {
            self.told().insert(name.to_owned(), Told::default());
            return Ok(Following::Elsewhere);
        }
        let followed = rows(FOLLOW).map(|rows| !rows.is_empty());
        let is_held = held_until.is_some_and(|until| SystemClock.monotonic() < until);
        match followed {
            Ok(true) => {
                let begun = if is_held {
                    Following::Here
                } else {
                    // It is read before the lease counts: without it the subscriber would begin where this program was.
                    self.save()?;
                    Following::Begun(self.cursor(name)?.unwrap_or_default())
                };
                self.told().entry(name.to_owned()).or_default().held_until =
                    Some(now.saturating_add(HELD_FOR));
                Ok(begun)
            }
            Ok(false) => {
                self.save()?;
                self.told().insert(name.to_owned(), Told::default());
                Ok(Following::Elsewhere)
            }
            // The lease that is left may still be renewed.
            Err(error) if !is_held => Err(error),
            Err(error) => {
                tracing::warn!(subscriber = name, %error, "the lease of a subscriber could not be renewed; it is tried again");
                Ok(Following::Here)
            }
        }
    }

    /// Writes what is not written yet, and lets other programs follow at once.
    pub(super) fn give_up(&self) {
        if let Err(error) = self.save() {
            tracing::warn!(%error, "the position of a subscriber could not be written; its last events come again");
            return;
        }
        let told = std::mem::take(&mut *self.told());
        if told.values().any(|told| told.held_until.is_some())
            && let Err(error) = self.database.read(|| Statement::new(GIVE_UP).bytes(self.database.holder))
        {
            tracing::debug!(%error, "other programs follow when the leases of the subscribers end");
        }
    }

    fn told(&self) -> MutexGuard<'_, HashMap<String, Told>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
