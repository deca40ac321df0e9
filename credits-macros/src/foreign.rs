//! Words of other worlds: the gem's, Stripe's, those of configuration files and of Rust; each with the right word.
//!
//! It does not know the grammar. A help may quote what follows the word: `{rest}` is all of it on the line,
//! `{number}`, `{text}` and `{word}` are the first of their kind, `{written}` is all with the word, and each may name an example: `{text|"price_xyz"}`.

/// What a word of another world is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// This word, which takes the same.
    Word(&'static str),
    /// Something that is written otherwise: the help.
    Help(&'static str),
}

use Answer::{Help, Word};

/// Words, and what they are.
type Table = &'static [(&'static [&'static str], Answer)];

/// Words for what an application says of an item.
const NAMES: &[&str] = &["category", "description", "features", "notes", "summary", "tags", "tier"];

/// Words for the name that people read.
const DISPLAY_NAMES: &[&str] =
    &["called", "display_name", "human_name", "label", "name", "nickname", "title"];

/// Words for a name that an item had before.
const FORMER_NAMES: &[&str] =
    &["alias", "aliases", "former_name", "old_name", "previously", "renamed", "renamed_from", "was"];

const PRICE_IDS: &[&str] = &[
    "lookup_key",
    "plan_id",
    "price_id",
    "processor_plan",
    "stripe",
    "stripe_id",
    "stripe_plan",
    "stripe_price_id",
];

/// Words for a price that is a whole number of the smallest units of its currency, as in Stripe's API.
const MINOR_UNITS: &[&str] = &[
    "amount",
    "amount_cents",
    "amount_in_cents",
    "cents",
    "cost_cents",
    "cost_in_cents",
    "price_cents",
    "price_in_cents",
    "unit_amount",
    "unit_amount_decimal",
];

/// Whether a word is for a price in the smallest units of its currency.
pub(crate) fn counts_minor_units(word: &str) -> bool {
    MINOR_UNITS.contains(&word)
}

const AS_META: Answer = Help("write `meta {key}: {rest|\"..\"}`");
const AS_STRIPE_PRICE: Answer = Help("write `stripe_price {prices|\"price_xyz\"}` for `{written}`");
const OUTSIDE: Answer = Help("write it outside, above `usage_credits!`");
const CONDITION: Answer =
    Help("a cost that depends on a parameter is Rust in braces: write `costs { if .. { .. } else { .. } }`");

const ITEMS: Table = &[
    (&["product", "products"], Help("write `subscription_plan` or `credit_pack`")),
    (&["membership", "plans", "subscriptions", "subscription_plans"], Word("subscription_plan")),
    (&["bundle", "package", "packs", "credit_packs", "top_up", "topup"], Word("credit_pack")),
    (&["action", "actions", "feature", "features", "meter", "op", "operations"], Word("operation")),
    (&["assets"], Word("asset")),
    (&["config", "configuration", "configure", "options"], Word("settings")),
    (
        &[
            "async",
            "const",
            "enum",
            "extern",
            "fn",
            "impl",
            "let",
            "macro_rules",
            "mod",
            "pub",
            "static",
            "struct",
            "trait",
            "type",
            "union",
            "unsafe",
            "use",
        ],
        OUTSIDE,
    ),
    (&["include"], Help("write the items here; `include!` is not expanded before `usage_credits!` is")),
];

const SETTINGS: Table = &[
    (&["round", "rounding_mode", "rounding_strategy"], Word("rounding")),
    (&["currency_code", "default_currency"], Word("currency")),
    (
        &["credit_name", "credits_name", "format_credits", "unit_name"],
        Help("write `credits_named \"token\", \"tokens\"`"),
    ),
    (
        &["low_balance", "low_balance_alert", "low_balance_warning", "on_low_balance", "threshold"],
        Word("low_balance_threshold"),
    ),
    (&["fulfillment_grace", "grace_period"], Word("fulfillment_grace_period")),
    (&["min_period", "minimum_fulfillment_period", "minimum_period"], Word("min_fulfillment_period")),
    (&["allow_debt", "allow_negative", "negative_balance", "overdraft"], Word("allow_negative_balance")),
    (
        &[
            "hold",
            "hold_duration",
            "hold_expiry",
            "hold_length",
            "hold_period",
            "hold_time",
            "hold_timeout",
            "hold_ttl",
            "reservation_ttl",
        ],
        Word("hold_limit"),
    ),
    (&["hold_max", "max_hold", "max_hold_limit", "max_hold_time", "maximum_hold"], Word("hold_limit_max")),
    (&["overage", "overages", "overspend", "overspending"], Word("overrun")),
    (&["debt", "debt_limit", "max_debt", "credit_limit"], Word("allow_negative_balance")),
    (&["renewal_grace", "renewal_grace_period"], Word("renewal_wait")),
    (&["refund_policy", "refunds"], Word("subscription_refunds")),
    (
        &["language", "locale", "time_zone", "timezone", "tz"],
        Help("times are kept in UTC, and the application shows them: leave `{written}` out"),
    ),
    (&["tax", "tax_behavior", "tax_rate", "vat"], Help("taxes are charged by Stripe: leave `{written}` out")),
    (&["env", "environment", "envs", "modes"], Word("environments")),
    (&["category"], Word("categories")),
    (&["idempotency_window", "key_retention"], Word("keep_keys")),
    (
        &["api_key", "publishable_key", "secret_key", "signing_secret", "stripe_key", "webhook_secret"],
        Help("give the key to the application when it runs; a secret does not belong in its source"),
    ),
];

const PLAN: Table = &[
    (PRICE_IDS, AS_STRIPE_PRICE),
    (
        &["amount", "charge", "fee", "price", "unit_amount"],
        Help("what a plan costs stands at Stripe: write `stripe_price {text|\"price_xyz\"}`"),
    ),
    (&["cost"], Word("costs")),
    (
        &["overage", "overage_price", "overage_rate", "overages"],
        Help(
            "usage above the credits of a plan is sold in a `credit_pack`, or owed: write `overrun debt` in the settings",
        ),
    ),
    (&["product", "product_id"], Help("a plan is found by its price: write `stripe_price \"price_xyz\"`")),
    (
        &[
            "billing_cycle",
            "billing_interval",
            "billing_period",
            "cadence",
            "cycle",
            "every",
            "frequency",
            "interval",
            "interval_count",
            "per",
            "period",
            "recurring",
            "renews",
        ],
        Help(
            "how often a plan gives stands behind what it gives: write `.every({word|month})` after the amount",
        ),
    ),
    (
        &["allowance", "award", "credits", "give", "grant", "grants", "includes", "monthly_credits", "quota"],
        Word("gives"),
    ),
    (
        &["free_trial", "trial", "trial_days", "trial_period", "trial_period_days"],
        Help("how long a trial is stands at Stripe; write `trial_includes` and an amount for what it gives"),
    ),
    (&["trial_bonus", "trial_credits"], Word("trial_includes")),
    (&["bonus", "initial_credits", "signup_credits", "welcome_bonus"], Word("signup_bonus")),
    (&["carry_over", "roll_over", "rollover"], Help("write `unused_credits {policy}` for `{written}`")),
    (&["expiration", "expire_in", "expires", "expires_after", "expires_in"], Word("expire_after")),
    (&["currency"], Help("the price at Stripe has its currency: leave this line out")),
    (&["archived", "deprecated", "disabled", "hidden", "inactive"], Word("retired")),
    (&["prepaid", "upfront"], Word("in_advance")),
    (&["metadata"], Word("meta")),
    (DISPLAY_NAMES, Word("named")),
    (FORMER_NAMES, Word("formerly")),
    (NAMES, AS_META),
];

const PACK: Table = &[
    (PRICE_IDS, AS_STRIPE_PRICE),
    (MINOR_UNITS, Word("costs")),
    (&["charge", "charges", "cost", "fee", "price"], Word("costs")),
    (
        &["price_data"],
        Help("a pack says what it costs alone: write `costs` and an amount such as `9.dollars`"),
    ),
    (&["award", "credits", "give", "grant", "grants", "includes", "quantity"], Word("gives")),
    (
        &["expiration", "expire_after", "expires", "expires_in", "valid_for", "validity"],
        Word("expires_after"),
    ),
    (&["bonus_credits", "extra"], Word("bonus")),
    (&["product", "product_id"], Help("write `stripe_price` and the id of its price, or `costs` alone")),
    (
        &["billing_period", "every", "interval", "period", "recurring"],
        Help("a pack is bought once: leave this line out, or declare a `subscription_plan`"),
    ),
    (&["only", "restricted_to", "scope"], Word("only_for")),
    (&["metadata"], Word("meta")),
    (DISPLAY_NAMES, Word("named")),
    (FORMER_NAMES, Word("formerly")),
    (NAMES, AS_META),
];

const OPERATION: Table = &[
    (
        &["above", "after", "beyond", "free", "included", "over"],
        Help("included units stand behind the rate: write `after {rest|10.minutes}` after it"),
    ),
    (&["by", "tiers"], Help("write `costs {key} {rest|..}`")),
    (GRADUATED, Help("write `costs tiers` for `{key}`")),
    (
        &["overage", "overage_price", "overage_rate", "overages"],
        Help(
            "a rate above an included quantity has `after`, such as in `costs 1.credit_per(minute) after 10.minutes`",
        ),
    ),
    (&["amount", "charge", "charges", "cost", "credits", "price"], Word("costs")),
    (&["burns", "consumes", "deducts", "pays", "rate", "spends", "uses"], Word("costs")),
    (
        &["meter", "unit_label", "usage_type"],
        Help("the unit stands in the rate: write `costs` and `1.credit_per(page)`, with its number and unit"),
    ),
    (&["cap", "ceiling", "max", "max_cost", "maximum"], Word("at_most")),
    (
        &[
            "floor",
            "min",
            "min_charge",
            "min_cost",
            "min_credits",
            "minimum",
            "minimum_charge",
            "minimum_cost",
            "minimum_credits",
        ],
        Word("at_least"),
    ),
    (&["limits", "max_quantity", "quota"], Word("limit")),
    (&["arg", "args", "given", "input", "param", "parameter", "parameters", "params", "takes"], Word("with")),
    (&["assert", "check", "ensure", "require", "requires", "validates"], Word("validate")),
    (&["case", "else", "if", "unless", "when", "while"], CONDITION),
    (&["metadata"], Word("meta")),
    (DISPLAY_NAMES, Word("named")),
    (FORMER_NAMES, Word("formerly")),
    (NAMES, AS_META),
];

/// What a word is that begins an item, or a statement of this item.
pub(crate) fn keyword(item: Option<&str>, word: &str) -> Option<Answer> {
    let table = match item {
        None => ITEMS,
        Some("settings") => SETTINGS,
        Some("subscription_plan") => PLAN,
        Some("credit_pack") => PACK,
        Some("operation") => OPERATION,
        Some(_) => return None,
    };
    table.iter().find(|(words, _)| words.contains(&word)).map(|(_, answer)| *answer)
}

/// Words for a choice, and the choice.
const OPTIONS: &[(&[&str], &str)] = &[
    (&["ceiling", "up"], "ceil"),
    (&["down", "truncate"], "floor"),
    (&["half_up", "nearest"], "round"),
    (&["accumulate", "carry_over", "keep", "roll_over"], "rollover"),
    (&["discard", "forfeit", "lose", "reset"], "expire"),
    (&["forbid", "refuse", "reject"], "deny"),
    (&["keep"], "preserve"),
    (&["allow", "owe"], "debt"),
    (&["never", "drop"], "none"),
    (&["proration"], "prorated"),
    (&["production", "prod"], "live"),
    (&["development", "dev", "sandbox", "staging"], "test"),
];

/// The choice that a word means, if it is one of these.
pub(crate) fn option(word: &str, known: &[&'static str]) -> Option<&'static str> {
    let meant = |(words, _): &&(&[&str], &str)| words.contains(&word);
    OPTIONS.iter().filter(meant).find_map(|(_, choice)| known.iter().find(|known| *known == choice).copied())
}

/// Words for the bounds of a rollover, and the bound.
pub(crate) const BOUNDS: &[(&[&str], &str)] = &[
    (&["at_most", "cap", "capped", "limit", "max", "maximum", "up", "upto"], "up_to"),
    (&["during", "lasting", "until", "within"], "for"),
];

/// Words for a length of time without an end.
pub(crate) const NEVER: &[&str] = &[
    "always",
    "false",
    "forever",
    "infinite",
    "infinity",
    "nil",
    "never",
    "no",
    "none",
    "nothing",
    "null",
    "off",
    "unlimited",
];

/// Words before or behind a limited quantity: `max_pages`, `page_limit`.
pub(crate) const LIMITS: &[&str] = &["at_most", "cap", "limit", "max", "maximum"];

/// Words for tiers in other systems.
pub(crate) const GRADUATED: &[&str] = &["brackets", "graduated", "stepped", "tier", "tiered"];

/// Words for a price of all units by their total.
pub(crate) const VOLUME: &[&str] = &["volume", "volume_pricing", "volumes"];

/// Abbreviations, and the unit.
const ABBREVIATIONS: &[(&[&str], &str)] = &[
    (&["s", "sec", "secs"], "second"),
    (&["m", "min", "mins"], "minute"),
    (&["h", "hr", "hrs"], "hour"),
    (&["d"], "day"),
    (&["w", "wk", "wks"], "week"),
    (&["mo", "mon", "mos", "mth", "mths"], "month"),
    (&["qtr", "qtrs"], "quarter"),
    (&["y", "yr", "yrs"], "year"),
    (&["b"], "byte"),
    (&["k", "kbs", "kbyte", "kbytes", "kib", "kibibyte", "kibibytes"], "kb"),
    (&["mbs", "mbyte", "mbytes", "mebibyte", "mebibytes", "meg", "megs", "mib"], "mb"),
    (&["gbs", "gbyte", "gbytes", "gib", "gibibyte", "gibibytes", "gig", "gigs"], "gb"),
    (&["tbs", "tbyte", "tbytes", "tebibyte", "tebibytes", "tib"], "tb"),
];

/// The unit that an abbreviation means.
pub(crate) fn unit(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    ABBREVIATIONS.iter().find(|(words, _)| words.contains(&word.as_str())).map(|(_, unit)| *unit)
}

/// Signs of currencies, and their codes.
const SIGNS: &[(&str, &str)] = &[("$", "usd"), ("\u{20ac}", "eur"), ("\u{a3}", "gbp"), ("\u{a5}", "jpy")];

/// The code of the currency that has this sign.
pub(crate) fn currency(sign: &str) -> Option<&'static str> {
    SIGNS.iter().find(|(known, _)| *known == sign).map(|(_, code)| *code)
}

/// Other words for money, and the word.
const MONEY: &[(&[&str], &str)] = &[
    (&["buck", "bucks"], "dollars"),
    (&["quid", "sterling"], "pounds"),
    (&["renminbi", "rmb", "yuan"], "cny"),
];

/// The word for money that another one means.
pub(crate) fn money(word: &str) -> Option<&'static str> {
    MONEY.iter().find(|(words, _)| words.contains(&word)).map(|(_, meant)| *meant)
}

/// Words for hundredths of one currency, and the word for the whole.
const HUNDREDTHS: &[(&[&str], &str)] = &[
    (&["pence", "pennies", "penny"], "pounds"),
    (&["centime", "centimes", "eurocent", "eurocents"], "euros"),
];

/// The currency that a word means hundredths of.
pub(crate) fn hundredths(word: &str) -> Option<&'static str> {
    HUNDREDTHS.iter().find(|(words, _)| words.contains(&word)).map(|(_, meant)| *meant)
}

/// Words for periods that are several of one unit, and how they are written.
const PERIODS: &[(&[&str], &str)] = &[
    (&["biweekly", "fortnight", "fortnightly", "fortnights"], "2.weeks"),
    (
        &["biannual", "biannually", "half_year", "half_yearly", "semester", "semiannual", "semiannually"],
        "6.months",
    ),
    (&["biennial", "biennially"], "2.years"),
];

/// Words for periods that mean one thing to some and another to others.
const AMBIGUOUS_PERIODS: &[&str] = &["bimonthly", "biyearly", "semimonthly", "semiweekly"];

/// The period that a word means, if it is several of one unit.
pub(crate) fn period(word: &str) -> Option<&'static str> {
    PERIODS.iter().find(|(words, _)| words.contains(&word)).map(|(_, period)| *period)
}

