//! Wording: renders a catalogue as text for generated documentation, and the price list as Markdown.
//!
//! It does not know where the text is displayed.

use core::fmt::{Display, Formatter, Result, from_fn};

use crate::{
    AssetSpec, Catalogue, Clause, CreditsName, Gives, OperationSpec, PackSpec, Period, PlanSpec, Tier, Unit,
    UnusedCredits,
};

/// The names that a pricing uses for credits and other assets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wording<'a> {
    /// Names of credits.
    pub credits_named: CreditsName,
    /// The assets besides credits.
    pub assets: &'a [AssetSpec],
}

impl<'a> Wording<'a> {
    /// The wording of a catalogue.
    pub const fn of(catalogue: &'a Catalogue) -> Self {
        Self { credits_named: catalogue.settings.credits_named, assets: catalogue.assets }
    }

    /// An amount with its asset: `1 credit`, `10,000 credits`, `5 gems`. An empty asset means credits.
    pub fn amount(self, amount: i64, asset: &str) -> impl Display {
        let (one, many) = self.words(asset);
        from_fn(move |f| {
            let sign = if amount < 0 { "-" } else { "" };
            write!(
                f,
                "{sign}{} {}",
                grouped(amount.unsigned_abs()),
                if amount.unsigned_abs() == 1 { one } else { many }
            )
        })
    }

    /// Singular and plural of an asset.
    fn words(self, asset: &str) -> (&'a str, &'a str) {
        let CreditsName { one, many } = self.credits_named;
        let known = self.assets.iter().find(|known| !asset.is_empty() && known.name == asset);
        known.map_or((one, many), |known| (known.name, known.plural))
    }

