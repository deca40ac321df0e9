//! The vocabulary: every keyword of the language, once. It feeds the parser and the suggestions.
//!
//! It does not know the grammar. Units, periods, currencies and roundings have their tables in `credits-core`,
//! because the ledger uses them too.

use credits_core::{BUILT_IN_UNITS, CURRENCIES, PERIOD_UNITS};

/// A closed set of keywords.
pub(crate) trait Vocabulary: Copy + PartialEq + 'static {
    /// The words, each with its meaning.
    const WORDS: &'static [(&'static str, Self)];

    /// The meaning of a word.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, meaning)| *meaning)
    }

    /// Only the words.
    fn words() -> Vec<&'static str> {
        Self::WORDS.iter().map(|(word, _)| *word).collect()
    }
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($meaning:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($meaning),+ }

        impl Vocabulary for $name {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$meaning)),+];
        }

        impl $name {
            /// How it is written.
            #[allow(dead_code, reason = "not every set is quoted word by word")]
            pub(crate) const fn word(self) -> &'static str {
                match self { $(Self::$meaning => $word),+ }
            }
        }
    };
}

vocabulary! {
    /// What a definition consists of.
    ItemWord {
        Settings = "settings",
        Asset = "asset",
        Plan = "subscription_plan",
        Pack = "credit_pack",
        Operation = "operation",
    }
}

vocabulary! {
    /// The statements of `settings`.
    SettingWord {
        Currency = "currency",
        Rounding = "rounding",
        LowBalanceThreshold = "low_balance_threshold",
        FulfillmentGracePeriod = "fulfillment_grace_period",
        RenewalWait = "renewal_wait",
        MinFulfillmentPeriod = "min_fulfillment_period",
        AllowNegativeBalance = "allow_negative_balance",
        TransferExpiration = "transfer_expiration",
        Upgrades = "upgrades",
        SubscriptionRefunds = "subscription_refunds",
        RefundedButSpent = "refunded_but_spent",
        Overrun = "overrun",
        HoldLimit = "hold_limit",
        HoldLimitMax = "hold_limit_max",
        KeepKeys = "keep_keys",
        Categories = "categories",
        CreditsNamed = "credits_named",
        Environments = "environments",
        Crate = "crate",
    }
}

vocabulary! {
    /// The statements of `subscription_plan`.
    PlanWord {
        StripePrice = "stripe_price",
        ProcessorPrice = "processor_price",
        Gives = "gives",
        SignupBonus = "signup_bonus",
        TrialIncludes = "trial_includes",
        UnusedCredits = "unused_credits",
        ExpireAfter = "expire_after",
        OnUpgrade = "on_upgrade",
        InAdvance = "in_advance",
        Unlimited = "unlimited",
        Version = "version",
        Retired = "retired",
        Costs = "costs",
        Named = "named",
        Formerly = "formerly",
        Meta = "meta",
    }
}

vocabulary! {
    /// The statements of `credit_pack`.
    PackWord {
        Gives = "gives",
        Bonus = "bonus",
        Costs = "costs",
        Currency = "currency",
        ExpiresAfter = "expires_after",
        StripePrice = "stripe_price",
        ProcessorPrice = "processor_price",
        OnlyFor = "only_for",
        Named = "named",
        Formerly = "formerly",
        Meta = "meta",
    }
}

vocabulary! {
    /// The statements of `operation`.
    OperationWord {
        Costs = "costs",
        AtLeast = "at_least",
        AtMost = "at_most",
        Limit = "limit",
        With = "with",
        Validate = "validate",
        Named = "named",
        Formerly = "formerly",
        Meta = "meta",
    }
}

vocabulary! {
    /// What may happen to unused credits.
    PolicyWord {
        Expire = "expire",
        Rollover = "rollover",
    }
}

vocabulary! {
    /// What an amount of credits is followed by.
    CreditWord {
        Credit = "credit",
        Credits = "credits",
        CreditPer = "credit_per",
        CreditsPer = "credits_per",
    }
}

impl CreditWord {
    /// Whether it begins a rate, which needs a unit in parentheses.
    pub(crate) const fn is_rate(self) -> bool {
        matches!(self, Self::CreditPer | Self::CreditsPer)
    }
}

/// The word of a rate for this word of an amount: `credits_per` for `credits`.
pub(crate) fn rate_word(number: &str, word: &str) -> String {
    match word {
        "credit" | "credits" if number == "1" => CreditWord::CreditPer.word().to_owned(),
        "credit" | "credits" => CreditWord::CreditsPer.word().to_owned(),
        word if is_rate_word(word) => word.to_owned(),
        asset => format!("{asset}_per"),
    }
}

/// Whether a word begins a rate of credits or of an asset.
pub(crate) fn is_rate_word(word: &str) -> bool {
    word.ends_with("_per")
}

/// `by quality { .. }`.
pub(crate) const BY: &str = "by";

