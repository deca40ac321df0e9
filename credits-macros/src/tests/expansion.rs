//! Golden expansions: what a definition becomes.

use expect_test::{Expect, expect};

fn check(source: &str, expected: &Expect) {
    expected.assert_eq(&super::expansion(source));
}

#[test]
fn the_sample_of_the_contract() {
    check(
        r#"
        settings { currency usd }

        subscription_plan pro {
            stripe_price "price_xyz"
            gives 10_000.credits.every(month)
            unused_credits :rollover
        }

        credit_pack small {
            gives 1_000.credits
            bonus 100.credits
            costs 9.dollars
        }

        /// Reads a document.
        operation process_document {
            costs 5.credits + 1.credit_per(page)
            limit pages <= 500
        }

        operation generate_image {
            costs 50.credits
        }
        "#,
        &expect![[r#"
            /// The pricing of this application.
            ///
            /// # Operations
            ///
            /// | operation | costs |
            /// | --- | --- |
            /// | `process_document` | 5 credits + 1 credit per page (at most 500 pages) |
            /// | `generate_image` | 50 credits |
            ///
            /// # Packs
            ///
            /// | pack | gives | costs |
            /// | --- | --- | --- |
            /// | `small` | 1,000 credits + 100 credits bonus | $9 |
            ///
            /// # Plans
            ///
            /// | plan | gives | unused credits | Stripe price |
            /// | --- | --- | --- | --- |
            /// | `pro` | 10,000 credits every month | roll over | `price_xyz` |
            #[derive(Clone, Copy, Debug)]
            pub struct Pricing;
            #[automatically_derived]
            impl ::credits_runtime::generated::Pricing for Pricing {
                type Operation = Operation;
                type Plan = Plan;
                type Pack = Pack;
                const CATALOGUE: &'static ::credits_runtime::catalogue::Catalogue = &::credits_runtime::catalogue::Catalogue {
                    currency: ::credits_runtime::catalogue::Currency {
                        code: "usd",
                        exponent: 2,
                        symbol: "$",
                    },
                    rounding: ::credits_runtime::catalogue::Rounding::Ceil,
                    credits_named: ::credits_runtime::catalogue::CreditsName {
                        one: "credit",
                        many: "credits",
                    },
                    operations: &[
                        ::credits_runtime::catalogue::OperationSpec {
                            name: "process_document",
                            costs: &[
                                ::credits_runtime::catalogue::Clause::Fixed(5),
                                ::credits_runtime::catalogue::Clause::Rate {
                                    credits: 1,
                                    batch: 1,
                                    unit: ::credits_runtime::catalogue::Unit {
                                        name: "page",
                                        plural: "pages",
                                        dimension: ::credits_runtime::catalogue::Dimension::Count,
                                        base: 1,
                                    },
                                },
                            ],
                            limits: &[
                                ::credits_runtime::catalogue::Limit {
                                    quantity: 0,
                                    max: 500,
                                },
                            ],
                        },
                        ::credits_runtime::catalogue::OperationSpec {
                            name: "generate_image",
                            costs: &[::credits_runtime::catalogue::Clause::Fixed(50)],
                            limits: &[],
                        },
                    ],
                    plans: &[Plan::PRO_SPEC],
                    packs: &[Pack::SMALL_SPEC],
                };
                fn shared() -> &'static ::credits_runtime::generated::Shared<Self> {
                    static SHARED: ::credits_runtime::generated::Shared<Pricing> = ::credits_runtime::generated::Shared::new();
                    &SHARED
                }
            }
            /// The ledger of this pricing.
            pub type Credits = ::credits_runtime::Credits<Pricing>;
            /// An owner's credits in the ledger of this pricing.
            pub type Wallet = ::credits_runtime::Wallet<Pricing>;
            /// Credits that are set aside until the work they pay for is done.
            pub type Hold = ::credits_runtime::Hold<Pricing>;
            /// What costs credits.
            #[derive(Clone, Debug, PartialEq)]
            pub enum Operation {
                /// Reads a document.
                ///
                /// `process_document`: 5 credits + 1 credit per page (at most 500 pages).
                ProcessDocument {
                    /// How many pages.
                    pages: ::credits_runtime::Quantity<units::Page>,
                },
                /// `generate_image`: 50 credits.
                GenerateImage,
            }
            impl Operation {
                /// The most that `process_document` can cost within its limits.
                pub const PROCESS_DOCUMENT_COST_MAX: ::credits_runtime::Amount = ::credits_runtime::Amount::new(
                    505,
                );
                /// The cost of `generate_image`.
                pub const GENERATE_IMAGE_COST: ::credits_runtime::Amount = ::credits_runtime::Amount::new(
                    50,
                );
                /// Reads a document.
                ///
                /// `process_document`: 5 credits + 1 credit per page (at most 500 pages).
                #[must_use]
                pub fn process_document(
                    pages: impl ::core::convert::Into<::credits_runtime::Quantity<units::Page>>,
                ) -> Self {
                    Self::ProcessDocument {
                        pages: pages.into(),
                    }
                }
                /// `generate_image`: 50 credits.
                #[must_use]
                pub const fn generate_image() -> Self {
                    Self::GenerateImage
                }
                /// The exact cost, rounded once.
                ///
                /// # Errors
                ///
                /// Quantity by quantity: out of range, negative, over its limit; then a cost over 2^63 - 1.
                pub fn cost(
                    &self,
                ) -> ::core::result::Result<
                    ::credits_runtime::Amount,
                    ::credits_runtime::Rejection,
                > {
                    ::credits_runtime::generated::cost::<Pricing>(self)
                }
                /// The name as declared, such as `generate_image`.
                #[must_use]
                pub const fn name(&self) -> &'static str {
                    match self {
                        Self::ProcessDocument { .. } => "process_document",
                        Self::GenerateImage => "generate_image",
                    }
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Operation for Operation {
                fn index(&self) -> u16 {
                    match self {
                        Self::ProcessDocument { .. } => 0,
                        Self::GenerateImage => 1,
                    }
                }
                fn inputs(&self) -> ::credits_runtime::generated::Inputs {
                    match self {
                        Self::ProcessDocument { pages } => {
                            ::credits_runtime::generated::Inputs::new([pages.to_input()])
                        }
                        Self::GenerateImage => ::credits_runtime::generated::Inputs::none(),
                    }
                }
            }
            /// A subscription plan.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum Plan {
                /// `pro`: 10,000 credits every month, unused credits roll over.
                Pro,
            }
            impl Plan {
                /// All of them, in the order of declaration.
                pub const ALL: &'static [Self] = &[Self::Pro];
                const PRO_SPEC: ::credits_runtime::catalogue::PlanSpec = ::credits_runtime::catalogue::PlanSpec {
                    name: "pro",
                    gives: 10000,
                    every: ::credits_runtime::catalogue::Period {
                        count: 1,
                        unit: ::credits_runtime::catalogue::PeriodUnit::Month,
                    },
                    stripe_prices: &[
                        ::credits_runtime::catalogue::StripePrice {
                            period: ::core::option::Option::None,
                            id: "price_xyz",
                        },
                    ],
                    unused_credits: ::credits_runtime::catalogue::UnusedCredits::Rollover,
                };
                /// The name as declared.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        Self::Pro => "pro",
                    }
                }
                /// The one with this name.
                #[must_use]
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    Self::ALL.iter().copied().find(|known| known.name() == name)
                }
                /// Its terms.
                #[must_use]
                pub const fn spec(self) -> &'static ::credits_runtime::catalogue::PlanSpec {
                    match self {
                        Self::Pro => &Self::PRO_SPEC,
                    }
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Plan for Plan {
                fn spec(self) -> &'static ::credits_runtime::catalogue::PlanSpec {
                    Self::spec(self)
                }
            }
            /// A credit pack.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum Pack {
                /// `small`: 1,000 credits + 100 credits bonus for $9.
                Small,
            }
            impl Pack {
                /// All of them, in the order of declaration.
                pub const ALL: &'static [Self] = &[Self::Small];
                const SMALL_SPEC: ::credits_runtime::catalogue::PackSpec = ::credits_runtime::catalogue::PackSpec {
                    name: "small",
                    gives: 1000,
                    bonus: 100,
                    costs: ::credits_runtime::catalogue::Money {
                        minor: 900,
                        currency: ::credits_runtime::catalogue::Currency {
                            code: "usd",
                            exponent: 2,
                            symbol: "$",
                        },
                    },
                };
                /// The name as declared.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        Self::Small => "small",
                    }
                }
                /// The one with this name.
                #[must_use]
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    Self::ALL.iter().copied().find(|known| known.name() == name)
                }
                /// Its terms.
                #[must_use]
                pub const fn spec(self) -> &'static ::credits_runtime::catalogue::PackSpec {
                    match self {
                        Self::Small => &Self::SMALL_SPEC,
                    }
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Pack for Pack {
                fn spec(self) -> &'static ::credits_runtime::catalogue::PackSpec {
                    Self::spec(self)
                }
            }
            /// The units of this pricing.
            pub mod units {
                pub use ::credits_runtime::units::*;
                /// What pages are counted in.
                #[derive(Clone, Copy, Debug, PartialEq, Eq)]
                pub enum Page {}
                #[automatically_derived]
                impl ::credits_runtime::units::Unit for Page {
                    const NAME: &'static str = "page";
                    const PLURAL: &'static str = "pages";
                    const BASE: u64 = 1;
                }
            }
        "#]],
    );
}