/// Whether no period may be proposed for a word, however much it looks like one.
pub(crate) fn is_ambiguous_period(word: &str) -> bool {
    AMBIGUOUS_PERIODS.contains(&word)
}

/// Types of other languages, and Rust's.
const TYPES: &[(&[&str], &str)] = &[
    (&["int", "integer", "long", "number"], "i64"),
    (&["str", "string", "text", "varchar"], "String"),
    (&["boolean"], "bool"),
    (&["double", "float"], "f64"),
];

/// The type of Rust that a word means.
pub(crate) fn rust_type(word: &str) -> Option<&'static str> {
    TYPES.iter().find(|(words, _)| words.contains(&word)).map(|(_, ty)| *ty)
}

/// What stands behind a word of another world.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    pub(crate) all: String,
    /// With the colon or the equals sign before it.
    pub(crate) written: String,
    pub(crate) number: Option<String>,
    pub(crate) text: Option<String>,
    pub(crate) word: Option<String>,
}

/// A help with the author's words in its places.
pub(crate) fn filled(help: &str, key: &str, rest: &Rest) -> String {
    let mut filled = String::new();
    let mut left = help;
    while let Some((before, place, after)) = next_place(left) {
        let (name, example) = place.split_once('|').unwrap_or((place, ""));
        let all = Some(rest.all.as_str()).filter(|all| !all.is_empty());
        let found = match name {
            "key" => Some(key.to_owned()),
            "written" => {
                let between = if rest.written.is_empty() || rest.written.starts_with(':') { "" } else { " " };
                Some(format!("{key}{between}{}", rest.written))
            }
            "rest" => all.map(str::to_owned),
            "policy" => Some(match rest.all.as_str() {
                "" | "true" | "yes" => "rollover".to_owned(),
                "false" | "no" => "expire".to_owned(),
                bound => format!("rollover {bound}"),
            }),
            "number" => rest.number.clone(),
            // `month: "price_a", year: "price_b"`, and the text alone of `id: "price_a"`.
            "prices" if rest.all.contains(": \"") && rest.all.matches('"').count() > 2 => {
                all.map(str::to_owned)
            }
            "text" | "prices" => rest.text.clone(),
            _ => rest.word.clone(),
        };
        filled.push_str(before);
        filled.push_str(&found.unwrap_or_else(|| example.to_owned()));
        left = after;
    }
    filled + left
}

