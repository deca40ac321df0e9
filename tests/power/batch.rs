//! Groups of commands as one batch, so that the states between commits are known. It does not know the
//! commands.

use credits_runtime::{HoldId, LedgerError};

use super::commands::{Answered, Command, Credits, Sent};
use super::gate::GatedClock;

/// Sends commands while the writer waits at the gate with a rejected one, so that they form one batch.
pub(crate) fn together<'a>(
    credits: &Credits,
    clock: &GatedClock,
    commands: impl IntoIterator<Item = &'a Command>,
) -> Vec<Result<Answered, LedgerError>> {
    let commits = credits.statistics().commits;
    clock.shut();
    let rejected = credits.wallet("nobody").release(HoldId::new(1));
    clock.until_somebody_waits();
    let sent: Vec<_> = commands.into_iter().map(|command| command.send(credits)).collect();
    clock.open();
    drop(rejected.wait());
    let answers = sent.into_iter().map(Sent::wait).collect();
    assert!(credits.statistics().commits <= commits + 1, "a group is one batch");
    answers
}
