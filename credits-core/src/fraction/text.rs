//! Fractions as text: a decimal where it ends, otherwise a quotient. Both read back exactly.

use core::fmt::{Display, Error, Formatter, Result, Write as _};
use core::str::FromStr;

use super::Fraction;

/// The maximum number of decimals; a fraction that needs more is written as a quotient. One byte is 20 decimals of a megabyte.
const DECIMALS_MAX: u32 = 20;

impl Fraction {
    /// The number of decimals; `None` if the decimal does not end within the maximum.
    const fn decimals(self) -> Option<u32> {
        let (mut rest, mut twos, mut fives) = (self.denominator, 0, 0);
        while rest % 2 == 0 {
            (rest, twos) = (rest / 2, twos + 1);
        }
        while rest % 5 == 0 {
            (rest, fives) = (rest / 5, fives + 1);
        }
        let decimals = if twos > fives { twos } else { fives };
        if rest == 1 && decimals <= DECIMALS_MAX { Some(decimals) } else { None }
    }
}

impl Display for Fraction {
    /// Writes `3`, `3.65` or `1/3`.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Some(decimals) = self.decimals() else {
            return write!(f, "{}/{}", self.numerator, self.denominator);
        };
        let (numerator, denominator) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        f.write_str(if self.is_negative() { "-" } else { "" })?;
        write!(f, "{}", numerator / denominator)?;
        f.write_str(if decimals > 0 { "." } else { "" })?;
        let mut rest = numerator % denominator;
        for _ in 0..decimals {
            // A denominator with up to 20 decimals is at most 10^20, so ten times the rest fits.
            rest *= 10;
            let digit = u32::try_from(rest / denominator).ok().and_then(|digit| char::from_digit(digit, 10));
            f.write_char(digit.ok_or(Error)?)?;
            rest %= denominator;
        }
        Ok(())
    }
}

/// The error of a text that is no fraction, or one that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAFraction;

impl Display for NotAFraction {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str("no exact number: write it as in `3`, `3.65` or `1/3`")
    }
}

impl core::error::Error for NotAFraction {}

impl FromStr for Fraction {
    type Err = NotAFraction;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> core::result::Result<Self, NotAFraction> {
        let integer = |text: &str| text.parse::<i128>().map_err(|_| NotAFraction);
        if let Some((numerator, denominator)) = text.split_once('/') {
            return Self::new(integer(numerator)?, integer(denominator)?).ok_or(NotAFraction);
        }
        let Some((whole, decimals)) = text.split_once('.') else {
            return Self::new(integer(text)?, 1).ok_or(NotAFraction);
        };
        let places = u32::try_from(decimals.len()).ok().filter(|places| (1..=DECIMALS_MAX).contains(places));
        if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAFraction);
        }
        let scale = 10_i128.pow(places.ok_or(NotAFraction)?);
        let part = Self::new(integer(decimals)?, scale).ok_or(NotAFraction)?;
        let whole_part = Self::new(integer(whole)?, 1).ok_or(NotAFraction)?;
        let value =
            if whole.starts_with('-') { whole_part.checked_sub(part) } else { whole_part.checked_add(part) };
        value.ok_or(NotAFraction)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    #[test]
    fn fractions_read_as_decimals_where_they_end() {
        for (numerator, denominator, text) in [
            (0, 1, "0"),
            (73, 20, "3.65"),
            (-1, 2, "-0.5"),
            (-5, 4, "-1.25"),
            (1, 3, "1/3"),
            (-7, 6, "-7/6"),
            (1, 1_048_576, "0.00000095367431640625"),
            (1, 1 << 21, "1/2097152"),
            (i128::MAX, 10, "17014118346046923173168730371588410572.7"),
            (10_000_001, 100_000, "100.00001"),
        ] {
            let value = Fraction::new(numerator, denominator).unwrap();
            assert_eq!(value.to_string(), text);
            assert_eq!(text.parse(), Ok(value), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_fractions() {
        for text in
            ["", "-", ".", "1.", ".5.", "1/0", "1/", "a", "1e5", "1.-5", "1.+5", "0.000000000000000000001"]
        {
            assert_eq!(text.parse::<Fraction>(), Err(NotAFraction), "{text}");
        }
    }
}
