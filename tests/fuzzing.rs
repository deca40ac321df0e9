//! The fuzz targets on a few thousand fixed inputs: mangled rows of checked-in ledgers, and noise.

use std::fs;

use credits_runtime::testing::fuzzing::{commands, journal, keys, views};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::format::fixture;
use crate::power::random::Random;

/// Every row of the checked-in ledgers, keys and values.
fn rows() -> Vec<Vec<u8>> {
    ["wallets.redb", "sale.redb"].into_iter().flat_map(rows_of).collect()
}

fn rows_of(name: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("credits.redb");
    fs::copy(fixture(name), &path).unwrap();
    let database = Database::open(&path).unwrap();
    let read = database.begin_read().unwrap();
    let blocks = read.open_table(TableDefinition::<u64, &[u8]>::new("journal")).unwrap();
    let views = read.open_table(TableDefinition::<&[u8], &[u8]>::new("views")).unwrap();
    let mut rows = Vec::new();
    for block in blocks.iter().unwrap() {
        let block = block.unwrap().1.value().to_vec();
        rows.extend([block[64..].to_vec(), block]);
    }
    for row in views.iter().unwrap() {
        let (key, value) = row.unwrap();
        rows.extend([key.value().to_vec(), value.value().to_vec()]);
    }
    rows
}

/// Flips bits, cuts the end off or repeats it, up to three times.
fn mangled(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.below(4) {
        let place = random.below(bytes.len().max(1));
        match random.below(3) {
            0 => bytes.truncate(place),
            1 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
            _ => bytes.extend_from_within(place.min(bytes.len())..),
        }
    }
    bytes
}

#[test]
fn bytes_that_nobody_wrote_are_read_or_refused() {
    let rows = rows();
    for seed in 0..4_000 {
        let mut random = Random::new(seed, 5);
        let row = mangled(&random.choose(&rows), &mut random);
        journal(&row);
        views(&row);
        keys(&row);
    }
}

#[test]
fn commands_that_nobody_would_send_add_up() {
    for seed in 0..400 {
        let mut random = Random::new(seed, 6);
        let bytes: Vec<u8> = (0..600).map(|_| u8::try_from(random.below(256)).unwrap()).collect();
        commands(&bytes);
    }
}
