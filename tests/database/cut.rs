//! Connections that are cut after any byte, in either direction: every write is found once, and none is left unknown.

use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::cluster::Cluster;
use super::name_of;
use crate::pricing::{Credits, Operation};

/// Bytes between two places of a cut, and the last place. A batch of one spend sends and receives fewer.
const STEP: usize = 97;
const LAST: usize = 6_000;

/// The bytes that may still pass before the connection is cut.
#[derive(Default)]
struct Budget {
    /// Bytes to the database, and from it; `usize::MAX` for no cut.
    left: [AtomicUsize; 2],
}

/// Takes connections on loopback and passes their bytes to a socket of the database, as far as the budget goes.
fn start_proxy(socket: String, budget: Arc<Budget>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = UnixStream::connect(&socket) else { continue };
            let (from_client, to_client) = (client.try_clone().unwrap(), client);
            let (from_server, to_server) = (server.try_clone().unwrap(), server);
            let budgets = [Arc::clone(&budget), Arc::clone(&budget)];
            let [sent, received] = budgets;
            let ends = (to_client.try_clone().unwrap(), to_server.try_clone().unwrap());
            let cut = move || {
                _ = ends.0.shutdown(Shutdown::Both);
                _ = ends.1.shutdown(Shutdown::Both);
            };
            let other_cut = {
                let ends: (TcpStream, UnixStream) =
                    (to_client.try_clone().unwrap(), to_server.try_clone().unwrap());
                move || {
                    _ = ends.0.shutdown(Shutdown::Both);
                    _ = ends.1.shutdown(Shutdown::Both);
                }
            };
            thread::spawn(move || pass(from_client, to_server, &sent.left[0], cut));
            thread::spawn(move || pass(from_server, to_client, &received.left[1], other_cut));
        }
    });
    port
}

fn pass(mut from: impl std::io::Read, mut to: impl std::io::Write, left: &AtomicUsize, cut: impl Fn()) {
    let mut buffer = [0; 4_096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let before = left.load(Ordering::SeqCst);
        let passes = count.min(before);
        if to.write_all(&buffer[..passes]).is_err() {
            break;
        }
        if before != usize::MAX {
            left.store(before - passes, Ordering::SeqCst);
            if before == passes {
                // The next connection is whole.
                left.store(usize::MAX, Ordering::SeqCst);
                break;
            }
        }
    }
    cut();
}

#[test]
fn a_connection_that_is_cut_after_any_byte_loses_nothing_and_doubles_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let budget = Arc::new(Budget { left: [AtomicUsize::new(usize::MAX), AtomicUsize::new(usize::MAX)] });
    let port = start_proxy(cluster.socket(), Arc::clone(&budget));
    let through = format!("postgres://credits@127.0.0.1:{port}/{}", name_of(&url));
    let credits = Credits::builder().migrate().lanes(1).connect(&through).unwrap();
    let ann = credits.wallet("ann");
    ann.give_credits(100_000).now().wait().unwrap();
    let mut spends = 0;
    for direction in 0..2 {
        for place in (1..LAST).step_by(STEP) {
            let before = cluster.count(&url, "SELECT sum(facts)::bigint FROM wallets");
            budget.left[direction].store(place, Ordering::SeqCst);
            let spent =
                ann.spend_credits_on(Operation::tick()).key(format!("{direction}/{place}")).now().wait();
            budget.left[direction].store(usize::MAX, Ordering::SeqCst);
            assert!(!spent.unwrap().replayed, "{direction}/{place}");
            let after = cluster.count(&url, "SELECT sum(facts)::bigint FROM wallets");
            assert_eq!(after, before + 1, "{direction}/{place}");
            spends += 1;
        }
    }
    assert_eq!(ann.credits().unwrap().get(), 100_000 - spends);
    credits.verify().unwrap();
}
