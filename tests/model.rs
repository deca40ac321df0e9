//! Random commands against a naive model of the rules.
//!
//! Time stops on, just before and just after every expiry and limit; other commands run in the middle of
//! work, also under its key; the clock goes back; files are reopened. `PROPTEST_CASES` sets the number of
//! sequences.

mod naive;
mod steps;
mod subject;

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use naive::{Model, Scope};
use steps::{Asked, OWNERS, Step, steps};
use subject::Subject;

use crate::engines::{ENGINES, Engine};

/// The ledger and its model, which get the same commands.
struct Pair<'a> {
    model: Model,
    subject: Subject<'a>,
    /// How far the clock is behind the ledger's time, in microseconds.
    behind: i64,
}

impl Pair<'_> {
    /// Plays a step on both, and compares the results and every balance.
    fn play(&mut self, asked: &Asked) {
        let Asked { owner, key, step } = asked;
        if let Step::ClockBack(minutes) = step {
            // Write a fact at the current time: the ledger's time never goes behind it.
            self.model.ask();
            self.subject.flush();
            self.behind = i64::from(*minutes) * steps::MINUTE;
        }
        let (expected, answer) = if let Step::Run { pages, works, during } = step {
            self.run(asked, *pages, *works, during)
        } else {
            let now = self.model.now;
            let expected = self.model.expect(*owner, *key, step);
            if self.model.now != now {
                self.behind = 0;
            }
            self.set_clock();
            (expected, self.subject.answer(*owner, *key, step))
        };
        assert_eq!(answer, expected, "{asked:?}");
        self.subject.remember_charge();
        self.compare_balances(asked);
    }

    /// Plays work with other commands in its middle.
    fn run(&mut self, asked: &Asked, pages: i64, works: bool, during: &[Asked]) -> (String, String) {
        let Asked { owner, key, .. } = asked;
        self.set_clock();
        let begun = self.model.begin(*owner, *key, pages);
        let mut done = false;
        let spend = self.subject.spending(*owner, *key, pages);
        let ran = spend.run(|| {
            done = true;
            assert!(begun.is_ok(), "work was done that should not be: {begun:?} for {asked:?}");
            self.subject.remember_run(*owner);
            for asked in during {
                self.play(asked);
            }
            self.set_clock();
            if works { Ok(()) } else { Err("failed") }
        });
        self.subject.flush();
        let expected = match begun {
            Err(refused) => refused,
            Ok(place) => {
                assert!(done, "work was not done that should be: {asked:?}");
                self.model.end(place, works)
            }
        };
        (expected, subject::ran(ran))
    }

    fn set_clock(&self) {
        self.subject.set_clock(self.model.now - self.behind);
    }

    fn compare_balances(&self, asked: &Asked) {
        for (owner, name) in OWNERS.iter().enumerate() {
            let wallet = self.subject.wallet(owner);
            let balances =
                [wallet.credits(), wallet.held(), wallet.debt()].map(|figure| figure.unwrap().get());
            let expected = [self.model.available(owner), self.model.held(owner), self.model.debt(owner)];
            assert_eq!(balances, expected, "available, held and owed of {name} after {asked:?}");
            assert_eq!(wallet.balance().unwrap(), expected[0] + expected[1]);
            let usable = self.model.available_for_process(owner);
            assert_eq!(self.subject.credits_for(owner), usable, "usable of {name} after {asked:?}");
            let open: Vec<_> = wallet.open_holds().unwrap().iter().map(|hold| hold.amount.get()).collect();
            assert_eq!(open, self.model.open_holds(owner), "open holds of {name} after {asked:?}");
        }
    }

    /// Compares the histories after a last fact in each wallet, which books its due facts, so that the entries sum up to the
    /// balance.
    fn finish(&mut self) {
        for owner in 0..OWNERS.len() {
            self.play(&Asked { owner, key: None, step: Step::Deduct { amount: 0 } });
            let step = Step::Give {
                amount: 1,
                expires_in: None,
                promotional: false,
                priority: 50,
                scope: Scope::Anything,
            };
            self.play(&Asked { owner, key: None, step });
        }
        self.compare_histories();
    }

    /// Checks that rows match the journal, and that entries equal the model's and follow each other without a
    /// gap.
    fn compare_histories(&self) {
        self.subject.verify();
        for (owner, name) in OWNERS.iter().enumerate() {
            let wallet = self.subject.wallet(owner);
            let mut page = wallet.credit_history().limit(1_000).page().unwrap();
            assert_eq!(page.next, None);
            page.entries.reverse();
            let gifts = subject::grants(&page.entries);
            let mut balance = 0;
            for entry in &page.entries {
                assert_eq!(entry.balance_before, balance, "{entry:?}");
                balance += entry.amount.get();
                assert_eq!(entry.balance_after, balance, "{entry:?}");
            }
            assert!(page.entries.is_sorted_by_key(|entry| (entry.recorded_at, entry.effective_at)));
            let lines: Vec<_> = page.entries.iter().map(|entry| subject::line(entry, &gifts)).collect();
            assert_eq!(lines, self.model.lines[owner], "the history of {name}");
        }
    }
}

