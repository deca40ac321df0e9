//! Wording: renders a catalogue as text for generated documentation, and the price list as Markdown.
//!
//! It does not know where the text is displayed.

use core::fmt::{Display, Formatter, Result, Write};

use crate::shown::from_fn;
use crate::{
    AssetSpec, CURRENCIES, Catalogue, Clause, CreditsName, Gives, Limit, OperationSpec, PackSpec, Period,
    PlanSpec, Unit, Unlimited, UnusedCredits,
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

    /// An amount with its asset: `1 credit`, `10,000 credits`, `5 gems`. An empty asset means credits. Where the word for one
    /// is an amount of money, such as `$0.01`, it is `$25.00`.
    pub fn amount(self, amount: i64, asset: &str) -> impl Display {
        let (one, many) = self.words(asset);
        let unit = unit_of(one, many, amount);
        from_fn(move |f| amount_in(amount, unit).fmt(f))
    }

    /// The words for one and for several of an asset. An empty asset means credits.
    pub fn names(self, asset: &str) -> CreditsName
    where
        'a: 'static,
    {
        let (one, many) = self.words(asset);
        CreditsName { one, many }
    }

    /// Singular and plural of an asset.
    fn words(self, asset: &str) -> (&'a str, &'a str) {
        let CreditsName { one, many } = self.credits_named;
        let known = self.assets.iter().find(|known| !asset.is_empty() && known.name == asset);
        known.map_or((one, many), |known| (known.named.one, known.named.many))
    }

    fn many(self, asset: &str) -> &'a str {
        self.words(asset).1
    }

    /// The cost of an operation: `5 credits + 1 credit per page after 10 pages, at least 6 credits (at most
    /// 500 pages)`.
    pub fn operation(self, operation: &OperationSpec) -> impl Display + use<'a> {
        let operation = *operation;
        from_fn(move |f| {
            let words = self.inflected(operation.asset);
            for (place, clause) in operation.costs.iter().enumerate() {
                f.write_str(if place > 0 { " + " } else { "" })?;
                self.clause(clause, words, f)?;
            }
            words.bounds(operation.at_least, operation.at_most, f)?;
            let units = || operation.costs.iter().filter_map(Clause::unit);
            let limit = |limit: &Limit| Some((limit.max, units().nth(limit.quantity)?.inflected()));
            limits_in_words(operation.limits.iter().filter_map(limit), f)
        })
    }

    fn clause(self, clause: &Clause, words: Inflected<'_>, f: &mut Formatter<'_>) -> Result {
        let term = match *clause {
            Clause::Fixed(credits) => CostTerm::Fixed(credits),
            Clause::Rate { credits, batch, ref unit, after } => {
                CostTerm::Rate { credits, batch, unit: unit.inflected(), after }
            }
            Clause::Tiers { batch, ref unit, tiers } => {
                let tiers = &mut tiers.iter().map(|tier| (tier.up_to, tier.credits));
                return words.term(CostTerm::Tiers { batch, unit: unit.inflected(), tiers }, f);
            }
            Clause::Choice { name, options } => {
                return words.term(CostTerm::Choice { name, options: &mut options.iter().copied() }, f);
            }
            Clause::Computed { source } => CostTerm::Computed { source, many: self.credits_named.many },
        };
        words.term(term, f)
    }

    fn inflected(self, asset: &str) -> Inflected<'a> {
        let (one, many) = self.words(asset);
        Inflected { one, many }
    }

    /// The credits of a plan, and its unlimited operations: `10,000 credits every month, 100 credits at sign-up`,
    /// `unlimited: generate_image`; `nothing` for a plan without either.
    pub fn plan_gives(self, plan: &PlanSpec) -> impl Display + use<'a> {
        self.plan_gives_to(plan, Readers::Developers)
    }

    fn plan_gives_to<'r>(self, plan: &PlanSpec, readers: Readers<'r>) -> impl Display + use<'a, 'r> {
        let plan = *plan;
        from_fn(move |f| {
            match plan.gives {
                Some(Gives { amount, asset, every }) => {
                    write!(f, "{} every {every}", self.amount(amount, asset))?;
                }
                None if plan.unlimited != Unlimited::Nothing => unlimited(&plan, readers).fmt(f)?,
                None => f.write_str("nothing")?,
            }
            let asset = asset_of(&plan);
            if plan.signup_bonus > 0 {
                write!(f, ", {} at sign-up", self.amount(plan.signup_bonus, asset))?;
            }
            if plan.trial_includes > 0 {
                write!(f, ", {} in the trial", self.amount(plan.trial_includes, asset))?;
            }
            if plan.gives.is_some() && plan.unlimited != Unlimited::Nothing {
                write!(f, ", {}", unlimited(&plan, readers))?;
            }
            f.write_str(if plan.retired { ", no longer sold" } else { "" })
        })
    }

    /// A plan as a whole: `10,000 credits every month, 100 credits at sign-up, unused credits roll over`.
    pub fn plan(self, plan: &PlanSpec) -> impl Display + use<'a> {
        let plan = *plan;
        from_fn(move |f| {
            write!(f, "{}", self.plan_gives(&plan))?;
            if !plan.costs.is_empty() {
                write!(f, " for {}", plan.costs_in_words())?;
            }
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

/// The words for one and for several of a unit or an asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inflected<'a> {
    /// For one: `page`.
    pub one: &'a str,
    /// For several: `pages`.
    pub many: &'a str,
}

/// A term of a cost for [`Inflected::term`], whether it is declared or read from a ledger.
pub enum CostTerm<'a> {
    /// A constant amount.
    Fixed(i64),
    /// An amount per batch of units.
    Rate {
        /// The amount for one batch.
        credits: i64,
        /// Units in a batch.
        batch: u64,
        /// The unit.
        unit: Inflected<'a>,
        /// Included units, which cost nothing.
        after: u64,
    },
    /// Graduated rates.
    Tiers {
        /// Units in a batch.
        batch: u64,
        /// The unit.
        unit: Inflected<'a>,
        /// The end of each tier, and the amount for one batch within it.
        tiers: &'a mut dyn Iterator<Item = (Option<u64>, i64)>,
    },
    /// One of several amounts.
    Choice {
        /// Name of the choice.
        name: &'a str,
        /// The options with their amounts.
        options: &'a mut dyn Iterator<Item = (&'a str, i64)>,
    },
    /// A Rust expression.
    Computed {
        /// Source of the expression.
        source: &'a str,
        /// The word for several credits.
        many: &'a str,
    },
}