/// The next `{place}`; the braces of Rust are followed by a blank.
fn next_place(help: &str) -> Option<(&str, &str, &str)> {
    let is_place = |place: &str| {
        ["key", "written", "rest", "policy", "number", "text", "prices", "word"]
            .contains(&place.split('|').next().unwrap_or(place))
    };
    help.match_indices('{').find_map(|(start, _)| {
        let (before, after) = help.split_at_checked(start)?;
        let (place, after) = after.strip_prefix('{')?.split_once('}')?;
        is_place(place).then_some((before, place, after))
    })
}

#[cfg(test)]
mod tests {
    use super::{Answer, ITEMS, OPERATION, PACK, PLAN, Rest, SETTINGS, filled};
    use crate::vocab::{ItemWord, OperationWord, PackWord, PlanWord, SettingWord, Vocabulary};

    #[test]
    fn foreign_words_are_none_of_ours_and_mean_one_of_ours() {
        let ours = [
            (ITEMS, ItemWord::words()),
            (SETTINGS, SettingWord::words()),
            (PLAN, PlanWord::words()),
            (PACK, PackWord::words()),
            (OPERATION, OperationWord::words()),
        ];
        for (table, ours) in ours {
            for (words, answer) in table {
                assert!(words.iter().all(|word| !ours.contains(word)), "{words:?}");
                if let Answer::Word(meant) = answer {
                    assert!(ours.contains(meant), "{meant}");
                }
            }
        }
    }

    #[test]
    fn a_help_quotes_what_was_written() {
        let rest = Rest { all: "900".to_owned(), number: Some("900".to_owned()), ..Rest::default() };
        for (help, shown) in [
            ("write `costs {number|1}.cents`", "write `costs 900.cents`"),
            ("write `meta {key}: {rest|..}`", "write `meta amount: 900`"),
            ("write `{text|\"price_xyz\"}`", "write `\"price_xyz\"`"),
            ("write `costs { if .. { .. } }`", "write `costs { if .. { .. } }`"),
        ] {
            assert_eq!(filled(help, "amount", &rest), shown);
        }
    }
}
