//! Varints: LEB128, seven bits a byte, the low ones first.

/// Appends a number.
pub(crate) fn write(bytes: &mut Vec<u8>, mut value: u64) {
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or_default();
        value >>= 7;
        bytes.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

/// Decodes a number, and advances past it; `None` if the bytes end within it, or if it exceeds 64 bits.
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0_u64, 0_u32);
    loop {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7F);
        if shift >= u64::BITS || (part << shift) >> shift != part {
            return None;
        }
        value |= part << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

/// Zigzag encoding of a signed number, so that small absolute values stay small: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4.
pub(crate) fn folded(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

/// Decodes a zigzag number.
pub(crate) fn unfolded(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(any::<i64>(), 0..20), shift in 0_u32..64) {
            let mut bytes = Vec::new();
            for value in &values {
                write(&mut bytes, folded(value >> shift));
            }
            let mut rest = &bytes[..];
            for value in &values {
                prop_assert_eq!(read(&mut rest).map(unfolded), Some(value >> shift));
            }
            prop_assert!(rest.is_empty() && read(&mut rest).is_none());
        }
    }
}