impl<'a> Inflected<'a> {
    /// An amount of the asset: `1 credit`, `10,000 credits`, or an amount of money as in [`amount_in`].
    pub fn amount(self, amount: i64) -> impl Display + use<'a> {
        amount_in(amount, unit_of(self.one, self.many, amount))
    }

    /// Writes a term of a cost in this asset: `1 credit per page after 10 pages`, `by quality: hd 25 credits`.
    pub fn term(self, term: CostTerm<'_>, f: &mut dyn Write) -> Result {
        match term {
            CostTerm::Fixed(credits) => write!(f, "{}", self.amount(credits)),
            CostTerm::Rate { credits, batch, unit, after } => {
                write!(f, "{} per {}", self.amount(credits), batch_of(batch, unit))?;
                if after > 0 { write!(f, " after {}", count(after, unit)) } else { Ok(()) }
            }
            CostTerm::Tiers { batch, unit, tiers } => {
                write!(f, "per {}: ", batch_of(batch, unit))?;
                for (place, (up_to, credits)) in tiers.enumerate() {
                    write!(f, "{}{}", if place > 0 { ", " } else { "" }, self.amount(credits))?;
                    match up_to {
                        Some(up_to) => write!(f, " up to {}", count(up_to, unit))?,
                        None => f.write_str(" beyond")?,
                    }
                }
                Ok(())
            }
            CostTerm::Choice { name, options } => {
                write!(f, "by {name}: ")?;
                for (place, (option, credits)) in options.enumerate() {
                    let separator = if place > 0 { ", " } else { "" };
                    write!(f, "{separator}{option} {}", self.amount(credits))?;
                }
                Ok(())
            }
            CostTerm::Computed { source, many } => write!(f, "`{source}` {many}"),
        }
    }

    /// Writes the bounds of a cost in this asset: `, at least 1 credit, at most 50 credits`.
    pub fn bounds(self, at_least: Option<i64>, at_most: Option<i64>, f: &mut dyn Write) -> Result {
        for (word, bound) in [("at least", at_least), ("at most", at_most)] {
            if let Some(bound) = bound {
                write!(f, ", {word} {}", self.amount(bound))?;
            }
        }
        Ok(())
    }
}

