//! Leases of lanes: which program writes a lane. A program that lost its lane changes nothing more in it, because its epoch
//! is over.
//!
//! Its statements have no names: they run before a transaction has looked at whose session it is in.

use std::time::Duration;

use super::failure::DatabaseFailure;
use super::names::LANES;
use super::opening::FORMAT;
use super::session::Session;
use super::statement::Statement;
use crate::error::{LedgerError, LedgerErrorKind};

/// Time after the last batch at which another program may take the lane.
pub(super) const HELD_FOR: Duration = Duration::from_mins(1);

/// A lane that this program writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    pub(super) lane: i32,
    pub(super) epoch: i64,
}

/// Microseconds since 1970, by the database's clock.
const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

const TAKE: &str = "
    UPDATE lanes SET epoch = epoch + 1, holder = $1, held_until = $2 + $3, format = $4
    WHERE lane = (SELECT lane FROM lanes WHERE held_until < $2 ORDER BY lane LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING lane, epoch";

const ADD: &str = r"
    INSERT INTO lanes (lane, epoch, holder, held_until, format, batches, facts, last, at, head)
    SELECT coalesce(max(lane), 0) + 1, 1, $1, $2 + $3, $4, 0, 0, 0, 0, '\x' FROM lanes WHERE lane < $5 HAVING coalesce(max(lane), 0) < $5 - 1
    ON CONFLICT DO NOTHING RETURNING lane, epoch";

const GIVE_UP: &str = "UPDATE lanes SET held_until = 0 WHERE lane = $1 AND epoch = $2";

/// Attempts to add a lane beside other programs that do.
const ATTEMPTS: usize = 100;

impl Lease {
    /// Takes a lane that no program holds, or adds one.
    pub(super) async fn take(session: &Session, holder: [u8; 16]) -> Result<Self, DatabaseFailure> {
        let held_for = i64::try_from(HELD_FOR.as_micros()).unwrap_or(i64::MAX);
        for _ in 0..ATTEMPTS {
            let now = now(session).await?;
            let held = |sql| Statement::unnamed(sql).bytes(holder).long(now).long(held_for).integer(FORMAT);
            let mut rows = session.run(held(TAKE)).await?;
            if rows.is_empty() {
                let most = i32::try_from(LANES).unwrap_or(i32::MAX);
                rows = session.run(held(ADD).integer(most)).await?;
            }
            if let Some(row) = rows.first() {
                return Ok(Self { lane: row.try_get(0)?, epoch: row.try_get(1)? });
            }
        }
        let message = format!(
            "all {} lanes of the ledger are held: open it in fewer programs, or with fewer lanes each",
            LANES.saturating_sub(1)
        );
        Err(LedgerError::new(LedgerErrorKind::Locked, message).into())
    }

    /// Lets another program take the lane at once.
    pub(super) async fn give_up(self, session: &Session) -> Result<(), DatabaseFailure> {
        session.run(Statement::unnamed(GIVE_UP).integer(self.lane).long(self.epoch)).await.map(drop)
    }
}

/// The database's time.
pub(super) async fn now(session: &Session) -> Result<i64, DatabaseFailure> {
    let rows = session.run(Statement::unnamed(NOW)).await?;
    let missing = || DatabaseFailure::from(LedgerError::damaged("the database has no time"));
    Ok(rows.first().ok_or_else(missing)?.try_get(0)?)
}
