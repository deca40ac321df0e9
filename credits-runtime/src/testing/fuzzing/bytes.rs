//! Fuzz targets for the bytes of the file: decoding never panics, and a decoded value survives a round trip.

use crate::domain::billing::objects::Object;
use crate::domain::declarations::Catalogues;
use crate::domain::fact::Scope;
use crate::domain::fingerprint::key_row;
use crate::domain::ids::{FactNumber, GivenKey, Key, WalletId};
use crate::engine::commit_log;
use crate::engine::journal::block::Block;
use crate::engine::journal::frame;
use crate::engine::keys::segment::KeyEntries;
use crate::engine::rows::{self, BillingRow, CheckpointState, Milestone, Scheduled, WalletRow};

/// Decodes the bytes as the frames of a block, and as a block.
pub fn journal(bytes: &[u8]) {
    let first = FactNumber::new(1);
    drop(Block::of(first, [0; 32], bytes).decode());
    let (mut rest, mut frames, mut written) = (bytes, Vec::new(), Vec::new());
    while let Some(read) = frame::read(&mut rest) {
        frame::write(&read, &mut written);
        frames.push(read);
    }
    let again = Block::of(first, [0; 32], &written);
    let read =
        again.decode().unwrap_or_else(|error| panic!("frames that were written are not read: {error}"));
    assert!(read.iter().map(|booked| &**booked).eq(&frames), "frames are read otherwise than they were");
    let whole = rows::block_from_bytes(first, &rows::block_to_bytes(&again));
    assert!(whole.is_ok_and(|whole| whole.head() == again.head()));
    drop(rows::block_from_bytes(first, bytes));
}

/// Decodes the bytes as every kind of row, and as a header and a record of the log.
pub fn views(bytes: &[u8]) {
    if let Ok(WalletRow { wallet, filed }) = rows::wallet_from_bytes(bytes) {
        let again = rows::wallet_from_bytes(&rows::wallet_to_bytes(&wallet, filed));
        assert!(again.is_ok_and(|again| (again.wallet, again.filed) == (wallet, filed)));
    }
    if let Ok(catalogues) = rows::record_from_bytes::<Catalogues>(bytes) {
        let again = rows::record_from_bytes(&rows::record_to_bytes(catalogues.last_fact, &catalogues));
        assert!(again.is_ok_and(|again: Catalogues| again == catalogues));
    }
    if let Ok(totals) = rows::totals_from_bytes(bytes) {
        let again = rows::totals_from_bytes(&rows::record_to_bytes(totals.last_fact, &totals));
        assert!(again.is_ok_and(|again| again == totals));
    }
    if let Ok(state) = rows::decode::<CheckpointState>(bytes) {
        assert!(rows::decode(&rows::encode(&state)).is_ok_and(|again: CheckpointState| again == state));
    }
    if let Ok(milestone) = rows::decode::<Milestone>(bytes) {
        assert!(rows::decode(&rows::encode(&milestone)).is_ok_and(|again: Milestone| again == milestone));
    }
    if let Ok((due, record)) = rows::agenda_from_key(bytes) {
        let key = match &record {
            Scheduled::Wallet(wallet) => rows::wallet_key(wallet),
            Scheduled::Billing(owner) => rows::billing_key(owner),
        };
        let again = rows::agenda_from_key(&rows::agenda_key(due, &key));
        assert!(again.is_ok_and(|again| again == (due, record)));
    }
    if let Ok(BillingRow { billing, filing }) = rows::billing_from_bytes(bytes) {
        let again = rows::billing_from_bytes(&rows::billing_to_bytes(&billing, filing));
        assert!(again.is_ok_and(|again| (again.billing, again.filing) == (billing, filing)));
    }
    if let Ok(object) = rows::record_from_bytes::<Object>(bytes) {
        let again = rows::record_from_bytes(&rows::record_to_bytes(object.last_fact, &object));
        assert!(again.is_ok_and(|again: Object| again == object));
    }
    if let Some(wallet) = rows::wallet_from_key(bytes) {
        assert_eq!(rows::wallet_key(&wallet), bytes);
    }
    drop(KeyEntries::of(0, bytes, FactNumber::new(1)).collect::<Result<Vec<_>, _>>());
    commit_log::fuzz(bytes);
}

/// Reads the bytes as two keys with their scopes: the rows of the keys are equal only if keys and scopes are.
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
            "charges" => Scope::Charges(wallet),
            _ => Scope::Wallet(wallet),
        });
        (scope, key)
    };
    let (one, other) = (pair(), pair());
    let [row, other_row] = [&one, &other].map(|(scope, key)| key_row(scope, key.as_str()));
    assert_eq!(row == other_row, one == other, "two keys have one row, or one has two");
}