/// Writes the limits of quantities, each with its unit: ` (at most 500 pages)`; nothing for none.
pub fn limits_in_words<'a>(limits: impl Iterator<Item = (u64, Inflected<'a>)>, f: &mut dyn Write) -> Result {
    let mut is_empty = true;
    for (max, unit) in limits {
        write!(f, "{}at most {}", if is_empty { " (" } else { ", " }, count(max, unit))?;
        is_empty = false;
    }
    f.write_str(if is_empty { "" } else { ")" })
}

impl Unit {
    fn inflected(&self) -> Inflected<'static> {
        Inflected { one: self.name, many: self.plural }
    }
}

impl CreditsName {
    /// The unit of an amount: the word for one or for several. Where the word for one is an amount of money, it is always
    /// that word.
    #[must_use]
    pub fn unit_of(self, amount: i64) -> &'static str {
        unit_of(self.one, self.many, amount)
    }
}

fn unit_of<'a>(one: &'a str, many: &'a str, amount: i64) -> &'a str {
    if amount.unsigned_abs() == 1 || Worth::of(one).is_some() { one } else { many }
}

/// An amount in a unit of [`CreditsName::unit_of`]: `10,000 credits`, or `$25.00` for 2,500 in the unit `$0.01`.
pub fn amount_in(amount: i64, unit: &str) -> impl Display {
    from_fn(move |f| match Worth::of(unit) {
        Some(worth) => worth.write(amount, f),
        None => write!(f, "{} {unit}", grouped(amount)),
    })
}

/// As [`amount_in`], without a word: `10,000`, or `$25.00`.
pub fn figure_in(amount: i64, unit: &str) -> impl Display {
    from_fn(move |f| match Worth::of(unit) {
        Some(worth) => worth.write(amount, f),
        None => grouped(amount).fmt(f),
    })
}

/// The money that one credit is worth, as its word says: `$0.01`, `0.01 EUR`.
#[derive(Clone, Copy)]
struct Worth<'a> {
    before: &'a str,
    decimals: u32,
    behind: &'a str,
}

impl<'a> Worth<'a> {
    /// The worth in the word for one credit: 1, 0.1, 0.01 or 0.001 at its end, behind a currency, or at its start, before one.
    /// `None` for other words.
    fn of(one: &'a str) -> Option<Self> {
        let start = one.find(|letter: char| letter.is_ascii_digit())?;
        let (before, rest) = one.split_at(start);
        let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        let is_money = match (before, behind) {
            (before, "") => ends_with_currency(before.trim_end()),
            ("", behind) => starts_with_currency(behind.trim_start()),
            _ => false,
        };
        let decimals = ["1", "0.1", "0.01", "0.001"].iter().position(|known| *known == number && is_money)?;
        Some(Self { before, decimals: u32::try_from(decimals).ok()?, behind })
    }

    fn write(self, amount: i64, f: &mut Formatter<'_>) -> Result {
        let Self { before, decimals, behind } = self;
        let sign = if amount < 0 { "-" } else { "" };
        write!(f, "{sign}{before}{}{behind}", decimal(amount.unsigned_abs(), decimals))
    }
}

/// Whether a text ends with the symbol or the ISO 4217 code of a currency.
fn ends_with_currency(text: &str) -> bool {
    let is_code = |(rest, code): (&str, &str)| is_code(code) && !rest.ends_with(char::is_alphanumeric);
    let parts = text.len().checked_sub(3).and_then(|place| text.split_at_checked(place));
    text.ends_with(is_symbol) || parts.is_some_and(is_code)
}