    fn many(self, asset: &str) -> &'a str {
        self.words(asset).1
    }

    /// The cost of an operation: `5 credits + 1 credit per page after 10 pages, at least 6 credits (at most
    /// 500 pages)`.
    pub fn operation(self, operation: &OperationSpec) -> impl Display + use<'a> {
        let operation = *operation;
        from_fn(move |f| {
            for (place, clause) in operation.costs.iter().enumerate() {
                f.write_str(if place > 0 { " + " } else { "" })?;
                self.clause(clause, operation.asset, f)?;
            }
            for (word, bound) in [("at least", operation.at_least), ("at most", operation.at_most)] {
                if let Some(bound) = bound {
                    write!(f, ", {word} {}", self.amount(bound, operation.asset))?;
                }
            }
            limits(&operation, f)
        })
    }

    fn clause(self, clause: &Clause, asset: &str, f: &mut Formatter<'_>) -> Result {
        match clause {
            Clause::Fixed(credits) => write!(f, "{}", self.amount(*credits, asset)),
            Clause::Rate { credits, batch, unit, after } => {
                write!(f, "{} per {}", self.amount(*credits, asset), batch_of(*batch, unit))?;
                if *after > 0 { write!(f, " after {}", count(*after, unit)) } else { Ok(()) }
            }
            Clause::Tiers { batch, unit, tiers } => {
                write!(f, "per {}: ", batch_of(*batch, unit))?;
                for (place, Tier { up_to, credits }) in tiers.iter().enumerate() {
                    write!(f, "{}{}", if place > 0 { ", " } else { "" }, self.amount(*credits, asset))?;
                    match up_to {
                        Some(up_to) => write!(f, " up to {}", count(*up_to, unit))?,
                        None => f.write_str(" beyond")?,
                    }
                }
                Ok(())
            }
            Clause::Choice { name, options } => {
                write!(f, "by {name}: ")?;
                for (place, (option, credits)) in options.iter().enumerate() {
                    let separator = if place > 0 { ", " } else { "" };
                    write!(f, "{separator}{option} {}", self.amount(*credits, asset))?;
                }
                Ok(())
            }
            Clause::Computed { source } => {
                let CreditsName { many, .. } = self.credits_named;
                write!(f, "`{source}` {many}")
            }
        }
    }

    /// The credits of a plan: `10,000 credits every month, 100 credits at sign-up`; `nothing` for a plan
    /// without credits.
    pub fn plan_gives(self, plan: &PlanSpec) -> impl Display + use<'a> {
        let plan = *plan;
        from_fn(move |f| {
            match plan.gives {
                Some(Gives { amount, asset, every }) => {
                    write!(f, "{} every {every}", self.amount(amount, asset))?;
                }
                None => f.write_str("nothing")?,
            }
            let asset = asset_of(&plan);
            if plan.signup_bonus > 0 {
                write!(f, ", {} at sign-up", self.amount(plan.signup_bonus, asset))?;
            }
            if plan.trial_includes > 0 {
                write!(f, ", {} in the trial", self.amount(plan.trial_includes, asset))?;
            }
            f.write_str(if plan.retired { ", no longer sold" } else { "" })
        })
    }

    /// A plan as a whole: `10,000 credits every month, 100 credits at sign-up, unused credits roll over`.
    pub fn plan(self, plan: &PlanSpec) -> impl Display + use<'a> {
        let plan = *plan;
        from_fn(move |f| {
            write!(f, "{}", self.plan_gives(&plan))?;
            let Some(Gives { asset, .. }) = plan.gives else { return Ok(()) };
            write!(f, ", unused {} {}", self.many(asset), self.unused(&plan))
        })
    }

    /// The treatment of unused credits: `expire`, `roll over up to 500 credits`; `-` for a plan without
    /// credits.
    pub fn unused(self, plan: &PlanSpec) -> impl Display + use<'a> {
        let plan = *plan;
        from_fn(move |f| match plan.unused_credits {
            _ if plan.gives.is_none() => f.write_str("-"),
            UnusedCredits::Expire => f.write_str("expire"),
            UnusedCredits::Rollover => f.write_str("roll over"),
            UnusedCredits::RolloverUpTo(most) => {
                write!(f, "roll over up to {}", self.amount(most, asset_of(&plan)))
            }
            UnusedCredits::RolloverFor(period) => write!(f, "roll over for {}", counted(period)),
        })
    }

    /// The credits of a pack: `1,000 credits + 100 credits bonus`.
    pub fn pack_gives(self, pack: &PackSpec) -> impl Display + use<'a> {
        let pack = *pack;
        from_fn(move |f| {
            write!(f, "{}", self.amount(pack.gives, pack.asset))?;
            if pack.bonus > 0 {
                write!(f, " + {} bonus", self.amount(pack.bonus, pack.asset))
            } else {
                Ok(())
            }
        })
    }

    /// The credits of a pack and their lifetime: `1,000 credits + 100 credits bonus, expiring after 12
    /// months`.
    fn pack_lasts(self, pack: &PackSpec) -> impl Display + use<'a> {
        let pack = *pack;
        from_fn(move |f| write!(f, "{}{}", self.pack_gives(&pack), expiry(&pack)))
    }

    /// A pack as a whole: `1,000 credits + 100 credits bonus for $9 or 8.99 CHF, expiring after 12 months`.
    pub fn pack(self, pack: &PackSpec) -> impl Display + use<'a> {
        let pack = *pack;
        from_fn(move |f| {
            write!(f, "{} for {}{}", self.pack_gives(&pack), pack.costs_in_words(), expiry(&pack))
        })
    }
}

/// The asset of a plan's amounts; credits for a plan without credits.
fn asset_of(plan: &PlanSpec) -> &'static str {
    plan.gives.map_or("", |gives| gives.asset)
}

/// `, expiring after 12 months`, or an empty text.
fn expiry(pack: &PackSpec) -> impl Display + use<> {
    let expires_after = pack.expires_after;
    from_fn(move |f| match expires_after {
        Some(period) => write!(f, ", expiring after {}", counted(period)),
        None => Ok(()),
    })
}

/// Placeholder for the terms of an item whose declaration has an error.
pub const NOT_KNOWN_YET: &str = "not known yet";

/// An item of a price list: its name, and its terms if known.
pub type Listed<'a, T> = (&'a str, Option<&'a T>);

