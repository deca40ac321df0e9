//! Pages of a segment: sorted entries of a hash prefix and the frame that used the key.

use crate::domain::fingerprint::Hash128;
use crate::domain::ids::FactNumber;
use crate::engine::journal::varint::{read, write};
pub(crate) use crate::engine::rows::{Prefix, SegmentPage as Page};
use crate::error::LedgerError;

/// Bytes of a page, about: a row fits one page of redb.
const PAGE_BYTES_MAX: usize = 4_000;

/// Bits of a key's hash that a segment has.
pub(crate) const PREFIX_BITS: u32 = 48;

/// The prefix of a key's hash, and the first fact of the frame that used the key.
pub(crate) type KeyEntry = (Prefix, FactNumber);

/// The prefix of a hash.
pub(crate) fn prefix_of(hash: &Hash128) -> Prefix {
    u64::try_from(u128::from_be_bytes(*hash) >> (u128::BITS - PREFIX_BITS)).unwrap_or_default()
}

/// Packs sorted entries into pages. An entry is two LEB128 numbers: the difference of its prefix to the one before,
/// and of its frame to the segment's first fact.
#[derive(Debug)]
pub(crate) struct Packing {
    from: FactNumber,
    page: Option<Page>,
    last: Prefix,
}

impl Packing {
    /// A packing of entries whose frames begin at this fact or later.
    pub(crate) fn from(from: FactNumber) -> Self {
        Self { from, page: None, last: 0 }
    }

    /// Adds an entry; returns the page before it if that is full. Entries of one prefix share a page.
    pub(crate) fn push(&mut self, (prefix, frame): KeyEntry) -> Option<Page> {
        let is_full = |(_, bytes): &mut Page| bytes.len() >= PAGE_BYTES_MAX - 20 && prefix != self.last;
        let full = self.page.take_if(is_full);
        let (first, bytes) = self.page.get_or_insert_with(|| (prefix, Vec::with_capacity(PAGE_BYTES_MAX)));
        let before = if bytes.is_empty() { *first } else { self.last };
        write(bytes, prefix.saturating_sub(before));
        write(bytes, frame.get().saturating_sub(self.from.get()));
        self.last = prefix;
        full
    }

    /// The last page.
    pub(crate) fn finish(&mut self) -> Option<Page> {
        self.page.take()
    }
}

/// An iterator over the entries of a page.
pub(crate) struct KeyEntries<'a> {
    rest: &'a [u8],
    prefix: Prefix,
    from: FactNumber,
}

impl<'a> KeyEntries<'a> {
    /// The entries of a page that begins with the prefix `first`, in a segment whose frames begin at `from` or later.
    pub(crate) fn of(first: Prefix, bytes: &'a [u8], from: FactNumber) -> Self {
        Self { rest: bytes, prefix: first, from }
    }

    fn read(&mut self) -> Option<KeyEntry> {
        let prefix = self.prefix.checked_add(read(&mut self.rest)?);
        self.prefix = prefix.filter(|prefix| prefix >> PREFIX_BITS == 0)?;
        let frame = self.from.get().checked_add(read(&mut self.rest)?)?;
        Some((self.prefix, FactNumber(frame)))
    }
}

impl Iterator for KeyEntries<'_> {
    type Item = Result<KeyEntry, LedgerError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let entry = self.read().ok_or_else(|| LedgerError::damaged("a page of keys cannot be read"));
        if entry.is_err() {
            self.rest = &[];
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_hold_what_was_packed_in_order(
            mut packed in proptest::collection::vec((0_u64..1 << 20, 5_u64..u64::MAX), 0..3_000),
            spread in 0_u32..28,
        ) {
            packed.sort_unstable();
            let packed: Vec<KeyEntry> =
                packed.into_iter().map(|(prefix, frame)| (prefix << spread, FactNumber(frame))).collect();
            let mut packing = Packing::from(FactNumber(5));
            let mut pages: Vec<Page> = packed.iter().filter_map(|entry| packing.push(*entry)).collect();
            pages.extend(packing.finish());
            let mut found = Vec::new();
            for (first, bytes) in pages {
                let entries = KeyEntries::of(first, &bytes, FactNumber(5)).collect::<Result<Vec<_>, _>>().unwrap();
                prop_assert_eq!(entries[0].0, first);
                // A prefix never spans two pages.
                prop_assert!(found.last().is_none_or(|last: &KeyEntry| last.0 < first));
                // Only entries with the prefix of the last one may exceed the limit.
                let shares_end = entries.iter().rev().nth(1).is_some_and(|other| other.0 == entries[entries.len() - 1].0);
                prop_assert!(bytes.len() <= PAGE_BYTES_MAX || shares_end);
                found.extend(entries);
            }
            prop_assert_eq!(found, packed);
        }

        #[test]
        fn any_bytes_are_entries_or_refused(first in 0_u64..1 << 48, bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            drop(KeyEntries::of(first, &bytes, FactNumber::FIRST).collect::<Result<Vec<_>, _>>());
        }
    }
}
