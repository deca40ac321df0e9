//! Checkouts: pages of Stripe's on which a buyer pays for a pack or a plan. The offer comes from the
//! catalogue, and is recorded before the buyer can pay.
//!
//! It does not know whether a checkout is paid.

use credits_core::{Money, PackSpec, Period, PlanSpec, StripePrice};
use serde_json::Value;

use super::client::Client;
use super::error::StripeError;
use super::settings::{Stripe, Waits};
use super::translate::{OWNER_KEY, PACK_KEY};
use crate::domain::billing::event::{BillingEvent, Happening, Offer};
use crate::domain::billing::terms::pack_terms;
use crate::domain::ids::{ObjectId, Owner};
use crate::engine::request::reply::block_on;
use crate::error::Error;
use crate::generated::{Pack, Plan, Pricing};

/// A checkout that was begun at Stripe, with the page to send the buyer to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// The session's id at Stripe: `cs_..`.
    pub id: String,
    /// The page's address.
    pub url: String,
}

/// Settings that checkouts of packs and plans have in common.
#[derive(Clone, Debug)]
struct CheckoutOptions {
    owner: String,
    success: Option<String>,
    cancel: Option<String>,
    customer: Option<String>,
    quantity: u64,
    parameters: Vec<(String, String)>,
    key: Option<String>,
}

/// A checkout that sells a pack: begin it with [`Stripe::start`]. It needs a [`success`](Self::success) page.
#[derive(Clone, Debug)]
#[must_use = "nothing is sold until `stripe.start(..)`"]
pub struct PackCheckout {
    pack: &'static PackSpec,
    currency: Option<String>,
    options: CheckoutOptions,
}

/// A checkout that sells a subscription: begin it with [`Stripe::start`]. It needs a [`success`](Self::success)
/// page.
#[derive(Clone, Debug)]
#[must_use = "nothing is sold until `stripe.start(..)`"]
pub struct PlanCheckout {
    plan: &'static PlanSpec,
    period: Option<Period>,
    trial_days: Option<u32>,
    options: CheckoutOptions,
}

/// Packs that can be sold.
pub trait SellPack: Pack {
    /// Sells this pack to an owner.
    fn checkout(self, owner: impl AsRef<str>) -> PackCheckout {
        PackCheckout { pack: self.spec(), currency: None, options: CheckoutOptions::of(owner.as_ref()) }
    }
}

impl<P: Pack> SellPack for P {}

/// Plans that can be sold.
pub trait SellPlan: Plan {
    /// Sells a subscription to this plan to an owner.
    fn checkout(self, owner: impl AsRef<str>) -> PlanCheckout {
        let options = CheckoutOptions::of(owner.as_ref());
        PlanCheckout { plan: self.spec(), period: None, trial_days: None, options }
    }
}

impl<P: Plan> SellPlan for P {}

impl CheckoutOptions {
    fn of(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            success: None,
            cancel: None,
            customer: None,
            quantity: 1,
            parameters: Vec::new(),
            key: None,
        }
    }
}

/// The text on the receipt of a payment, and in the customer portal for a subscription. Stripe shows the name of
/// the product at the checkout, which the price at Stripe has.
const PAYMENT_DESCRIPTION: &str = "payment_intent_data[description]";
const SUBSCRIPTION_DESCRIPTION: &str = "subscription_data[description]";

impl CheckoutOptions {
    /// Whether an option sets this parameter.
    fn sets(&self, name: &str) -> bool {
        self.parameters.iter().any(|(option, _)| option == name)
    }
}

