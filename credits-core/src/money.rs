//! Money: amounts of a currency, counted as Stripe counts them. Amounts are displayed and compared, never
//! multiplied by a fraction.
//!
//! It does not know exchange rates or taxes.

use core::fmt::{Display, Formatter, Result};

use crate::shown::from_fn;
use crate::wording::decimal;

/// A currency of ISO 4217.
///
/// A written amount has up to `exponent` decimals. Stripe receives it as a whole number of
/// `10^-stripe_exponent`, which is a multiple of `10^-step_exponent`. The three exponents differ only for a
/// few currencies (<https://docs.stripe.com/currencies#special-cases>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Currency {
    /// The ISO 4217 code in lower case, as Stripe writes it.
    pub code: &'static str,
    /// Decimals of a written amount, by ISO 4217: 2 for usd, 0 for jpy and ugx, 3 for kwd.
    pub exponent: u32,
    /// Decimals of an amount in Stripe's API: 2 for usd and ugx, 0 for jpy and mga, 3 for kwd.
    pub stripe_exponent: u32,
    /// Decimals of the amounts that Stripe charges: 2 for usd and kwd, 0 for jpy, ugx and mga.
    pub step_exponent: u32,
    /// Symbol before an amount; empty for none.
    pub symbol: &'static str,
}

impl Currency {
    /// US dollars, the default currency of a pricing.
    pub const USD: Self = currency("usd", 2, "$");

    /// Smallest difference between amounts that Stripe charges, in units of `10^-exponent`: 10 for kwd, 100
    /// for mga, 1 for most currencies.
    #[must_use]
    pub const fn step(self) -> i64 {
        power(self.exponent, self.step_exponent)
    }

    /// Converts a written amount, in units of `10^-exponent`, to Stripe's minor units: 5,000 UGX are 500,000.
    /// Returns `None` if the amount is not a multiple of [`step`](Self::step), or does not fit.
    #[must_use]
    pub const fn minor(self, written: i64) -> Option<i64> {
        if written % self.step() != 0 {
            return None;
        }
        (written / self.step()).checked_mul(power(self.stripe_exponent, self.step_exponent))
    }

    /// The currency with other exponents at Stripe.
    const fn at_stripe(self, stripe_exponent: u32, step_exponent: u32) -> Self {
        Self { stripe_exponent, step_exponent, ..self }
    }
}

/// `10^(of - less)`, or 1 if `less` is larger.
const fn power(of: u32, less: u32) -> i64 {
    10_i64.pow(of.saturating_sub(less))
}

const fn currency(code: &'static str, exponent: u32, symbol: &'static str) -> Currency {
    Currency { code, exponent, stripe_exponent: exponent, step_exponent: exponent, symbol }
}

