//! Amounts as people type them: digits, with separators of thousands.

use credits_runtime::Amount;

use crate::refusal::Refusal;

/// The rule of a field with an amount.
const RULE: &str = "give a whole number from 1 to 9,223,372,036,854,775,807, as in 1000 or 1,000";

/// The amount in a field. `1,5` is refused, which may mean one and a half.
pub(super) fn amount(field: &str, text: &str) -> Result<Amount, Refusal> {
    let digits = digits(text.trim()).and_then(|digits| digits.parse::<i64>().ok());
    let amount = digits.filter(|amount| *amount > 0).map(Amount::new);
    amount.ok_or_else(|| Refusal::invalid(field, text, RULE))
}

/// The digits without separators, which are of one kind and stand before groups of three.
fn digits(text: &str) -> Option<String> {
    let Some(separator) = text.chars().find(|letter| matches!(letter, ',' | '_' | ' ')) else {
        return is_number(text).then(|| text.to_owned());
    };
    let (first, rest) = text.split_once(separator)?;
    let is_grouped = rest.split(separator).all(|group| group.len() == 3 && is_number(group));
    let is_known = is_number(first) && first.len() <= 3 && is_grouped;
    is_known.then(|| text.split(separator).collect())
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_stand_before_groups_of_three() {
        for (text, value) in [
            ("1", 1),
            (" 137 ", 137),
            ("1000", 1_000),
            ("1,000", 1_000),
            ("1_000_000", 1_000_000),
            ("12 345", 12_345),
            ("007", 7),
            ("9,223,372,036,854,775,807", i64::MAX),
        ] {
            assert_eq!(amount("amount", text).unwrap().get(), value, "{text}");
        }
        for text in [
            "",
            " ",
            "0",
            "-5",
            "+5",
            "1.5",
            "1,5",
            "1.000",
            "1,00",
            "1000,000",
            ",000",
            "1,,000",
            "1,000 000",
            "1e3",
            "ten",
            "0x10",
            "9223372036854775808",
            "99999999999999999999999",
            "\u{661}\u{662}",
            "5 credits",
        ] {
            let refusal = amount("amount", text).unwrap_err().0;
            assert_eq!((refusal.status, refusal.code.as_str()), (422, "field_invalid"));
            assert!(
                refusal.detail.starts_with(&format!("`amount` is `{text}`: give a whole number")),
                "{text}"
            );
        }
    }
}