macro_rules! checkout_options {
    ($($checkout:ident)*) => {$(
        impl $checkout {
            /// The page after payment: where Stripe sends the buyer. Every checkout needs it.
            pub fn success(mut self, url: impl Into<String>) -> Self {
                self.options.success = Some(url.into());
                self
            }

            /// The page after the buyer gives up.
            pub fn cancel(mut self, url: impl Into<String>) -> Self {
                self.options.cancel = Some(url.into());
                self
            }

            /// Sells to this customer of Stripe's instead of a new one.
            pub fn customer(mut self, id: impl Into<String>) -> Self {
                self.options.customer = Some(id.into());
                self
            }

            /// The quantity; 1 unless set.
            pub fn quantity(mut self, quantity: u64) -> Self {
                self.options.quantity = quantity;
                self
            }

            /// Any other parameter of Stripe's, as its API names it: `allow_promotion_codes`,
            /// `automatic_tax[enabled]`. [`Stripe::start`] refuses parameters that the checkout decides
            /// itself: mode, owner, customer, items, addresses, currency, days of trial, and our metadata.
            pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
                self.options.parameters.push((name.into(), value.into()));
                self
            }

            /// An idempotency key, which makes it safe to begin again: under the same key Stripe returns the
            /// same session.
            pub fn key(mut self, key: impl Into<String>) -> Self {
                self.options.key = Some(key.into());
                self
            }
        }
    )*};
}
checkout_options!(PackCheckout PlanCheckout);

impl PackCheckout {
    /// Sells at the price in this currency, by its ISO 4217 code: `eur`. Without it, a pack without a Stripe
    /// price sells at its first declared price; for a Stripe price, Stripe chooses the currency.
    pub fn currency(mut self, code: impl Into<String>) -> Self {
        self.currency = Some(code.into().to_lowercase());
        self
    }

    /// The price in the chosen currency, or the pack's first one.
    fn price(&self) -> Result<Money, StripeError> {
        let price = match &self.currency {
            Some(code) => self.pack.price_in(code),
            None => self.pack.costs.first().copied(),
        };
        let declared =
            || self.pack.costs.iter().map(|price| price.currency.code).collect::<Vec<_>>().join(", ");
        price.ok_or_else(|| StripeError::CurrencyUndeclared {
            pack: self.pack.name.to_owned(),
            currency: self.currency.clone().unwrap_or_default(),
            declared: declared(),
        })
    }
}

impl PlanCheckout {
    /// Bills by this period, of those that the plan has prices for. A plan with one price needs no period.
    pub fn period(mut self, period: impl Into<Period>) -> Self {
        self.period = Some(period.into());
        self
    }

    /// Begins with a trial of this many days.
    pub fn trial_days(mut self, days: u32) -> Self {
        self.trial_days = Some(days);
        self
    }
}

/// Parameters that the checkout decides itself, with their members. One that ends in `_` is a prefix.
const PROTECTED: &[&str] = &[
    "mode",
    "client_reference_id",
    "line_items",
    "success_url",
    "cancel_url",
    "customer",
    "currency",
    "metadata[credits_",
    "payment_intent_data[metadata][credits_",
    "subscription_data[metadata][credits_",
    "subscription_data[trial_period_days]",
];

/// The request of a checkout, and its offer.
pub(super) struct SessionRequest {
    options: CheckoutOptions,
    fields: Vec<(String, String)>,
    /// The name of the plan or pack.
    item: &'static str,
    offer: Option<Offered>,
}

/// The offer of a pack.
struct Offered {
    pack: &'static PackSpec,
    quantity: u64,
    /// The currency, if the checkout decides it.
    currency: Option<&'static str>,
}

