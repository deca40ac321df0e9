//! Money: whole minor units of a currency. It is shown and compared, never multiplied by a fraction.
//!
//! It does not know exchange rates or taxes.

/// A currency the language knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency {
    /// The ISO 4217 code in lower case, as Stripe writes it.
    pub code: &'static str,
    /// Decimals of an amount: 2 for usd, 0 for jpy, as Stripe counts them.
    pub exponent: u32,
    /// The sign before an amount, or empty.
    pub symbol: &'static str,
}

impl Currency {
    /// US dollars, the currency of a pricing that names none.
    pub const USD: Self = currency("usd", 2, "$");
}

const fn currency(code: &'static str, exponent: u32, symbol: &'static str) -> Currency {
    Currency { code, exponent, symbol }
}

/// Currencies by code, in alphabetical order. The exponents are Stripe's, which differ from ISO 4217 where
/// Stripe counts a currency without decimals (<https://docs.stripe.com/currencies#zero-decimal>).
pub const CURRENCIES: &[Currency] = &[
    currency("aed", 2, ""),
    currency("ars", 2, ""),
    currency("aud", 2, "A$"),
    currency("bgn", 2, ""),
    currency("bhd", 3, ""),
    currency("bif", 0, ""),
    currency("brl", 2, "R$"),
    currency("cad", 2, "CA$"),
    currency("chf", 2, ""),
    currency("clp", 0, ""),
    currency("cny", 2, ""),
    currency("cop", 2, ""),
    currency("czk", 2, ""),
    currency("djf", 0, ""),
    currency("dkk", 2, ""),
    currency("egp", 2, ""),
    currency("eur", 2, "\u{20ac}"),
    currency("gbp", 2, "\u{a3}"),
    currency("gnf", 0, ""),
    currency("hkd", 2, "HK$"),
    currency("huf", 2, ""),
    currency("idr", 2, ""),
    currency("ils", 2, ""),
    currency("inr", 2, "\u{20b9}"),
    currency("jod", 3, ""),
    currency("jpy", 0, "\u{a5}"),
    currency("kes", 2, ""),
    currency("kmf", 0, ""),
    currency("krw", 0, "\u{20a9}"),
    currency("kwd", 3, ""),
    currency("mga", 0, ""),
    currency("mxn", 2, "MX$"),
    currency("myr", 2, ""),
    currency("ngn", 2, ""),
    currency("nok", 2, ""),
    currency("nzd", 2, "NZ$"),
    currency("omr", 3, ""),
    currency("pen", 2, ""),
    currency("php", 2, ""),
    currency("pkr", 2, ""),
    currency("pln", 2, ""),
    currency("pyg", 0, ""),
    currency("ron", 2, ""),
    currency("rwf", 0, ""),
    currency("sar", 2, ""),
    currency("sek", 2, ""),
    currency("sgd", 2, "S$"),
    currency("thb", 2, ""),
    currency("tnd", 3, ""),
    currency("try", 2, ""),
    currency("twd", 2, ""),
    currency("uah", 2, ""),
    currency("ugx", 0, ""),
    currency("usd", 2, "$"),
    currency("vnd", 0, ""),
    currency("vuv", 0, ""),
    currency("xaf", 0, ""),
    currency("xof", 0, ""),
    currency("xpf", 0, ""),
    currency("zar", 2, ""),
];

/// An exact amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Minor units: 4,999 for $49.99, 500 for 500 yen.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl core::fmt::Display for Money {
    /// `$49.99`, or `49.99 CHF` where the currency has no sign here.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Currency { code, exponent, symbol } = self.currency;
        let scale = 10_u64.pow(exponent);
        let (whole, rest) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        f.write_str(if self.minor < 0 { "-" } else { "" })?;
        write!(f, "{symbol}{whole}")?;
        if rest > 0 {
            write!(f, ".{rest:0width$}", width = exponent as usize)?;
        }
        if symbol.is_empty() {
            f.write_str(" ")?;
            code.chars().try_for_each(|letter| write!(f, "{}", letter.to_ascii_uppercase()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    fn money(minor: i64, code: &str) -> Money {
        let currency = *CURRENCIES.iter().find(|currency| currency.code == code).unwrap();
        Money { minor, currency }
    }

    #[test]
    fn money_reads_as_people_write_it() {
        for (minor, code, shown) in [
            (4_999, "usd", "$49.99"),
            (900, "usd", "$9"),
            (905, "usd", "$9.05"),
            (-250, "eur", "-\u{20ac}2.50"),
            (500, "jpy", "\u{a5}500"),
            (1_234, "kwd", "1.234 KWD"),
        ] {
            assert_eq!(money(minor, code).to_string(), shown);
        }
    }

    #[test]
    fn currencies_are_sorted_and_unique() {
        assert!(CURRENCIES.is_sorted_by(|a, b| a.code < b.code));
    }
}
