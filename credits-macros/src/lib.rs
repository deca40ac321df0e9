//! The `usage_credits!` macro. An application uses it through `credits-runtime`, which re-exports it.

mod ast;
mod check;
mod diag;
mod expand;
mod generate;
mod lower;
mod messages;
mod model;
mod parse;
mod suggest;
#[cfg(test)]
mod tests;
mod vocab;

/// Declares the pricing of an application: what costs credits, and how users get them.
///
/// ```ignore
/// use credits_runtime::usage_credits;
///
/// usage_credits! {
///     // Users get credits from subscriptions
///     subscription_plan pro {
///         stripe_price "price_xyz"
///         gives 10_000.credits.every(month)
///         unused_credits :rollover
///     }
///
///     // and from packs
///     credit_pack small {
///         gives 1_000.credits
///         bonus 100.credits
///         costs 9.dollars
///     }
///
///     // Operations cost credits
///     operation process_document {
///         costs 5.credits + 1.credit_per(page)
///         limit pages <= 500
///     }
/// }
/// ```
///
/// The macro generates the types of this pricing: `Operation` with a constructor for each operation
/// (`Operation::process_document(12)`), `Plan`, `Pack`, `Pricing` with the price list, the `units` module, and
/// `Credits`, `Wallet` and `Hold`, the ledger for this pricing.
///
/// Items stand in any order. A statement ends where the next begins; `;` between statements is allowed. A name
/// or an option may be written as a symbol (`:month` is `month`), and a keyword may end in a colon
/// (`currency: usd`). Lines that begin with `///` on an item become its documentation.
///
/// | item | statements |
/// |---|---|
/// | `settings` | `currency usd`, `rounding ceil` (or `floor`, `round`), `credits_named "token", "tokens"`, `crate my::path` |
/// | `subscription_plan name` | `stripe_price "id"` or `stripe_price month: "id", year: "id"`, `gives 100.credits.every(month)`, `unused_credits expire` (or `rollover`) |
/// | `credit_pack name` | `gives 100.credits`, `bonus 10.credits`, `costs 9.dollars` |
/// | `operation name` | `costs 50.credits`, `1.credit_per(page)`, `3.credits_per(1_000.tokens)` and sums of them; `limit pages <= 500` |
///
/// What cannot be charged as it is written does not compile, and says what to write instead.
#[proc_macro]
pub fn usage_credits(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand::expand(input.into()).into_tokens().into()
}
