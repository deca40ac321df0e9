//! CBOR: the encoding of values without a compact form, and of rows.

use minicbor::{Decode, Encode};

use crate::domain::time::Timestamp;
use crate::error::LedgerError;

/// The instant, if a timestamp can represent it.
pub(crate) fn instant(microseconds: i64) -> Option<Timestamp> {
    let instant = Timestamp::from_microseconds(microseconds);
    (instant.microseconds() == microseconds).then_some(instant)
}

/// Encodes a value. Writing to memory cannot fail, and every value of the ledger has an encoding.
pub(crate) fn encode(value: &impl Encode<()>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes);
    bytes
}

/// Appends the encoding of a value.
pub(crate) fn encode_into(value: &impl Encode<()>, bytes: &mut Vec<u8>) {
    if let Err(error) = minicbor::encode(value, bytes) {
        panic!("a value does not encode: {error}");
    }
}

/// Decodes a value, which must end with the bytes.
pub(crate) fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Result<T, LedgerError> {
    let mut decoder = minicbor::Decoder::new(bytes);
    let value = decoder
        .decode()
        .map_err(|error| LedgerError::damaged(format!("a value cannot be read ({error})")))?;
    if decoder.position() == bytes.len() {
        Ok(value)
    } else {
        Err(LedgerError::damaged("a value is followed by something else"))
    }
}
