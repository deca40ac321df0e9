//! What fuzzers ask of the file's bytes: decoding never panics, and what decodes is written and read again as it was.

use crate::domain::declarations::Catalogues;
use crate::domain::fact::Scope;
use crate::domain::fingerprint::key_row;
use crate::domain::ids::{FactNumber, GivenKey, Key, WalletId};
use crate::domain::totals::Totals;
use crate::engine::codec::{self, Covered, Milestone, Scheduled};
use crate::engine::commit_log;
use crate::engine::journal::Block;
use crate::engine::keys::pages::Entries;
use crate::engine::packed;

/// Bytes as the frames of a block, and as a block.
pub fn journal(bytes: &[u8]) {
    let first = FactNumber::new(1);
    drop(Block::of(first, [0; 32], bytes).decode());
    let (mut rest, mut frames, mut written) = (bytes, Vec::new(), Vec::new());
    while let Some(frame) = packed::frame::read(&mut rest) {
        packed::frame::write(&frame, &mut written);
        frames.push(frame);
    }
    let again = Block::of(first, [0; 32], &written);
    let read =
        again.decode().unwrap_or_else(|error| panic!("frames that were written are not read: {error}"));
    assert!(read.iter().map(|(_, frame)| &**frame).eq(&frames), "frames are read otherwise than they were");
    let whole = codec::block_from_bytes(first, &codec::block_to_bytes(&again));
    assert!(whole.is_ok_and(|whole| whole.head() == again.head()));
    drop(codec::block_from_bytes(first, bytes));
}

/// Bytes as every kind of row, and as a page of a log.
pub fn views(bytes: &[u8]) {
    if let Ok(wallet) = codec::wallet_from_bytes(bytes) {
        let again = codec::wallet_from_bytes(&codec::wallet_to_bytes(&wallet, wallet.agenda));
        assert!(again.is_ok_and(|again| again == wallet), "a wallet is read otherwise than it was");
    }
    if let Ok((last_fact, catalogues)) = codec::record_from_bytes::<Catalogues>(bytes) {
        let again = codec::record_from_bytes(&codec::record_to_bytes(last_fact, &catalogues));
        assert!(again.is_ok_and(|again| again == (last_fact, catalogues)));
    }
    if let Ok((last_fact, totals)) = codec::record_from_bytes::<Totals>(bytes) {
        let again = codec::record_from_bytes(&codec::record_to_bytes(last_fact, &totals));
        assert!(again.is_ok_and(|again| again == (last_fact, totals)));
    }
    if let Ok(covered) = codec::decode::<Covered>(bytes) {
        assert!(codec::decode(&codec::encode(&covered)).is_ok_and(|again: Covered| again == covered));
    }
    if let Ok(milestone) = codec::decode::<Milestone>(bytes) {
        assert!(codec::decode(&codec::encode(&milestone)).is_ok_and(|again: Milestone| again == milestone));
    }
    if let Ok((due, record)) = codec::agenda_from_key(bytes) {
        let key = match &record {
            Scheduled::Wallet(wallet) => codec::wallet_key(wallet),
            Scheduled::Billing(owner) => codec::billing_key(owner),
        };
        let again = codec::agenda_from_key(&codec::agenda_key(due, &key));
        assert!(again.is_ok_and(|again| again == (due, record)));
    }
    if let Ok((billing, listed)) = codec::billing_from_bytes(bytes) {
        let again = codec::billing_from_bytes(&codec::billing_to_bytes(&billing, listed));
        assert!(again.is_ok_and(|again| again == (billing, listed)));
    }
    if let Ok(object) = codec::object_from_bytes(bytes) {
        let again = codec::object_from_bytes(&codec::record_to_bytes(object.last_fact, &object));
        assert!(again.is_ok_and(|again| again == object));
    }
    if let Some(wallet) = codec::wallet_from_key(bytes) {
        assert_eq!(codec::wallet_key(&wallet), bytes);
    }
    drop(Entries::of(0, bytes, FactNumber::new(1)).collect::<Result<Vec<_>, _>>());
    commit_log::fuzz(bytes);
}

/// Bytes as two keys, each within a scope: they have one row only if they are the same.
pub fn keys(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\n');
    let mut pair = || {
        let [kind, asset, owner, key] = [(); 4].map(|()| parts.next().unwrap_or_default());
        let key = match GivenKey::from(key).0 {
            Ok(key) => key,
            Err(rejection) => {
                assert!(!rejection.to_string().is_empty());
                Key::none()
            }
        };
        let scope = WalletId::from_names(asset, owner).map_or(Scope::Ledger, |wallet| match kind {
            "holds" => Scope::Holds(wallet),
            "transfers" => Scope::Transfers(wallet),
            _ => Scope::Wallet(wallet),
        });
        (scope, key)
    };
    let (one, other) = (pair(), pair());
    let [row, other_row] = [&one, &other].map(|(scope, key)| key_row(scope, key.as_str()));
    assert_eq!(row == other_row, one == other, "two keys have one row, or one has two");
}
