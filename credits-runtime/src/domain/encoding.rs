//! How values of other crates are written in facts: numbers that CBOR integers do not hold.

/// Fractions: a whole one that fits 64 bits as an integer, any other as numerator and denominator.
pub mod fraction {
    use credits_core::Fraction;
    use minicbor::data::Type;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// Writes a fraction.
    pub fn encode<C, W: Write>(
        value: &Fraction,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match i64::try_from(value.numerator()) {
            Ok(whole) if value.denominator() == 1 => encoder.i64(whole)?.ok(),
            _ => {
                encoder.array(2)?;
                encoder.bytes(&value.numerator().to_be_bytes())?;
                encoder.bytes(&value.denominator().to_be_bytes())?.ok()
            }
        }
    }

    /// Reads a fraction.
    pub fn decode<C>(decoder: &mut Decoder<'_>, _: &mut C) -> Result<Fraction, DecodeError> {
        if decoder.datatype()? != Type::Array {
            return decoder.i64().map(|whole| Fraction::whole(i128::from(whole)));
        }
        decoder.array()?;
        let (numerator, denominator) = (integer(decoder)?, integer(decoder)?);
        Fraction::new(numerator, denominator).ok_or_else(|| DecodeError::message("a fraction over zero"))
    }

    fn integer(decoder: &mut Decoder<'_>) -> Result<i128, DecodeError> {
        let bytes = decoder.bytes()?;
        let bytes =
            bytes.try_into().map_err(|_| DecodeError::message("an integer that is not of 16 bytes"))?;
        Ok(i128::from_be_bytes(bytes))
    }
}