/// Plays random steps in files, each of which moves into a database of its own after some of them, and into another file
/// after some more. `number_in_file` is the number that a fact of a database gets.
pub(crate) fn compare_moved(database: impl Fn() -> String, number_in_file: impl Fn(&str, u64) -> u64) {
    let cases = (steps(1..80), 0_usize..60, 0_usize..60);
    let played = TestRunner::new(config(24)).run(&cases, |(steps, moved_after, moved_back_after)| {
        let folder = tempfile::tempdir().unwrap();
        let [file, back] = ["credits.redb", "back.redb"].map(|name| folder.path().join(name));
        let model = Model::default();
        let mut pair =
            Pair { subject: Subject::open(Engine::File, Some(&file), model.now), model, behind: 0 };
        let (before, after) = steps.split_at(moved_after.min(steps.len()));
        for asked in before {
            pair.play(asked);
        }
        pair.subject.move_to(&database());
        pair.behind = 0;
        let (between, after) = after.split_at(moved_back_after.min(after.len()));
        for asked in between {
            pair.play(&changed(asked, &goes_on));
        }
        pair.subject.move_back(&back, &number_in_file);
        for asked in after {
            pair.play(&changed(asked, &names_no_number));
        }
        pair.finish();
        pair.subject.reopen();
        pair.compare_histories();
        Ok(())
    });
    played.unwrap();
}

/// A step with a change to it and to the steps in its middle.
fn changed(asked: &Asked, change: &impl Fn(&mut Asked)) -> Asked {
    let mut asked = asked.clone();
    change(&mut asked);
    if let Step::Run { during, .. } = &mut asked.step {
        for asked in during {
            *asked = changed(asked, change);
        }
    }
    asked
}

/// The clock of a database does not go back: a wallet's time is not that of the others.
fn goes_on(asked: &mut Asked) {
    if let Step::ClockBack(minutes) = asked.step {
        asked.step = Step::TimePasses(minutes);
    }
}

/// A command with the number of a fact is another one after a move into a file, where the fact has another number. Its key is
/// refused then.
fn names_no_number(asked: &mut Asked) {
    if let Step::Revoke(_) | Step::ReverseCharge(..) = asked.step {
        asked.key = None;
    }
}

/// Plays the steps on every engine.
fn compare(steps: &[Asked], file: Option<&Path>) {
    for engine in ENGINES {
        compare_on(engine, steps, file);
    }
}

/// Plays the steps on an engine, or in a file.
fn compare_on(engine: Engine, steps: &[Asked], file: Option<&Path>) {
    let model = Model::default();
    let mut pair = Pair { subject: Subject::open(engine, file, model.now), model, behind: 0 };
    for asked in steps {
        pair.play(asked);
    }
    pair.finish();
    if file.is_some() {
        pair.subject.reopen();
        pair.compare_histories();
    }
}

fn config(cases: u32) -> ProptestConfig {
    let default = ProptestConfig::default();
    // `PROPTEST_CASES` scales every property; 256 is its default.
    ProptestConfig { cases: cases * default.cases / 256, failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_ledger_does_what_the_rules_say(steps in steps(1..60)) {
        compare(&steps, None);
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn a_ledger_in_a_file_that_is_reopened_does_the_same(steps in steps(1..40)) {
        let folder = tempfile::tempdir().unwrap();
        compare(&steps, Some(&folder.path().join("credits.redb")));
    }
}

proptest! {
    #![proptest_config(config(16))]

    #[test]
    fn a_wallet_whose_gifts_are_merged_does_the_same(steps in steps(10..60)) {
        // Every third gift never expires, and so shares its terms with others.
        let gift = |place: u32| Asked {
            owner: 0,
            key: None,
            step: Step::Give {
                amount: 5,
                expires_in: (!place.is_multiple_of(3)).then_some(1 + place),
                promotional: place.is_multiple_of(2),
                priority: 50,
                scope: Scope::Anything,
            },
        };
        let many: Vec<_> = (0..80).map(gift).chain(steps).collect();
        compare(&many, None);
    }
}
