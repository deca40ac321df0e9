//! Ids of prices: what Stripe shows for a price, and nothing else that it shows.
//!
//! It does not know environments. Ids of old plans are free words, so that only what Stripe itself makes is refused.

use super::Checker;
use super::forever::forever;
use crate::ast::{PriceId, Text};
use crate::diag::Result;
use crate::{exact, messages};

/// Beginnings of keys, which are secret but for the publishable ones.
const KEYS: &[&str] = &["pk_live_", "pk_test_", "rk_live_", "rk_test_", "sk_live_", "sk_test_", "whsec_"];

/// Beginnings of other ids, and whose they are.
const OTHERS: &[(&str, &str)] = &[
    ("acct_", "an account"),
    ("buy_btn_", "a button"),
    ("ch_", "a charge"),
    ("cs_", "a checkout session"),
    ("cus_", "a customer"),
    ("evt_", "an event"),
    ("in_", "an invoice"),
    ("pi_", "a payment"),
    ("plink_", "a payment link"),
    ("prod_", "a product"),
    ("promo_", "a promotion code"),
    ("si_", "an item of a subscription"),
    ("sub_", "a subscription"),
    ("we_", "a webhook"),
];

/// What Stripe makes is at least this long behind its beginning; a `prod_` is no word that an old plan would have.
const LETTERS_MIN: usize = 8;

/// Signs of a text that a program was to fill.
const PLACEHOLDERS: &[char] = &['"', '$', '(', ')', '<', '>', '[', ']', '`', '{', '}'];

impl Checker<'_> {
    pub(super) fn price_id(&mut self, id: &PriceId) -> Result<&'static str> {
        let Text { value, span } = match id {
            PriceId::Path(path) => return Ok(forever(&path.to_string())),
            PriceId::Text(text) => text,
        };
        let trimmed = value.trim();
        let message = if trimmed.is_empty() {
            messages::empty_price()
        } else if value.contains(char::is_whitespace) {
            messages::blank_in_price((!trimmed.contains(char::is_whitespace)).then_some(trimmed))
        } else if KEYS.iter().any(|key| value.starts_with(key)) {
            messages::secret_as_price(value)
        } else if is_address(value) {
            let id = value.split(['/', '?', '#', '&', '=']).find(|part| part.starts_with("price_"));
            messages::address_as_price(value, id)
        } else if is_amount(value) {
            messages::amount_as_price(value)
        } else if value.contains(PLACEHOLDERS) {
            messages::placeholder_as_price(value)
        } else if let Some(what) = of_another(value) {
            messages::id_of_another(value, what)
        } else {
            return Ok(forever(value));
        };
        Err(self.diagnostics.report(*span, message))
    }
}

/// Whether this is an address of a page or of Stripe's API.
fn is_address(id: &str) -> bool {
    id.contains("://") || id.contains("stripe.com") || id.starts_with("www.")
}

/// `9.99` and `$29`; an old plan may have a whole number for its id.
fn is_amount(id: &str) -> bool {
    let number = id.trim_start_matches('$');
    (number != id || id.contains('.')) && exact::value(number).is_some()
}

/// Whose id this is, if it is not of a price.
fn of_another(id: &str) -> Option<&'static str> {
    OTHERS.iter().find_map(|(start, what)| {
        let letters = id.strip_prefix(start)?;
        let letters = letters.trim_start_matches("test_").trim_start_matches("live_");
        let is_made = letters.bytes().all(|letter| letter.is_ascii_alphanumeric());
        (is_made && (letters.len() >= LETTERS_MIN || *start == "prod_")).then_some(*what)
    })
}
