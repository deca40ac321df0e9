//! A ledger of the shop whose last fact is in the year 2100: the ledger's time stands there, whatever the clock says, so that
//! every output is the same in every run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use credits_runtime::Timestamp;
use credits_runtime::testing::ManualClock;
use tempfile::TempDir;

use crate::pricing::{Credits, Operation, PrintImageQuality};

/// The ledger of a shop, in a folder of its own.
pub struct Shop {
    folder: TempDir,
    ledger: PathBuf,
}

/// The last instant.
pub fn now() -> Timestamp {
    "2100-01-10T12:00:00Z".parse().unwrap()
}

impl Shop {
    /// A shop with a few owners.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("shop.redb");
        let clock = ManualClock::at(now().before(Duration::from_hours(24 * 3)));
        let credits = Credits::builder().clock(clock.clone()).open(&ledger).unwrap();
        fill(&credits, &clock);
        credits.close().unwrap();
        Self { folder, ledger }
    }

    pub fn ledger(&self) -> &Path {
        &self.ledger
    }

    /// The path of a file beside the ledger.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn fill(credits: &Credits, clock: &ManualClock) {
    let (ada, ben) = (credits.wallet("user:ada"), credits.wallet("user:ben"));
    let month = Duration::from_hours(24 * 30);
    ada.give_credits(300).reason("signup").paid().key("welcome").now().wait().unwrap();
    ben.give_credits(60).reason("signup").promotional().expires_in(month).now().wait().unwrap();
    clock.advance(Duration::from_hours(24));
    let hd = || Operation::print_image(PrintImageQuality::Hd);
    ben.spend_credits_on(hd()).key("job-1").now().wait().unwrap();
    clock.advance(Duration::from_hours(24));
    let video = Operation::print_video(Duration::from_millis(3_650));
    ada.spend_credits_on(video).key("video-1").now().wait().unwrap();
    ada.transfer_to(&ben, 10).key("thanks").now().wait().unwrap();
    clock.advance(Duration::from_hours(24));
    ada.spend_credits_on(hd()).hold(Duration::from_hours(2)).wait().unwrap().into_id();
}
