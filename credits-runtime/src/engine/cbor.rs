//! Frames as formats 1 to 3 have them: lists of CBOR.
//!
//! Most frames of a block that is read are passed over, so this knows just enough of CBOR for it: of each item how long it
//! is, and how many items it holds.

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// What a list of six begins with.
const FRAME: u8 = 0x86;

/// Whether these are the bytes of such a frame.
pub(crate) fn begins_frame(bytes: &[u8]) -> bool {
    bytes.first() == Some(&FRAME)
}

/// Goes past a frame; answers how many facts it has, its sixth field. Nothing where no frame is.
pub(crate) fn skip_frame(bytes: &mut &[u8]) -> Option<usize> {
    let (ARRAY, fields) = head(bytes)? else { return None };
    skip(bytes, 5)?;
    let (ARRAY, facts) = head(bytes)? else { return None };
    skip(bytes, facts.checked_add(fields)?.checked_sub(6)?)?;
    usize::try_from(facts).ok()
}

/// Goes past so many items, with what they hold.
fn skip(bytes: &mut &[u8], items: u64) -> Option<()> {
    let mut items = items;
    while items > 0 {
        items = items.checked_sub(1)?;
        let (kind, number) = head(bytes)?;
        match kind {
            BYTES | TEXT => *bytes = bytes.get(usize::try_from(number).ok()?..)?,
            ARRAY => items = items.checked_add(number)?,
            MAP => items = items.checked_add(number.checked_mul(2)?)?,
            TAG => items = items.checked_add(1)?,
            _ => {}
        }
    }
    Some(())
}

/// The head of an item: its kind and its number, which for some is a length. Nothing has a length that is not written
/// before it.
fn head(bytes: &mut &[u8]) -> Option<(u8, u64)> {
    let (first, rest) = bytes.split_first()?;
    let (kind, number) = (first >> 5, first & 31);
    let length = match number {
        0..24 => {
            *bytes = rest;
            return Some((kind, u64::from(number)));
        }
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return None,
    };
    let (number, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((kind, number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
}
