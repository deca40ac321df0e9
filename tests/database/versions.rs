//! Two versions of a program on one ledger: the newer one writes its format once no lane is an older one's, which then writes
//! nothing beside facts that it does not read. The newer version is this program; what an older or a later one leaves in the tables is set by hand.

use credits_runtime::{Error, LedgerErrorKind};

use super::cluster::Cluster;
use super::connect;
use crate::pricing::{Credits, Operation};

const FORMAT: &str = "SELECT format::bigint FROM ledger";

#[test]
fn a_newer_format_is_written_once_no_older_program_holds_a_lane() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    connect(&url).wallet("ann").give_credits(10).now().wait().unwrap();
    let newest = cluster.count(&url, FORMAT);
    // A program of an older version made the tables, and holds a lane: this one reads, and waits for its end.
    cluster.run(
        &url,
        "UPDATE ledger SET format = 0; UPDATE lanes SET format = 0, held_until = 9e18 WHERE lane = 1",
    );
    let refused = |opened: Result<Credits, Error>| match opened {
        Err(Error::Ledger(error)) => {
            assert_eq!(error.kind(), LedgerErrorKind::NewerVersion);
            assert!(error.to_string().contains("close the programs of the older version"), "{error}");
        }
        other => panic!("{other:?}"),
    };
    refused(Credits::connect(&url));
    refused(Credits::builder().migrate().connect(&url));
    assert_eq!(Credits::connect_read_only(&url).unwrap().wallet("ann").credits().unwrap(), 10);
    // It closes. Opening alone raises no format; making the tables does.
    cluster.run(&url, "UPDATE lanes SET held_until = 0 WHERE lane = 1");
    refused(Credits::connect(&url));
    assert_eq!(cluster.count(&url, FORMAT), 0);
    credits_runtime::Credits::make_tables(&url).unwrap();
    assert_eq!(cluster.count(&url, FORMAT), newest);
    let credits = Credits::connect(&url).unwrap();
    credits.wallet("ann").give_credits(10).now().wait().unwrap();
    credits.verify().unwrap();
}

#[test]
fn a_program_writes_nothing_beside_facts_that_it_does_not_read() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = Credits::builder().migrate().lanes(1).connect(&url).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(10).now().wait().unwrap();
    cluster.run(&url, "UPDATE ledger SET format = format + 1");
    let opened: [Result<Credits, Error>; 3] = [
        Credits::connect(&url),
        Credits::builder().migrate().connect(&url),
        Credits::connect_read_only(&url),
    ];
    for refused in opened {
        let Err(Error::Ledger(error)) = refused else { panic!("it was opened") };
        assert_eq!(error.kind(), LedgerErrorKind::NewerVersion);
        assert!(error.to_string().contains("may have format 2, and this program reads format 1"), "{error}");
    }
    for _ in 0..2 {
        let Err(Error::Ledger(refused)) = ann.spend_credits_on(Operation::tick()).key("one").now().wait()
        else {
            panic!("it was written")
        };
        assert_eq!(refused.kind(), LedgerErrorKind::NotDone);
        assert!(refused.to_string().contains("may have format 2"), "{refused}");
    }
    assert_eq!(ann.credits().unwrap(), 10);
    cluster.run(&url, "UPDATE ledger SET format = format - 1");
    assert!(!ann.spend_credits_on(Operation::tick()).key("one").now().wait().unwrap().replayed);
    credits.verify().unwrap();
}
