//! Operations and their clauses.

use credits_core::{Clause, Dimension, Limit, OperationSpec, Tier, Unit};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::Data;
use super::value::{number, option, optional_number};
use crate::generate::operation::named_inputs;
use crate::model::Operation;

impl Data<'_> {
    pub(super) fn operation(self, item: &Operation, runtime: &TokenStream) -> TokenStream {
        let types = self.types;
        let inputs = named_inputs(item, runtime);
        let OperationSpec {
            name,
            asset,
            costs,
            at_least,
            at_most,
            limits,
            meta,
            formerly,
            named,
            docs,
            inputs: _,
        } = item.terms;
        let costs = costs.iter().map(|clause| self.clause(clause));
        let (at_least, at_most) = (optional_number(at_least), optional_number(at_most));
        let limits = limits.iter().map(|Limit { quantity, max }| {
            let (quantity, max) = (Literal::usize_unsuffixed(*quantity), Literal::u64_unsuffixed(*max));
            quote! { #types::Limit { quantity: #quantity, max: #max } }
        });
        let meta = self.meta(meta);
        quote! {
            #types::OperationSpec {
                name: #name,
                asset: #asset,
                costs: &[#(#costs),*],
                at_least: #at_least,
                at_most: #at_most,
                limits: &[#(#limits),*],
                meta: #meta,
                formerly: &[#(#formerly),*],
                named: #named,
                docs: #docs,
                inputs: #inputs,
            }
        }
    }

    fn clause(self, clause: &Clause) -> TokenStream {
        let types = self.types;
        let clause = match *clause {
            Clause::Fixed(credits) => {
                let credits = number(credits);
                quote! { Fixed(#credits) }
            }
            Clause::Rate { credits, batch, unit, after } => {
                let (credits, unit) = (number(credits), self.unit(unit));
                let [batch, after] = [batch, after].map(Literal::u64_unsuffixed);
                quote! { Rate { credits: #credits, batch: #batch, unit: #unit, after: #after } }
            }
            Clause::Tiers { batch, unit, tiers } => {
                let (batch, unit) = (Literal::u64_unsuffixed(batch), self.unit(unit));
                let tiers = tiers.iter().map(|tier| self.tier(*tier));
                quote! { Tiers { batch: #batch, unit: #unit, tiers: &[#(#tiers),*] } }
            }
            Clause::Choice { name, options } => {
                let names = options.iter().map(|(option, _)| option);
                let credits = options.iter().map(|(_, credits)| number(*credits));
                quote! { Choice { name: #name, options: &[#((#names, #credits)),*] } }
            }
            Clause::Computed { source } => quote! { Computed { source: #source } },
        };
        quote! { #types::Clause::#clause }
    }

    fn tier(self, Tier { up_to, credits }: Tier) -> TokenStream {
        let (types, credits) = (self.types, number(credits));
        let up_to = option(up_to.map(Literal::u64_unsuffixed).map(|up_to| quote! { #up_to }));
        quote! { #types::Tier { up_to: #up_to, credits: #credits } }
    }

    pub(super) fn unit(self, unit: Unit) -> TokenStream {
        let (types, Unit { name, plural, .. }) = (self.types, unit);
        let base = Literal::u64_unsuffixed(unit.base);
        let dimension = match unit.dimension {
            Dimension::Time => "Time",
            Dimension::Size => "Size",
            Dimension::Count => "Count",
        };
        let dimension = self.variant("Dimension", dimension);
        quote! {
            #types::Unit { name: #name, plural: #plural, dimension: #dimension, base: #base }
        }
    }
}