/// The whole catalogue as Markdown tables: operations, packs and plans. Empty tables are left out.
pub fn price_list(catalogue: &Catalogue) -> impl Display {
    let Catalogue { operations, plans, packs, .. } = *catalogue;
    let words = Wording { credits_named: catalogue.settings.credits_named, assets: catalogue.assets };
    from_fn(move |f| {
        let operations = operations.iter().map(|operation| (operation.name, Some(operation)));
        let packs = packs.iter().map(|pack| (pack.name, Some(pack)));
        let plans = plans.iter().map(|plan| (plan.name, Some(plan)));
        words.tables(operations, packs, plans, f)
    })
}

/// As [`price_list`], for items of which some are not known yet.
pub fn price_list_of(
    words: Wording<'_>,
    operations: &[Listed<'_, OperationSpec>],
    packs: &[Listed<'_, PackSpec>],
    plans: &[Listed<'_, PlanSpec>],
) -> impl Display {
    from_fn(move |f| {
        words.tables(operations.iter().copied(), packs.iter().copied(), plans.iter().copied(), f)
    })
}

impl Wording<'_> {
    fn tables<'i>(
        self,
        operations: impl Iterator<Item = Listed<'i, OperationSpec>>,
        packs: impl Iterator<Item = Listed<'i, PackSpec>>,
        plans: impl Iterator<Item = Listed<'i, PlanSpec>>,
        f: &mut Formatter<'_>,
    ) -> Result {
        let mut operations = operations.peekable();
        let mut packs = packs.peekable();
        let mut plans = plans.peekable();
        let mut separator = "";
        if operations.peek().is_some() {
            f.write_str("# Operations\n\n| operation | costs |\n| --- | --- |\n")?;
            separator = "\n";
        }
        for (name, operation) in operations {
            writeln!(f, "| `{name}` | {} |", known(operation, |operation| cell(self.operation(operation))))?;
        }
        if packs.peek().is_some() {
            write!(f, "{separator}# Packs\n\n| pack | gives | costs |\n| --- | --- | --- |\n")?;
            separator = "\n";
        }
        for (name, pack) in packs {
            let gives = known(pack, |pack| cell(self.pack_lasts(pack)));
            writeln!(f, "| `{name}` | {gives} | {} |", known(pack, PackSpec::costs_in_words))?;
        }
        if plans.peek().is_some() {
            let many = cell(self.credits_named.many);
            writeln!(f, "{separator}# Plans\n\n| plan | gives | unused {many} | price |")?;
            f.write_str("| --- | --- | --- | --- |\n")?;
        }
        for (name, plan) in plans {
            let gives = known(plan, |plan| cell(self.plan_gives(plan)));
            let unused = known(plan, |plan| cell(self.unused(plan)));
            let prices = known(plan, |plan| cell(prices(plan)));
            writeln!(f, "| `{name}` | {gives} | {unused} | {prices} |")?;
        }
        Ok(())
    }
}

/// The text of an item, or [`NOT_KNOWN_YET`].
fn known<T, D: Display>(item: Option<&T>, words: impl FnOnce(&T) -> D) -> impl Display {
    let words = item.map(words);
    from_fn(move |f| match &words {
        Some(words) => words.fmt(f),
        None => f.write_str(NOT_KNOWN_YET),
    })
}

/// Prices: `` `price_a` per month, `price_b` per year (live), `pri_1` per month (paddle) ``.
fn prices(plan: &PlanSpec) -> impl Display + use<> {
    let (at_stripe, others) = (plan.stripe_prices, plan.processor_prices);
    from_fn(move |f| {
        let at_stripe = at_stripe.iter().map(|price| (price.id, price.period, price.environment));
        let others = others.iter().map(|price| (price.id, price.period, Some(price.processor)));
        for (place, (id, period, note)) in at_stripe.chain(others).enumerate() {
            write!(f, "{}`{id}`", if place > 0 { ", " } else { "" })?;
            period.map_or(Ok(()), |period| write!(f, " per {period}"))?;
            note.map_or(Ok(()), |note| write!(f, " ({note})"))?;
        }
        Ok(())
    })
}

/// Escapes a text for a cell of a Markdown table.
fn cell(text: impl Display) -> impl Display {
    struct Escaped<'a, 'b>(&'a mut Formatter<'b>);
    impl core::fmt::Write for Escaped<'_, '_> {
        fn write_str(&mut self, text: &str) -> Result {
            text.chars().try_for_each(|letter| match letter {
                '|' => self.0.write_str("\\|"),
                '\n' => self.0.write_str(" "),
                other => core::fmt::Write::write_char(self.0, other),
            })
        }
    }
    from_fn(move |f| core::fmt::Write::write_fmt(&mut Escaped(f), format_args!("{text}")))
}

fn limits(operation: &OperationSpec, f: &mut Formatter<'_>) -> Result {
    for (place, limit) in operation.limits.iter().enumerate() {
        let mut units = operation.costs.iter().filter_map(Clause::unit);
        let Some(unit) = units.nth(limit.quantity) else { continue };
        write!(f, "{}at most {}", if place > 0 { ", " } else { " (" }, count(limit.max, unit))?;
    }
    f.write_str(if operation.limits.is_empty() { "" } else { ")" })
}

/// `page` for a batch of 1, or `1,000 tokens`.
fn batch_of(batch: u64, unit: &Unit) -> impl Display {
    let unit = *unit;
    from_fn(move |f| match batch {
        1 => f.write_str(unit.name),
        batch => write!(f, "{}", count(batch, &unit)),
    })
}

/// `1 page`, or `1,000 pages`.
fn count(number: u64, unit: &Unit) -> impl Display {
    let word = if number == 1 { unit.name } else { unit.plural };
    from_fn(move |f| write!(f, "{} {word}", grouped(number)))
}

/// `1 month`, or `12 months`.
fn counted(period: Period) -> impl Display {
    from_fn(move |f| match period.count {
        1 => write!(f, "1 {period}"),
        _ => write!(f, "{period}"),
    })
}

/// A number with thousands separators: `10,000`.
fn grouped(number: u64) -> impl Display {
    from_fn(move |f| {
        let (rest, group) = (number / 1_000, number % 1_000);
        if rest == 0 { write!(f, "{group}") } else { write!(f, "{},{group:03}", Grouped(rest)) }
    })
}

struct Grouped(u64);

impl Display for Grouped {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", grouped(self.0))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{
        BUILT_IN_UNITS, CURRENCIES, Currency, Dimension, Limit, Money, OnUpgrade, PeriodUnit, ProcessorPrice,
        Settings, StripePrice,
    };
    use std::string::ToString;

    const PAGE: Unit = Unit { name: "page", plural: "pages", dimension: Dimension::Count, base: 1 };
    const WORDS: Wording<'_> =
        Wording { credits_named: CreditsName::DEFAULT, assets: &[AssetSpec { name: "gem", plural: "gems" }] };
    const OPERATION: OperationSpec = OperationSpec {
        name: "scan",
        asset: "",
        costs: &[],
        at_least: None,
        at_most: None,
        limits: &[],
        meta: &[],
    };

    #[test]
    fn operations_in_words() {
        let minute = BUILT_IN_UNITS.iter().find(|known| known.unit.name == "minute").unwrap().unit;
        let rate = Clause::Rate { credits: 1, batch: 1, unit: minute, after: 10 };
        let batch = Clause::Rate { credits: 3, batch: 1_000, unit: PAGE, after: 0 };
        let tiers = &[Tier { up_to: Some(1_000_000), credits: 2 }, Tier { up_to: None, credits: 1 }];
        let options = &[("standard", 10), ("hd", 25)];
        for (costs, shown) in [
            (std::vec![Clause::Fixed(10_000)], "10,000 credits"),
            (std::vec![Clause::Fixed(1), rate], "1 credit + 1 credit per minute after 10 minutes"),
            (std::vec![batch], "3 credits per 1,000 pages"),
            (
                std::vec![Clause::Tiers { batch: 1_000, unit: PAGE, tiers }],
                "per 1,000 pages: 2 credits up to 1,000,000 pages, 1 credit beyond",
            ),
            (
                std::vec![Clause::Choice { name: "quality", options }],
                "by quality: standard 10 credits, hd 25 credits",
            ),
            (std::vec![Clause::Computed { source: "pages * 2" }], "`pages * 2` credits"),
        ] {
            let operation = OperationSpec { costs: costs.leak(), ..OPERATION };
            assert_eq!(WORDS.operation(&operation).to_string(), shown);
        }
        let bounded = OperationSpec {
            asset: "gem",
            costs: &[Clause::Rate { credits: 1, batch: 1, unit: PAGE, after: 0 }],
            at_least: Some(1),
            at_most: Some(50),
            limits: &[Limit { quantity: 0, max: 500 }],
            ..OPERATION
        };
        let shown = "1 gem per page, at least 1 gem, at most 50 gems (at most 500 pages)";
        assert_eq!(WORDS.operation(&bounded).to_string(), shown);
    }

    #[test]
    fn a_price_list_is_markdown() {
        const MONTH: Period = Period { count: 1, unit: PeriodUnit::Month };
        let plans = &[PlanSpec {
            name: "pro",
            version: 1,
            retired: false,
            gives: Some(Gives { amount: 10_000, asset: "", every: MONTH }),
            stripe_prices: &[StripePrice { environment: Some("live"), period: Some(MONTH), id: "price_a" }],
            processor_prices: &[ProcessorPrice { processor: "paddle", period: None, id: "pri_1" }],
            signup_bonus: 100,
            trial_includes: 0,
            unused_credits: UnusedCredits::RolloverUpTo(500),
            expire_after: None,
            on_upgrade: OnUpgrade::Prorated,
            in_advance: false,
            meta: &[],
        }];
        let yen = *CURRENCIES.iter().find(|known| known.code == "jpy").unwrap();
        let costs =
            std::vec![Money { minor: 900, currency: Currency::USD }, Money { minor: 1_300, currency: yen }];
        let packs = &[PackSpec {
            name: "small",
            gives: 1_000,
            asset: "",
            bonus: 100,
            costs: costs.leak(),
            expires_after: Some(MONTH),
            stripe_prices: &[],
            processor_prices: &[],
            only_for: &[],
            meta: &[],
        }];
        let operations = &[OperationSpec { costs: &[Clause::Computed { source: "a | b" }], ..OPERATION }];
        let catalogue = Catalogue {
            settings: Settings::DEFAULT,
            assets: &[],
            operations: std::vec::Vec::from(operations).leak(),
            plans: std::vec::Vec::from(plans).leak(),
            packs: std::vec::Vec::from(packs).leak(),
        };
        let expected = "# Operations\n\n| operation | costs |\n| --- | --- |\n| `scan` | `a \\| b` credits |\n\n\
                        # Packs\n\n| pack | gives | costs |\n| --- | --- | --- |\n\
                        | `small` | 1,000 credits + 100 credits bonus, expiring after 1 month | $9 or \u{a5}1300 |\n\n\
                        # Plans\n\n| plan | gives | unused credits | price |\n| --- | --- | --- | --- |\n\
                        | `pro` | 10,000 credits every month, 100 credits at sign-up | roll over up to 500 credits | `price_a` per month (live), `pri_1` (paddle) |\n";
        assert_eq!(price_list(&catalogue).to_string(), expected);
        let words = Wording::of(&catalogue);
        assert_eq!(
            words.plan(&catalogue.plans[0]).to_string(),
            "10,000 credits every month, 100 credits at sign-up, unused credits roll over up to 500 credits"
        );
        assert_eq!(
            words.pack(&catalogue.packs[0]).to_string(),
            "1,000 credits + 100 credits bonus for $9 or \u{a5}1300, expiring after 1 month"
        );
    }
}