/// `tiers(1_000.tokens) { .. }`.
pub(crate) const TIERS: &str = "tiers";

/// `1.credit_per(minute) after 10.minutes`.
pub(crate) const AFTER: &str = "after";

/// `gives nothing`.
pub(crate) const NOTHING: &str = "nothing";

/// `rollover up_to 500.credits`.
pub(crate) const UP_TO: &str = "up_to";

/// `rollover for 3.months`.
pub(crate) const FOR: &str = "for";

/// `10.credits.every(month)`.
pub(crate) const EVERY: &str = "every";

/// `29.dollars.per(month)`.
pub(crate) const PER: &str = "per";

/// Hundredths of the currency of the settings.
pub(crate) const CENTS: &[&str] = &["cent", "cents"];

/// A word for money, and the currencies that go by it: the one of the settings if it is among them, otherwise
/// the first.
pub(crate) struct MoneyWord {
    /// Singular and plural.
    pub(crate) words: &'static [&'static str],
    /// Codes of `credits_core::CURRENCIES`.
    pub(crate) codes: &'static [&'static str],
}

/// Words for money; every currency code is one, too.
pub(crate) const MONEY_WORDS: &[MoneyWord] = &[
    MoneyWord {
        words: &["dollar", "dollars"],
        codes: &[
            "usd", "aud", "bbd", "bmd", "bnd", "bsd", "bzd", "cad", "fjd", "gyd", "hkd", "jmd", "kyd", "lrd",
            "nad", "nzd", "sbd", "sgd", "srd", "ttd", "twd", "xcd",
        ],
    },
    MoneyWord { words: &["euro", "euros"], codes: &["eur"] },
    MoneyWord {
        words: &["pound", "pounds"],
        codes: &["gbp", "egp", "fkp", "gip", "lbp", "sdg", "shp", "ssp", "syp"],
    },
    MoneyWord { words: &["yen"], codes: &["jpy"] },
];

/// Names that Rust keeps for itself, even behind `r#`.
pub(crate) const RUST_RESERVED: &[&str] = &["self", "Self", "super", "crate", "_"];

/// Whether Rust has a word for itself in any edition.
pub(crate) fn is_rust_keyword(word: &str) -> bool {
    word == "gen" || syn::parse_str::<syn::Ident>(word).is_err()
}

/// Names that the generated functions of operations have.
pub(crate) const GENERATED_FUNCTIONS: &[&str] =
    &["all", "check", "cost", "from_json", "from_name", "index", "inputs", "name", "spec"];

/// Every word that may follow the number of a price.
pub(crate) fn money_words() -> Vec<&'static str> {
    let words = MONEY_WORDS.iter().flat_map(|money| money.words).chain(CENTS).copied();
    words.chain(CURRENCIES.iter().map(|currency| currency.code)).collect()
}

/// How many decimals an amount may have behind this word: those of the currency, and none of anything else.
pub(crate) fn decimals_of(word: &str) -> u32 {
    let code =
        MONEY_WORDS.iter().find(|money| money.words.contains(&word)).and_then(|money| money.codes.first());
    let code = code.copied().unwrap_or(word);
    CURRENCIES.iter().find(|currency| currency.code == code).map_or(0, |currency| currency.exponent)
}

/// Every word for a period: `month`, `months`, `monthly`.
pub(crate) fn period_words() -> Vec<&'static str> {
    PERIOD_UNITS
        .iter()
        .flat_map(|(_, one, many, adverbs)| [*one, *many].into_iter().chain(adverbs.iter().copied()))
        .collect()
}

/// Every word for a built-in unit of a quantity.
pub(crate) fn unit_words() -> Vec<&'static str> {
    BUILT_IN_UNITS.iter().flat_map(|built_in| built_in.words.iter().copied()).collect()
}

/// The codes of `currency`.
pub(crate) fn currency_codes() -> Vec<&'static str> {
    CURRENCIES.iter().map(|currency| currency.code).collect()
}

/// Whether a word can follow the dot of an amount.
pub(crate) fn follows_a_number(word: &str) -> bool {
    CreditWord::from_word(word).is_some() || money_words().contains(&word) || period_words().contains(&word)
}

/// Whether a word begins an item or a statement of any item.
pub(crate) fn is_keyword(word: &str) -> bool {
    ItemWord::from_word(word).is_some()
        || SettingWord::from_word(word).is_some()
        || PlanWord::from_word(word).is_some()
        || PackWord::from_word(word).is_some()
        || OperationWord::from_word(word).is_some()
}

/// Whether a word is of amounts of credits or of money.
pub(crate) fn is_amount_word(word: &str) -> bool {
    CreditWord::from_word(word).is_some() || money_words().contains(&word)
}

/// Whether a word counts time, sizes or a period.
pub(crate) fn is_measure(word: &str) -> bool {
    unit_words().contains(&word) || period_words().contains(&word)
}