/// Whether a text starts with the symbol or the ISO 4217 code of a currency.
fn starts_with_currency(text: &str) -> bool {
    let is_code = |(code, rest): (&str, &str)| is_code(code) && !rest.starts_with(char::is_alphanumeric);
    text.starts_with(is_symbol) || text.split_at_checked(3).is_some_and(is_code)
}

fn is_code(text: &str) -> bool {
    CURRENCIES.iter().any(|known| {
        text.len() == 3 && text.chars().eq(known.code.chars().map(|letter| letter.to_ascii_uppercase()))
    })
}

/// Whether a character is in Unicode's general category `Sc`, currency symbols, of a living script.
fn is_symbol(letter: char) -> bool {
    matches!(
        letter,
        '$' | '\u{a2}'..='\u{a5}' | '\u{58f}' | '\u{60b}' | '\u{e3f}' | '\u{17db}' | '\u{20a0}'..='\u{20c0}' | '\u{fdfc}'
            | '\u{fe69}' | '\u{ff04}' | '\u{ffe0}'..='\u{ffe1}' | '\u{ffe5}'..='\u{ffe6}'
    )
}

/// A number of `10^-decimals` with thousands separators: `1,250.00`.
pub(crate) fn decimal(number: u64, decimals: u32) -> impl Display {
    let scale = 10_u64.pow(decimals);
    from_fn(move |f| match decimals {
        0 => write!(f, "{}", thousands(number)),
        _ => write!(f, "{}.{:0width$}", thousands(number / scale), number % scale, width = decimals as usize),
    })
}

/// The unlimited operations of a plan: `unlimited: generate_image and upscale_image`, `unlimited: everything`.
fn unlimited<'r>(plan: &PlanSpec, readers: Readers<'r>) -> impl Display + use<'r> {
    let unlimited = plan.unlimited;
    from_fn(move |f| {
        let names = match unlimited {
            Unlimited::Nothing => &[],
            Unlimited::Everything => return f.write_str("unlimited: everything"),
            Unlimited::Operations(names) => names,
        };
        for (place, name) in names.iter().enumerate() {
            let separator = match place {
                0 => "unlimited: ",
                last if last == names.len().saturating_sub(1) => " and ",
                _ => ", ",
            };
            write!(f, "{separator}{}", readers.operation(name))?;
        }
        Ok(())
    })
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

/// The readers of a price list.
#[derive(Clone, Copy)]
enum Readers<'a> {
    /// Names for people, also of these operations, and their texts. Ids of prices at a processor are left out.
    Customers(&'a [OperationSpec]),
    /// Names as declared, and the ids of prices.
    Developers,
}

impl Readers<'_> {
    /// The name of an operation for these readers.
    fn operation(self, name: &'static str) -> &'static str {
        let Self::Customers(operations) = self else { return name };
        let known = operations.iter().find(|operation| operation.name == name);
        known.map_or(name, |operation| operation.named)
    }
}

/// The whole catalogue as Markdown tables for customers: operations, packs and plans by their names for people,
/// without processor ids. Empty tables are left out, and so is the price of plans if none declares one.
pub fn price_list(catalogue: &Catalogue) -> impl Display {
    let Catalogue { operations, plans, packs, .. } = *catalogue;
    let words = Wording { credits_named: catalogue.settings.credits_named, assets: catalogue.assets };
    from_fn(move |f| {
        let known = operations;
        let operations = operations.iter().map(|operation| (operation.name, Some(operation)));
        let packs = packs.iter().map(|pack| (pack.name, Some(pack)));
        let plans = plans.iter().map(|plan| (plan.name, Some(plan)));
        words.tables(Readers::Customers(known), (operations, packs, plans), f)
    })
}

