//! Messages: what is refused, where, and what to write instead.
//!
//! A row is a slip of the pen, put in place of the `___` of its frame; under it stand its errors.

use expect_test::{Expect, expect};

fn check(frame: &str, slips: &[&str], expected: &Expect) {
    let rows = slips.iter().map(|slip| {
        let errors = super::errors(&frame.replace("___", slip));
        let errors = errors.replace("\nhelp:", " | help:");
        let errors = if errors.is_empty() { "fine\n" } else { &errors };
        format!("[{slip}]\n{errors}")
    });
    expected.assert_eq(&rows.collect::<String>());
}

#[test]
fn numbers() {
    check(
        "operation o { costs ___ }",
        &[
            "50.credits",
            "1.credit",
            "0.credits",
            "50 credits",
            "50credits",
            "50. credits",
            ".5.credits",
            "-5.credits",
            "1.5.credits",
            "1e3.credits",
            "0x32.credits",
            "50u32.credits",
            "10,000.credits",
            "1,000,000.credits",
            "9223372036854775807.credits",
            "9223372036854775808.credits",
            "50",
            "50.",
            "",
            "fifty.credits",
            "\"50\".credits",
        ],
        &expect![[r#"
            [50.credits]
            fine
            [1.credit]
            fine
            [0.credits]
            fine
            [50 credits]
            1:20 50: `50` needs a dot before `credits` | help: write `50.credits`
            [50credits]
            1:20 50credits: `50credits` needs a dot before `credits` | help: write `50.credits`
            [50. credits]
            1:20 50.: `50.` is a number with a decimal point, because a space follows the dot | help: write `50.credits`
            [.5.credits]
            1:20 .: `.5` begins with its decimal point | help: write `0.5` for money, and a whole number for anything else
            [-5.credits]
            1:20 -: `-5` is below zero | help: remove `-`
            [1.5.credits]
            1:20 1.5: `1.5` is not a whole number | help: write `1` or `2`
            [1e3.credits]
            1:20 1e3: `1e3` has an exponent | help: write `1000`
            [0x32.credits]
            1:20 0x32: `0x32` is not a decimal number | help: write `50`
            [50u32.credits]
            1:20 50u32: `50u32` has a suffix | help: write `50`
            [10,000.credits]
            1:22 ,: a comma ends a number | help: write `10_000`
            [1,000,000.credits]
            1:21 ,: a comma ends a number | help: write `1_000_000`
            [9223372036854775807.credits]
            fine
            [9223372036854775808.credits]
            1:20 9223372036854775808: `9223372036854775808` is more than 9_223_372_036_854_775_807, the largest number there is here | help: write a smaller number
            [50]
            1:20 50: `50` does not say what it counts | help: write `50.credits`
            [50.]
            1:20 50.: `50` does not say what it counts | help: write `50.credits`
            []
            1:14 costs: expected an amount, found the end | help: write an amount such as `50.credits`
            [fifty.credits]
            1:20 fifty: expected an amount, found `fifty` | help: write an amount such as `50.credits`
            ["50".credits]
            1:20 "50": expected an amount, found `"50"` | help: write an amount such as `50.credits`
        "#]],
    );
}

#[test]
fn costs() {
    check(
        "operation o { costs ___ }",
        &[
            "50.credts",
            "50.dollars",
            "50.gems",
            "50.credits_per",
            "50.credits_per page",
            "50.credits.per(page)",
            "50.credits per page",
            "50.credits / page",
            "50.credits(page)",
            "50.credits_pr(page)",
            "50.credits_per()",
            "50.credits_per(\"page\")",
            "0.credits_per(page)",
            "1.credit_per(0.pages)",
            "1.credit_per(1.5.pages)",
            "1.credit_per(page, pages, more)",
            "1.credit_per(1_000.tokens per)",
            "1.credit_per(secnd)",
            "1.credit_per(self)",
            "1.credit_per(_)",
            "1.credit_per(page) + 2.credits_per(100.pages)",
            "1.credit_per(minute) + 2.credits_per(second)",
            "1.credit_per(kb) + 2.credits_per(mb)",
            "1.credit_per(api_call) + 2.credits_per(apiCall)",
            "1.credit_per(index, indices) + 1.credit_per(:second) + 1.credit_per(2.gigabytes)",
            "5.credits, 1.credit_per(page)",
            "5.credits + ",
            "5.credits - 1.credit",
            "5.credits * 2",
            "9223372036854775807.credits + 1.credit",
            "= 5.credits",
            ": 5.credits",
            "5.credits costs 6.credits",
        ],
        &expect![[r#"
            [50.credts]
            1:23 credts: `credts` is not a word for credits | help: write `50.credits`
            [50.dollars]
            1:23 dollars: `costs` takes credits here, and `dollars` is money | help: write an amount of credits, such as `100.credits`
            [50.gems]
            1:23 gems: `gems` is not a word for credits | help: write `50.credits`
            [50.credits_per]
            1:23 credits_per: `credits_per` needs its unit in parentheses | help: write `50.credits_per(page)`
            [50.credits_per page]
            1:23 credits_per: `credits_per` needs its unit in parentheses | help: write `50.credits_per(page)`
            [50.credits.per(page)]
            1:31 per: this is not how a rate is written | help: write `50.credits_per(page)`
            [50.credits per page]
            1:31 per: this is not how a rate is written | help: write `50.credits_per(page)`
            [50.credits / page]
            1:31 /: this is not how a rate is written | help: write `50.credits_per(page)`
            [50.credits(page)]
            1:23 credits: `credits` does not begin a rate | help: write `credits_per(..)`, or remove the parentheses
            [50.credits_pr(page)]
            1:23 credits_pr: `credits_pr` does not begin a rate | help: write `credits_per`
            [50.credits_per()]
            1:35 ): expected a unit, found the end | help: write what is counted, such as `page`, or a batch of it, such as `1_000.tokens`
            [50.credits_per("page")]
            1:35 "page": this word is written without quotes | help: write `page`
            [0.credits_per(page)]
            1:20 0: a rate of zero charges nothing | help: remove it, or write at least `1.credit_per(..)`
            [1.credit_per(0.pages)]
            1:33 0: a batch of zero has no price | help: write how many pages a batch has
            [1.credit_per(1.5.pages)]
            1:33 1.5: `1.5` is not a whole number | help: write `1` or `2`
            [1.credit_per(page, pages, more)]
            1:44 ,: expected `)`, found `,` | help: remove what follows, up to the `)`
            [1.credit_per(1_000.tokens per)]
            1:46 per: expected `)`, found `per` | help: remove what follows, up to the `)`
            [1.credit_per(secnd)]
            1:33 secnd: `secnd` is almost the unit `second` | help: write `second`
            [1.credit_per(self)]
            1:33 self: `self` cannot be a name, because Rust or the generated code needs it | help: write another name
            [1.credit_per(_)]
            1:33 _: `_` cannot be a name, because Rust or the generated code needs it | help: write another name
            [1.credit_per(page) + 2.credits_per(100.pages)]
            1:59 pages: the cost counts pages twice | help: write one rate for both; the number would have to be given twice
            1:33 page: `page` was first declared here
            [1.credit_per(minute) + 2.credits_per(second)]
            1:57 second: `second` measures time, which the cost counts already | help: write one rate of time
            1:33 minute: `minute` was first declared here
            [1.credit_per(kb) + 2.credits_per(mb)]
            1:53 mb: `mb` measures size, which the cost counts already | help: write one rate of size
            1:33 kb: `kb` was first declared here
            [1.credit_per(api_call) + 2.credits_per(apiCall)]
            1:59 apiCall: the units `apiCall` and `api_call` both become `ApiCall` in Rust | help: write `api_call` for both, or rename one of them
            1:33 api_call: `api_call` was first declared here
            [1.credit_per(index, indices) + 1.credit_per(:second) + 1.credit_per(2.gigabytes)]
            fine
            [5.credits, 1.credit_per(page)]
            1:29 ,: a comma does not add costs | help: write `+`
            [5.credits + ]
            1:30 +: expected an amount, found the end | help: write an amount such as `50.credits`
            [5.credits - 1.credit]
            1:30 -: `-` begins no statement of `operation` | help: remove it, or begin a statement: `costs` or `limit`
            [5.credits * 2]
            1:30 *: `*` begins no statement of `operation` | help: remove it, or begin a statement: `costs` or `limit`
            [9223372036854775807.credits + 1.credit]
            1:50 1: `o` can cost 9223372036854775807 + 1, more than 9223372036854775807 credits | help: lower the limit or the cost
            [= 5.credits]
            1:20 =: `costs` takes no equals sign | help: remove `=`
            [: 5.credits]
            fine
            [5.credits costs 6.credits]
            1:30 costs: `costs` is written twice | help: remove one of them
            1:14 costs: `costs` was first written here
        "#]],
    );
}

#[test]
fn limits() {
    check(
        "operation o { costs 1.credit_per(page) + 9.credits_per(9.seconds) limit ___ }",
        &[
            "pages <= 5",
            "pages <= 5 limit seconds <= 600;",
            "pags <= 5",
            "page <= 5",
            "pages < 5",
            "pages =< 5",
            "pages <= 5.pages",
            "pages <= -5",
            "pages <= 0",
            "pages <= many",
            "<= 5",
            "pages <= 5 limit pages <= 6",
            "pages <= 9_223_372_036_854_775_807 limit seconds <= 9",
        ],
        &expect![[r#"
            [pages <= 5]
            fine
            [pages <= 5 limit seconds <= 600;]
            fine
            [pags <= 5]
            1:72 pags: the operation does not count `pags` | help: write `pages`
            [page <= 5]
            1:72 page: the operation does not count `page` | help: write `pages`
            [pages < 5]
            1:78 <: a limit is written with `<=` | help: write `limit pages <= 500` with the largest number allowed
            [pages =< 5]
            1:78 =: a limit is written with `<=` | help: write `limit pages <= 500` with the largest number allowed
            [pages <= 5.pages]
            1:82 .: `pages` says already what is counted | help: write `limit pages <= 5`
            [pages <= -5]
            1:81 -: `-5` is below zero | help: remove `-`
            [pages <= 0]
            1:81 0: a limit of zero pages allows nothing | help: write the largest number allowed, such as `500`
            [pages <= many]
            1:81 many: expected a number, found `many` | help: write a number such as `500`
            [<= 5]
            1:72 <: expected what is limited, found `<` | help: write a limit such as `limit pages <= 500`
            [pages <= 5 limit pages <= 6]
            1:89 pages: `pages` is limited twice | help: remove one of the limits
            1:72 pages: `pages` was first declared here
            [pages <= 9_223_372_036_854_775_807 limit seconds <= 9]
            1:124 9: `o` can cost 1 x 9223372036854775807 pages + 9 x 9 seconds / 9, more than 9223372036854775807 credits | help: lower the limit or the cost
        "#]],
    );
}

#[test]
fn items() {
    check(
        "___ operation last { costs 1.credit } operation lost {}",
        &[
            "operaton o { costs 1.credit }",
            "plan p { stripe_price \"a\" gives 1.credit.every(day) }",
            "asset gem, gems",
            "generate_image { costs 1.credit }",
            "operation { costs 1.credit }",
            "operation \"o\" { costs 1.credit }",
            "operation \"my op\" { costs 1.credit }",
            "operation generate-image { costs 1.credit }",
            "operation :o { costs 1.credit }",
            "operation: o { costs 1.credit };",
            "operation o { costs 1.credit },",
            "operation o costs 1.credit",
            "operation o do costs 1.credit end",
            "operation o",
            "operation cost { costs 1.credit }",
            "operation type { costs 1.credit }",
            "operation r#type { costs 1.credit }",
            "operation self { costs 1.credit }",
            "operation _ { costs 1.credit }",
            "operation last { costs 1.credit }",
            "operation Last { costs 1.credit }",
            "subscription_plan a {} credit_pack a {}",
            "#[serde(default)] operation o { costs 1.credit }",
            "/// docs\n operation o { costs 1.credit }",
            "# operation o costs\noperation o { costs 1.credit }",
            "operation o { # as in Ruby\n costs 1.credit }",
            "operation o { /// docs\n costs 1.credit; }",
            "operation o { costs 1.credit cost 2.credits }",
            "operation o { cost 1.credit }",
            "operation o { price 1.credit }",
            "operation o { , costs 1.credit 5 }",
            "settings { currency usd } settings {}",
            "settings s { currency usd }",
            "42",
        ],
        &expect![[r#"
            [operaton o { costs 1.credit }]
            1:0 operaton: `operaton` is not an item of a pricing | help: write `operation`
            1:80 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [plan p { stripe_price "a" gives 1.credit.every(day) }]
            1:0 plan: `plan` is not an item of a pricing | help: write `subscription_plan`
            1:104 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [asset gem, gems]
            1:0 asset: `asset` is not an item of a pricing | help: write `settings`, `subscription_plan`, `credit_pack` or `operation`
            1:66 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [generate_image { costs 1.credit }]
            1:0 generate_image: `generate_image` is not an item of a pricing | help: write `settings`, `subscription_plan`, `credit_pack` or `operation`
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation { costs 1.credit }]
            1:10 {: expected the name of the `operation`, found `{` | help: write a name after `operation`
            1:79 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation "o" { costs 1.credit }]
            1:10 "o": a name is written without quotes | help: write `o`
            1:83 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation "my op" { costs 1.credit }]
            1:10 "my op": a name is written without quotes | help: write `my op`
            1:87 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation generate-image { costs 1.credit }]
            1:18 -: a name has no hyphens | help: write `generate_image`
            1:94 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation :o { costs 1.credit }]
            1:82 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation: o { costs 1.credit };]
            1:83 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { costs 1.credit },]
            1:30 ,: no comma separates items or statements | help: remove it, or write `;`
            1:82 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o costs 1.credit]
            1:12 costs: `operation` needs a block, found `costs` | help: write its statements in braces: `operation o { .. }`
            1:77 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o do costs 1.credit end]
            1:12 do: `do` does not open a block | help: write `{` for `do` and `}` for `end`
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o]
            1:10 o: `operation` needs a block, found `operation` | help: write its statements in braces: `operation o { .. }`
            1:62 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation cost { costs 1.credit }]
            1:10 cost: `cost` cannot be a name, because Rust or the generated code needs it | help: write another name
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation type { costs 1.credit }]
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation r#type { costs 1.credit }]
            1:86 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation self { costs 1.credit }]
            1:10 self: `self` cannot be a name, because Rust or the generated code needs it | help: write another name
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation _ { costs 1.credit }]
            1:10 _: `_` cannot be a name, because Rust or the generated code needs it | help: write another name
            1:81 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation last { costs 1.credit }]
            1:44 last: the operation `last` is declared twice | help: rename one of them
            1:10 last: `last` was first declared here
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation Last { costs 1.credit }]
            1:44 last: `last` and `Last` both become `Last` in Rust | help: rename one of them
            1:10 Last: `Last` was first declared here
            1:84 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [subscription_plan a {} credit_pack a {}]
            1:21 }: the plan `a` does not say what it gives | help: add a line such as `gives 1_000.credits.every(month)`
            1:21 }: the plan `a` has no price at Stripe | help: add a line such as `stripe_price "price_xyz"`
            1:38 }: the pack `a` does not say what it gives | help: add a line such as `gives 1_000.credits`
            1:38 }: the pack `a` does not say what it costs | help: add a line such as `costs 9.dollars`
            1:90 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [#[serde(default)] operation o { costs 1.credit }]
            1:2 serde: the attribute `serde` has no effect in a pricing | help: remove it; only documentation, `/// ..`, is copied to what is generated
            1:99 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [/// docs
             operation o { costs 1.credit }]
            2:82 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [# operation o costs
            operation o { costs 1.credit }]
            1:0 #: `#` does not begin a comment | help: write `//`
            2:81 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { # as in Ruby
             costs 1.credit }]
            1:14 #: `#` does not begin a comment | help: write `//`
            2:68 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { /// docs
             costs 1.credit; }]
            2:69 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { costs 1.credit cost 2.credits }]
            1:29 cost: `cost` is not a statement of `operation` | help: write `costs`
            1:96 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { cost 1.credit }]
            1:14 cost: `cost` is not a statement of `operation` | help: write `costs`
            1:80 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { price 1.credit }]
            1:14 price: `price` is not a statement of `operation` | help: write `costs` or `limit`
            1:81 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [operation o { , costs 1.credit 5 }]
            1:14 ,: no comma separates items or statements | help: remove it, or write `;`
            1:31 5: `5` begins no statement of `operation` | help: remove it, or begin a statement: `costs` or `limit`
            1:85 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [settings { currency usd } settings {}]
            1:26 settings: `settings` is written twice | help: remove one of them
            1:0 settings: `settings` was first written here
            1:88 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [settings s { currency usd }]
            1:9 s: `settings` needs a block, found `s` | help: write its statements in braces: `settings { .. }`
            1:78 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
            [42]
            1:0 42: `42` begins no item | help: remove it, or begin an item: `settings`, `subscription_plan`, `credit_pack` or `operation`
            1:53 }: the operation `lost` does not say what it costs | help: add a line such as `costs 50.credits`
        "#]],
    );
}

