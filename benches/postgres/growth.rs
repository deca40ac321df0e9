//! The cost of a spend as the ledger grows, against one in a ledger that has few.

use super::options::Options;
use super::part::{Load, Part};
use super::subject::{Subject, System};

/// Turns of each comparison.
const TURNS: usize = 3;
/// Clients while the ledger is filled.
const FILLING: usize = 4_096;

/// The cost of a spend relative to one in a small ledger, after a number of spends.
#[derive(Clone, Debug)]
pub struct Growth {
    pub spends: usize,
    /// By processor time, and by time.
    pub cost: f64,
    pub time: f64,
}

/// Fills the ledger, and compares it at 0, 100 000, 1 000 000 .. spends.
pub fn measure(options: &Options, subject: &Subject) -> Vec<Growth> {
    let small = subject.fresh_ledger(options);
    let load = Load { clients: 512, ..Load::PLAIN };
    let run = |url: &str| {
        subject.measure_at(System::Ledger, load, url, options.lanes, options.wallets, (options.time, 0))
    };
    let (mut sizes, mut spends) = (vec![0], 0);
    sizes.extend((5..).map(|power| 10_usize.pow(power)).take_while(|size| *size <= options.entries));
    let mut found = Vec::new();
    for size in sizes {
        if size > spends {
            let filling = Load { clients: FILLING, ..Load::PLAIN };
            let filled = subject.measure_at(
                System::Ledger,
                filling,
                subject.ledger(),
                4,
                options.wallets,
                (options.time, size - spends),
            );
            println!("filled to {size} spends: {filled}");
            spends = size;
        }
        subject.settle();
        let mut pairs: Vec<(Part, Part)> = (0..TURNS)
            .map(|turn| {
                if turn % 2 == 0 {
                    let grown = run(subject.ledger());
                    (grown, run(&small))
                } else {
                    let fresh = run(&small);
                    (run(subject.ledger()), fresh)
                }
            })
            .collect();
        let mut ratio = |of: &dyn Fn(&Part) -> f64| {
            let of_pair = |(grown, fresh): &(Part, Part)| of(grown) / of(fresh);
            pairs.sort_by(|one, other| of_pair(one).total_cmp(&of_pair(other)));
            of_pair(&pairs[TURNS / 2])
        };
        let growth =
            Growth { spends: size, cost: ratio(&Part::cost), time: ratio(&|part| 1.0 / part.rate()) };
        println!("{growth:?}");
        found.push(growth);
    }
    found
}
