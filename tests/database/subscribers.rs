//! Subscribers of one name in several programs: one of them is told at a time, and no event is lost when another takes over.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use credits_runtime::events::Event;

use super::cluster::Cluster;
use super::connect;
use crate::pricing::Credits;

/// Time after which what did not happen will not.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time in which an event that is told again would be.
const SHORT: Duration = Duration::from_secs(2);

/// What a program was told: its place, the owner and the number of a gift.
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

/// Waits for this many events, and a moment longer: returns the programs that were told, if each event was told once and
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

/// The lease of a program that was taken for dead is over: it goes on until it looks again, but moves the subscriber no more.
#[test]
fn a_program_that_comes_back_moves_no_subscriber_that_another_one_took() {
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.database();
    let programs = [connect(&url), connect(&url)];
    let (sender, told) = channel();
    follow(&programs[0], 0, &sender);
    give(&programs, 20);
    assert_eq!(told_once(&told, 20, &mut BTreeMap::new()), [0]);
    let first = cluster.text(&url, "SELECT encode(holder, 'hex') FROM following");
    follow(&programs[1], 1, &sender);
    super::orders::wait_until(|| {
        // It may have renewed its lease meanwhile.
        cluster.run(&url, &format!("UPDATE following SET held_until = 0 WHERE holder = '\\x{first}'"));
        cluster.text(&url, "SELECT encode(holder, 'hex') FROM following") != first
    });
    // It begins where the first one was.
    give(&programs, 20);
    let mut numbers = [Vec::new(), Vec::new()];
    while numbers[1].len() < 20 {
        let (place, owner, number) = told.recv_timeout(PATIENCE).unwrap();
        numbers[place].push((owner, number));
    }
    assert!(numbers[0].len() <= 20, "the first program was told of {} events", numbers[0].len());
    let position = "SELECT sum(last)::bigint FROM subscribers WHERE name = 'mail'";
    let reached =
        || cluster.count(&url, position) == cluster.count(&url, "SELECT sum(last)::bigint FROM lanes");
    super::orders::wait_until(reached);
    // The first program finds that it lost the subscriber when it renews its lease, and is told no more.
    let holders = "SELECT count(*) FROM following WHERE held_until > 0";
    assert_eq!(cluster.count(&url, holders), 1);
    for credits in &programs {
        credits.close().unwrap();
    }
    assert!(reached(), "the subscriber was moved back");
    let again = connect(&url);
    follow(&again, 2, &sender);
    give(std::slice::from_ref(&again), 1);
    let news: Vec<_> = std::iter::from_fn(|| told.recv_timeout(SHORT).ok()).collect();
    assert_eq!(news.iter().filter(|(place, ..)| *place == 2).count(), 1, "{news:?}");
}