/// The ISO 4217 currencies in use, and the lev, sorted by code. Funds, metals, units of account and test
/// codes are left out.
///
/// `at_stripe` marks the currencies that Stripe counts or charges differently from ISO 4217: isk and ugx have
/// two decimals that are 00, mga has none, and the third decimal of bhd, jod, kwd, omr and tnd is 0.
pub const CURRENCIES: &[Currency] = &[
    currency("aed", 2, ""),
    currency("afn", 2, ""),
    currency("all", 2, ""),
    currency("amd", 2, ""),
    currency("aoa", 2, ""),
    currency("ars", 2, ""),
    currency("aud", 2, "A$"),
    currency("awg", 2, ""),
    currency("azn", 2, ""),
    currency("bam", 2, ""),
    currency("bbd", 2, ""),
    currency("bdt", 2, ""),
    currency("bgn", 2, ""),
    currency("bhd", 3, "").at_stripe(3, 2),
    currency("bif", 0, ""),
    currency("bmd", 2, ""),
    currency("bnd", 2, ""),
    currency("bob", 2, ""),
    currency("brl", 2, "R$"),
    currency("bsd", 2, ""),
    currency("btn", 2, ""),
    currency("bwp", 2, ""),
    currency("byn", 2, ""),
    currency("bzd", 2, ""),
    currency("cad", 2, "CA$"),
    currency("cdf", 2, ""),
    currency("chf", 2, ""),
    currency("clp", 0, ""),
    currency("cny", 2, ""),
    currency("cop", 2, ""),
    currency("crc", 2, ""),
    currency("cup", 2, ""),
    currency("cve", 2, ""),
    currency("czk", 2, ""),
    currency("djf", 0, ""),
    currency("dkk", 2, ""),
    currency("dop", 2, ""),
    currency("dzd", 2, ""),
    currency("egp", 2, ""),
    currency("ern", 2, ""),
    currency("etb", 2, ""),
    currency("eur", 2, "\u{20ac}"),
    currency("fjd", 2, ""),
    currency("fkp", 2, ""),
    currency("gbp", 2, "\u{a3}"),
    currency("gel", 2, ""),
    currency("ghs", 2, ""),
    currency("gip", 2, ""),
    currency("gmd", 2, ""),
    currency("gnf", 0, ""),
    currency("gtq", 2, ""),
    currency("gyd", 2, ""),
    currency("hkd", 2, "HK$"),
    currency("hnl", 2, ""),
    currency("htg", 2, ""),
    currency("huf", 2, ""),
    currency("idr", 2, ""),
    currency("ils", 2, ""),
    currency("inr", 2, "\u{20b9}"),
    currency("iqd", 3, ""),
    currency("irr", 2, ""),
    currency("isk", 0, "").at_stripe(2, 0),
    currency("jmd", 2, ""),
    currency("jod", 3, "").at_stripe(3, 2),
    currency("jpy", 0, "\u{a5}"),
    currency("kes", 2, ""),
    currency("kgs", 2, ""),
    currency("khr", 2, ""),
    currency("kmf", 0, ""),
    currency("kpw", 2, ""),
    currency("krw", 0, "\u{20a9}"),
    currency("kwd", 3, "").at_stripe(3, 2),
    currency("kyd", 2, ""),
    currency("kzt", 2, ""),
    currency("lak", 2, ""),
    currency("lbp", 2, ""),
    currency("lkr", 2, ""),
    currency("lrd", 2, ""),
    currency("lsl", 2, ""),
    currency("lyd", 3, ""),
    currency("mad", 2, ""),
    currency("mdl", 2, ""),
    currency("mga", 2, "").at_stripe(0, 0),
    currency("mkd", 2, ""),
    currency("mmk", 2, ""),
    currency("mnt", 2, ""),
    currency("mop", 2, ""),
    currency("mru", 2, ""),
    currency("mur", 2, ""),
    currency("mvr", 2, ""),
    currency("mwk", 2, ""),
    currency("mxn", 2, "MX$"),
    currency("myr", 2, ""),
    currency("mzn", 2, ""),
    currency("nad", 2, ""),
    currency("ngn", 2, ""),
    currency("nio", 2, ""),
    currency("nok", 2, ""),
    currency("npr", 2, ""),
    currency("nzd", 2, "NZ$"),
    currency("omr", 3, "").at_stripe(3, 2),
    currency("pab", 2, ""),
    currency("pen", 2, ""),
    currency("pgk", 2, ""),
    currency("php", 2, ""),
    currency("pkr", 2, ""),
    currency("pln", 2, ""),
    currency("pyg", 0, ""),
    currency("qar", 2, ""),
    currency("ron", 2, ""),
    currency("rsd", 2, ""),
    currency("rub", 2, ""),
    currency("rwf", 0, ""),
    currency("sar", 2, ""),
    currency("sbd", 2, ""),
    currency("scr", 2, ""),
    currency("sdg", 2, ""),
    currency("sek", 2, ""),
    currency("sgd", 2, "S$"),
    currency("shp", 2, ""),
    currency("sle", 2, ""),
    currency("sos", 2, ""),
    currency("srd", 2, ""),
    currency("ssp", 2, ""),
    currency("stn", 2, ""),
    currency("svc", 2, ""),
    currency("syp", 2, ""),
    currency("szl", 2, ""),
    currency("thb", 2, ""),
    currency("tjs", 2, ""),
    currency("tmt", 2, ""),
    currency("tnd", 3, "").at_stripe(3, 2),
    currency("top", 2, ""),
    currency("try", 2, ""),
    currency("ttd", 2, ""),
    currency("twd", 2, ""),
    currency("tzs", 2, ""),
    currency("uah", 2, ""),
    currency("ugx", 0, "").at_stripe(2, 0),
    currency("usd", 2, "$"),
    currency("uyu", 2, ""),
    currency("uzs", 2, ""),
    currency("ved", 2, ""),
    currency("ves", 2, ""),
    currency("vnd", 0, ""),
    currency("vuv", 0, ""),
    currency("wst", 2, ""),
    currency("xaf", 0, ""),
    currency("xcd", 2, ""),
    currency("xcg", 2, ""),
    currency("xof", 0, ""),
    currency("xpf", 0, ""),
    currency("yer", 2, ""),
    currency("zar", 2, ""),
    currency("zmw", 2, ""),
    currency("zwg", 2, ""),
];