impl<C: Pricing> Stripe<C> {
    /// A checkout that sells a pack by its name, for code that serves any application; `None` if the pricing has no such
    /// pack.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! {
    /// #     credit_pack booster { gives 500.credits costs 9.dollars }
    /// #     operation upscale { costs 20.credits }
    /// # }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").build()?;
    /// let checkout = stripe.pack_checkout("booster", "user:42").ok_or("there is no such pack")?;
    /// println!("{}", stripe.start(checkout.success("https://example.com/thanks"))?.url);
    /// assert!(stripe.pack_checkout("rocket", "user:42").is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn pack_checkout(&self, pack: &str, owner: impl AsRef<str>) -> Option<PackCheckout> {
        let pack = C::CATALOGUE.packs.iter().find(|declared| declared.name == pack)?;
        Some(PackCheckout { pack, currency: None, options: CheckoutOptions::of(owner.as_ref()) })
    }

    /// A checkout that sells a subscription to a plan by its name, like [`pack_checkout`](Self::pack_checkout).
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { subscription_plan pro { stripe_price "price_pro" gives 1_000.credits.every(month) } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").build()?;
    /// let checkout = stripe.plan_checkout("pro", "user:42").ok_or("there is no such plan")?;
    /// println!("{}", stripe.start(checkout.success("https://example.com/thanks"))?.url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn plan_checkout(&self, plan: &str, owner: impl AsRef<str>) -> Option<PlanCheckout> {
        let plan = C::CATALOGUE.plans.iter().find(|declared| declared.name == plan)?;
        let options = CheckoutOptions::of(owner.as_ref());
        Some(PlanCheckout { plan, period: None, trial_days: None, options })
    }

    /// Begins a checkout and returns its page. The offer of a pack is durable before the page is returned.
    ///
    /// It blocks until Stripe has responded and the ledger has committed; [`start_async`](Self::start_async)
    /// does not block.
    ///
    /// Errors in order: [`PeriodNotDeclared`](StripeError::PeriodNotDeclared),
    /// [`PriceMissing`](StripeError::PriceMissing), [`CurrencyUndeclared`](StripeError::CurrencyUndeclared), an invalid
    /// owner, [`OptionProtected`](StripeError::OptionProtected),
    /// [`ReturnPageMissing`](StripeError::ReturnPageMissing), Stripe's, the ledger's.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { credit_pack boost { stripe_price "price_boost" gives 500.credits costs 9.dollars } operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// use credits_runtime::stripe::SellPack as _;
    ///
    /// let stripe = credits.stripe("sk_test_1").build()?;
    /// let session = stripe.start(Pack::Boost.checkout("user:42").success("https://example.com/thanks"))?;
    /// println!("send the buyer to {}", session.url);
    /// # Ok(())
    /// # }
    /// ```
    pub fn start(&self, checkout: impl Into<Checkout>) -> Result<Session, StripeError> {
        block_on(self.begin(checkout.into(), Waits::Here))
    }

    /// [`start`](Self::start) for a task of any executor: the request to Stripe is made on a background
    /// thread, and the ledger's commit is awaited.
    ///
    /// A future that is dropped early may leave a session at Stripe. Its page was not returned, so it is
    /// never paid.
    ///
    /// Errors: those of [`start`](Self::start), and [`Busy`](StripeError::Busy) before the request.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! {
    /// #     credit_pack booster { gives 500.credits costs 9.dollars }
    /// #     operation upscale { costs 20.credits }
    /// # }
    /// use credits_runtime::stripe::{SellPack as _, Stripe, StripeError};
    ///
    /// async fn buy(stripe: &Stripe<Pricing>) -> Result<String, StripeError> {
    ///     let checkout = Pack::Booster.checkout("user:42").success("https://example.com/thanks");
    ///     Ok(stripe.start_async(checkout).await?.url)
    /// }
    /// # fn main() {}
    /// ```
    pub fn start_async(
        &self,
        checkout: impl Into<Checkout>,
    ) -> impl Future<Output = Result<Session, StripeError>> + Send {
        self.begin(checkout.into(), Waits::InBackground)
    }

    async fn begin(&self, checkout: Checkout, waits: Waits) -> Result<Session, StripeError> {
        let SessionRequest { options, mut fields, item, offer } = checkout.request(self)?;
        let owner = Owner::new(&options.owner).map_err(Error::from)?;
        if let Some((option, _)) = options.parameters.iter().find(|(name, _)| is_protected(name)) {
            return Err(StripeError::OptionProtected { option: option.clone() });
        }
        let success = options.success.ok_or(StripeError::ReturnPageMissing { item })?;
        let mut set = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        set("client_reference_id", owner.as_str());
        set(&format!("metadata[{OWNER_KEY}]"), owner.as_str());
        set("success_url", &success);
        for (name, value) in [("cancel_url", options.cancel), ("customer", options.customer)] {
            if let Some(value) = value {
                set(name, &value);
            }
        }
        fields.extend(options.parameters);
        let key = options.key.map_or_else(random_key, Ok)?;
        let request = move |client: &Client| client.post("/v1/checkout/sessions", &fields, &key);
        let session = self.shared.ask(waits, request).await?;
        let text = |name: &str| session.get(name).and_then(Value::as_str);
        let unreadable = || StripeError::Unreadable("the session has no id or no page".to_owned());
        let (id, url) = (text("id").ok_or_else(unreadable)?, text("url").ok_or_else(unreadable)?);
        if let Some(Offered { pack, quantity, currency }) = offer {
            let object = ObjectId::new(id).ok_or_else(unreadable)?;
            // Records keep the first name of a pack that was renamed.
            let kept = self.credits.pack_terms(pack.name);
            let pack = kept.unwrap_or_else(|| pack_terms(pack, C::CATALOGUE));
            let currency = currency.map(str::to_owned);
            let offer = Offer { session: object.clone(), pack, quantity, currency };
            let (at, what) = (self.credits.now(), Happening::PackOffered(offer));
            let event = BillingEvent { at, objects: vec![object], owner: Some(owner), what };
            self.credits.receive(event).await?;
        }
        Ok(Session { id: id.to_owned(), url: url.to_owned() })
    }

    /// Begins a session of Stripe's customer portal and returns the address of its page, on which a customer
    /// (`cus_..`) changes plan, card or address, or cancels. It blocks for the time that Stripe takes.
    ///
    /// Errors: Stripe's.
    ///
    /// ```no_run
    /// # credits_runtime::usage_credits! { operation render { costs 10.credits } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let credits = Credits::in_memory()?;
    /// let stripe = credits.stripe("sk_test_1").build()?;
    /// let page = stripe.portal("cus_NffrFeUfNV2Hib", "https://example.com/account")?;
    /// println!("send the customer to {page}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn portal(&self, customer: &str, return_url: &str) -> Result<String, StripeError> {
        let fields =
            [("customer".to_owned(), customer.to_owned()), ("return_url".to_owned(), return_url.to_owned())];
        let session = self.shared.client.post("/v1/billing_portal/sessions", &fields, &random_key()?)?;
        let url = session.get("url").and_then(Value::as_str).map(str::to_owned);
        url.ok_or_else(|| StripeError::Unreadable("the portal has no page".to_owned()))
    }

    /// The price for this environment and period.
    fn price(
        &self,
        item: &str,
        prices: &'static [StripePrice],
        period: Option<Period>,
    ) -> Result<Option<&'static str>, StripeError> {
        let mode = self.shared.mode.word();
        let here = prices.iter().filter(|price| {
            self.shared.environments.is_empty() || price.environment.is_none_or(|name| name == mode)
        });
        let here: Vec<_> = here.collect();
        if period.is_some() && matches!(here.as_slice(), [price] if price.period.is_none()) {
            return Err(StripeError::PeriodNotDeclared { plan: item.to_owned() });
        }
        let fits = |price: &&&StripePrice| period.is_none() || price.period == period;
        match (here.iter().find(fits), here.is_empty() && prices.is_empty()) {
            (Some(price), _) if period.is_some() || here.len() == 1 => Ok(Some(price.id)),
            (_, true) => Ok(None),
            _ => {
                let known = prices.iter().map(|price| match (price.environment, price.period) {
                    (Some(name), Some(period)) => format!("{name} {period}"),
                    (Some(name), None) => name.to_owned(),
                    (None, Some(period)) => period.to_string(),
                    (None, None) => "one without a period".to_owned(),
                });
                let known = known.collect::<Vec<_>>().join(", ");
                let period = period.map_or("one period of several".to_owned(), |period| period.to_string());
                let (item, wanted) = (item.to_owned(), format!("{mode}, {period}"));
                Err(StripeError::PriceMissing { item, wanted, known })
            }
        }
    }
}

