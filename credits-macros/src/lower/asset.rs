//! Assets: the variants of `Asset`.

use super::names;
use crate::check;
use crate::model::Asset;

/// The model of an asset: its variant is the plural, as `Credits` is.
pub(super) fn lower(asset: &check::Asset) -> Asset {
    let mut docs = asset.docs.clone();
    super::sale::separate(&mut docs);
    docs.push(format!("`{}`: counted in {}.", asset.name.text, asset.terms.plural));
    Asset { ident: names::plural_variant(&asset.name, asset.terms.plural), docs, terms: asset.terms }
}
