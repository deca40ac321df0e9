//! Encodings of foreign types in facts, such as numbers beyond the CBOR integers.

/// Fractions: a whole one that fits 64 bits as an integer, any other as numerator and denominator.
pub mod fraction {
    use credits_core::Fraction;
    use minicbor::data::Type;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    use super::integer;

    /// Writes a fraction.
    pub fn encode<C, W: Write>(
        value: &Fraction,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match i64::try_from(value.numerator()) {
            Ok(whole) if value.denominator() == 1 => encoder.i64(whole)?.ok(),
            _ => {
                encoder.array(2)?;
                integer::encode(&value.numerator(), encoder, context)?;
                integer::encode(&value.denominator(), encoder, context)
            }
        }
    }

    /// Reads a fraction.
    pub fn decode<C>(decoder: &mut Decoder<'_>, context: &mut C) -> Result<Fraction, DecodeError> {
        if decoder.datatype()? != Type::Array {
            return decoder.i64().map(|whole| Fraction::whole(i128::from(whole)));
        }
        if decoder.array()? != Some(2) {
            return Err(DecodeError::message("a fraction that is not of two integers"));
        }
        let (numerator, denominator) =
            (integer::decode(decoder, context)?, integer::decode(decoder, context)?);
        Fraction::new(numerator, denominator).ok_or_else(|| DecodeError::message("a fraction over zero"))
    }
}

/// Integers of 128 bits: one that fits 64 bits as an integer, any other as 16 bytes.
pub mod integer {
    use minicbor::data::Type;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// Writes an integer.
    pub fn encode<C, W: Write>(
        value: &i128,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match i64::try_from(*value) {
            Ok(small) => encoder.i64(small)?.ok(),
            Err(_) => encoder.bytes(&value.to_be_bytes())?.ok(),
        }
    }

    /// Reads an integer.
    pub fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<i128, DecodeError> {
        if decoder.datatype()? != Type::Bytes {
            return decoder.i64().map(i128::from);
        }
        let bytes = decoder.bytes()?.try_into();
        let bytes = bytes.map_err(|_| DecodeError::message("an integer that is not of 16 bytes"))?;
        Ok(i128::from_be_bytes(bytes))
    }
}

/// Hashes of 8 bytes. Earlier formats stored 16 bytes, of which the first 8 are read.
pub mod short_hash {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    use crate::domain::fingerprint::Hash64;

    /// Writes a hash.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "minicbor passes a field")]
    pub fn encode<C, W: Write>(
        value: &Hash64,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        encoder.bytes(value)?.ok()
    }

    /// Reads a hash.
    pub fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Hash64, DecodeError> {
        let first = decoder.bytes()?.first_chunk().copied();
        first.ok_or_else(|| DecodeError::message("a hash of fewer than 8 bytes"))
    }
}
