//! Pages of keys, as `docs/FORMAT.md` describes them.

/// First 48 bits of a key's hash, and the place of its frame relative to the segment's first one.
pub(crate) type Entry = (u64, u64);

/// First hash prefix of a page; `None` for a row that is no page.
pub(crate) fn first_of(key: &[u8]) -> Option<u64> {
    assert_eq!(key.len(), 13);
    (key[4] == 0).then(|| u64::from_be_bytes(key[5..].try_into().unwrap()))
}

pub(crate) fn read(first: u64, page: &[u8]) -> Vec<Entry> {
    let mut numbers = Vec::new();
    let (mut number, mut shift) = (0, 0);
    for byte in page {
        number |= u64::from(byte & 0x7F) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            numbers.push(number);
            (number, shift) = (0, 0);
        }
    }
    let mut at = first;
    let entries = numbers.chunks(2).map(|pair| {
        at += pair[0];
        (at, pair[1])
    });
    entries.collect()
}

/// A page under the row of the prefix `first`. A changed prefix of its only entry is a change of its bytes.
pub(crate) fn write(first: u64, entries: &[Entry]) -> Vec<u8> {
    let mut page = Vec::new();
    let mut before = first;
    for (at, frame) in entries {
        for mut number in [at - before, *frame] {
            while number > 0x7F {
                page.push(number.to_le_bytes()[0] | 0x80);
                number >>= 7;
            }
            page.push(number.to_le_bytes()[0]);
        }
        before = *at;
    }
    page
}
