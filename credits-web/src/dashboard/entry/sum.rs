//! The sum of a charge, term by term, and the price list that it follows from.

use credits_runtime::{Entry, Explanation, ExplanationLine, Fraction};
use maud::{Markup, html};

use crate::wording::figure;

pub(super) fn draw(entry: &Entry, explanation: &Explanation) -> Markup {
    let Explanation { inputs, lines, shortfall, owed, covered_by, price, recomputed, .. } = explanation;
    let computed = recomputed.unwrap_or(*price);
    html! {
        p { code.sum { (explanation) } }
        @if !inputs.is_empty() { p.muted { "With " bdi { (inputs.join(", ")) } "." } }
        table {
            thead { tr {
                th scope="col" { "Term" } th scope="col" { "Sum" } th.figure scope="col" { "Credits" }
            } }
            tbody { @for line in lines { (term(line)) } }
            tfoot {
                @if let Some(sum) = explanation.sum.filter(|_| lines.len() > 1) { (total("Sum", &sum.to_string())) }
                @if let Some(bounds) = bounds(explanation) { (total(&bounds, "")) }
                (total(&format!("Price{}", rounding(explanation)), &figure(computed.get())))
                @if computed != *price { (total("Settled at", &figure(price.get()))) }
                @if shortfall.is_positive() { (total("Not charged", &figure(-i128::from(shortfall.get())))) }
                @if let Some(plan) = covered_by { (total(&format!("Covered by the plan {plan}"), &figure(-i128::from(price.get())))) }
                @if owed.is_positive() { (total("Of it owed", &figure(owed.get()))) }
                (total("Charged", &figure(-i128::from(entry.amount.get()))))
            }
        }
        p.muted { "Price list " code { (explanation.catalogue) } ", " (again(explanation)) }
    }
}

fn term(line: &ExplanationLine) -> Markup {
    html! {
        tr {
            th scope="row" { (line.what) }
            td { (line) }
            td.figure { @match line.credits { Some(credits) => (credits), None => "computed" } }
        }
    }
}

fn total(name: &str, figure: &str) -> Markup {
    html! { tr { th scope="row" colspan="2" { (name) } td.figure { (figure) } } }
}

/// `, rounded up`, if the sum is no whole number.
fn rounding(explanation: &Explanation) -> &'static str {
    let is_whole = explanation.sum.is_none_or(|sum: Fraction| sum.denominator() == 1);
    match explanation.rounding.as_str() {
        _ if is_whole => "",
        "ceil" => ", rounded up",
        "floor" => ", rounded down",
        _ => ", rounded",
    }
}

/// The bounds of the price, if there are any.
fn bounds(Explanation { at_least, at_most, .. }: &Explanation) -> Option<String> {
    let least = at_least.map(|least| format!("at least {}", figure(least.get())));
    let most = at_most.map(|most| format!("at most {}", figure(most.get())));
    let bounds: Vec<String> = least.into_iter().chain(most).collect();
    (!bounds.is_empty()).then(|| format!("Bounds: {}", bounds.join(", ")))
}

/// The price computed again from the terms of that time.
fn again(explanation: &Explanation) -> String {
    let price = explanation.price;
    match explanation.recomputed {
        Some(again) if again == price => format!("computed again from it: {}, equal.", figure(again.get())),
        Some(again) => {
            let difference = i128::from(price.get()) - i128::from(again.get());
            format!(
                "computed again from it: {}. It was settled at {}, a difference of {}.",
                figure(again.get()),
                figure(price.get()),
                figure(difference)
            )
        }
        None => "not computed again: the value of a Rust expression in it is not recorded.".to_owned(),
    }
}
