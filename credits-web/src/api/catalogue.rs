//! The price list: as JSON, with the inputs of every operation, and as Markdown.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use credits_runtime::catalogue::{
    AssetData, CatalogueData, InputValues, OperationData, PackData, PlanData, SettingsData,
};
use serde::{Deserialize, Serialize};

use super::request::{Audience, Shared};

/// Members of calls that are no inputs. An operation with an input of such a name is called from Rust.
pub(super) const MEMBERS: [&str; 3] = ["operation", "metadata", "limit_seconds"];

/// The price list: `GET /catalogue`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownCatalogue {
    /// The settings.
    pub settings: SettingsData,
    /// The assets besides credits.
    pub assets: Vec<AssetData>,
    /// The operations.
    pub operations: Vec<ShownOperation>,
    /// The plans.
    pub plans: Vec<PlanData>,
    /// The packs.
    pub packs: Vec<PackData>,
}

/// An operation, and whether the API can call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ShownOperation {
    /// The operation.
    #[serde(flatten)]
    pub data: OperationData,
    /// Whether JSON can give every input.
    pub is_callable: bool,
}

impl From<CatalogueData> for ShownCatalogue {
    fn from(catalogue: CatalogueData) -> Self {
        let CatalogueData { settings, assets, operations, plans, packs, .. } = catalogue;
        let shown = |data: OperationData| ShownOperation { is_callable: is_callable(&data), data };
        Self { settings, assets, operations: operations.into_iter().map(shown).collect(), plans, packs }
    }
}

/// Whether JSON can give every input of an operation.
pub(super) fn is_callable(operation: &OperationData) -> bool {
    operation.inputs.iter().all(|input| {
        let is_readable = !matches!(input.values, InputValues::Parameter { is_readable: false, .. });
        is_readable && !MEMBERS.contains(&input.name.as_str())
    })
}

/// The catalogue as JSON.
pub(super) async fn catalogue(State(settings): State<Shared>, audience: Audience) -> Json<ShownCatalogue> {
    let mut catalogue = settings.ledger.operations.catalogue();
    if audience == Audience::Owner {
        let CatalogueData { operations, plans, packs, .. } = &mut catalogue;
        let of_plans = plans.iter_mut().map(|plan| &mut plan.meta);
        let of_packs = packs.iter_mut().map(|pack| &mut pack.meta);
        let metas =
            operations.iter_mut().map(|operation| &mut operation.meta).chain(of_plans).chain(of_packs);
        for meta in metas {
            meta.clear();
        }
    }
    Json(catalogue.into())
}

/// The price list as Markdown.
pub(super) async fn prices(State(settings): State<Shared>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/markdown; charset=utf-8")], settings.ledger.operations.price_list())
}
