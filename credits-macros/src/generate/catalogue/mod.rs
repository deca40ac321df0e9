//! The catalogue: the whole definition as `const` data with absolute paths.

mod operation;
mod sale;
mod settings;
mod value;

pub(super) use sale::price_id;
pub(super) use value::option;

use credits_core::{AssetSpec, CreditsName};
use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Pack, Plan, Pricing};

/// Writes the values of `credits-core` as Rust.
#[derive(Clone, Copy)]
pub(super) struct Data<'a> {
    /// The path of the module with the types.
    types: &'a TokenStream,
}

/// `Catalogue { .. }`
pub(super) fn generate(model: &Pricing, runtime: &TokenStream) -> TokenStream {
    with_data(runtime, |data| data.catalogue(model, runtime))
}

/// `PlanSpec { .. }`
pub(super) fn plan(plan: &Plan, runtime: &TokenStream) -> TokenStream {
    with_data(runtime, |data| data.plan(&plan.terms, (&plan.price_ids, &plan.processor_ids)))
}

/// `PackSpec { .. }`
pub(super) fn pack(pack: &Pack, runtime: &TokenStream) -> TokenStream {
    with_data(runtime, |data| data.pack(&pack.terms, (&pack.price_ids, &pack.processor_ids)))
}

/// `Unit { .. }`
pub(super) fn unit(unit: credits_core::Unit, runtime: &TokenStream) -> TokenStream {
    with_data(runtime, |data| data.unit(unit))
}

fn with_data(runtime: &TokenStream, write: impl FnOnce(Data<'_>) -> TokenStream) -> TokenStream {
    write(Data { types: &quote! { #runtime::catalogue } })
}

impl Data<'_> {
    fn catalogue(self, model: &Pricing, runtime: &TokenStream) -> TokenStream {
        let types = self.types;
        let settings = self.settings(&model.settings);
        let known = &model.known;
        let assets = known.assets.iter().map(|asset| {
            let AssetSpec { name, plural, named: CreditsName { one, many }, docs } = asset.terms;
            let named = quote! { #types::CreditsName { one: #one, many: #many } };
            quote! { #types::AssetSpec { name: #name, plural: #plural, named: #named, docs: #docs } }
        });
        let operations = known.operations.iter().map(|item| self.operation(item, runtime));
        let plans = known.plans.iter().map(|plan| &plan.spec);
        let packs = known.packs.iter().map(|pack| &pack.spec);
        quote! {
            #types::Catalogue {
                settings: #settings,
                assets: &[#(#assets),*],
                operations: &[#(#operations),*],
                plans: &[#(Plan::#plans),*],
                packs: &[#(Pack::#packs),*],
            }
        }
    }
}