#[test]
fn an_empty_pricing() {
    check(
        "",
        &expect![[r#"
            /// The pricing of this application.
            #[derive(Clone, Copy, Debug)]
            pub struct Pricing;
            #[automatically_derived]
            impl ::credits_runtime::generated::Pricing for Pricing {
                type Operation = Operation;
                type Plan = Plan;
                type Pack = Pack;
                const CATALOGUE: &'static ::credits_runtime::catalogue::Catalogue = &::credits_runtime::catalogue::Catalogue {
                    currency: ::credits_runtime::catalogue::Currency {
                        code: "usd",
                        exponent: 2,
                        symbol: "$",
                    },
                    rounding: ::credits_runtime::catalogue::Rounding::Ceil,
                    credits_named: ::credits_runtime::catalogue::CreditsName {
                        one: "credit",
                        many: "credits",
                    },
                    operations: &[],
                    plans: &[],
                    packs: &[],
                };
                fn shared() -> &'static ::credits_runtime::generated::Shared<Self> {
                    static SHARED: ::credits_runtime::generated::Shared<Pricing> = ::credits_runtime::generated::Shared::new();
                    &SHARED
                }
            }
            /// The ledger of this pricing.
            pub type Credits = ::credits_runtime::Credits<Pricing>;
            /// An owner's credits in the ledger of this pricing.
            pub type Wallet = ::credits_runtime::Wallet<Pricing>;
            /// Credits that are set aside until the work they pay for is done.
            pub type Hold = ::credits_runtime::Hold<Pricing>;
            /// What costs credits.
            #[derive(Clone, Debug, PartialEq)]
            pub enum Operation {}
            impl Operation {
                /// The exact cost, rounded once.
                ///
                /// # Errors
                ///
                /// Quantity by quantity: out of range, negative, over its limit; then a cost over 2^63 - 1.
                pub fn cost(
                    &self,
                ) -> ::core::result::Result<
                    ::credits_runtime::Amount,
                    ::credits_runtime::Rejection,
                > {
                    ::credits_runtime::generated::cost::<Pricing>(self)
                }
                /// The name as declared, such as `generate_image`.
                #[must_use]
                pub const fn name(&self) -> &'static str {
                    match *self {}
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Operation for Operation {
                fn index(&self) -> u16 {
                    match *self {}
                }
                fn inputs(&self) -> ::credits_runtime::generated::Inputs {
                    match *self {}
                }
            }
            /// A subscription plan.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum Plan {}
            impl Plan {
                /// All of them, in the order of declaration.
                pub const ALL: &'static [Self] = &[];
                /// The name as declared.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {}
                }
                /// The one with this name.
                #[must_use]
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    Self::ALL.iter().copied().find(|known| known.name() == name)
                }
                /// Its terms.
                #[must_use]
                pub const fn spec(self) -> &'static ::credits_runtime::catalogue::PlanSpec {
                    match self {}
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Plan for Plan {
                fn spec(self) -> &'static ::credits_runtime::catalogue::PlanSpec {
                    Self::spec(self)
                }
            }
            /// A credit pack.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum Pack {}
            impl Pack {
                /// All of them, in the order of declaration.
                pub const ALL: &'static [Self] = &[];
                /// The name as declared.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {}
                }
                /// The one with this name.
                #[must_use]
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    Self::ALL.iter().copied().find(|known| known.name() == name)
                }
                /// Its terms.
                #[must_use]
                pub const fn spec(self) -> &'static ::credits_runtime::catalogue::PackSpec {
                    match self {}
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Pack for Pack {
                fn spec(self) -> &'static ::credits_runtime::catalogue::PackSpec {
                    Self::spec(self)
                }
            }
            /// The units of this pricing.
            pub mod units {
                pub use ::credits_runtime::units::*;
            }
        "#]],
    );
}