/// An exact amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Amount in Stripe's minor units, as in its API and webhooks: 4,999 for $49.99, 500 for 500 yen, 500,000
    /// for 5,000 UGX.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl Money {
    /// An amount in Stripe's minor units of the currency with this ISO 4217 code, in lower case; `None` for an unknown code.
    #[must_use]
    pub fn new(minor: i64, code: &str) -> Option<Self> {
        let currency = CURRENCIES.iter().find(|known| known.code == code)?;
        Some(Self { minor, currency: *currency })
    }

    /// The amount with all decimals and thousands separators: `$1,300.00`, where `Display` writes `$1300`.
    pub fn formatted(self) -> impl Display {
        let Currency { code, stripe_exponent, symbol, .. } = self.currency;
        from_fn(move |f| {
            let sign = if self.minor < 0 { "-" } else { "" };
            write!(f, "{sign}{symbol}{}", decimal(self.minor.unsigned_abs(), stripe_exponent))?;
            if symbol.is_empty() { write!(f, " {}", upper(code)) } else { Ok(()) }
        })
    }
}

impl Display for Money {
    /// Writes `$49.99`, or `49.99 CHF` for a currency without a symbol.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Currency { code, stripe_exponent, symbol, .. } = self.currency;
        let scale = 10_u64.pow(stripe_exponent);
        let (whole, rest) = (self.minor.unsigned_abs() / scale, self.minor.unsigned_abs() % scale);
        f.write_str(if self.minor < 0 { "-" } else { "" })?;
        write!(f, "{symbol}{whole}")?;
        if rest > 0 {
            write!(f, ".{rest:0width$}", width = stripe_exponent as usize)?;
        }
        if symbol.is_empty() {
            write!(f, " {}", upper(code))?;
        }
        Ok(())
    }
}

/// A code in upper case.
fn upper(code: &'static str) -> impl Display {
    from_fn(move |f| code.chars().try_for_each(|letter| write!(f, "{}", letter.to_ascii_uppercase())))
}

/// Prices for display: `$9`, or `$9, 8.99 CHF or 1300 PYG`.
pub(crate) fn in_words(prices: &[Money]) -> impl Display {
    from_fn(move |f| {
        for (place, price) in prices.iter().enumerate() {
            let is_last = place + 1 == prices.len();
            let separator = match place {
                0 => "",
                _ if is_last => " or ",
                _ => ", ",
            };
            write!(f, "{separator}{price}")?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString;

    fn known(code: &str) -> Currency {
        *CURRENCIES.iter().find(|currency| currency.code == code).unwrap()
    }

    fn money(minor: i64, code: &str) -> Money {
        Money { minor, currency: known(code) }
    }

    #[test]
    fn money_reads_as_people_write_it() {
        for (minor, code, shown) in [
            (4_999, "usd", "$49.99"),
            (900, "usd", "$9"),
            (905, "usd", "$9.05"),
            (-250, "eur", "-\u{20ac}2.50"),
            (500, "jpy", "\u{a5}500"),
            (1_230, "kwd", "1.230 KWD"),
            (500_000, "ugx", "5000 UGX"),
            (50_000, "isk", "500 ISK"),
            (5_000, "mga", "5000 MGA"),
            (17_500, "huf", "175 HUF"),
        ] {
            assert_eq!(money(minor, code).to_string(), shown);
        }
        let several = [money(900, "usd"), money(899, "chf"), money(1_300, "jpy")];
        assert_eq!(in_words(&several).to_string(), "$9, 8.99 CHF or \u{a5}1300");
        assert_eq!(in_words(&several[1..]).to_string(), "8.99 CHF or \u{a5}1300");
    }

    #[test]
    fn what_people_write_is_sent_as_stripe_counts_it() {
        for (written, code, minor) in [
            (4_999, "usd", Some(4_999)),
            (500, "jpy", Some(500)),
            (5_000, "ugx", Some(500_000)),
            (500, "isk", Some(50_000)),
            (1_230, "kwd", Some(1_230)),
            (1_234, "kwd", None),
            (500_000, "mga", Some(5_000)),
            (500_050, "mga", None),
            (80_045, "twd", Some(80_045)),
            (i64::MAX, "ugx", None),
        ] {
            assert_eq!(known(code).minor(written), minor, "{written} {code}");
        }
    }

    #[test]
    fn currencies_are_sorted_and_unique() {
        assert!(CURRENCIES.is_sorted_by(|a, b| a.code < b.code));
    }

    #[test]
    fn a_step_is_no_finer_than_what_is_written_or_sent() {
        for currency in CURRENCIES {
            assert!(
                currency.step_exponent <= currency.exponent.min(currency.stripe_exponent),
                "{currency:?}"
            );
        }
    }
}
