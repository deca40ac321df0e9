//! Subscribers of one name in several programs: one of them receives events at a time, and no event is lost when another takes over.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use credits_runtime::events::Event;

use super::cluster::Cluster;
use super::connect;
use crate::pricing::Credits;

/// Time after which what did not happen will not.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time in which a repeated event would come.
const SHORT: Duration = Duration::from_secs(2);

/// An event that a program received: its place, the owner and the number of a gift.
type Told = (usize, String, u64);

fn follow(credits: &Credits, place: usize, sender: &Sender<Told>) {
    let sender = sender.clone();
    let deliver = move |event: &Event| match event {
        Event::CreditsAdded(added) => sender.send((place, added.owner.to_string(), added.entry.number.get())),
        _ => Ok(()),
    };
    credits.subscriber("mail").from_the_beginning().start(deliver).unwrap();
}

fn give(programs: &[Credits], gifts: usize) {
    for number in 0..gifts {
        let credits = &programs[number % programs.len()];
        credits.wallet(format!("ann{}", number % 4)).give_credits(1).now().wait().unwrap();
    }
}

/// Waits for this many events, and a moment longer: returns the programs that received events, if each event came once and
/// each wallet's in order.
fn told_once(told: &Receiver<Told>, events: usize, last: &mut BTreeMap<String, u64>) -> Vec<usize> {
    let mut places = Vec::new();
    for _ in 0..events {
        let (place, owner, number) = told.recv_timeout(PATIENCE).unwrap();
        let before = last.insert(owner.clone(), number);
        assert!(before.is_none_or(|before| before < number), "{owner}: {number} was told after {before:?}");
        places.push(place);
    }
    assert_eq!(told.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    places.dedup();
    places
}

#[test]
fn one_program_at_a_time_is_told_and_another_goes_on_when_it_closes() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let mut programs: Vec<Credits> = (0..3).map(|_| connect(&url)).collect();
    let (sender, told) = channel();
    for (place, credits) in programs.iter().enumerate() {
        follow(credits, place, &sender);
    }
    let (mut last, mut places) = (BTreeMap::new(), vec![0, 1, 2]);
    for _ in 0..2 {
        give(&programs, 60);
        let by = told_once(&told, 60, &mut last);
        assert_eq!(by.len(), 1, "{by:?} were told");
        let place = places.iter().position(|place| *place == by[0]).expect("a closed program was told");
        places.remove(place);
        programs.remove(place).close().unwrap();
    }
    give(&programs, 20);
    assert_eq!(told_once(&told, 20, &mut last), places);
    programs[0].close().unwrap();
    let last_program = [connect(&url)];
    follow(&last_program[0], 3, &sender);
    give(&last_program, 8);
    assert_eq!(told_once(&told, 8, &mut last), [3]);
}

/// A program is in the middle of an event when its lease ends, and comes back when another one has received everything.
#[test]
fn a_program_that_comes_back_is_told_no_more_and_moves_no_subscriber_back() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let programs = [connect(&url), connect(&url)];
    let (begun, has_begun) = channel();
    let (end, ends) = channel::<()>();
    let slow = move |event: &Event| {
        if let Event::CreditsAdded(added) = event {
            begun.send(added.entry.number.get()).unwrap();
            _ = ends.recv_timeout(PATIENCE);
        }
        Ok::<_, std::io::Error>(())
    };
    programs[0].subscriber("mail").from_the_beginning().start(slow).unwrap();
    let gifts: Vec<_> =
        (0..5).map(|_| programs[0].wallet("ann").give_credits(1).now().wait().unwrap()).collect();
    let numbers: Vec<_> = gifts.iter().map(|gift| gift.entry.number.get()).collect();
    assert_eq!(has_begun.recv_timeout(PATIENCE).unwrap(), numbers[0]);

    let (sender, told) = channel();
    follow(&programs[1], 1, &sender);
    let first = cluster.text(&url, "SELECT encode(holder, 'hex') FROM following");
    cluster.run(&url, "UPDATE following SET held_until = 0");
    super::orders::wait_until(|| cluster.text(&url, "SELECT encode(holder, 'hex') FROM following") != first);
    // No event was handled to its end, so that the other program receives all.
    let of_other: Vec<_> = (0..5).map(|_| told.recv_timeout(PATIENCE).unwrap().2).collect();
    assert_eq!(of_other, numbers);
    let position = "SELECT sum(last)::bigint FROM subscribers WHERE name = 'mail'";
    let reached =
        || cluster.count(&url, position) == cluster.count(&url, "SELECT sum(last)::bigint FROM lanes");
    super::orders::wait_until(reached);
    // By now the first program would renew its lease before another event.
    std::thread::park_timeout(Duration::from_secs(6));
    end.send(()).unwrap();
    assert_eq!(has_begun.recv_timeout(SHORT), Err(RecvTimeoutError::Timeout));
    assert!(reached(), "the subscriber was moved back");
    for credits in &programs {
        credits.close().unwrap();
    }
    assert!(reached(), "the subscriber was moved back by a close");
    let again = connect(&url);
    follow(&again, 2, &sender);
    let next = again.wallet("ann").give_credits(1).now().wait().unwrap().entry.number.get();
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), (2, "ann".to_owned(), next));
}

/// The database's clock was set back: the lease ends later than any that is taken now, and so holds nothing.
#[test]
fn a_lease_of_a_later_time_is_taken() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let credits = connect(&url);
    cluster.run(&url, "INSERT INTO following VALUES ('mail', '\\x00', 9e18)");
    let (sender, told) = channel();
    follow(&credits, 0, &sender);
    give(std::slice::from_ref(&credits), 1);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().0, 0);
}

/// The position cannot be read when another program takes over: it does not begin where it was itself.
#[test]
fn a_takeover_whose_position_cannot_be_read_repeats_nothing() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let [one, other] = [connect(&url), connect(&url)];
    let (sender, told) = channel();
    follow(&one, 0, &sender);
    give(std::slice::from_ref(&one), 1);
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().0, 0);
    follow(&other, 1, &sender);
    give(std::slice::from_ref(&one), 5);
    let mut last = BTreeMap::new();
    assert_eq!(told_once(&told, 5, &mut last), [0]);
    let position = "SELECT sum(last)::bigint FROM subscribers WHERE name = 'mail'";
    let lasts = "SELECT sum(last)::bigint FROM lanes";
    super::orders::wait_until(|| cluster.count(&url, position) == cluster.count(&url, lasts));
    let first = cluster.text(&url, "SELECT encode(holder, 'hex') FROM following");
    cluster.run(&url, "ALTER TABLE subscribers RENAME TO hidden");
    one.close().unwrap();
    super::orders::wait_until(|| cluster.text(&url, "SELECT encode(holder, 'hex') FROM following") != first);
    std::thread::park_timeout(SHORT);
    cluster.run(&url, "ALTER TABLE hidden RENAME TO subscribers");
    give(std::slice::from_ref(&other), 1);
    assert_eq!(told_once(&told, 1, &mut last), [1]);
}