#[test]
fn a_mistake_leaves_every_name_declared() {
    check(
        r#"
        operation generate_image {
            costs 50 credits
        }
        operation transcribe {
            costs 1.5.credits_per(minute)
        }
        subscription_plan pro {
            stripe_price "price_xyz"
        }
        "#,
        &expect![[r#"
            3:18 50: `50` needs a dot before `credits`
            help: write `50.credits`
            6:18 1.5: `1.5` is not a whole number
            help: write `3.credits_per(2.minutes)`
            10:8 }: the plan `pro` does not say what it gives
            help: add a line such as `gives 1_000.credits.every(month)`

            /// The pricing of this application.
            ///
            /// # Operations
            ///
            /// | operation | costs |
            /// | --- | --- |
            /// | `generate_image` | not known yet |
            /// | `transcribe` | not known yet |
            ///
            /// # Plans
            ///
            /// | plan | gives | unused credits | Stripe price |
            /// | --- | --- | --- | --- |
            /// | `pro` | not known yet | not known yet | not known yet |
            #[derive(Clone, Copy, Debug)]
            pub struct Pricing;
            #[automatically_derived]
            impl ::credits_runtime::generated::Pricing for Pricing {
                type Operation = Operation;
                type Plan = Plan;
                type Pack = Pack;
                const CATALOGUE: &'static ::credits_runtime::catalogue::Catalogue = &::credits_runtime::catalogue::Catalogue {
                    currency: ::credits_runtime::catalogue::Currency {
                        code: "usd",
                        exponent: 2,
                        symbol: "$",
                    },
                    rounding: ::credits_runtime::catalogue::Rounding::Ceil,
                    credits_named: ::credits_runtime::catalogue::CreditsName {
                        one: "credit",
                        many: "credits",
                    },
                    operations: &[
                        ::credits_runtime::catalogue::OperationSpec {
                            name: "generate_image",
                            costs: &[],
                            limits: &[],
                        },
                        ::credits_runtime::catalogue::OperationSpec {
                            name: "transcribe",
                            costs: &[],
                            limits: &[],
                        },
                    ],
                    plans: &[Plan::PRO_SPEC],
                    packs: &[],
                };
                fn shared() -> &'static ::credits_runtime::generated::Shared<Self> {
                    static SHARED: ::credits_runtime::generated::Shared<Pricing> = ::credits_runtime::generated::Shared::new();
                    &SHARED
                }
            }
            /// The ledger of this pricing.
            pub type Credits = ::credits_runtime::Credits<Pricing>;
            /// An owner's credits in the ledger of this pricing.
            pub type Wallet = ::credits_runtime::Wallet<Pricing>;
            /// Credits that are set aside until the work they pay for is done.
            pub type Hold = ::credits_runtime::Hold<Pricing>;
            /// What costs credits.
            #[derive(Clone, Debug, PartialEq)]
            pub enum Operation {
                /// `generate_image`: not known yet.
                GenerateImage,
                /// `transcribe`: not known yet.
                Transcribe {
                    /// How many minutes.
                    minutes: ::credits_runtime::Quantity<units::Minute>,
                },
            }
            impl Operation {
                /// The cost of `generate_image`.
                pub const GENERATE_IMAGE_COST: ::credits_runtime::Amount = ::credits_runtime::Amount::new(
                    0,
                );
                /// The most that `generate_image` can cost within its limits.
                pub const GENERATE_IMAGE_COST_MAX: ::credits_runtime::Amount = ::credits_runtime::Amount::new(
                    0,
                );
                /// The cost of `transcribe`.
                pub const TRANSCRIBE_COST: ::credits_runtime::Amount = ::credits_runtime::Amount::new(
                    0,
                );
                /// The most that `transcribe` can cost within its limits.
                pub const TRANSCRIBE_COST_MAX: ::credits_runtime::Amount = ::credits_runtime::Amount::new(
                    0,
                );
                /// `transcribe`: not known yet.
                #[must_use]
                pub fn transcribe(
                    minutes: impl ::core::convert::Into<::credits_runtime::Quantity<units::Minute>>,
                ) -> Self {
                    Self::Transcribe {
                        minutes: minutes.into(),
                    }
                }
                #[doc(hidden)]
                #[allow(non_upper_case_globals)]
                pub const generate_image: __Poisoned = loop {};
                /// The exact cost, rounded once.
                ///
                /// # Errors
                ///
                /// Quantity by quantity: out of range, negative, over its limit; then a cost over 2^63 - 1.
                pub fn cost(
                    &self,
                ) -> ::core::result::Result<
                    ::credits_runtime::Amount,
                    ::credits_runtime::Rejection,
                > {
                    ::credits_runtime::generated::cost::<Pricing>(self)
                }
                /// The name as declared, such as `generate_image`.
                #[must_use]
                pub const fn name(&self) -> &'static str {
                    match self {
                        Self::GenerateImage => "generate_image",
                        Self::Transcribe { .. } => "transcribe",
                    }
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Operation for Operation {
                fn index(&self) -> u16 {
                    match self {
                        Self::GenerateImage => 0,
                        Self::Transcribe { .. } => 1,
                    }
                }
                fn inputs(&self) -> ::credits_runtime::generated::Inputs {
                    match self {
                        Self::GenerateImage => ::credits_runtime::generated::Inputs::none(),
                        Self::Transcribe { minutes } => {
                            ::credits_runtime::generated::Inputs::new([minutes.to_input()])
                        }
                    }
                }
            }
            /// A subscription plan.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum Plan {
                /// `pro`: not known yet.
                Pro,
            }
            impl Plan {
                /// All of them, in the order of declaration.
                pub const ALL: &'static [Self] = &[Self::Pro];
                const PRO_SPEC: ::credits_runtime::catalogue::PlanSpec = ::credits_runtime::catalogue::PlanSpec {
                    name: "pro",
                    gives: 0,
                    every: ::credits_runtime::catalogue::Period {
                        count: 1,
                        unit: ::credits_runtime::catalogue::PeriodUnit::Month,
                    },
                    stripe_prices: &[],
                    unused_credits: ::credits_runtime::catalogue::UnusedCredits::Expire,
                };
                /// The name as declared.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        Self::Pro => "pro",
                    }
                }
                /// The one with this name.
                #[must_use]
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    Self::ALL.iter().copied().find(|known| known.name() == name)
                }
                /// Its terms.
                #[must_use]
                pub const fn spec(self) -> &'static ::credits_runtime::catalogue::PlanSpec {
                    match self {
                        Self::Pro => &Self::PRO_SPEC,
                    }
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Plan for Plan {
                fn spec(self) -> &'static ::credits_runtime::catalogue::PlanSpec {
                    Self::spec(self)
                }
            }
            /// A credit pack.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub enum Pack {}
            impl Pack {
                /// All of them, in the order of declaration.
                pub const ALL: &'static [Self] = &[];
                /// The name as declared.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {}
                }
                /// The one with this name.
                #[must_use]
                pub fn from_name(name: &str) -> ::core::option::Option<Self> {
                    Self::ALL.iter().copied().find(|known| known.name() == name)
                }
                /// Its terms.
                #[must_use]
                pub const fn spec(self) -> &'static ::credits_runtime::catalogue::PackSpec {
                    match self {}
                }
            }
            #[automatically_derived]
            impl ::credits_runtime::generated::Pack for Pack {
                fn spec(self) -> &'static ::credits_runtime::catalogue::PackSpec {
                    Self::spec(self)
                }
            }
            /// The units of this pricing.
            pub mod units {
                pub use ::credits_runtime::units::*;
            }
        "#]],
    );
}