/// The tables for developers: names as declared, and the ids of prices. Some items may not be known yet.
pub fn price_list_of(
    words: Wording<'_>,
    operations: &[Listed<'_, OperationSpec>],
    packs: &[Listed<'_, PackSpec>],
    plans: &[Listed<'_, PlanSpec>],
) -> impl Display {
    from_fn(move |f| {
        let items = (operations.iter().copied(), packs.iter().copied(), plans.iter().copied());
        words.tables(Readers::Developers, items, f)
    })
}

impl Wording<'_> {
    fn tables<'i>(
        self,
        readers: Readers<'_>,
        (operations, packs, plans): (
            impl Iterator<Item = Listed<'i, OperationSpec>>,
            impl Iterator<Item = Listed<'i, PackSpec>>,
            impl Iterator<Item = Listed<'i, PlanSpec>> + Clone,
        ),
        f: &mut Formatter<'_>,
    ) -> Result {
        let mut operations = operations.peekable();
        let mut packs = packs.peekable();
        let mut separator = "";
        if operations.peek().is_some() {
            f.write_str("# Operations\n\n| operation | costs |\n| --- | --- |\n")?;
            separator = "\n";
        }
        for (name, operation) in operations {
            let title = title(readers, name, operation.map(|known| (known.named, known.docs)));
            writeln!(f, "| {title} | {} |", known(operation, |operation| cell(self.operation(operation))))?;
        }
        if packs.peek().is_some() {
            write!(f, "{separator}# Packs\n\n| pack | gives | costs |\n| --- | --- | --- |\n")?;
            separator = "\n";
        }
        for (name, pack) in packs {
            let title = title(readers, name, pack.map(|known| (known.named, known.docs)));
            let gives = known(pack, |pack| cell(self.pack_lasts(pack)));
            writeln!(f, "| {title} | {gives} | {} |", known(pack, PackSpec::costs_in_words))?;
        }
        self.plans(readers, plans, separator, f)
    }

    fn plans<'i>(
        self,
        readers: Readers<'_>,
        plans: impl Iterator<Item = Listed<'i, PlanSpec>> + Clone,
        separator: &str,
        f: &mut Formatter<'_>,
    ) -> Result {
        let costs = plans.clone().any(|(_, plan)| plan.is_some_and(|plan| !plan.costs.is_empty()));
        let is_for_developers = matches!(readers, Readers::Developers);
        let columns = [(costs, "costs"), (is_for_developers, "price id")];
        let columns = columns.iter().filter(|(is_shown, _)| *is_shown).map(|(_, column)| column);
        let mut plans = plans.peekable();
        if plans.peek().is_some() {
            write!(f, "{separator}# Plans\n\n| plan | gives | unused {} |", cell(self.credits_named.many))?;
            columns.clone().try_for_each(|column| write!(f, " {column} |"))?;
            f.write_str("\n| --- | --- | --- |")?;
            columns.clone().try_for_each(|_| f.write_str(" --- |"))?;
            writeln!(f)?;
        }
        for (name, plan) in plans {
            let title = title(readers, name, plan.map(|known| (known.named, known.docs)));
            let gives = known(plan, |plan| cell(self.plan_gives_to(plan, readers)));
            let unused = known(plan, |plan| cell(self.unused(plan)));
            write!(f, "| {title} | {gives} | {unused} |")?;
            if costs {
                write!(f, " {} |", known(plan, PlanSpec::costs_in_words))?;
            }
            if is_for_developers {
                write!(f, " {} |", known(plan, |plan| cell(prices(plan))))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The first cell of an item: `` `large_boost` `` for developers, `Large boost: Lasts a month.` for customers.
fn title<'a>(readers: Readers<'_>, name: &'a str, words: Option<(&'a str, &'a str)>) -> impl Display + 'a {
    let words = words.filter(|_| matches!(readers, Readers::Customers(_)));
    from_fn(move |f| match words {
        Some((named, "")) => write!(f, "{}", cell(named)),
        Some((named, docs)) => write!(f, "{}: {}", cell(named), cell(docs)),
        _ => write!(f, "`{name}`"),
    })
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
    impl Write for Escaped<'_, '_> {
        fn write_str(&mut self, text: &str) -> Result {
            text.chars().try_for_each(|letter| match letter {
                '|' => self.0.write_str("\\|"),
                '\n' => self.0.write_str(" "),
                other => Write::write_char(self.0, other),
            })
        }
    }
    from_fn(move |f| Write::write_fmt(&mut Escaped(f), format_args!("{text}")))
}

/// `page` for a batch of 1, or `1,000 tokens`.
fn batch_of(batch: u64, unit: Inflected<'_>) -> impl Display {
    from_fn(move |f| match batch {
        1 => f.write_str(unit.one),
        batch => write!(f, "{}", count(batch, unit)),
    })
}

/// `1 page`, or `1,000 pages`.
fn count(number: u64, unit: Inflected<'_>) -> impl Display {
    let word = if number == 1 { unit.one } else { unit.many };
    from_fn(move |f| write!(f, "{} {word}", thousands(number)))
}

/// `1 month`, or `12 months`.
fn counted(period: Period) -> impl Display {
    from_fn(move |f| match period.count {
        1 => write!(f, "1 {period}"),
        _ => write!(f, "{period}"),
    })
}

/// A number with thousands separators: `-10,000`.
pub fn grouped(number: i64) -> impl Display {
    let sign = if number < 0 { "-" } else { "" };
    from_fn(move |f| write!(f, "{sign}{}", thousands(number.unsigned_abs())))
}

fn thousands(number: u64) -> impl Display {
    from_fn(move |f| {
        let (rest, group) = (number / 1_000, number % 1_000);
        if rest == 0 { write!(f, "{group}") } else { write!(f, "{},{group:03}", Grouped(rest)) }
    })
}

struct Grouped(u64);

impl Display for Grouped {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", thousands(self.0))
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{
        BUILT_IN_UNITS, CURRENCIES, Currency, Dimension, Money, PeriodUnit, PlanCost, ProcessorPrice,
        Settings, StripePrice, Tier,
    };
    use std::string::ToString;

    const PAGE: Unit = Unit { name: "page", plural: "pages", dimension: Dimension::Count, base: 1 };
    const WORDS: Wording<'_> = Wording { credits_named: CreditsName::DEFAULT, assets: &[GEM] };
    const GEM: AssetSpec =
        AssetSpec { name: "gem", plural: "gems", named: CreditsName { one: "gem", many: "gems" }, docs: "" };
    const OPERATION: OperationSpec = OperationSpec { name: "scan", named: "Scan", ..OperationSpec::NONE };

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
    fn a_word_is_money_only_next_to_a_currency() {
        for (one, many, shown) in [
            ("$0.01", "$", "$2.50"),
            ("0.01 EUR", "EUR", "2.50 EUR"),
            ("USD 0.1", "USD", "USD 25.0"),
            ("1\u{a2}", "\u{a2}", "250\u{a2}"),
            ("CA$0.001", "CA$", "CA$0.250"),
            ("1up", "ups", "250 ups"),
            ("token v1", "tokens v1", "250 tokens v1"),
            ("1 EUROPEAN", "EUROPEAN", "250 EUROPEAN"),
            ("XUSD1", "XUSDs", "250 XUSDs"),
            ("a $1 coupon", "$1 coupons", "250 $1 coupons"),
        ] {
            let words = Wording { credits_named: CreditsName { one, many }, assets: &[] };
            assert_eq!(words.amount(250, "").to_string(), shown, "{one}");
        }
    }

    #[test]
    fn unlimited_operations_stand_behind_what_a_plan_gives() {
        let words = Wording { credits_named: CreditsName::DEFAULT, assets: &[] };
        let every = Period { count: 1, unit: PeriodUnit::Month };
        let some = PlanSpec {
            gives: Some(Gives { amount: 5, asset: "", every }),
            unlimited: Unlimited::Operations(&["draw", "scan", "copy"]),
            ..PlanSpec::NONE
        };
        let shown = words.plan_gives(&some).to_string();
        assert_eq!(shown, "5 credits every month, unlimited: draw, scan and copy");
        let all = PlanSpec { unlimited: Unlimited::Everything, retired: true, ..PlanSpec::NONE };
        assert_eq!(words.plan_gives(&all).to_string(), "unlimited: everything, no longer sold");
        assert_eq!(words.plan_gives(&PlanSpec::NONE).to_string(), "nothing");
        // Customers read the names for people.
        let draw = OperationSpec { name: "draw", named: "Pretty picture", ..OperationSpec::NONE };
        let shown = words.plan_gives_to(&some, Readers::Customers(&[draw])).to_string();
        assert_eq!(shown, "5 credits every month, unlimited: Pretty picture, scan and copy");
    }

    #[test]
    fn a_price_list_is_markdown() {
        const MONTH: Period = Period { count: 1, unit: PeriodUnit::Month };
        const YEAR: Period = Period { count: 1, unit: PeriodUnit::Year };
        const COSTS: &[PlanCost] = &[
            PlanCost { price: Money { minor: 2_900, currency: Currency::USD }, per: MONTH },
            PlanCost { price: Money { minor: 29_000, currency: Currency::USD }, per: YEAR },
        ];
        let plans = &[PlanSpec {
            name: "pro",
            named: "Pro | Studio",
            docs: "For teams.\nWith everything.",
            gives: Some(Gives { amount: 10_000, asset: "", every: MONTH }),
            stripe_prices: &[StripePrice { environment: Some("live"), period: Some(MONTH), id: "price_a" }],
            processor_prices: &[ProcessorPrice { processor: "paddle", period: None, id: "pri_1" }],
            signup_bonus: 100,
            unused_credits: UnusedCredits::RolloverUpTo(500),
            costs: COSTS,
            ..PlanSpec::NONE
        }];
        let yen = *CURRENCIES.iter().find(|known| known.code == "jpy").unwrap();
        let costs =
            std::vec![Money { minor: 900, currency: Currency::USD }, Money { minor: 1_300, currency: yen }];
        let packs = &[PackSpec {
            name: "small",
            named: "Small boost",
            gives: 1_000,
            bonus: 100,
            costs: costs.leak(),
            expires_after: Some(MONTH),
            ..PackSpec::NONE
        }];
        let operations = &[OperationSpec { costs: &[Clause::Computed { source: "a | b" }], ..OPERATION }];
        let catalogue = Catalogue {
            settings: Settings::DEFAULT,
            assets: &[],
            operations: std::vec::Vec::from(operations).leak(),
            plans: std::vec::Vec::from(plans).leak(),
            packs: std::vec::Vec::from(packs).leak(),
        };
        let expected = "# Operations\n\n| operation | costs |\n| --- | --- |\n| Scan | `a \\| b` credits |\n\n\
                        # Packs\n\n| pack | gives | costs |\n| --- | --- | --- |\n\
                        | Small boost | 1,000 credits + 100 credits bonus, expiring after 1 month | $9 or \u{a5}1300 |\n\n\
                        # Plans\n\n| plan | gives | unused credits | costs |\n| --- | --- | --- | --- |\n\
                        | Pro \\| Studio: For teams. With everything. | 10,000 credits every month, 100 credits at sign-up | roll over up to 500 credits | $29 per month or $290 per year |\n";
        assert_eq!(price_list(&catalogue).to_string(), expected);
        let listed = [("pro", catalogue.plans.first()), ("broken", None)];
        let for_developers = "# Plans\n\n| plan | gives | unused credits | costs | price id |\n| --- | --- | --- | --- | --- |\n\
                              | `pro` | 10,000 credits every month, 100 credits at sign-up | roll over up to 500 credits | $29 per month or $290 per year | `price_a` per month (live), `pri_1` (paddle) |\n\
                              | `broken` | not known yet | not known yet | not known yet | not known yet |\n";
        assert_eq!(price_list_of(Wording::of(&catalogue), &[], &[], &listed).to_string(), for_developers);
        let words = Wording::of(&catalogue);
        assert_eq!(
            words.plan(&catalogue.plans[0]).to_string(),
            "10,000 credits every month, 100 credits at sign-up for $29 per month or $290 per year, unused credits roll over up to 500 credits"
        );
        assert_eq!(
            words.pack(&catalogue.packs[0]).to_string(),
            "1,000 credits + 100 credits bonus for $9 or \u{a5}1300, expiring after 1 month"
        );
    }
}
