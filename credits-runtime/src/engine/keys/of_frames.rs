//! The keys that a frame uses.

use crate::domain::body::Body;
use crate::domain::fact::{Frame, Kind, RecordId, Scope};
use crate::domain::fingerprint::{Hash64, Hash128, key_row};
use crate::domain::ids::{Key, WalletId};

/// The fingerprint of the command for which a frame used this key, if it did.
pub(crate) fn fingerprint_under(frame: &Frame, hash: &Hash128) -> Option<Hash64> {
    key_rows(frame).find(|(used, _)| used == hash).map(|(_, fingerprint)| fingerprint)
}

/// The hashes of the keys that a frame uses, with the fingerprints of their commands: its own key, the keys of holds
/// that lapse in it, the chosen keys of holds that it settles, and the charge that it reverses.
pub(crate) fn key_rows(frame: &Frame) -> impl Iterator<Item = (Hash128, Hash64)> {
    let own = match frame.kind {
        Kind::Declare | Kind::BookDue | Kind::Bill => None,
        _ => Some((key_row(&frame.scope, frame.key.as_str()), frame.fingerprint)),
    };
    other_rows(frame, None).chain(own)
}

/// The keys of a frame besides its own. `known` is a chosen key whose hash need not be computed again.
pub(crate) fn other_rows<'a>(
    frame: &'a Frame,
    known: Option<&'a (Key, Hash128)>,
) -> impl Iterator<Item = (Hash128, Hash64)> + 'a {
    others(frame, known).map(|(row, fingerprint, _)| (row, fingerprint))
}

/// The hashes of the keys that a frame uses, with the wallet of each.
#[cfg(feature = "postgres")]
pub(crate) fn keys_of_wallets(frame: &Frame) -> impl Iterator<Item = (Hash128, &WalletId)> {
    let own = frame.scope.wallet().map(|wallet| (key_row(&frame.scope, frame.key.as_str()), wallet));
    others(frame, None).map(|(row, _, wallet)| (row, wallet)).chain(own)
}

fn others<'a>(
    frame: &'a Frame,
    known: Option<&'a (Key, Hash128)>,
) -> impl Iterator<Item = (Hash128, Hash64, &'a WalletId)> + 'a {
    frame.facts.iter().filter_map(move |fact| {
        let RecordId::Wallet(wallet) = &fact.record else { return None };
        match &fact.body {
            Body::Lapsed { hold, .. } => {
                let scope = Scope::Holds(wallet.clone());
                Some((key_row(&scope, Key::of_hold(*hold).as_str()), frame.fingerprint, wallet))
            }
            Body::ChargeReversed { charge, .. } => {
                let scope = Scope::Charges(wallet.clone());
                Some((key_row(&scope, Key::of_charge(*charge).as_str()), frame.fingerprint, wallet))
            }
            Body::Charged { settles: Some(settled), .. } => {
                let chosen = settled.key.as_ref()?;
                let row = known.filter(|(key, _)| *key == chosen.key).map(|(_, row)| *row);
                let row = row.unwrap_or_else(|| key_row(&Scope::Wallet(wallet.clone()), chosen.key.as_str()));
                Some((row, chosen.fingerprint, wallet))
            }
            _ => None,
        }
    })
}