#[test]
fn settings() {
    check(
        "settings { ___ } credit_pack p { gives 1.credit costs 99.cents }",
        &[
            "currency usd",
            "currency: :usd",
            "currency = usd",
            "currency \"usd\"",
            "currency USD",
            "currency usdd",
            "currency xyz",
            "currency jpy",
            "currency",
            "rounding floor",
            "rounding up",
            "rounding ciel",
            "rounding ceil rounding floor",
            "credits_named \"token\", \"tokens\"",
            "credits_named \"token\"",
            "credits_named token, tokens",
            "crate ::my::path",
            "crate: crate::path",
            "crate \"path\"",
            "crate my::",
            "low_balance_threshold 100.credits",
        ],
        &expect![[r#"
            [currency usd]
            fine
            [currency: :usd]
            fine
            [currency = usd]
            1:20 =: `currency` takes no equals sign | help: remove `=`
            [currency "usd"]
            1:20 "usd": this word is written without quotes | help: write `usd`
            [currency USD]
            1:20 USD: `USD` is not a currency | help: write `usd`
            [currency usdd]
            1:20 usdd: `usdd` is not a currency | help: write `usd`
            [currency xyz]
            1:20 xyz: `xyz` is not a currency | help: write `usd`, `eur` or `gbp`, or another ISO 4217 code in lower case
            [currency jpy]
            1:66 cents: the currency of the settings is jpy, which has no cents | help: write the price in `jpy`
            [currency]
            1:11 currency: this statement chooses nothing | help: write it out, such as `currency usd`
            [rounding floor]
            fine
            [rounding up]
            1:20 up: `up` is not a way of rounding | help: write `ceil`, `floor` or `round`
            [rounding ciel]
            1:20 ciel: `ciel` is not a way of rounding | help: write `ceil`
            [rounding ceil rounding floor]
            1:25 rounding: `rounding` is written twice | help: remove one of them
            1:11 rounding: `rounding` was first written here
            [credits_named "token", "tokens"]
            fine
            [credits_named "token"]
            1:25 "token": `credits_named` takes the word for one credit and the word for several | help: write `credits_named "token", "tokens"`
            [credits_named token, tokens]
            1:25 token: `credits_named` takes the word for one credit and the word for several | help: write `credits_named "token", "tokens"`
            [crate ::my::path]
            fine
            [crate: crate::path]
            fine
            [crate "path"]
            1:17 "path": expected a path, found `"path"` | help: write `crate my::path`
            [crate my::]
            1:20 :: expected a path, found the end | help: write `crate my::path`
            [low_balance_threshold 100.credits]
            1:11 low_balance_threshold: `low_balance_threshold` is not a statement of `settings` | help: write `currency`, `rounding`, `credits_named` or `crate`
        "#]],
    );
}

#[test]
fn plans() {
    check(
        "subscription_plan p { stripe_price \"a\" ___ }",
        &[
            "gives 10.credits.every(month)",
            "gives: 10.credits.every(:month)",
            "gives 10.credits.every(3.months) unused_credits :rollover",
            "gives 10.credits.every(annually) unused_credits expire",
            "",
            "gives 10.credits",
            "gives 10.credits every month",
            "gives 10.credits.every month",
            "gives 10.credits per month",
            "gives 10.credits monthly",
            "gives 10.credits.evry(month)",
            "gives 10.credits.every()",
            "gives 10.credits.every(\"month\")",
            "gives 10.credits.every(mnth)",
            "gives 10.credits.every(fortnight)",
            "gives 10.credits.every(12.hours)",
            "gives 10.credits.every(hourly)",
            "gives 10.credits.every(24.hours)",
            "gives 10.credits.every(0.months)",
            "gives 10.credits.every(9_999_999_999.months)",
            "gives 10.credits.every(3 months)",
            "gives 0.credits.every(month)",
            "gives 9.dollars.every(month)",
            "gives 10.credits_per(month)",
            "gives 10.credits.every(month) unused_credits \"rollover\"",
            "gives 10.credits.every(month) unused_credits rolover",
            "gives 10.credits.every(month) unused_credits",
            "gives 10.credits.every(month) unused_credits keep",
            "gives 10.credits.every(month) + 5.credits",
            "gives 10.credits.every(month) costs 9.dollars",
            "gives 10.credits.every(month) gives 20.credits.every(month)",
            "gives 10.credits.every(month) bonus 5.credits",
        ],
        &expect![[r#"
            [gives 10.credits.every(month)]
            fine
            [gives: 10.credits.every(:month)]
            fine
            [gives 10.credits.every(3.months) unused_credits :rollover]
            fine
            [gives 10.credits.every(annually) unused_credits expire]
            fine
            []
            1:40 }: the plan `p` does not say what it gives | help: add a line such as `gives 1_000.credits.every(month)`
            [gives 10.credits]
            1:48 credits: a plan gives again and again, and this does not say how often | help: write `10.credits.every(month)`
            [gives 10.credits every month]
            1:56 every: `every` is not how a plan says how often it gives | help: write `.every(month)` after the amount
            [gives 10.credits.every month]
            1:56 every: `every` is not how a plan says how often it gives | help: write `.every(month)` after the amount
            [gives 10.credits per month]
            1:56 per: `per` is not how a plan says how often it gives | help: write `.every(month)` after the amount
            [gives 10.credits monthly]
            1:56 monthly: `monthly` is not how a plan says how often it gives | help: write `.every(month)` after the amount
            [gives 10.credits.evry(month)]
            1:56 evry: `evry` is not how a plan says how often it gives | help: write `.every(month)` after the amount
            [gives 10.credits.every()]
            1:62 ): expected a period | help: write `every(month)` or `every(3.months)`
            [gives 10.credits.every("month")]
            1:62 "month": this word is written without quotes | help: write `month`
            [gives 10.credits.every(mnth)]
            1:62 mnth: `mnth` is not a period | help: write `month`
            [gives 10.credits.every(fortnight)]
            1:62 fortnight: `fortnight` is not a period | help: write `day`, `week`, `month`, `quarter` or `year`
            [gives 10.credits.every(12.hours)]
            1:62 12: every 12 hours is more often than once a day, which is the limit | help: write `every(day)` or a longer period
            [gives 10.credits.every(hourly)]
            1:62 hourly: every hour is more often than once a day, which is the limit | help: write `every(day)` or a longer period
            [gives 10.credits.every(24.hours)]
            fine
            [gives 10.credits.every(0.months)]
            1:62 0: a period is longer than zero | help: write `1.month`
            [gives 10.credits.every(9_999_999_999.months)]
            1:62 9_999_999_999: `9_999_999_999` is more than 4_294_967_295, the longest period | help: write a smaller number
            [gives 10.credits.every(3 months)]
            1:62 3: `3` needs a dot before `months` | help: write `3.months`
            [gives 0.credits.every(month)]
            1:45 0: `gives` needs at least one credit | help: write how many, such as `gives 100.credits`
            [gives 9.dollars.every(month)]
            1:47 dollars: `gives` takes credits here, and `dollars` is money | help: write an amount of credits, such as `100.credits`
            [gives 10.credits_per(month)]
            1:48 credits_per: `gives` takes an amount, and `credits_per` begins a rate | help: write `10.credits`
            [gives 10.credits.every(month) unused_credits "rollover"]
            1:84 "rollover": this word is written without quotes | help: write `rollover`
            [gives 10.credits.every(month) unused_credits rolover]
            1:84 rolover: `rolover` is not what unused credits can do | help: write `rollover`
            [gives 10.credits.every(month) unused_credits]
            1:69 unused_credits: this statement chooses nothing | help: write it out, such as `unused_credits rollover`
            [gives 10.credits.every(month) unused_credits keep]
            1:84 keep: `keep` is not what unused credits can do | help: write `expire` or `rollover`
            [gives 10.credits.every(month) + 5.credits]
            1:69 +: `+` begins no statement of `subscription_plan` | help: remove it, or begin a statement: `stripe_price`, `gives` or `unused_credits`
            [gives 10.credits.every(month) costs 9.dollars]
            1:69 costs: `costs` is not a statement of `subscription_plan` | help: write `stripe_price`, `gives` or `unused_credits`
            [gives 10.credits.every(month) gives 20.credits.every(month)]
            1:69 gives: `gives` is written twice | help: remove one of them
            1:39 gives: `gives` was first written here
            [gives 10.credits.every(month) bonus 5.credits]
            1:69 bonus: `bonus` is not a statement of `subscription_plan` | help: write `stripe_price`, `gives` or `unused_credits`
        "#]],
    );
}

#[test]
fn prices() {
    check(
        "subscription_plan p { ___ gives 10.credits.every(month) }",
        &[
            "stripe_price month: \"a\", year: \"b\"",
            "stripe_price :month: \"a\"",
            "stripe_price: \"a\";",
            "",
            "stripe_price price_a",
            "stripe_price month \"a\", year \"b\"",
            "stripe_price month: \"a\", year: \"b\",",
            "stripe_price month: \"a\", monthly: \"b\"",
            "stripe_price month: \"a\", year: \"a\"",
            "stripe_price mnth: \"a\"",
            "stripe_price month: 5",
            "stripe_price \"\"",
            "stripe_price 5",
            "stripe_price",
            "price \"a\"",
        ],
        &expect![[r#"
            [stripe_price month: "a", year: "b"]
            fine
            [stripe_price :month: "a"]
            fine
            [stripe_price: "a";]
            fine
            []
            1:53 }: the plan `p` has no price at Stripe | help: add a line such as `stripe_price "price_xyz"`
            [stripe_price price_a]
            1:35 price_a: the id of a price is written in quotes | help: write `"price_a"`
            [stripe_price month "a", year "b"]
            1:35 month: `month` needs a colon before its price | help: write `month:`
            [stripe_price month: "a", year: "b",]
            1:56 ,: a comma continues a list, and nothing follows | help: remove the comma
            [stripe_price month: "a", monthly: "b"]
            1:47 monthly: the plan has two prices for `monthly` | help: remove one of them
            1:35 month: `month` was first declared here
            [stripe_price month: "a", year: "a"]
            1:53 "a": the price `a` is declared twice | help: write the id of a price of its own
            1:42 "a": `a` was first declared here
            [stripe_price mnth: "a"]
            1:35 mnth: `mnth` is not a period | help: write `month`
            [stripe_price month: 5]
            1:42 5: expected a price at Stripe, found `5` | help: write `"price_xyz"`, or `month: "price_xyz"` for each period of billing
            [stripe_price ""]
            1:35 "": the id of a price cannot be empty | help: write the id that Stripe shows, such as `"price_xyz"`
            [stripe_price 5]
            1:35 5: expected a price at Stripe, found `5` | help: write `"price_xyz"`, or `month: "price_xyz"` for each period of billing
            [stripe_price]
            1:22 stripe_price: expected a price at Stripe, found `gives` | help: write `"price_xyz"`, or `month: "price_xyz"` for each period of billing
            [price "a"]
            1:22 price: `price` is not a statement of `subscription_plan` | help: write `stripe_price`
        "#]],
    );
}

#[test]
fn packs() {
    check(
        "credit_pack p { gives 10.credits ___ }",
        &[
            "costs 9.dollars",
            "costs 49.99.dollars bonus 5.credits",
            "costs 29.eur",
            "costs 29.euros",
            "costs 1.euros",
            "costs 99.cents",
            "costs 500.yen",
            "costs 1.234.kwd",
            "costs 12.pounds",
            "",
            "costs 49.999.dollars",
            "costs 500.5.yen",
            "costs 9.9.cents",
            "costs 0.dollars",
            "costs -9.dollars",
            "costs 9.credits",
            "costs 9.dolars",
            "costs 9.doubloons",
            "costs $9",
            "costs 9.99dollars",
            "costs 9 dollars",
            "costs 9",
            "costs 9.dollars bonus 0.credits",
            "costs 9.dollars gives 5.credits",
            "costs 9.dollars stripe_price \"a\"",
            "costs 99_999_999_999_999_999.99.dollars",
            ".every(month) costs 9.dollars",
        ],
        &expect![[r#"
            [costs 9.dollars]
            fine
            [costs 49.99.dollars bonus 5.credits]
            fine
            [costs 29.eur]
            fine
            [costs 29.euros]
            fine
            [costs 1.euros]
            fine
            [costs 99.cents]
            fine
            [costs 500.yen]
            fine
            [costs 1.234.kwd]
            fine
            [costs 12.pounds]
            fine
            []
            1:34 }: the pack `p` does not say what it costs | help: add a line such as `costs 9.dollars`
            [costs 49.999.dollars]
            1:39 49.999: `49.999` has more than the 2 decimals of usd | help: write `49.99`
            [costs 500.5.yen]
            1:39 500.5: `500.5` has decimals, and yen have none | help: write `500`
            [costs 9.9.cents]
            1:39 9.9: `9.9` has decimals, and cents have none | help: write `9`
            [costs 0.dollars]
            1:39 0: a pack cannot be free | help: write what it costs, such as `9.dollars`
            [costs -9.dollars]
            1:39 -: `-9` is below zero | help: remove `-`
            [costs 9.credits]
            1:41 credits: a pack is paid for with money, and `credits` is not money | help: write a price such as `9.dollars`
            [costs 9.dolars]
            1:41 dolars: `dolars` is not a word for money | help: write `dollars`
            [costs 9.doubloons]
            1:41 doubloons: `doubloons` is not a word for money | help: write `dollars`, `euros`, `pounds`, `yen` or `cents`, or a currency code such as `chf`
            [costs $9]
            1:39 $: expected an amount, found `$` | help: write an amount such as `9.dollars`
            [costs 9.99dollars]
            1:39 9.99dollars: `9.99dollars` needs a dot before `dollars` | help: write `9.99.dollars`
            [costs 9 dollars]
            1:39 9: `9` needs a dot before `dollars` | help: write `9.dollars`
            [costs 9]
            1:39 9: `9` does not say what it counts | help: write `9.dollars`
            [costs 9.dollars bonus 0.credits]
            1:55 0: `bonus` needs at least one credit | help: write how many, such as `bonus 100.credits`
            [costs 9.dollars gives 5.credits]
            1:49 gives: `gives` is written twice | help: remove one of them
            1:16 gives: `gives` was first written here
            [costs 9.dollars stripe_price "a"]
            1:49 stripe_price: `stripe_price` is not a statement of `credit_pack` | help: write `gives`, `bonus` or `costs`
            [costs 99_999_999_999_999_999.99.dollars]
            1:39 99_999_999_999_999_999.99: `99_999_999_999_999_999.99` is more than 9_223_372_036_854_775_807, the largest number there is here | help: write a smaller number
            [.every(month) costs 9.dollars]
            1:34 every: a pack gives once | help: remove `.every(..)`, or declare a `subscription_plan`
        "#]],
    );
}