/// A checkout of a pack or a plan.
#[derive(Clone, Debug)]
pub enum Checkout {
    /// Of a pack.
    Pack(PackCheckout),
    /// Of a plan.
    Plan(PlanCheckout),
}

impl From<PackCheckout> for Checkout {
    fn from(checkout: PackCheckout) -> Self {
        Self::Pack(checkout)
    }
}

impl From<PlanCheckout> for Checkout {
    fn from(checkout: PlanCheckout) -> Self {
        Self::Plan(checkout)
    }
}

impl Checkout {
    fn request<C: Pricing>(self, stripe: &Stripe<C>) -> Result<SessionRequest, StripeError> {
        let mut fields = Vec::new();
        let mut set = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
        match self {
            Self::Pack(checkout) => {
                let pack = checkout.pack;
                set("mode", "payment");
                let id = stripe.price(pack.name, pack.stripe_prices, None)?;
                let Money { minor, currency } = checkout.price()?;
                let PackCheckout { currency: chosen, options, .. } = checkout;
                let is_decided = id.is_none() || chosen.is_some();
                if let Some(price) = id {
                    set("line_items[0][price]", price);
                    if is_decided {
                        set("currency", currency.code);
                    }
                } else {
                    // The pack has no price at Stripe, so the checkout carries it.
                    set("line_items[0][price_data][currency]", currency.code);
                    set("line_items[0][price_data][unit_amount]", &minor.to_string());
                    set("line_items[0][price_data][product_data][name]", pack.named);
                    if !pack.docs.is_empty() {
                        set("line_items[0][price_data][product_data][description]", pack.docs);
                    }
                }
                set("line_items[0][quantity]", &options.quantity.to_string());
                set(&format!("metadata[{PACK_KEY}]"), pack.name);
                set(&format!("payment_intent_data[metadata][{OWNER_KEY}]"), &options.owner);
                if !options.sets(PAYMENT_DESCRIPTION) {
                    set(PAYMENT_DESCRIPTION, pack.named);
                }
                let currency = is_decided.then_some(currency.code);
                let offer = Some(Offered { pack, quantity: options.quantity, currency });
                Ok(SessionRequest { options, fields, item: pack.name, offer })
            }
            Self::Plan(PlanCheckout { plan, period, trial_days, options }) => {
                set("mode", "subscription");
                let price = stripe.price(plan.name, plan.stripe_prices, period)?;
                let missing = || StripeError::PriceMissing {
                    item: plan.name.to_owned(),
                    wanted: "any period".to_owned(),
                    known: "none, so that `credits.subscribe(..)` gives the plan".to_owned(),
                };
                set("line_items[0][price]", price.ok_or_else(missing)?);
                set("line_items[0][quantity]", &options.quantity.to_string());
                set(&format!("subscription_data[metadata][{OWNER_KEY}]"), &options.owner);
                if !options.sets(SUBSCRIPTION_DESCRIPTION) {
                    set(SUBSCRIPTION_DESCRIPTION, plan.named);
                }
                if let Some(days) = trial_days {
                    set("subscription_data[trial_period_days]", &days.to_string());
                }
                Ok(SessionRequest { options, fields, item: plan.name, offer: None })
            }
        }
    }
}

fn is_protected(name: &str) -> bool {
    PROTECTED.iter().any(|protected| {
        let is_list = protected.ends_with('_');
        name == *protected || (is_list && name.starts_with(protected)) || {
            // A member of a protected parameter: `line_items[1][price]`.
            name.strip_prefix(protected).is_some_and(|rest| rest.starts_with('['))
        }
    })
}

fn random_key() -> Result<String, StripeError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StripeError::Unreachable(Box::new(error)))?;
    Ok(format!("credits-{:032x}", u128::from_be_bytes(bytes)))
}
