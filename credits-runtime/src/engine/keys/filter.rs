//! Bloom filters of segments, which prove that a segment does not have a key without reading it.
//!
//! A split block Bloom filter after F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom
//! Filters" (2007), with the salts of Apache Parquet: a key sets one bit in each of the eight words of its block.
//! Keys map to blocks in ascending order, so a segment that is written in order completes its filter row by row.

use super::segment::{PREFIX_BITS, Prefix};
use crate::error::LedgerError;

/// Bits per key, for a false-positive rate of about one in a thousand.
const BITS_PER_KEY: u64 = 16;
const WORDS: usize = 8;
const BLOCK_BITS: u64 = 256;
/// Blocks in a row.
const ROW_BLOCKS: usize = 120;

const SALTS: [u32; WORDS] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

type FilterBlock = [u32; WORDS];

/// A key to look up, and its bits, which are the same in every filter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought {
    prefix: Prefix,
    bits: FilterBlock,
}

impl From<Prefix> for Sought {
    fn from(prefix: Prefix) -> Self {
        let low = u32::try_from(prefix & u64::from(u32::MAX)).unwrap_or_default();
        Self { prefix, bits: SALTS.map(|salt| 1 << (low.wrapping_mul(salt) >> 27)) }
    }
}

/// The filter of one segment.
#[derive(Debug)]
pub(crate) struct Filter {
    blocks: Vec<FilterBlock>,
}

impl Filter {
    /// An empty filter for up to this many keys.
    pub(crate) fn for_keys(keys: u64) -> Self {
        let blocks = keys.saturating_mul(BITS_PER_KEY).div_ceil(BLOCK_BITS).max(1);
        Self { blocks: vec![FilterBlock::default(); usize::try_from(blocks).unwrap_or(usize::MAX)] }
    }

    /// Adds a key.
    pub(crate) fn insert(&mut self, prefix: Prefix) {
        let place = self.place(prefix);
        for (word, bit) in self.blocks.get_mut(place).into_iter().flatten().zip(Sought::from(prefix).bits) {
            *word |= bit;
        }
    }

    /// Whether the key may be in the filter. There are no false negatives.
    pub(crate) fn may_have(&self, sought: &Sought) -> bool {
        let Some(block) = self.blocks.get(self.place(sought.prefix)) else { return true };
        // Tests all words without a branch: an early exit would often be mispredicted.
        block.iter().zip(&sought.bits).fold(0, |missing, (word, bit)| missing | (bit & !word)) == 0
    }

    /// Bytes of the filter in memory.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.blocks[..])
    }

    /// The number of its rows.
    pub(crate) fn rows(&self) -> usize {
        self.blocks.len().div_ceil(ROW_BLOCKS)
    }

    /// The number of rows that are complete after this key, if keys are added in ascending order.
    pub(crate) fn rows_before(&self, prefix: Prefix) -> usize {
        self.place(prefix).checked_div(ROW_BLOCKS).unwrap_or(0)
    }

    /// The encoded row at an index.
    pub(crate) fn row(&self, place: usize) -> Vec<u8> {
        let blocks = self.blocks.chunks(ROW_BLOCKS).nth(place).unwrap_or_default();
        blocks.iter().flatten().flat_map(|word| word.to_be_bytes()).collect()
    }

    /// Decodes the filter of this many keys from its rows.
    pub(crate) fn of_rows(keys: u64, rows: &[Vec<u8>]) -> Result<Self, LedgerError> {
        let mut filter = Self::for_keys(keys);
        let mut words =
            rows.iter().flat_map(|row| row.chunks(4)).map(|word| word.try_into().map(u32::from_be_bytes));
        let broken = || LedgerError::damaged("a filter of keys has another size than its segment");
        for word in filter.blocks.iter_mut().flatten() {
            *word = words.next().and_then(Result::ok).ok_or_else(broken)?;
        }
        if words.next().is_none() { Ok(filter) } else { Err(broken()) }
    }

    fn place(&self, prefix: Prefix) -> usize {
        let place = (u128::from(prefix).saturating_mul(self.blocks.len() as u128)) >> PREFIX_BITS;
        usize::try_from(place).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::super::segment::prefix_of;
    use super::*;
    use crate::domain::fingerprint::Fingerprint;

    fn prefix(number: u32) -> Prefix {
        prefix_of(&Fingerprint::default().field(&number.to_be_bytes()).hash())
    }

    #[test]
    fn a_key_is_never_missed_and_an_absent_one_seldom_seen() {
        for keys in [1_u32, 10, 1_000, 100_000] {
            let mut filter = Filter::for_keys(u64::from(keys));
            (0..keys).for_each(|key| filter.insert(prefix(key)));
            assert!((0..keys).all(|key| filter.may_have(&prefix(key).into())));
            let seen = (keys..keys + 100_000).filter(|key| filter.may_have(&prefix(*key).into())).count();
            assert!(seen < 400, "{seen} of 100,000 seem to be among {keys}");
            let rows: Vec<_> = (0..filter.rows()).map(|place| filter.row(place)).collect();
            assert_eq!(Filter::of_rows(u64::from(keys), &rows).unwrap().blocks, filter.blocks);
            assert!(Filter::of_rows(u64::from(keys) + 100, &rows).is_err());
        }
    }

    #[test]
    fn a_row_is_done_once_keys_are_past_it() {
        let mut prefixes: Vec<_> = (0..10_000).map(prefix).collect();
        prefixes.sort_unstable();
        let mut filter = Filter::for_keys(10_000);
        let mut rows: Vec<Vec<u8>> = Vec::new();
        for prefix in prefixes {
            filter.insert(prefix);
            (rows.len()..filter.rows_before(prefix)).for_each(|place| rows.push(filter.row(place)));
        }
        assert!(rows.len() > 3);
        assert!(rows.iter().enumerate().all(|(place, row)| *row == filter.row(place)));
    }
}
